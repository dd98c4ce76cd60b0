import { sortedEntries } from '../base/order.ts';
import type {
  WrittenCronPartitions,
  WrittenDailyPartitions,
  WrittenDimension,
  WrittenHourlyPartitions,
  WrittenMonthlyPartitions,
  WrittenPartitions,
  WrittenWeeklyPartitions,
} from '../manifest/generated/written.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { PartitionsDef, SinglePartitions, TimePartitions } from '../model/partitions.ts';
import { formatInZone } from '../time/format.ts';
import { dimensionVariable, ENGINE_VARIABLES, keyProblem } from '../time/partitions/keys.ts';
import { openWindows, type Windows, type WindowsProblem } from '../time/partitions/windows.ts';
import { nearestZone } from '../time/zone.ts';
import { below, keyOf, type Place } from './findings.ts';
import { didYouMean, type Resolving } from './resolving.ts';

/** The definition that a key names or writes out; reports what is wrong with it. Undefined when it cannot be had. */
export function resolvePartitions(
  written: string | WrittenPartitions,
  at: Place,
  resolving: Resolving,
): PartitionsDef | undefined {
  if (typeof written !== 'string') return definitionOf(written, at, resolving);
  const { definitions, findings, broken } = resolving;
  const shared = definitions.partitions.get(written);
  if (shared !== undefined)
    return definitionOf(shared.value, shared.place, { ...resolving, findings: quiet(findings) });
  if (broken.name('partitions', written)) return undefined;
  findings.error('unknown-partitions', at, `there are no partitions \`${written}\``, {
    help:
      didYouMean(written, definitions.partitions.keys()) ??
      'declare them under `partitions:` at the top of a manifest, or write the definition here: `{ daily: { start: 2026-01-01 } }`',
  });
  return undefined;
}

/** A shared definition is judged where it stands, once. */
function quiet(findings: Resolving['findings']): Resolving['findings'] {
  return { ...findings, error: () => undefined, warning: () => undefined, inText: () => undefined };
}

/** Every shared definition, judged. */
export function resolveSharedPartitions(resolving: Resolving): Readonly<Record<string, PartitionsDef>> {
  const shared: Record<string, PartitionsDef> = {};
  for (const { name, value, place } of resolving.definitions.partitions.values()) {
    const definition = definitionOf(value, place, resolving);
    if (definition !== undefined) shared[name] = definition;
  }
  return shared;
}

/** Definitions of one project that were resolved: assets that are cut alike share one object, which is opened once. */
interface Resolved {
  readonly byWritten: Map<WrittenPartitions, PartitionsDef>;
  readonly byText: Map<string, PartitionsDef>;
}
const RESOLVED = new WeakMap<Resolving['definitions'], Resolved>();

function definitionOf(written: WrittenPartitions, at: Place, resolving: Resolving): PartitionsDef | undefined {
  const resolved: Resolved = RESOLVED.get(resolving.definitions) ?? { byWritten: new Map(), byText: new Map() };
  RESOLVED.set(resolving.definitions, resolved);
  const known = resolved.byWritten.get(written);
  if (known !== undefined) return known;
  const own = resolveDefinition(written, at, resolving);
  if (own === undefined) return undefined;
  const text = JSON.stringify(own);
  const shared = resolved.byText.get(text) ?? own;
  resolved.byText.set(text, shared);
  resolved.byWritten.set(written, shared);
  return shared;
}

function resolveDefinition(written: WrittenPartitions, at: Place, resolving: Resolving): PartitionsDef | undefined {
  if (written.multi === undefined) return singleOf(written, at, resolving, false);
  const dimensions: Record<string, SinglePartitions> = {};
  let isWhole = true;
  const variables = new Map<string, string>();
  for (const [name, value] of sortedEntries(written.multi)) {
    const place = below(at, 'multi', name);
    const taken = takenVariable(name, variables);
    if (taken !== undefined) resolving.findings.error('bad-partitions', keyOf(place), taken);
    const resolved =
      typeof value === 'string' ? namedDimension(value, place, resolving) : singleOf(value, place, resolving, true);
    if (resolved === undefined) isWhole = false;
    else dimensions[name] = resolved;
  }
  return isWhole ? { kind: 'multi', dimensions } : undefined;
}

/** Each dimension's key reaches steps as a variable of its own: what is wrong with its name for that. */
function takenVariable(name: string, variables: Map<string, string>): string | undefined {
  const variable = dimensionVariable(name);
  const other = ENGINE_VARIABLES.has(variable) ? 'the window of the partition' : variables.get(variable);
  variables.set(variable, `the dimension \`${name}\``);
  return other === undefined
    ? undefined
    : `a step reads the key of \`${name}\` from \`${variable}\`, which is ${other} already; give it another name`;
}

function namedDimension(name: string, at: Place, resolving: Resolving): SinglePartitions | undefined {
  const resolved = resolvePartitions(name, at, resolving);
  if (resolved?.kind !== 'multi') return resolved;
  resolving.findings.error('bad-partitions', at, `\`${name}\` has several dimensions itself; a dimension has one`);
  return undefined;
}

