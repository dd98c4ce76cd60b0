import { nearestWord } from '../base/nearest.ts';
import type { EpochMs } from '../model/instant.ts';

/**
 * What a clock on the wall shows, as milliseconds that would be epoch milliseconds if the wall stood in UTC: date
 * arithmetic without a zone. A wall time may belong to no instant, to one, or to two.
 */
export type WallMs = number;

/** One change of a zone's offset: from `at` on, `after` holds. Offsets are wall minus instant, in milliseconds. */
export interface Transition {
  readonly at: EpochMs;
  readonly before: number;
  readonly after: number;
}

const DAY = 86_400_000;
/** No zone is further from UTC than this (today's extremes are -12 and +14 h). */
export const OFFSET_MS_MAX = 16 * 3_600_000;
const CACHED_DAYS_MAX = 20_000;

interface ZoneClock {
  readonly format: Intl.DateTimeFormat;
  /** Offset at the start of UTC day n. */
  readonly offsets: Map<number, number>;
  /** The change inside of UTC day n, where there is one. */
  readonly transitions: Map<number, Transition>;
}

// Answers of Intl, which never change while we run: the first formatter of a zone costs milliseconds, each call some
// microseconds. UTC has none, so that a project without zones never loads the calendar data.
const clocks = new Map<string, ZoneClock | null>();

function openClock(zone: string): ZoneClock | null {
  if (/^(Etc\/)?(UTC|UCT|GMT|Zulu|Universal|Greenwich)$/i.test(zone)) return null;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return { format, offsets: new Map(), transitions: new Map() };
}

function clockOf(zone: string): ZoneClock | null {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const clock = openClock(zone);
  clocks.set(zone, clock);
  return clock;
}

/** True for a name of the tz database (`Europe/Berlin`, `UTC`); bare offsets such as `+02:00` are no zones. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    clockOf(name);
    return true;
  } catch {
    return false;
  }
}

/** The zone that somebody most likely meant: by the whole name, else by its last part (`Berlin`). */
export function nearestZone(name: string): string | undefined {
  const zones = Intl.supportedValuesOf('timeZone');
  const city = name.toLowerCase().replaceAll(' ', '_');
  return zones.find((zone) => zone.toLowerCase().endsWith(`/${city}`)) ?? nearestWord(name, ['UTC', ...zones]);
}

/** Wall minus instant, asked of Intl. Years before 1 are not told apart from years after. */
function readOffset(clock: ZoneClock, at: EpochMs): number {
  // Only numbers are read, by the place of their type: the order of a locale's date may change with its data.
  const part: Record<string, number> = {};
  for (const { type, value } of clock.format.formatToParts(at)) part[type] = Number(value);
  const wall = Date.UTC(
    part['year']!,
    part['month']! - 1,
    part['day']!,
    part['hour']!,
    part['minute']!,
    part['second']!,
  );
  return wall - Math.floor(at / 1000) * 1000;
}

function offsetAtDay(clock: ZoneClock, day: number): number {
  const known = clock.offsets.get(day);
  if (known !== undefined) return known;
  if (clock.offsets.size >= CACHED_DAYS_MAX) {
    clock.offsets.clear();
    clock.transitions.clear();
  }
  const offset = readOffset(clock, day * DAY);
  clock.offsets.set(day, offset);
  return offset;
}

/** The change between the starts of UTC days n and n + 1. The tz database has no two within one day since 1970. */
function transitionIn(clock: ZoneClock, day: number): Transition | undefined {
  const before = offsetAtDay(clock, day);
  const after = offsetAtDay(clock, day + 1);
  if (before === after) return undefined;
  const known = clock.transitions.get(day);
  if (known !== undefined) return known;
  let low = day * DAY;
  let high = low + DAY;
  while (high - low > 1000) {
    const middle = low + Math.floor((high - low) / 2000) * 1000;
    if (readOffset(clock, middle) === before) low = middle;
    else high = middle;
  }
  const transition = { at: high, before, after };
  clock.transitions.set(day, transition);
  return transition;
}

/** The changes of a zone's offset in (after, until], oldest first. Costs one look at the zone per day. */
export function transitionsBetween(zone: string, after: EpochMs, until: EpochMs): readonly Transition[] {
  const clock = clockOf(zone);
  if (clock === null) return [];
  const found: Transition[] = [];
  for (let day = Math.floor(after / DAY); day * DAY < until; day++) {
    const transition = transitionIn(clock, day);
    if (transition && transition.at > after && transition.at <= until) found.push(transition);
  }
  return found;
}

/** Wall minus instant in a zone at an instant, in milliseconds: 3,600,000 in Berlin's winter. */
export function offsetAt(zone: string, at: EpochMs): number {
  const clock = clockOf(zone);
  if (clock === null) return 0;
  const day = Math.floor(at / DAY);
  const transition = transitionIn(clock, day);
  if (transition === undefined || at < transition.at) return offsetAtDay(clock, day);
  return transition.after;
}

/** What the wall shows at an instant. */
export function instantToWall(zone: string, at: EpochMs): WallMs {
  return at + offsetAt(zone, at);
}

/** The instants at which the wall shows this: none inside of a gap, two inside of a repeated hour; in order. */
export function wallToInstants(zone: string, wall: WallMs): readonly EpochMs[] {
  const offsets = new Set([offsetAt(zone, wall - OFFSET_MS_MAX)]);
  for (const { after } of transitionsBetween(zone, wall - OFFSET_MS_MAX, wall + OFFSET_MS_MAX)) offsets.add(after);
  const instants: EpochMs[] = [];
  for (const offset of offsets) {
    const at = wall - offset;
    if (offsetAt(zone, at) === offset) instants.push(at);
  }
  return instants.sort((a, b) => a - b);
}

/** The first instant after the gap that swallowed a wall time; undefined when the wall shows it at some instant. */
export function endOfGap(zone: string, wall: WallMs): EpochMs | undefined {
  for (const { at, before, after } of transitionsBetween(zone, wall - OFFSET_MS_MAX, wall + OFFSET_MS_MAX)) {
    if (wall >= at + before && wall < at + after) return at;
  }
  return undefined;
}
