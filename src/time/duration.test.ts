import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, formatInstant, parseDuration } from './duration.ts';

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

describe('formatDuration', () => {
  test.each([
    [0, '0 s'],
    [7, '0.1 s'],
    [300, '0.3 s'],
    [6000, '6 s'],
    [6040, '6 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [59_499, '59 s'],
    [59_500, '1 min'],
    [65_000, '1 min 5 s'],
    [3_599_499, '59 min 59 s'],
    [3_599_500, '1 h'],
    [6_600_000, '1 h 50 min'],
    [86_399_999, '1 day'],
    [90_000_000, '1 day 1 h'],
    [4 * 86_400_000, '4 days'],
    [-6_600_000, '-1 h 50 min'],
    [-20, '0 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('never shows a unit that overflows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 * 86_400_000 }), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b60 (s|min)\b|\b24 h\b/);
      }),
    );
  });
});

test('formatInstant shows the minute that has begun, in UTC', () => {
  expect(formatInstant(Date.UTC(2026, 10, 21, 9, 23, 59, 999))).toBe('2026-11-21 09:23 UTC');
});
