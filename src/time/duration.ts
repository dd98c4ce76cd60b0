import { fail, ok, type Result } from '../base/result.ts';

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
