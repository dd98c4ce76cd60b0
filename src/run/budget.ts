import type { EpochMs } from '../model/instant.ts';
import type { Estimate } from '../model/plan.ts';

/** How long a job may go on starting steps. */
export interface TimeBudget {
  /** When nothing new is started any more. */
  readonly endsAt: EpochMs;
  /** The whole budget, in milliseconds. */
  readonly totalMs: number;
}

/** The part of a budget that counts as all of it, since getting ready takes some: a longer step is started only then. */
const FRESH = 0.9;

/**
 * May this step be started, by how long it took before (p95)? Without history it may as long as the budget lasts. A step
 * that takes nearly a whole budget, or more, would otherwise wait for ever: it gets a job that has just begun.
 */
export function fitsBudget(budget: TimeBudget, now: EpochMs, estimate: Estimate | undefined): boolean {
  const leftMs = budget.endsAt - now;
  if (leftMs <= 0) return false;
  const expectedMs = estimate && estimate.samples > 0 ? estimate.p95Ms : 0;
  if (expectedMs <= leftMs) return true;
  return expectedMs > FRESH * budget.totalMs && leftMs >= FRESH * budget.totalMs;
}
