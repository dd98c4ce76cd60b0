import type { PartitionStatus, PartitionsSummary } from '../model/partitions.ts';
import type { AssetKey } from '../model/project.ts';
import type { PartitionFacts, StateView } from '../model/state.ts';
import { partitionStatus as settledStatus } from '../state/partition-fold.ts';
import { factsOf, type PartitionRecords, recordsInOrder } from '../state/partition-records.ts';
import { RANGE_SEPARATOR } from '../time/partitions/keys.ts';

/** Status of one key. */
export function partitionStatusOf(record: PartitionFacts | undefined, isInProgress: boolean): PartitionStatus {
  return isInProgress ? 'in_progress' : settledStatus(record);
}

/** Counts and ranges of all keys that exist, in one pass over them. */
export function summarizePartitions(
  asset: AssetKey,
  keys: readonly string[],
  records: PartitionRecords | undefined,
  inProgress: ReadonlySet<string>,
): PartitionsSummary {
  const counts: Record<PartitionStatus, number> = { in_progress: 0, failed: 0, materialized: 0, missing: 0 };
  const ranges: Record<PartitionStatus, string[]> = { in_progress: [], failed: [], materialized: [], missing: [] };
  let newest: string | undefined;
  let open: { readonly status: PartitionStatus; readonly first: string; last: string } | undefined;
  const close = (): void => {
    if (open)
      ranges[open.status].push(open.first === open.last ? open.first : `${open.first}${RANGE_SEPARATOR}${open.last}`);
  };
  const known = recordsInOrder(records, keys);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const isMade = known.isMade(i);
    const settled = known.hasFailed(i) ? 'failed' : isMade && !known.isLost(i) ? 'materialized' : 'missing';
    const status = inProgress.size > 0 && inProgress.has(key) ? 'in_progress' : settled;
    counts[status]++;
    if (isMade) newest = key;
    if (open?.status === status) open.last = key;
    else {
      close();
      open = { status, first: key, last: key };
    }
  }
  close();
  return { asset, total: keys.length, counts, ranges, ...(newest === undefined ? {} : { newest }) };
}

/** Keys of each asset that runs are at work on, or will be before they end. */
export function partitionsInProgress(view: StateView): ReadonlyMap<AssetKey, ReadonlySet<string>> {
  const busy = new Map<AssetKey, Set<string>>();
  for (const run of view.openRuns.values()) {
    if (run.state === 'QUEUED') continue;
    for (const step of Object.values(run.steps)) {
      if (step.partitions === undefined || (step.state !== 'STARTED' && step.state !== 'PLANNED')) continue;
      for (const asset of step.assets) {
        const keys = busy.get(asset) ?? new Set<string>();
        busy.set(asset, keys);
        for (const key of step.partitions) keys.add(key);
      }
    }
  }
  return busy;
}

/** Keys that a text of people asks for by status: `missing` (never made, or gone) and `failed`; undefined = it names keys. */
export function keysByStatus(
  text: string,
  keys: readonly string[],
  recordsOf: readonly (PartitionRecords | undefined)[],
): readonly string[] | undefined {
  const wanted = text.trim();
  if (wanted !== 'missing' && wanted !== 'failed') return undefined;
  return keys.filter((key) => recordsOf.some((records) => settledStatus(factsOf(records, key)) === wanted));
}
