import { fail, ok, type Result } from '../../base/result.ts';
import type { EpochMs } from '../../model/instant.ts';
import type { TimePartitions, TimeWindow } from '../../model/partitions.ts';
import { dueTicks, nextTick } from '../cron.ts';
import { type Cron, parseCron } from '../cron-syntax.ts';
import { endOfGap, instantToWall, isZone, offsetAt, wallToInstants } from '../zone.ts';
import { type KeyFormat, parseKeyFormat } from './key-format.ts';

/** More windows than any asset can mean; keeps a mistake (`* * * * *` since 1970) from filling the memory. */
export const WINDOWS_MAX = 1_000_000;

const DAY = 86_400_000;
/** Windows at the beginning whose keys must differ for the definition to be taken. */
const KEYS_COMPARED = 400;

/** A definition that was read: computes its windows. */
export interface Windows {
  readonly def: TimePartitions;
  /** Boundary of the first window; undefined when the rule never comes again. */
  readonly first: EpochMs | undefined;
  /** All windows that exist at an instant, oldest first (semantics.md 4). */
  all(now: EpochMs): readonly TimeWindow[];
  /** Windows whose span overlaps [from, to), whether or not they exist yet; never before the first. */
  overlapping(from: EpochMs, to: EpochMs): readonly TimeWindow[];
  /** The window of a key, whether or not it exists yet; undefined when no window has that key. */
  find(key: string): TimeWindow | undefined;
  /** The window so many places after one (negative: before); undefined before the first and after the last. */
  shift(window: TimeWindow, by: number): TimeWindow | undefined;
}

/** Why a definition is refused: which of its values, and a sentence for the user. */
export interface WindowsProblem {
  readonly key: 'start' | 'end' | 'schedule' | 'timezone' | 'format';
  readonly message: string;
}

const START = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?$/;

/** The wall time of a `start`; undefined when it is none, or a day that is in no calendar. */
export function parseWallTime(text: string): number | undefined {
  const match = START.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const date = new Date(wall);
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
  return same ? wall : undefined;
}

/** Reads a definition. All that is wrong with it at once. */
export function openWindows(def: TimePartitions): Result<Windows, readonly WindowsProblem[]> {
  const problems: WindowsProblem[] = [];
  const cron = parseCron(def.cron);
  if (!cron.ok) problems.push({ key: 'schedule', message: cron.error.message });
  const format = parseKeyFormat(def.format);
  if (!format.ok) problems.push({ key: 'format', message: format.error });
  if (!isZone(def.timezone)) problems.push({ key: 'timezone', message: `there is no zone \`${def.timezone}\`` });
  const start = parseWallTime(def.start);
  if (start === undefined)
    problems.push({
      key: 'start',
      message: `\`${def.start}\` is not a day or a time; write \`2026-01-01\` or \`2026-01-01T06:00\``,
    });
  const end = def.end === undefined ? undefined : parseWallTime(def.end);
  if (def.end !== undefined && end === undefined)
    problems.push({
      key: 'end',
      message: `\`${def.end}\` is not a day or a time; write \`2026-12-31\` or \`2026-12-31T06:00\``,
    });
  if (!cron.ok || !format.ok || start === undefined || problems.length > 0) return fail(problems);
  const windows = windowsOf(def, cron.value, format.value, { start, end });
  const twin = firstTwin(windows);
  if (twin !== undefined)
    return fail([
      { key: 'format', message: `\`${def.format}\` gives several windows the key \`${twin}\`; add a finer directive` },
    ]);
  return ok(windows);
}

/** All windows that are complete at an instant, with the place of each key. */
interface KnownWindows {
  readonly until: EpochMs;
  readonly windows: readonly TimeWindow[];
  readonly places: ReadonlyMap<string, number>;
}

