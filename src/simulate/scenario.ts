import { type PlanningProject, selectAssets } from '../app/planning.ts';
import { statusesOf } from '../app/statuses.ts';
import { doorbellOf } from '../app/workflow-values.ts';
import { nearestWord } from '../base/nearest.ts';
import type { WrittenScenario } from '../manifest/generated/written.ts';
import { parseScenario } from '../manifest/parse.ts';
import { compareDiagnostics, type Diagnostic } from '../model/diagnostic.ts';
import type { EpochMs } from '../model/instant.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { type Cron, parseCron } from '../time/cron-syntax.ts';
import { parseDuration } from '../time/duration.ts';
import type { FailureRule, ScenarioPlan, Spread } from './scenario-plan.ts';
import { refusalOf, startedBackfill, startedRun } from './scenario-started.ts';

/** What a scenario is resolved against. */
export interface ScenarioBase {
  readonly planning: PlanningProject;
  readonly view: StateView;
  readonly from: EpochMs;
  readonly usdPerMinute?: number;
}

export interface ResolvedScenario {
  /** Absent while anything is wrong. */
  readonly plan?: ScenarioPlan;
  readonly diagnostics: readonly Diagnostic[];
}

const MINUTE_MS = 60_000;
/** How late GitHub rings when nobody says otherwise. */
const USUAL_LATENESS: Spread = { p50Ms: 5 * MINUTE_MS, p99Ms: 40 * MINUTE_MS };
/** Attempts of which an asset's rate of failures is told; fewer say nothing. */
const HISTORY_MIN = 5;

/**
 * Reads a scenario, fills in what it does not say from the project and its history, and names all that is wrong with it.
 * Without a source everything comes from there.
 */
export function resolveScenario(
  source: { readonly path: string; readonly text: string } | undefined,
  base: ScenarioBase,
): ResolvedScenario {
  const { planning, view, from } = base;
  const { project } = planning;
  const { document, diagnostics: ofText } = source ? parseScenario(source) : { document: undefined, diagnostics: [] };
  const written: WrittenScenario = document?.value ?? {};
  const findings = openFindings(document, base);
  const { byAsset } = findings;
  const failureOf = (value: NonNullable<WrittenScenario['failures']>[string]): FailureRule => {
    if (typeof value === 'string') return { kind: 'rate', rate: shareOf(value) };
    if (value.first !== undefined) return { kind: 'first', attempts: value.first };
    const to = value.to === undefined ? {} : { to: momentOf(value.to, from) };
    return { kind: 'between', from: momentOf(value.from!, from), ...to };
  };
  const { wake_ups: wake, github, lost_runners: lost } = written;
  const wakeUps = cronsOf(written, base, findings);
  const seen = seenOf(project, view);
  const failures = new Map<string, FailureRule>([
    ...[...seen.rates].map(([step, rate]) => [step, { kind: 'rate', rate }] as const),
    ...bySteps(project, byAsset('failures', written.failures, failureOf)),
  ]);
  const checks = new Map<string, number>();
  for (const [asset, rate] of byAsset('failing_checks', written.failing_checks, shareOf))
    for (const check of project.assets[asset]?.checks ?? []) checks.set(`${asset}/${check.name}`, rate);
  const started = startedOf(written, base, findings);
  const machines = machinesOf(written, project, findings);
  const price = github?.usd_per_minute ?? base.usdPerMinute;
  const plan: ScenarioPlan = {
    wakeUps,
    lateness: wake?.late === undefined ? USUAL_LATENESS : spreadOf(wake.late),
    lostRings: wake?.lost === undefined ? 0 : shareOf(wake.lost),
    github: {
      runners: github?.runners ?? 20,
      setUpMs: durationMs(github?.set_up ?? '20s'),
      requestsAnHour: github?.requests_per_hour ?? 1000,
      ...(github?.minutes === undefined ? {} : { minutes: github.minutes }),
      ...(price === undefined ? {} : { usdPerMinute: price }),
    },
    budgetMs: durationMs(written.time_budget ?? '5h'),
    maxParallel: written.max_parallel ?? project.maxParallel ?? 4,
    ...(written.fan_out === undefined ? {} : { fanOut: { jobs: written.fan_out.jobs ?? 20, machines } }),
    durations: bySteps(project, byAsset('durations', written.durations, spreadOf)),
    seenMs: seen.durationsMs,
    durationMs: durationMs(written.default_duration ?? '1m'),
    failures,
    checks,
    lostRunners: lost?.share === undefined ? 0 : shareOf(lost.share),
    crashes: (lost?.at ?? []).map((text) => momentOf(text, from)),
    started,
    lostWorkOn: lost?.work_on === undefined ? 0 : shareOf(lost.work_on),
  };
  const all = [...ofText, ...findings.all].sort(compareDiagnostics);
  return all.length > 0 ? { diagnostics: all } : { plan, diagnostics: [] };
}

