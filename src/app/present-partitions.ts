import type { AssetKey, Project } from '../model/project.ts';
import type { PartitionRecord, StateView } from '../model/state.ts';
import { partitionName } from '../plan/partitioned.ts';
import { mayBeLost } from '../plan/reads.ts';
import { withRecords } from '../state/partition-records.ts';
import { type KeysAt, openPartitions } from '../time/partitions/keys.ts';
import type { FindLost } from './find-lost.ts';
import { withoutBack } from './recorded-losses.ts';

/** A state as it is when what is gone from storage counts as missing. */
export interface PresentState {
  readonly view: StateView;
  /** What is gone, by `asset@key`, with what was found. */
  readonly lost: ReadonlyMap<string, string>;
}

/**
 * The state without those partitions of these assets whose data is gone, so that whoever asks what is missing hears of them.
 * The view must hold what is known of their partitions.
 */
export async function presentPartitions(
  findLost: FindLost,
  project: Project,
  view: StateView,
  assets: Iterable<AssetKey>,
  at: KeysAt,
): Promise<PresentState> {
  const looked = new Map<AssetKey, readonly string[]>();
  for (const key of assets) {
    const def = project.assets[key]?.partitions;
    if (def !== undefined && mayBeLost(project, key)) looked.set(key, openPartitions(def).keys(at));
  }
  if (looked.size === 0) return { view, lost: new Map() };
  const lost = await findLost(view, looked);
  const known = withoutBack(project, view, { looked, lost });
  if (lost.size === 0) return { view: known, lost };
  const partitions = new Map(known.partitions);
  for (const [asset, keys] of looked) {
    const records = partitions.get(asset);
    const changed = new Map<string, PartitionRecord>();
    for (const key of keys) {
      if (!lost.has(partitionName(asset, key))) continue;
      const { materialized: _gone, ...rest } = records!.get(key)!;
      changed.set(key, rest);
    }
    if (changed.size > 0) partitions.set(asset, withRecords(records, changed));
  }
  return { view: { ...known, partitions }, lost };
}

/** Whether a text of people asks for partitions by whether they are there. */
export function asksForMissing(partitions: string | undefined): boolean {
  return partitions !== undefined && /\bmissing\b/.test(partitions);
}

/** How many partitions of these assets would have to be looked for in storage. */
export function partitionsToLookFor(project: Project, assets: readonly AssetKey[], at: KeysAt): number {
  return assets.reduce((sum, key) => {
    const def = project.assets[key]?.partitions;
    return def === undefined || !mayBeLost(project, key) ? sum : sum + openPartitions(def).keys(at).length;
  }, 0);
}
