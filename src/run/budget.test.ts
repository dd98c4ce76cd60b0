import { describe, expect, test } from 'vitest';
import { openTimeBudget } from './budget.ts';

const HOUR = 3_600_000;
const took = (p95Ms: number, samples = 3) => ({ samples, p50Ms: p95Ms / 2, p95Ms });

describe('a job of five hours that was ready at once', () => {
  test.each([
    ['a step without history, while there is time', 4.9 * HOUR, undefined, true],
    ['a step without samples, while there is time', 4.9 * HOUR, took(2 * HOUR, 0), true],
    ['nothing at the end', 5 * HOUR, undefined, false],
    ['nothing after the end', 6 * HOUR, took(0), false],
    ['a step that has just enough time', 3 * HOUR, took(2 * HOUR), true],
    ['no step that took longer before', 3 * HOUR, took(2 * HOUR + 1), false],
    ['a step longer than any budget, when it has just begun', 0.5 * HOUR, took(6 * HOUR), true],
    ['no such step later', 0.5 * HOUR + 1, took(6 * HOUR), false],
  ])('starts %s', (_, now, estimate, expected) => {
    const budget = openTimeBudget(0, 5 * HOUR);
    budget.fits(0, undefined);
    expect(budget.fits(now, estimate)).toBe(expected);
  });
});

describe('a job that took an hour of its five to get ready', () => {
  test.each([
    ['a step of the whole budget', HOUR, took(5 * HOUR), true],
    ['a step between what is left and the budget', HOUR, took(4.2 * HOUR), true],
    ['such a step while it has just begun', 1.4 * HOUR, took(4.2 * HOUR), true],
    ['no such step later: a job that has just begun has the time', 1.5 * HOUR, took(4.2 * HOUR), false],
    ['no step that a job that has just begun has the time for', 2 * HOUR, took(3.2 * HOUR), false],
  ])('starts %s', (_, now, estimate, expected) => {
    const budget = openTimeBudget(0, 5 * HOUR);
    budget.fits(HOUR, undefined);
    expect(budget.fits(now, estimate)).toBe(expected);
  });

  test.each(Array.from({ length: 60 }, (_, n) => n / 10))('starts a step of %d hours first, however long', (hours) => {
    expect(openTimeBudget(0, 5 * HOUR).fits(HOUR, took(hours * HOUR))).toBe(true);
  });
});

test('a budget is in vain that was over before anybody could start something', () => {
  const late = openTimeBudget(0, HOUR);
  expect(late.isInVain).toBe(false);
  expect(late.fits(HOUR, undefined)).toBe(false);
  expect(late.isInVain).toBe(true);

  const asked = openTimeBudget(0, HOUR);
  expect(asked.isOver(HOUR)).toBe(true);
  expect(asked.isInVain).toBe(true);

  const used = openTimeBudget(0, HOUR);
  expect(used.isOver(HOUR - 1)).toBe(false);
  expect(used.isOver(HOUR)).toBe(true);
  expect(used.fits(HOUR, undefined)).toBe(false);
  expect(used.isInVain).toBe(false);
});
