import { byText } from '../base/order.ts';
import type { BackfillProgress } from '../model/backfills.ts';
import type { AssetKey } from '../model/project.ts';
import type { RunRecord } from '../model/state.ts';
import { backfillChunk } from '../state/backfill-fold.ts';

/**
 * Runs of a backfill that failed and were not made up for, by asset, oldest first: those to retry. Only assets that lack
 * partitions, only runs that are known in full (records of long ended days may not have been read), and none of whose keys
 * nothing is `missing` any more, whoever made them. A run is asked for by the keys that it failed to make, or the text of all
 * that it was to make.
 */
export function failedRunsOf(
  { backfill, failedPartitions }: Pick<BackfillProgress, 'backfill' | 'failedPartitions'>,
  endedRuns: ReadonlyMap<string, RunRecord>,
  isMissing: (asset: AssetKey, keys: readonly string[] | string) => boolean = () => true,
): Readonly<Record<AssetKey, readonly string[]>> {
  const failed = [...newestOfChunks(backfill, endedRuns)].filter(({ state }) => state === 'FAILURE');
  return Object.fromEntries(
    Object.keys(failedPartitions).flatMap((asset) => {
      const runs = failed
        .filter((run) => hasFailed(run, asset) && isMissing(asset, keysOf(run, asset)))
        .map(({ run }) => run);
      return runs.length === 0 ? [] : [[asset, runs]];
    }),
  );
}

/** The last run of each chunk that was not canceled: a retry stands for the run that it tries again. */
function newestOfChunks(backfill: string, endedRuns: ReadonlyMap<string, RunRecord>): Iterable<RunRecord> {
  const newest = new Map<string, RunRecord>();
  const runs = [...endedRuns.values()].filter(({ state }) => state !== 'CANCELED');
  for (const run of runs.sort((a, b) => byText(a.endedAt ?? '', b.endedAt ?? '') || byText(a.run, b.run))) {
    const chunk = backfillChunk(run.request);
    if (chunk?.backfill === backfill) newest.set(`${chunk.group}/${chunk.place}/${chunk.assets.join(' ')}`, run);
  }
  return newest.values();
}

function hasFailed(run: RunRecord, asset: AssetKey): boolean {
  const steps = Object.values(run.steps);
  // A run that never began failed with all that it was asked for.
  if (steps.length === 0) return backfillChunk(run.request)?.assets.includes(asset) ?? false;
  return steps.some(({ failedAssets }) => failedAssets.includes(asset));
}

function keysOf({ steps, request }: RunRecord, asset: AssetKey): readonly string[] | string {
  const step = Object.values(steps).find(({ failedAssets }) => failedAssets.includes(asset));
  return step?.failedPartitions ?? step?.partitions ?? backfillChunk(request)?.partitions ?? [''];
}
