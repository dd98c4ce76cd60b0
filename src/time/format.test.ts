import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, formatInstant, formatInZone } from './format.ts';

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
  expect(formatInstant('2026-11-21T09:23:59.999Z')).toBe('2026-11-21 09:23 UTC');
});

test('formatInZone shows what the clocks of a zone do, before and after they are changed', () => {
  expect(formatInZone('2026-11-29T05:00:00.000Z', 'Europe/Berlin')).toBe('2026-11-29 06:00 Europe/Berlin');
  expect(formatInZone('2026-07-01T04:00:00.000Z', 'Europe/Berlin')).toBe('2026-07-01 06:00 Europe/Berlin');
});
