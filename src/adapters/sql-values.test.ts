import { expect, test } from 'vitest';
import { exactDecimal, exactInteger, floatValue, isoTimestamp } from './sql-values.ts';

test.each([
  ['2026-11-22 09:23:00.5+01', '2026-11-22T09:23:00.5+01:00'],
  ['2026-11-22 09:23:00+05:45', '2026-11-22T09:23:00+05:45'],
  ['2026-11-22 09:23:00', '2026-11-22T09:23:00'],
  ['2026-11-22', '2026-11-22'],
  ['infinity', 'infinity'],
  ['3 days', '3 days'],
])('%s is written as %s', (text, expected) => expect(isoTimestamp(text)).toBe(expected));

test.each([
  ['1.50', 1.5],
  ['0.10', 0.1],
  ['-0.00', 0],
  ['100', 100],
  ['0.30000000000000004', 0.30000000000000004],
  ['0.1000000000000000055', '0.1000000000000000055'],
  ['12345678901234567890', '12345678901234567890'],
  ['NaN', 'NaN'],
])('the decimal %s becomes %s', (text, expected) => expect(exactDecimal(text)).toBe(expected));

test('whole numbers are numbers as long as they are exact', () => {
  expect(exactInteger('9007199254740991')).toBe(9007199254740991);
  expect(exactInteger('9007199254740992')).toBe('9007199254740992');
  expect(floatValue(Number.POSITIVE_INFINITY)).toBe('Infinity');
});
