import { describe, expect, test } from 'vitest';
import { parseDuration } from './duration.ts';

describe('parseDuration', () => {
  test.each([
    ['90s', 90_000],
    ['30m', 1_800_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['1s', 1000],
    ['007m', 420_000],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: ms });
  });

  test.each([
    ['90', '`90` has no unit; write `90s`, `90m`, `90h` or `90d`'],
    ['5w', '`w` is not a unit of time here; use `s`, `m`, `h` or `d` (seconds, minutes, hours, days)'],
    ['5M', '`M` is not a unit of time here; use `s`, `m`, `h` or `d` (seconds, minutes, hours, days)'],
    ['', '`` is not a duration; write a whole number and a unit, such as `90s`, `30m`, `2h` or `7d`'],
    ['1.5h', '`1.5h` is not a duration; write a whole number and a unit, such as `90s`, `30m`, `2h` or `7d`'],
    ['1h30m', '`1h30m` is not a duration; write a whole number and a unit, such as `90s`, `30m`, `2h` or `7d`'],
    ['-1h', '`-1h` is not a duration; write a whole number and a unit, such as `90s`, `30m`, `2h` or `7d`'],
    ['0m', '`0m` is no time at all; the shortest duration is `1s`'],
    ['99999d', '`99999d` is longer than ten years, which is the most that is allowed'],
  ])('%j is refused: %s', (text, message) => {
    expect(parseDuration(text)).toEqual({ ok: false, error: message });
  });
});
