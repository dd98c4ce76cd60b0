import type { AssetKey } from '../model/project.ts';
import type { BackfillRecord, RunRecord } from '../model/state.ts';
import { backfillChunk } from '../state/backfill-fold.ts';

/** What became of one key of one asset, or will: `left_out` is not made, because of what it reads or by its run. */
export type TargetState = 'waiting' | 'in_progress' | 'done' | 'failed' | 'left_out';

/** Keys of an asset that an open run makes, from a place on. */
export interface KeysAtWork {
  readonly place: number;
  readonly count: number;
  readonly state: TargetState;
}

/** What open runs of a backfill make, by the number of the group and by asset: read once, however many assets they are of. */
export function openWork(
  record: BackfillRecord,
  openRuns: ReadonlyMap<string, RunRecord>,
): ReadonlyMap<number, ReadonlyMap<AssetKey, readonly KeysAtWork[]>> {
  const work = new Map<number, Map<AssetKey, KeysAtWork[]>>();
  for (const run of openRuns.values()) {
    const chunk = backfillChunk(run.request);
    if (chunk?.backfill !== record.backfill) continue;
    const ofGroup = work.get(chunk.group) ?? new Map<AssetKey, KeysAtWork[]>();
    work.set(chunk.group, ofGroup);
    const states = openStates(run);
    for (const asset of chunk.assets) {
      const own = ofGroup.get(asset) ?? [];
      own.push({ place: chunk.place, count: chunk.count, state: states.get(asset) ?? 'in_progress' });
      ofGroup.set(asset, own);
    }
  }
  return work;
}

/** A step that has ended well is done, though its run goes on. */
function openStates(run: RunRecord): ReadonlyMap<AssetKey, TargetState> {
  const states = new Map<AssetKey, TargetState>();
  for (const { assets, state } of Object.values(run.steps))
    for (const asset of assets) if (!states.has(asset)) states.set(asset, state === 'SUCCESS' ? 'done' : 'in_progress');
  return states;
}