type Pointer = readonly (string | number)[];

/** What is wrong with what a scenario names, as it is looked up. */
interface Findings {
  readonly all: readonly Diagnostic[];
  readonly find: (pointer: Pointer, what: 'key' | 'value', finding: Omit<Diagnostic, 'span' | 'severity'>) => void;
  readonly assetsOf: (text: string, pointer: Pointer, what: 'key' | 'value') => ReadonlySet<AssetKey>;
  /** What is said by selection, as it counts for each asset: the last that fits. */
  readonly byAsset: <W, T>(
    name: 'durations' | 'failures' | 'failing_checks',
    of: Readonly<Record<string, W>> | undefined,
    read: (value: W) => T,
  ) => ReadonlyMap<AssetKey, T>;
}

function openFindings(
  document: ReturnType<typeof parseScenario>['document'],
  { planning, view }: ScenarioBase,
): Findings {
  const all: Diagnostic[] = [];
  const statuses = statusesOf(planning.project, view);
  const find: Findings['find'] = (pointer, what, finding) => {
    if (document) all.push({ ...finding, severity: 'error', span: document.locate(pointer, what) });
  };
  const assetsOf: Findings['assetsOf'] = (text, pointer, what) => {
    const selected = selectAssets(planning, text, statuses);
    if (!selected.ok) {
      find(pointer, what, { code: 'bad-selection', ...inWords(selected.error) });
      return new Set();
    }
    if (selected.value.size === 0)
      find(pointer, what, {
        code: 'empty-selection',
        message: `\`${text}\` selects no asset of this project`,
        help: '`branchline list --select …` shows what a selection names',
      });
    return selected.value;
  };
  return {
    all,
    find,
    assetsOf,
    byAsset<W, T>(name: string, of: Readonly<Record<string, W>> | undefined, read: (value: W) => T) {
      const found = new Map<AssetKey, T>();
      for (const [selection, value] of Object.entries(of ?? {}))
        for (const asset of assetsOf(selection, [name, selection], 'key')) found.set(asset, read(value));
      return found;
    },
  };
}

/** A refusal as a finding says it. */
function inWords({ message, help }: { readonly message: string; readonly help?: string }): {
  readonly message: string;
  readonly help?: string;
} {
  return { message: message.split('\n')[0]!, ...(help === undefined ? {} : { help }) };
}

function cronsOf({ wake_ups: wake }: WrittenScenario, { planning, from }: ScenarioBase, { find }: Findings): Cron[] {
  const crons: Cron[] = [];
  const rules = wake?.cron === undefined ? doorbellOf(planning.project, from).crons : [wake.cron].flat();
  for (const [index, rule] of rules.entries()) {
    const cron = parseCron(rule);
    if (cron.ok) crons.push(cron.value);
    else {
      const pointer = Array.isArray(wake?.cron) ? ['wake_ups', 'cron', index] : ['wake_ups', 'cron'];
      const { message, help } = cron.error;
      find(pointer, 'value', { code: 'bad-cron', message, ...(help === undefined ? {} : { help }) });
    }
  }
  return crons;
}

/** What is known of assets, of the steps that make them. */
function bySteps<T>({ assets }: Project, of: ReadonlyMap<AssetKey, T>): Map<string, T> {
  const steps = new Map<string, T>();
  for (const [asset, value] of of) {
    const step = assets[asset]?.step;
    if (step !== undefined) steps.set(step, value);
  }
  return steps;
}

