import { fail, ok, type Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const UNIT_MS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/** Ten years: longer than any deadline that somebody means; keeps sums of durations exact. */
const DURATION_MS_MAX = 3653 * DAY;

/**
 * Milliseconds of `90s`, `30m`, `2h` or `7d`: a whole number and one unit, from 1 s to 10 years. The error is a
 * sentence for the user; a bare number gets its own, because which unit it means cannot be known.
 */
export function parseDuration(text: string): Result<number, string> {
  const match = /^(\d+)([a-z]*)$/i.exec(text);
  if (match === null) {
    return fail(
      `\`${text}\` is not a duration; write a whole number and a unit, such as \`90s\`, \`30m\`, \`2h\` or \`7d\``,
    );
  }
  const [, digits, unit] = match as unknown as [string, string, string];
  if (unit === '')
    return fail(`\`${text}\` has no unit; write \`${text}s\`, \`${text}m\`, \`${text}h\` or \`${text}d\``);
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined) {
    return fail(
      `\`${unit}\` is not a unit of time here; use \`s\`, \`m\`, \`h\` or \`d\` (seconds, minutes, hours, days)`,
    );
  }
  const ms = Number(digits) * unitMs;
  if (ms === 0) return fail(`\`${text}\` is no time at all; the shortest duration is \`1s\``);
  if (ms > DURATION_MS_MAX) return fail(`\`${text}\` is longer than ten years, which is the most that is allowed`);
  return ok(ms);
}

/**
 * A duration for people: `0.3 s`, `6 s`, `1 min 5 s`, `1 h 50 min`, `3 days 4 h`. At most two units, rounded to the
 * smaller one; tenths of a second below 10 s. Negative ones begin with `-`.
 */
export function formatDuration(ms: number): string {
  if (ms < 0) return ms <= -50 ? `-${formatDuration(-ms)}` : '0 s';
  const tenths = Math.round(ms / 100);
  if (tenths < 100) return ms > 0 && tenths === 0 ? '0.1 s' : `${tenths / 10} s`;
  const seconds = Math.round(ms / SECOND);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return twoUnits(seconds, 60, 'min', 's');
  const minutes = Math.round(ms / MINUTE);
  if (minutes < 24 * 60) return twoUnits(minutes, 60, 'h', 'min');
  const hours = Math.round(ms / HOUR);
  return twoUnits(hours, 24, hours < 48 ? 'day' : 'days', 'h');
}

function twoUnits(small: number, perLarge: number, largeName: string, smallName: string): string {
  const rest = small % perLarge;
  const large = `${Math.floor(small / perLarge)} ${largeName}`;
  return rest === 0 ? large : `${large} ${rest} ${smallName}`;
}

/** An instant for people, to the minute that has begun: `2026-11-21 09:23 UTC`. */
export function formatInstant(ms: EpochMs): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
