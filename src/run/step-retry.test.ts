import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RetryPolicy, retriedClasses } from '../model/operations.ts';
import { decideStepRetry, retryDelayMs } from './step-retry.ts';

const policy: RetryPolicy = {
  maxRetries: 3,
  delayMs: 10_000,
  backoff: 'none',
  jitter: 'none',
  maxDelayMs: undefined,
  classes: retriedClasses,
};
const seconds = (change: Partial<RetryPolicy>, random = 0): number[] =>
  [1, 2, 3, 4].map((n) => retryDelayMs({ ...policy, ...change }, n, random) / 1000);

describe('waits', () => {
  test.each<[Partial<RetryPolicy>, number, number[]]>([
    [{}, 0, [10, 10, 10, 10]],
    [{ backoff: 'linear' }, 0, [10, 20, 30, 40]],
    [{ backoff: 'exponential' }, 0, [10, 30, 70, 150]],
    [{ backoff: 'exponential', jitter: 'full' }, 0.5, [5, 15, 35, 75]],
    [{ backoff: 'linear', jitter: 'plus_minus' }, 0, [0, 10, 20, 30]],
    [{ backoff: 'linear', jitter: 'plus_minus' }, 0.75, [15, 25, 35, 45]],
    [{ backoff: 'exponential', maxDelayMs: 60_000 }, 0, [10, 30, 60, 60]],
    [{ delayMs: undefined, backoff: 'exponential' }, 0, [0, 0, 0, 0]],
  ])('%j', (change, random, expected) => {
    expect(seconds(change, random)).toEqual(expected);
  });
  test('are never negative and never above the cap', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('none' as const, 'linear' as const, 'exponential' as const),
        fc.constantFrom('none' as const, 'full' as const, 'plus_minus' as const),
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (backoff, jitter, n, random) => {
          const wait = retryDelayMs({ ...policy, backoff, jitter, maxDelayMs: 600_000 }, n, random);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThanOrEqual(600_000);
        },
      ),
    );
  });
});

describe('whether', () => {
  const decide = (
    attempt: number,
    failureClass: 'step' | 'timeout' | 'cancel',
    change: Partial<RetryPolicy> | undefined = {},
  ) => decideStepRetry(change && { ...policy, ...change }, { attempt, failureClass }, 0);
  test('executions are retries plus one', () => {
    expect(decide(3, 'step')).toEqual({ kind: 'retry', retry: 3, delayMs: 10_000 });
    expect(decide(4, 'step')).toEqual({ kind: 'stop', reason: 'used-up' });
    expect(decide(1, 'step', { maxRetries: 0 })).toEqual({ kind: 'stop', reason: 'no-policy' });
  });
  test('only the classes that are named, and never what a person stopped', () => {
    expect(decide(1, 'step', { classes: ['timeout'] })).toEqual({ kind: 'stop', reason: 'class' });
    expect(decide(1, 'timeout', { classes: ['timeout'] }).kind).toBe('retry');
    expect(decide(1, 'cancel')).toEqual({ kind: 'stop', reason: 'canceled' });
  });
});
