import { CronExpressionParser } from 'cron-parser';
import type { EpochMs } from '../model/instant.ts';
import type { Cron } from './cron-syntax.ts';
import {
  endOfGap,
  instantToWall,
  OFFSET_MS_MAX,
  offsetAt,
  transitionsBetween,
  type WallMs,
  wallToInstants,
} from './zone.ts';

// The only module that loads cron-parser, which costs about as much as starting node: whoever judges no schedule
// should not load this one either (`cron-syntax.ts` reads and refuses rules without it).
//
// cron-parser is right in UTC only. It is asked for the days on which a rule comes, as if the wall stood in UTC;
// hours, minutes and the zone are ours. It is never asked to go backwards.

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What is due: the newest ticks in ascending order, and how many there are in all. */
export interface DueTicks {
  readonly ticks: readonly EpochMs[];
  /** At least `ticks.length`; more when older ones did not fit into the limit. */
  readonly total: number;
}

/**
 * The ticks of a list of rules in (after, until]: their sorted union, by the daylight-saving table of semantics.md 6.
 * At most the newest `limit` are returned, all are counted. The cost grows with the days in between, not with the ticks.
 */
export function dueTicks(
  crons: readonly Cron[],
  timezone: string,
  range: { readonly after: EpochMs; readonly until: EpochMs; readonly limit: number },
): DueTicks {
  const { after, until, limit } = range;
  if (until <= after) return { ticks: [], total: 0 };
  const blocks = blocksBetween(crons, timezone, after, until);
  const newestFirst: EpochMs[] = [];
  let total = 0;
  for (const block of blocks.reverse()) {
    if (newestFirst.length >= limit && block.start > after && block.end <= until) {
      total += block.count();
      continue;
    }
    const ticks = block.ticks().filter((tick) => tick > after && tick <= until);
    total += ticks.length;
    for (let i = ticks.length - 1; i >= 0 && newestFirst.length < limit; i--) newestFirst.push(ticks[i]!);
  }
  return { ticks: newestFirst.reverse(), total };
}

/** Days to look ahead in turn: most rules come soon, and the rarest (a fifth Monday in February) within forty years. */
const LOOK_AHEAD_DAYS = [2, 40, 400, 3000, 15_000] as const;

/** The first tick after an instant; undefined when none comes within forty years (a rule without rules has none). */
export function nextTick(crons: readonly Cron[], timezone: string, after: EpochMs): EpochMs | undefined {
  for (const days of LOOK_AHEAD_DAYS) {
    for (const block of blocksBetween(crons, timezone, after, after + days * DAY)) {
      const tick = block.ticks().find((candidate) => candidate > after);
      // Past the end, days were left out: an earlier tick may be among them, and the next turn sees it.
      if (tick !== undefined && tick <= after + days * DAY) return tick;
    }
  }
  return undefined;
}

/** A run of wall days whose ticks are disjoint from, and in order with, those of every other block. */
interface Block {
  /** All its ticks are in [start, end]. */
  readonly start: EpochMs;
  readonly end: EpochMs;
  ticks(): readonly EpochMs[];
  count(): number;
}

/** Blocks that together hold all ticks in (after, until], and some outside of it; oldest first. */
function blocksBetween(crons: readonly Cron[], timezone: string, after: EpochMs, until: EpochMs): Block[] {
  const firstDay = Math.floor(instantToWall(timezone, after) / DAY) - 1;
  const lastDay = Math.floor(instantToWall(timezone, until) / DAY) + 1;
  const cronsByDay = new Map<number, Cron[]>();
  for (const cron of crons) {
    if (!mayComeWithin(cron, timezone, after, until)) continue;
    for (const day of matchingDays(cron, firstDay, lastDay)) {
      const list = cronsByDay.get(day);
      if (list) list.push(cron);
      else cronsByDay.set(day, [cron]);
    }
  }
  if (cronsByDay.size === 0) return [];
  const eventful = eventfulDays(timezone, firstDay, lastDay);
  const days = [...cronsByDay.keys()].sort((a, b) => a - b);
  const minutesOf = memoMinutes();
  const blocks: Block[] = [];
  for (let i = 0; i < days.length; i++) {
    const day = days[i]!;
    if (!eventful.has(day)) {
      blocks.push(plainBlock(day * DAY, offsetAt(timezone, day * DAY), minutesOf(cronsByDay.get(day)!)));
      continue;
    }
    const group = [day];
    while (i + 1 < days.length && eventful.has(days[i + 1]!)) group.push(days[++i]!);
    blocks.push(
      eventfulBlock(
        timezone,
        group.map((each) => ({ wall: each * DAY, crons: cronsByDay.get(each)! })),
      ),
    );
  }
  return blocks;
}

