import { byText } from '../base/order.ts';
import type { WrittenJob, WrittenSchedule, WrittenSelection } from '../manifest/generated/written.ts';
import type { AssetKey, Job, SavedSelection, Schedule } from '../model/project.ts';
import { parseCron } from '../time/cron-syntax.ts';
import { isZone, nearestZone } from '../time/zone.ts';
import type { Definition } from './definitions.ts';
import { below, definedAt, type Place } from './findings.ts';
import { didYouMean, type Resolving, resolveDuration } from './resolving.ts';
import { parseSelection, type SelectionProblem } from './selection.ts';
import { evaluateSelection, type SelectionScope } from './selection-evaluate.ts';
import { unknownValues } from './selection-values.ts';
import { textProblem } from './text-problem.ts';

const HOUR_MS = 3_600_000;

export function resolveJob({ name, value, place }: Definition<WrittenJob>): Job {
  return {
    name,
    ...(value.description === undefined ? {} : { description: value.description }),
    selection: value.selection,
    tags: tagsOf(value.tags),
    materialize: value.materialize ?? 'when_stale',
    ...(value.oidc ? { oidc: true } : {}),
    definedAt: definedAt(place),
  };
}

/** Tags as text; `null` is none. */
function tagsOf(tags: Readonly<Record<string, unknown>> | undefined): Readonly<Record<string, string>> {
  const texts = Object.entries(tags ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(texts.sort(([a], [b]) => byText(a, b)).map(([key, value]) => [key, String(value)]));
}

/** A schedule with its defaults. Reports crons, zones and jobs that are none. */
export function resolveSchedule(
  { name, value, place }: Definition<WrittenSchedule>,
  timezone: string,
  resolving: Resolving,
): Schedule {
  const { findings, definitions, broken } = resolving;
  const crons = typeof value.cron === 'string' ? [value.cron] : value.cron;
  for (const [index, cron] of crons.entries())
    checkCron(cron, typeof value.cron === 'string' ? below(place, 'cron') : below(place, 'cron', index), resolving);
  if (value.timezone !== undefined) checkZone(value.timezone, below(place, 'timezone'), resolving);
  if (value.job !== undefined && !definitions.jobs.has(value.job) && !broken.name('jobs', value.job)) {
    const help = didYouMean(value.job, definitions.jobs.keys()) ?? 'write `selection:` to name the assets themselves';
    findings.error('unknown-job', below(place, 'job'), `there is no job \`${value.job}\``, { help });
  }
  return {
    name,
    crons: [...new Set(crons)].sort(byText),
    timezone: value.timezone ?? timezone,
    ...(value.job === undefined ? {} : { job: value.job }),
    ...(value.selection === undefined ? {} : { selection: value.selection }),
    catchup: value.catchup ?? 'latest',
    graceMs: resolveDuration(value.grace, below(place, 'grace'), resolving) ?? HOUR_MS,
    maxCatchupRuns: value.max_catchup_runs ?? 5,
    skipIfRunning: value.skip_if_running ?? false,
    tags: tagsOf(value.tags),
    ...(value.partitions === undefined ? {} : { partitions: value.partitions }),
    definedAt: definedAt(place),
  };
}

export function checkCron(cron: string, at: Place, { findings }: Resolving): void {
  const parsed = parseCron(cron);
  if (parsed.ok) return;
  const { column, message, help } = parsed.error;
  const place =
    column === undefined
      ? { offset: 0, length: cron.length }
      : { offset: column - 1, length: /^\S*/.exec(cron.slice(column - 1))![0].length };
  findings.inText('bad-cron', at, cron, textProblem(cron, place, message, help));
}

/** Reports a zone that is none. */
export function checkZone(zone: string, at: Place, { findings }: Resolving): void {
  if (isZone(zone)) return;
  const near = nearestZone(zone);
  findings.error('unknown-zone', at, `there is no time zone \`${zone}\``, {
    help: near === undefined ? 'zones have names such as `Europe/Berlin`' : `did you mean \`${near}\`?`,
  });
}

export function resolveSavedSelection({ name, value, place }: Definition<WrittenSelection>): SavedSelection {
  const { icon, description } = value;
  return {
    name,
    ...(icon === undefined ? {} : { icon }),
    ...(description === undefined ? {} : { description }),
    selection: value.selection,
    visibility: value.visibility ?? 'public',
    pinned: value.pinned ?? false,
    definedAt: definedAt(place),
  };
}

/** The assets of a selection in a manifest. Reports what does not parse or cannot be evaluated, and warns of names that nothing has. */
export function verifySelection(
  text: string,
  at: Place,
  scope: SelectionScope,
  resolving: Resolving,
): ReadonlySet<AssetKey> | undefined {
  const parsed = parseSelection(text);
  if (!parsed.ok) return reportSelection(text, at, parsed.error, resolving);
  const selected = evaluateSelection(parsed.value, scope);
  if (!selected.ok) return reportSelection(text, at, selected.error, resolving);
  if (!resolving.broken.isNothing) return selected.value;
  const unknown = unknownValues(parsed.value, scope);
  for (const problem of unknown) {
    const place = { offset: problem.column - 1, length: problem.length };
    resolving.findings.inText('selects-unknown', at, text, {
      ...textProblem(text, place, problem.message, problem.help),
      severity: 'warning',
    });
  }
  // What `status:` selects changes with time.
  if (selected.value.size === 0 && unknown.length === 0 && !/\bstatus:/.test(text))
    resolving.findings.warning('empty-selection', at, 'this selects no asset');
  return selected.value;
}

function reportSelection(text: string, at: Place, problem: SelectionProblem, { findings }: Resolving): undefined {
  findings.inText(
    'bad-selection',
    at,
    text,
    textProblem(text, { offset: problem.column - 1, length: problem.length }, problem.message, problem.help),
  );
  return undefined;
}
