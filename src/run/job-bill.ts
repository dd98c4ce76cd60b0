import type { Billed } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import { wholeMicros } from './billed.ts';

/** A job whose minutes are billed. */
export interface BilledJob {
  /** When the job began on its runner: what is before our own start is billed too. */
  readonly startedAt: EpochMs;
  /** Label of the runner. */
  readonly runner: string;
  /** Undefined = not known. 0 = free. */
  readonly usdPerMinute?: number;
}

const MINUTE_MS = 60_000;

/** Minutes that a job is billed for when it ends now: each started one. */
export function billedMinutes(startedAt: EpochMs, now: EpochMs): number {
  return Math.max(1, Math.ceil((now - startedAt) / MINUTE_MS));
}

/**
 * What a run has cost when it ends now, in a job of which `others` minutes are other runs' already: the rest of what the
 * job would be billed for.
 */
export function billOf(job: BilledJob, now: EpochMs, others: number): Billed {
  const minutes = Math.max(0, billedMinutes(job.startedAt, now) - others);
  const { runner, usdPerMinute } = job;
  return usdPerMinute === undefined
    ? { runner, minutes }
    : { runner, minutes, usd: wholeMicros(minutes * usdPerMinute) };
}