/**
 * False when surely no tick lies in (after, until]: nothing on the wall's clock face in so short a time. Spares a tick
 * that comes every few minutes from asking for the days of a thousand daily schedules.
 */
function mayComeWithin(cron: Cron, timezone: string, after: EpochMs, until: EpochMs): boolean {
  if (until - after >= DAY / 2) return true;
  if (transitionsBetween(timezone, after - DAY, until + DAY).length > 0) return true;
  const offset = offsetAt(timezone, until);
  // Wall minutes m with after < m <= until, counted from the start of the wall's day.
  const first = Math.floor((after + offset) / MINUTE) + 1;
  const last = Math.floor((until + offset) / MINUTE);
  for (let minute = first; minute <= last; minute++) {
    const ofDay = ((minute % 1440) + 1440) % 1440;
    if (cron.minutes.includes(ofDay % 60) && cron.hours.includes(Math.floor(ofDay / 60))) return true;
  }
  return false;
}

/** The wall days (days since 1970) in [first, last] on which a rule comes, ascending. */
function matchingDays(cron: Cron, first: number, last: number): readonly number[] {
  const days: number[] = [];
  if (cron.days === undefined) {
    for (let day = first; day <= last; day++) days.push(day);
    return days;
  }
  const rule = CronExpressionParser.parse(`0 0 ${cron.days}`, {
    tz: 'UTC',
    currentDate: new Date(first * DAY - 1),
    endDate: new Date(last * DAY),
  });
  for (const date of rule) days.push(Math.round(date.getTime() / DAY));
  return days;
}

/**
 * Wall days near a change of the zone's offset: there, wall and instants are not simply parallel. A change moves
 * ticks by less than the widest offset, so the days around it see all of its effects.
 */
function eventfulDays(timezone: string, first: number, last: number): ReadonlySet<number> {
  const days = new Set<number>();
  for (const { at, before, after } of transitionsBetween(
    timezone,
    first * DAY - OFFSET_MS_MAX,
    (last + 1) * DAY + OFFSET_MS_MAX,
  )) {
    const from = Math.floor((at + Math.min(before, after)) / DAY) - 1;
    const to = Math.floor((at + Math.max(before, after)) / DAY) + 1;
    for (let day = from; day <= to; day++) days.add(day);
  }
  return days;
}

/** The minutes of the day at which some of the rules come, ascending; computed once for each combination of rules. */
function memoMinutes(): (crons: readonly Cron[]) => readonly number[] {
  const known = new Map<string, readonly number[]>();
  return (crons) => {
    const key = crons.map((cron) => cron.text).join('\n');
    const before = known.get(key);
    if (before) return before;
    const minutes = new Set<number>();
    for (const cron of crons) for (const minute of minutesOfDay(cron)) minutes.add(minute);
    const sorted = [...minutes].sort((a, b) => a - b);
    known.set(key, sorted);
    return sorted;
  };
}

function minutesOfDay(cron: Cron): readonly number[] {
  return cron.hours.flatMap((hour) => cron.minutes.map((minute) => hour * 60 + minute));
}

function plainBlock(wall: WallMs, offset: number, minutes: readonly number[]): Block {
  const tickAt = (minute: number): EpochMs => wall + minute * MINUTE - offset;
  return {
    start: tickAt(minutes[0]!),
    end: tickAt(minutes.at(-1)!),
    ticks: () => minutes.map(tickAt),
    count: () => minutes.length,
  };
}

function eventfulBlock(
  timezone: string,
  days: readonly { readonly wall: WallMs; readonly crons: readonly Cron[] }[],
): Block {
  const ticks = new Set<EpochMs>();
  for (const { wall, crons } of days) {
    for (const cron of crons) {
      for (const minute of minutesOfDay(cron)) {
        for (const tick of ticksOfWall(timezone, wall + minute * MINUTE, cron.hourFixed)) ticks.add(tick);
      }
    }
  }
  const sorted = [...ticks].sort((a, b) => a - b);
  return {
    start: sorted[0] ?? Number.NEGATIVE_INFINITY,
    end: sorted.at(-1) ?? Number.POSITIVE_INFINITY,
    ticks: () => sorted,
    count: () => sorted.length,
  };
}

/** The table of semantics.md 6: what a wall time means on the day of a change. */
function ticksOfWall(timezone: string, wall: WallMs, hourFixed: boolean): readonly EpochMs[] {
  const instants = wallToInstants(timezone, wall);
  if (!hourFixed) return instants;
  if (instants.length > 0) return [instants.at(-1)!];
  const end = endOfGap(timezone, wall);
  return end === undefined ? [] : [end];
}