/** What the history says of steps: how long they took, and what part of their attempts failed. */
function seenOf(
  project: Project,
  view: StateView,
): { readonly durationsMs: ReadonlyMap<string, readonly number[]>; readonly rates: ReadonlyMap<string, number> } {
  const seenMs = new Map<string, readonly number[]>();
  const rates = new Map<string, number>();
  for (const [step, { assets }] of Object.entries(project.steps)) {
    const records = assets.flatMap((asset) => view.assets.get(asset) ?? []);
    // A step that makes several assets took at least as long as the slowest of them.
    const slowest = records.reduce<readonly number[]>(
      (best, { durationsMs }) => (sum(durationsMs) > sum(best) ? durationsMs : best),
      [],
    );
    if (slowest.length > 0) seenMs.set(step, [...slowest]);
    const rate = Math.max(0, ...records.map(({ history }) => failureRate(history.map((entry) => entry.outcome))));
    if (rate > 0) rates.set(step, rate);
  }
  return { durationsMs: seenMs, rates };
}

/** Runs and backfills that people start. */
function startedOf(
  { runs = [], backfills = [] }: WrittenScenario,
  { planning, view, from }: ScenarioBase,
  { find, assetsOf }: Findings,
): ScenarioPlan['started'] {
  const startedAt = (name: 'runs' | 'backfills', index: number, at: string | undefined): EpochMs => {
    const instant = at === undefined ? from : momentOf(at, from);
    if (instant < from)
      find([name, index, 'at'], 'value', {
        code: 'out-of-range',
        message: 'this is before the simulation begins',
        help: 'a time after the beginning is written `+30m`; `--from` moves the beginning',
      });
    return instant;
  };
  const started = runs.map((run, index) => {
    assetsOf(run.select, ['runs', index, 'select'], 'value');
    return startedRun(run, startedAt('runs', index, run.at));
  });
  const filling = backfills.map((each, index) => {
    const backfill = startedBackfill(each, startedAt('backfills', index, each.at));
    if (assetsOf(each.select, ['backfills', index, 'select'], 'value').size === 0) return backfill;
    const refused = refusalOf(planning, view, backfill);
    const key = each.partitions === undefined ? 'select' : 'partitions';
    if (refused) find(['backfills', index, key], 'value', { code: 'bad-backfill', ...inWords(refused) });
    return backfill;
  });
  return [...started, ...filling];
}

/** Machines of the jobs of a fan-out, by the names that the project has for them. */
function machinesOf({ fan_out }: WrittenScenario, { runners }: Project, { find }: Findings): Map<string, number> {
  const machines = new Map(Object.entries(fan_out?.machines ?? {}));
  for (const name of machines.keys())
    if (runners[name] === undefined)
      find(['fan_out', 'machines', name], 'key', {
        code: 'unknown-runner',
        message: `the project has no runner \`${name}\``,
        help: runnerHelp(name, Object.keys(runners)),
      });
  return machines;
}

/** `+2h` after the beginning, or an instant. The schema holds: it is one of them. */
export function momentOf(text: string, from: EpochMs): EpochMs {
  return text.startsWith('+') ? from + durationMs(text.slice(1)) : Date.parse(text);
}

function runnerHelp(name: string, known: readonly string[]): string {
  if (known.length === 0) return '`runners` of the project names its machines';
  const nearest = nearestWord(name, known);
  return nearest === undefined
    ? `known are ${known.map((each) => `\`${each}\``).join(', ')}`
    : `did you mean \`${nearest}\`?`;
}

function spreadOf(value: string | { readonly p50: string; readonly p99: string }): Spread {
  if (typeof value !== 'string') return { p50Ms: durationMs(value.p50), p99Ms: durationMs(value.p99) };
  return { p50Ms: durationMs(value), p99Ms: durationMs(value) };
}

/** The schema holds: it is a duration. */
function durationMs(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

/** `5%` → 0.05. */
function shareOf(text: string): number {
  return Number(text.slice(0, -1)) / 100;
}

function failureRate(outcomes: readonly string[]): number {
  const ended = outcomes.filter((outcome) => outcome === 'success' || outcome === 'failure');
  return ended.length < HISTORY_MIN ? 0 : ended.filter((outcome) => outcome === 'failure').length / ended.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}