function singleOf(
  written: WrittenDimension,
  at: Place,
  resolving: Resolving,
  isDimension: boolean,
): SinglePartitions | undefined {
  const { findings } = resolving;
  if (written.static !== undefined) {
    const keys = written.static.map(String);
    for (const [index, key] of keys.entries()) {
      const place = below(at, 'static', index);
      const problem = keyProblem(key, isDimension);
      if (problem !== undefined) findings.error('bad-partition-key', place, problem);
      else if (keys.indexOf(key) < index)
        findings.error('bad-partition-key', place, `the partition \`${key}\` is named twice`);
    }
    return { kind: 'static', keys: [...new Set(keys)] };
  }
  if (written.dynamic !== undefined) return { kind: 'dynamic', name: written.dynamic };
  const time = timeOf(written, timezoneOf(written, resolving));
  if (time === undefined) return undefined;
  const opened = openWindows(time.def);
  if (opened.ok) {
    const { first } = opened.value;
    if (first !== undefined && opened.value.overlapping(first, first + 1).length > 0) {
      warnOfFuture(opened.value, first, below(at, time.word, 'start'), resolving);
      return time.def;
    }
    findings.error(
      'bad-partitions',
      below(at, time.word, first === undefined ? 'start' : 'end'),
      first === undefined
        ? 'no window ever begins on or after this start'
        : 'no window ends by then: the first one ends later',
    );
    return undefined;
  }
  for (const problem of opened.error) reportWindows(problem, time, at, resolving);
  return undefined;
}

/** A start in the future is no mistake, unless a year was mistyped: whoever looks is told that there is nothing to make. */
function warnOfFuture(windows: Windows, first: EpochMs, at: Place, { findings, now }: Resolving): void {
  if (now === undefined || first <= now || windows.all(now).length > 0) return;
  const { timezone, endOffset } = windows.def;
  const complete = windows.overlapping(first, first + 1)[0]!.end;
  const until = endOffset === 0 ? `, which is complete at ${formatInZone(timestamp(complete), timezone)}` : '';
  findings.warning(
    'partitions-to-come',
    at,
    `there are no partitions yet: the first begins at ${formatInZone(timestamp(first), timezone)}${until}`,
    { help: 'nothing can be made before that; write an earlier `start` if that is not meant' },
  );
}

function reportWindows(problem: WindowsProblem, time: TimeWord, at: Place, { findings }: Resolving): void {
  const place = below(at, time.word, problem.key);
  const near = problem.key === 'timezone' ? nearestZone(time.def.timezone) : undefined;
  findings.error(
    problem.key === 'timezone' ? 'unknown-zone' : 'bad-partitions',
    place,
    problem.message,
    near === undefined ? {} : { help: `did you mean \`${near}\`?` },
  );
}

function timezoneOf(written: WrittenDimension, { definitions }: Resolving): string {
  const own = written.hourly ?? written.daily ?? written.weekly ?? written.monthly ?? written.cron;
  return own?.timezone ?? definitions.project?.value.timezone ?? 'UTC';
}

interface TimeWord {
  readonly word: 'hourly' | 'daily' | 'weekly' | 'monthly' | 'cron';
  readonly def: TimePartitions;
}

const DAY_FORMAT = '%Y-%m-%d';

function timeOf(written: WrittenDimension, timezone: string): TimeWord | undefined {
  const make = (
    word: TimeWord['word'],
    of: WrittenHourlyPartitions | WrittenCronPartitions,
    cron: string,
    format: string,
  ): TimeWord => ({
    word,
    def: {
      kind: 'time',
      cron,
      timezone,
      start: String(of.start),
      ...(of.end === undefined ? {} : { end: String(of.end) }),
      format,
      endOffset: of.end_offset ?? 0,
    },
  });
  const clock = (of: { hour_offset?: number; minute_offset?: number }): string =>
    `${of.minute_offset ?? 0} ${of.hour_offset ?? 0}`;
  const { hourly, daily, weekly, monthly, cron } = written as {
    hourly?: WrittenHourlyPartitions;
    daily?: WrittenDailyPartitions;
    weekly?: WrittenWeeklyPartitions;
    monthly?: WrittenMonthlyPartitions;
    cron?: WrittenCronPartitions;
  };
  if (hourly) return make('hourly', hourly, `${hourly.minute_offset ?? 0} * * * *`, '%Y-%m-%d-%H:%M');
  if (daily) return make('daily', daily, `${clock(daily)} * * *`, DAY_FORMAT);
  if (weekly) return make('weekly', weekly, `${clock(weekly)} * * ${weekly.day_offset ?? 0}`, DAY_FORMAT);
  if (monthly) return make('monthly', monthly, `${clock(monthly)} ${monthly.day_offset ?? 1} * *`, DAY_FORMAT);
  if (cron) return make('cron', cron, cron.schedule, cron.format);
  return undefined;
}
