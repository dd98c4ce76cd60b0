import type { EpochMs } from '../model/instant.ts';
import type { Cron } from './cron-syntax.ts';
import {
  type Bell,
  type DayPattern,
  dailyBell,
  mergeBells,
  movedDays,
  patternOf,
  writeBells,
} from './doorbell-days.ts';
import { ringMinutes } from './doorbell-minutes.ts';
import { offsetAt, transitionsBetween } from './zone.ts';

/** What is to be rung for: the rules of one schedule, or of assets that are made by themselves. */
export interface RungSchedule {
  readonly name: string;
  /** Not a schedule of the project: `name` says what it is. */
  readonly isAutomation?: true;
  /** Nothing says when: a rarer ring is only a later one. */
  readonly isLoose?: true;
  readonly crons: readonly Cron[];
  /** IANA zone. */
  readonly timezone: string;
}

/** Cron rules in UTC for a host that only knows to wake us up. */
export interface Doorbell {
  readonly crons: readonly string[];
  /** In a month of 30 days. Each is billed a minute at least. */
  readonly ringsAMonth: number;
  /** Schedules with two ticks closer together than the host can ring. */
  readonly tooOften: readonly string[];
}

/** A tick is rung for at most so much later, save in the hour in which clocks go forward. */
export const RUNG_WITHIN_MINUTES = 15;
/** GitHub rings no more often than this. */
export const RING_GAP_MINUTES = 5;

const DAY_MINUTES = 1440;
const MINUTE_MS = 60_000;
/** So far ahead a zone's offsets are looked up; governments decide no earlier. */
const ZONE_DAYS = 3 * 366;

/**
 * The rarest rules that ring for every tick soon after it, and not in the rush around the full hour. `spread` (0 to 3)
 * moves what is moved a little further, so that not all projects of the world ring in the same minute.
 */
export function deriveDoorbell(schedules: readonly RungSchedule[], from: EpochMs, spread: number): Doorbell {
  const due = schedules.map((schedule) => dueBells(schedule, from));
  if (due.every((bells) => bells.length === 0)) return { ...writeBells([dailyBell(spread)]), tooOften: [] };
  const minutes = due.map((bells) => new Set(bells.map((bell) => bell.minute % 60)));
  const rings = ringMinutes(minutes, spread);
  const rung = due.flat().map((bell) => later(bell, rings.delayOf(bell.minute % 60)));
  const tooOften = schedules.filter((_, i) => rings.isDense && isTooOften(minutes[i]!)).map(({ name }) => name);
  return { ...writeBells(mergeBells(rung)), tooOften };
}

/** When a schedule is due, as minutes of UTC days: once for each offset that its zone has. */
function dueBells({ crons, timezone }: RungSchedule, from: EpochMs): Bell[] {
  const offsets = offsetsOf(timezone, from);
  return crons.flatMap((cron) => {
    const pattern = patternOf(cron.days);
    return [...offsets].flatMap(([offsetMinutes, months]) =>
      cron.hours.flatMap((hour) =>
        cron.minutes.map((minute) => {
          const bell = later({ minute: hour * 60 + minute, days: pattern }, -offsetMinutes);
          return { ...bell, days: within(bell.days, months) };
        }),
      ),
    );
  });
}

function within(days: DayPattern, months: ReadonlySet<number>): DayPattern {
  return { ...days, months: new Set([...days.months].filter((month) => months.has(month))) };
}

/** Offsets of a zone in minutes, each with the months of the year in which it holds. */
function offsetsOf(timezone: string, from: EpochMs): Map<number, Set<number>> {
  const until = from + ZONE_DAYS * DAY_MINUTES * MINUTE_MS;
  const changes = transitionsBetween(timezone, from, until);
  const offsets = new Map<number, Set<number>>();
  let start = from;
  for (const { at, before } of [...changes, { at: until, before: offsetAt(timezone, until) }]) {
    const minutes = Math.round(before / MINUTE_MS);
    const months = offsets.get(minutes) ?? new Set<number>();
    offsets.set(minutes, months);
    for (let t = start; t < at + DAY_MINUTES * MINUTE_MS; t += 7 * DAY_MINUTES * MINUTE_MS) months.add(monthOf(t));
    months.add(monthOf(at));
    start = at;
  }
  return offsets;
}

function monthOf(at: EpochMs): number {
  return new Date(at).getUTCMonth() + 1;
}

/** The bell so many minutes later (or earlier), on the day that it is then. */
function later(bell: Bell, minutes: number): Bell {
  const moved = bell.minute + minutes;
  const days = Math.floor(moved / DAY_MINUTES);
  return { minute: moved - days * DAY_MINUTES, days: days === 0 ? bell.days : movedDays(bell.days, days) };
}

function isTooOften(minutes: ReadonlySet<number>): boolean {
  const sorted = [...minutes].sort((a, b) => a - b);
  return sorted.some((minute, i) => {
    const next = sorted[i + 1] ?? sorted[0]! + 60;
    return next - minute < RING_GAP_MINUTES;
  });
}
