import type { Claim } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { type EpochMs, epochMs } from '../model/instant.ts';
import type { RunMonitoring } from '../model/operations.ts';
import type { RunRecord } from '../model/state.ts';
import { formatDuration } from '../time/format.ts';
import { engineTag } from './run-retry.ts';

/** Why steps of a run are stopped whose maximum is over: the reason of the signal. */
export const OVERDUE = 'overdue';

/** How long a run may be at work, in milliseconds: its tag counts also where monitoring is switched off (semantics.md 3). */
export function maxRuntimeOf(monitoring: RunMonitoring, tags: Readonly<Record<string, string>>): number | undefined {
  const tag = engineTag(tags, 'max_runtime');
  if (tag !== undefined && /^[1-9]\d{0,9}$/.test(tag)) return Number(tag) * 1000;
  return monitoring.enabled ? monitoring.maxRuntimeMs : undefined;
}

/**
 * Since when a run is at work under a claim. One that was given back begins anew with each: to wait is no work. With one
 * whose runner was lost the time that it had been at work goes on counting, and what it waited for the next one does not.
 */
export function atWorkSince(claim: Pick<Claim, 'at'>, record: Pick<RunRecord, 'atWorkMs'> | undefined): EpochMs {
  return epochMs(claim.at) - (record?.atWorkMs ?? 0);
}

/** What a run fails by that was at work for too long. */
export function overdueFailure(maxMs: number): Failure {
  return {
    class: 'timeout',
    code: 'max-runtime',
    message: `stopped: the run was at work for longer than ${formatDuration(maxMs)}, its maximum`,
  };
}

/** Whether a run failed by its maximum. */
export function isOverdueFailure(failure: Failure | undefined): boolean {
  return failure?.code === 'max-runtime';
}

/** What becomes of an open run whose runner is gone. */
export type LostRunVerdict =
  /** Another runner carries it on, with what had finished. */
  | { readonly kind: 'resume'; readonly attempt: number; readonly most: number; readonly atWorkMs: number }
  | { readonly kind: 'fail'; readonly failure: Failure | undefined };

/**
 * Judges a run whose runner is gone: too long at work, resumed too often already, or carried on. `epoch` counts its
 * runners, so the resumes so far are in the events.
 */
export function judgeLostRun(
  monitoring: RunMonitoring,
  run: Pick<RunRecord, 'epoch' | 'tags' | 'startedAt' | 'atWorkMs' | 'cancelRequested'>,
  claim: Pick<Claim, 'at'>,
  now: EpochMs,
): LostRunVerdict {
  const most = monitoring.enabled ? monitoring.maxResumeAttempts : 0;
  const maxMs = maxRuntimeOf(monitoring, run.tags);
  const atWorkMs = now - atWorkSince(claim, run);
  if (maxMs !== undefined && run.startedAt !== undefined && atWorkMs > maxMs)
    return { kind: 'fail', failure: overdueFailure(maxMs) };
  const attempt = run.epoch;
  if (attempt > most || run.cancelRequested) return { kind: 'fail', failure: undefined };
  return { kind: 'resume', attempt, most, atWorkMs: Math.max(0, atWorkMs) };
}

/**
 * What becomes of an open run by the time alone, whoever holds it; undefined = nothing. `waitingSince`: nothing of it has begun,
 * and all of its jobs wait for a machine.
 */
export function judgeOverdue(
  monitoring: RunMonitoring,
  run: Pick<RunRecord, 'state' | 'cancelRequestedAt'>,
  waitingSince: EpochMs | undefined,
  now: EpochMs,
): { readonly state: 'FAILURE' | 'CANCELED'; readonly failure?: Failure } | undefined {
  if (!monitoring.enabled) return undefined;
  const { startTimeoutMs } = monitoring;
  if (run.state === 'STARTED' && waitingSince !== undefined && startTimeoutMs !== undefined)
    return now - waitingSince < startTimeoutMs
      ? undefined
      : { state: 'FAILURE', failure: startTimeout(startTimeoutMs) };
  const askedAt = run.state === 'CANCELING' ? run.cancelRequestedAt : undefined;
  if (askedAt === undefined || now - epochMs(askedAt) < monitoring.cancelTimeoutMs) return undefined;
  return { state: 'CANCELED' };
}

function startTimeout(ms: number): Failure {
  const message = `no runner began it within ${formatDuration(ms)} (start_timeout_seconds)`;
  return { class: 'infrastructure', code: 'start-timeout', message };
}

/** Whether a run is back in the queue since its runner was lost, and nobody has taken it up: the event that requeued it says so. */
export function isLeftByLost(run: Pick<RunRecord, 'state' | 'atWorkMs'> | undefined): boolean {
  return run?.state === 'QUEUED' && run.atWorkMs !== undefined;
}

/** Whether a run failed since no runner began it: it took no time, however long its jobs waited. */
export function isNeverBegun(failure: Failure): boolean {
  return failure.code === 'start-timeout';
}