/** The first window that passes a test which, once passed, all later ones pass too; their number when none does. */
function firstPlace(windows: readonly TimeWindow[], test: (window: TimeWindow) => boolean): number {
  let [low, high] = [0, windows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(windows[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function windowsOf(
  def: TimePartitions,
  cron: Cron,
  format: KeyFormat,
  { start, end }: { readonly start: number; readonly end: number | undefined },
): Windows {
  const { timezone } = def;
  const rules = [cron];
  const from = instantOf(timezone, start);
  const until = end === undefined ? Number.POSITIVE_INFINITY : instantOf(timezone, end);
  const first = nextTick(rules, timezone, from - 1);
  const keyOf = (at: EpochMs): string => {
    const wall = instantToWall(timezone, at);
    const twins = wallToInstants(timezone, wall);
    const text = format.write(wall);
    // The second pass of a repeated hour: the same text would name two windows.
    const isSecond = twins.length > 1 && at === twins.at(-1) && isTick(twins[0]!);
    return isSecond ? `${text}${offsetText(offsetAt(timezone, at))}` : text;
  };
  const isTick = (at: EpochMs): boolean => ticks(at - 1, at).length > 0;
  const ticks = (after: EpochMs, until: EpochMs): readonly EpochMs[] =>
    dueTicks(rules, timezone, { after, until, limit: WINDOWS_MAX }).ticks;
  const windowAt = (at: EpochMs): TimeWindow | undefined => {
    const next = nextTick(rules, timezone, at);
    return next === undefined || next > until ? undefined : { key: keyOf(at), start: at, end: next };
  };
  const between = (boundaries: readonly EpochMs[]): TimeWindow[] =>
    boundaries.slice(0, -1).map((at, index) => ({ key: keyOf(at), start: at, end: boundaries[index + 1]! }));
  /** The last boundary at or before an instant. */
  const boundaryBefore = (at: EpochMs): EpochMs | undefined => {
    for (const days of [2, 40, 400, 3000, 15_000]) {
      const found = dueTicks(rules, timezone, { after: at - days * DAY, until: at, limit: 1 }).ticks.at(-1);
      if (found !== undefined) return first !== undefined && found >= first ? found : undefined;
    }
    return undefined;
  };
  // Whoever asks for single windows has mostly asked for all of them before: those are kept, and found by key and instant.
  let known: KnownWindows = { until: Number.NEGATIVE_INFINITY, windows: [], places: new Map() };
  /** Windows only ever come after those that are known: what is new is added, as long as all have room. */
  const knownUntil = (now: EpochMs, begin: EpochMs): KnownWindows => {
    const last = known.windows.at(-1);
    const added = last === undefined ? [] : between(ticks(last.end - 1, now));
    const isAll = last === undefined || known.windows.length + added.length >= WINDOWS_MAX;
    if (!isAll && added.length === 0) return { ...known, until: now };
    const windows = isAll ? between(ticks(begin - 1, now)) : [...known.windows, ...added];
    return { until: now, windows, places: new Map(windows.map(({ key }, place) => [key, place])) };
  };
  const complete = (now: EpochMs): readonly TimeWindow[] => {
    if (first === undefined || now < first) return [];
    if (now > known.until) known = knownUntil(now, first);
    const { windows } = known;
    return windows.slice(
      0,
      firstPlace(windows, (window) => window.end > now),
    );
  };
  const self: Windows = {
    def,
    first,
    all(now) {
      return withOffset(complete(Math.min(now, until)), self, def.endOffset, first);
    },
    overlapping(begin, end) {
      if (first === undefined || end <= first || end <= begin) return [];
      const last = known.windows.at(-1);
      if (last !== undefined && end <= last.end) {
        const from = firstPlace(known.windows, (window) => window.end > begin);
        return known.windows.slice(
          from,
          firstPlace(known.windows, (window) => window.start >= end),
        );
      }
      const low = boundaryBefore(begin) ?? first;
      const boundaries = [...ticks(low - 1, end - 1)];
      const after = boundaries.length === 0 ? undefined : nextTick(rules, timezone, boundaries.at(-1)!);
      return after === undefined ? [] : between([...boundaries, after]).filter((window) => window.end <= until);
    },
    find(key) {
      if (first === undefined) return undefined;
      const place = known.places.get(key);
      if (place !== undefined) return known.windows[place];
      const plain = format.read(key) ?? format.read(key.replace(/[+-]\d{4}$/, ''));
      if (plain === undefined) return undefined;
      // The start of the window is somewhere in what the key leaves open, by whatever offset the zone had.
      for (const at of ticks(plain - DAY - 1, plain + format.spanMs + DAY))
        if (at >= first && keyOf(at) === key) return windowAt(at);
      return undefined;
    },
    shift(window, by) {
      if (first === undefined) return undefined;
      const place = known.places.get(window.key);
      const there = place === undefined ? undefined : known.windows[place + by];
      if (there !== undefined) return there;
      let at: EpochMs | undefined = window.start;
      for (let n = 0; n < Math.abs(by) && at !== undefined; n++)
        at = by > 0 ? nextTick(rules, timezone, at) : boundaryBefore(at - 1);
      return at === undefined ? undefined : windowAt(at);
    },
  };
  return self;
}

/** The definition's `end_offset`: more windows after the last complete one, or fewer. */
function withOffset(
  complete: readonly TimeWindow[],
  windows: Windows,
  offset: number,
  first: EpochMs | undefined,
): readonly TimeWindow[] {
  if (offset <= 0) return complete.slice(0, Math.max(0, complete.length + offset));
  const all = [...complete];
  for (let n = 0; n < offset; n++) {
    const last = all.at(-1);
    const next = last
      ? windows.shift(last, 1)
      : first === undefined
        ? undefined
        : windows.overlapping(first, first + 1)[0];
    if (next === undefined) break;
    all.push(next);
  }
  return all;
}

function firstTwin(windows: Windows): string | undefined {
  if (windows.first === undefined) return undefined;
  const seen = new Set<string>();
  let window = windows.overlapping(windows.first, windows.first + 1)[0];
  const horizon = windows.first + 400 * DAY;
  const early = windows.overlapping(windows.first, horizon).slice(0, KEYS_COMPARED);
  for (window of early) {
    if (seen.has(window.key)) return window.key;
    seen.add(window.key);
  }
  return undefined;
}

/** The instant of a wall time; inside of a gap the first one after it, in a repeated hour the first pass. */
function instantOf(timezone: string, wall: number): EpochMs {
  return wallToInstants(timezone, wall)[0] ?? endOfGap(timezone, wall) ?? wall;
}

function offsetText(offsetMs: number): string {
  const minutes = Math.abs(Math.round(offsetMs / 60_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}
