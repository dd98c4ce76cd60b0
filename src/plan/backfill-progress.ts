import type { BackfillProgress } from '../model/backfills.ts';
import { type EpochMs, epochMs, timestamp } from '../model/instant.ts';
import type { AssetKey } from '../model/project.ts';
import type { BackfillRecord } from '../model/state.ts';
import { isBackfillOver } from '../state/backfill-fold.ts';
import { toRanges } from '../time/partitions/keys.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import type { BackfillAccount } from './backfill-advance.ts';
import type { TargetState } from './backfill-work.ts';

export function backfillProgress(
  record: BackfillRecord,
  account: BackfillAccount,
  now: EpochMs,
  keysOf: (asset: AssetKey) => readonly string[],
): BackfillProgress {
  const { backfill, state, selection, partitions, reason, requestedAt, endedAt } = record;
  const isOver = isBackfillOver(record);
  const { total, done, failed, inProgress } = account.counts;
  const leftOut = isOver ? (record.counts?.total ?? total) - done - failed : account.counts.leftOut;
  const ended = done + failed + leftOut;
  const left = total - ended;
  const elapsedMs = Math.max(0, now - epochMs(requestedAt));
  return {
    backfill,
    state,
    selection,
    partitions,
    ...(reason === undefined ? {} : { reason }),
    requestedAt,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(state === 'COMPLETED_FAILED' && done === (record.counts?.total ?? total) ? { repaired: true as const } : {}),
    total,
    done,
    failed,
    leftOut,
    inProgress,
    left,
    // What is left out cost no time.
    ...(isOver || done + failed === 0 || left === 0
      ? {}
      : { expectedEnd: timestamp(now + Math.round((elapsedMs / (done + failed)) * left)) }),
    failedPartitions: rangesOf(account, keysOf, (each) => each === 'failed'),
    leftOutPartitions: rangesOf(account, keysOf, (each) => each === 'left_out' || (isOver && each === 'waiting')),
  };
}

function rangesOf(
  account: BackfillAccount,
  keysOf: (asset: AssetKey) => readonly string[],
  isMeant: (state: TargetState) => boolean,
): Record<AssetKey, readonly string[]> {
  const found: Record<AssetKey, readonly string[]> = {};
  for (const { keys, targets } of account.groups)
    for (const [asset, states] of targets) {
      const wanted = new Set((keys ?? []).filter((_, place) => isMeant(states[place]!)));
      if (wanted.size > 0) found[asset] = wanted.has(WHOLE) ? [WHOLE] : toRanges(keysOf(asset), wanted);
    }
  return found;
}
