import { expect, test } from 'vitest';
import { fitsBudget } from './budget.ts';

const HOUR = 3_600_000;
const budget = { endsAt: 5 * HOUR, totalMs: 5 * HOUR };
const took = (p95Ms: number, samples = 3) => ({ samples, p50Ms: p95Ms / 2, p95Ms });

test.each([
  ['a step without history, while there is time', 4.9 * HOUR, undefined, true],
  ['a step without samples, while there is time', 4.9 * HOUR, took(2 * HOUR, 0), true],
  ['nothing at the end', 5 * HOUR, undefined, false],
  ['nothing after the end', 6 * HOUR, took(0), false],
  ['a step that has just enough time', 3 * HOUR, took(2 * HOUR), true],
  ['no step that took longer before', 3 * HOUR, took(2 * HOUR + 1), false],
  ['a step longer than any budget, in a job that has just begun', 0.5 * HOUR, took(6 * HOUR), true],
  ['a step as long as the whole budget, though getting ready took some of it', 0.1 * HOUR, took(4.95 * HOUR), true],
  ['no such step later', 0.5 * HOUR + 1, took(6 * HOUR), false],
])('starts %s', (_, now, estimate, expected) => {
  expect(fitsBudget(budget, now, estimate)).toBe(expected);
});
