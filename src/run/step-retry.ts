import type { FailureClass } from '../model/failure.ts';
import type { RetryPolicy } from '../model/operations.ts';

/**
 * How long to wait before retry number `n` (from 1), in milliseconds; `random` is uniform in [0, 1). With d = delay and
 * B = d, d·n or d·(2ⁿ − 1): without jitter B, `full` r·B, `plus_minus` B + (2r − 1)·d; at most `max_delay`
 * (semantics.md 2, the formulas of Dagster).
 */
export function retryDelayMs(policy: RetryPolicy, n: number, random: number): number {
  const { delayMs } = policy;
  if (delayMs === undefined) return 0;
  const base = { none: delayMs, linear: delayMs * n, exponential: delayMs * (2 ** n - 1) }[policy.backoff];
  const spread = { none: base, full: random * base, plus_minus: base + (2 * random - 1) * delayMs }[policy.jitter];
  return Math.max(0, Math.round(Math.min(spread, policy.maxDelayMs ?? Number.POSITIVE_INFINITY)));
}

export type StepRetryDecision =
  | { readonly kind: 'retry'; readonly retry: number; readonly delayMs: number }
  | { readonly kind: 'stop'; readonly reason: 'no-policy' | 'used-up' | 'class' | 'canceled' };

/** Whether a failed attempt (number from 1) is repeated, and when. */
export function decideStepRetry(
  policy: RetryPolicy | undefined,
  failed: { readonly attempt: number; readonly failureClass: FailureClass },
  random: number,
): StepRetryDecision {
  if (failed.failureClass === 'cancel') return { kind: 'stop', reason: 'canceled' };
  if (policy === undefined || policy.maxRetries === 0) return { kind: 'stop', reason: 'no-policy' };
  if (!policy.classes.includes(failed.failureClass)) return { kind: 'stop', reason: 'class' };
  if (failed.attempt > policy.maxRetries) return { kind: 'stop', reason: 'used-up' };
  return { kind: 'retry', retry: failed.attempt, delayMs: retryDelayMs(policy, failed.attempt, random) };
}
