import type { EpochMs } from '../model/instant.ts';
import type { Estimate } from '../model/plan.ts';

/** How long a job may go on starting steps: one for all runs of the job, as it remembers when the first was asked for. */
export interface TimeBudget {
  /** When nothing new is started any more. */
  readonly endsAt: EpochMs;
  /**
   * May this step be started, by how long it took before (p95)? Without history it may as long as the budget lasts. What a
   * job has when it asks first is all that any job will have: a step that takes nearly as much, or more, would otherwise
   * wait for ever, so it is started by a job that has just begun.
   */
  fits(now: EpochMs, estimate: Estimate | undefined): boolean;
  isOver(now: EpochMs): boolean;
  /** True when the budget was over before anything could be started: the next job would fare the same. */
  readonly isInVain: boolean;
}

/** The part of the time of a job by which it has just begun: a step that is longer is started only then. */
const FRESH = 0.9;

export function openTimeBudget(startedAt: EpochMs, totalMs: number): TimeBudget {
  const endsAt = startedAt + totalMs;
  let askedAt: EpochMs | undefined;
  let readyAt: EpochMs | undefined;
  return {
    endsAt,
    fits(now, estimate) {
      askedAt ??= now;
      readyAt ??= now;
      const leftMs = endsAt - now;
      if (leftMs <= 0) return false;
      const expectedMs = estimate && estimate.samples > 0 ? estimate.p95Ms : 0;
      if (expectedMs <= leftMs) return true;
      const freshMs = FRESH * (endsAt - readyAt);
      return expectedMs > freshMs && leftMs >= freshMs;
    },
    isOver(now) {
      askedAt ??= now;
      return now >= endsAt;
    },
    get isInVain() {
      return askedAt !== undefined && askedAt >= endsAt;
    },
  };
}
