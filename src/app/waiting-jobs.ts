import type { Claim } from '../model/events.ts';
import { type EpochMs, epochMs } from '../model/instant.ts';
import type { RunMonitoring } from '../model/operations.ts';
import type { RunRecord } from '../model/state.ts';
import type { Wave } from '../model/wave.ts';

/** A job of a workflow run, as far as it tells whether it has begun. */
export interface StandingJob {
  readonly name: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  /** When GitHub began to look for a machine; absent where it does not say. */
  readonly createdAt?: EpochMs;
}

/**
 * Whether somebody has to be asked if any job of a run has begun: it was shared out for longer ago than its jobs may wait, and
 * nothing of it was ever recorded as begun. All else costs no request.
 */
export function mayWaitTooLong(
  { enabled, startTimeoutMs }: RunMonitoring,
  run: Pick<RunRecord, 'state' | 'epoch' | 'steps'>,
  { holder, epoch, at }: Pick<Claim, 'holder' | 'epoch' | 'at'>,
  now: EpochMs,
): boolean {
  return (
    enabled &&
    startTimeoutMs !== undefined &&
    now - epochMs(at) >= startTimeoutMs &&
    run.state === 'STARTED' &&
    run.epoch === epoch &&
    holder.kind === 'workflow' &&
    holder.wholeRun === true &&
    Object.values(run.steps).every(({ attempt }) => attempt === undefined)
  );
}

/**
 * Since when all jobs that are to carry a run of a wave out wait for a machine. Undefined: one of them has begun, or it is not
 * certain that none has. GitHub names the jobs of a matrix by its values, of which the shard is the first; a name that is
 * somebody's own and does not have it tells nothing.
 */
export function waitingSince(
  wave: Pick<Wave, 'shards'>,
  run: string,
  jobs: readonly StandingJob[],
): EpochMs | undefined {
  const named = new Map<string, StandingJob[]>();
  for (const job of jobs)
    for (const shard of new Set(job.name.match(/\bs\d{3}\b/g))) named.set(shard, [...(named.get(shard) ?? []), job]);
  // Where one shard cannot be told, none can: its job may stand there under the name of another one.
  if (wave.shards.some(({ id }) => named.get(id)?.length !== 1)) return undefined;
  const own = wave.shards.filter((shard) => shard.run === run).map(({ id }) => named.get(id)![0]!);
  if (own.length === 0) return undefined;
  let since = Number.NEGATIVE_INFINITY;
  for (const { status, createdAt } of own) {
    if (status !== 'queued' || createdAt === undefined) return undefined;
    since = Math.max(since, createdAt);
  }
  return since;
}
