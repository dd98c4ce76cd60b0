import type { PartitionTally } from '../model/partitions.ts';
import type { AssetRecord, StateView } from '../model/state.ts';
import { decodeSnapshot } from './decode-snapshot.ts';
import { copyOfRecords } from './late-records.ts';
import { leafFolder, leavesOf } from './partition-files.ts';
import type { PartitionRecords } from './partition-records.ts';
import { addToTally } from './partition-tally.ts';

// Snapshots written before assets had a tally of their partitions: it is counted from the leaves, once. The next fold
// writes it.

/** A tally as it stands in a snapshot. */
const TALLY = /"partitions":\{"failed":\d/g;

/** Leaves of assets that have partitions and no tally of them. None, and little work, where a snapshot has them all. */
export function untalliedLeaves(listing: readonly string[], texts: ReadonlyMap<string, string>): readonly string[] {
  const leaves = leavesOf(listing);
  let tallies = 0;
  for (const path of texts.keys()) {
    if (path.startsWith('snapshot/')) tallies += texts.get(path)!.match(TALLY)?.length ?? 0;
    if (tallies >= leaves.size) return [];
  }
  const snapshot = decodeSnapshot(texts);
  if (!snapshot.ok) return [];
  return [...snapshot.value.view.assets.values()]
    .filter(({ partitions }) => partitions === undefined)
    .flatMap(({ asset }) => (leaves.get(leafFolder(asset)) ?? []).map(({ path }) => path));
}

/** The view with the tallies that it lacks, of assets of which all leaves were read. */
export function withTallies(
  view: StateView,
  records: ReadonlyMap<string, PartitionRecords>,
  { listing, texts }: { readonly listing: readonly string[]; readonly texts: ReadonlyMap<string, string> },
): StateView {
  const lacking = [...records].filter(([asset]) => {
    const record = view.assets.get(asset);
    return record !== undefined && record.partitions === undefined;
  });
  if (lacking.length === 0) return view;
  const leaves = leavesOf(listing);
  const assets = copyOfRecords<AssetRecord>(view.assets);
  for (const [asset, own] of lacking) {
    if (leaves.get(leafFolder(asset))?.every(({ path }) => texts.has(path)) !== true) continue;
    let tally: PartitionTally | undefined;
    for (const [key, record] of own) tally = addToTally(tally, key, undefined, record);
    if (tally) assets.set(asset, { ...assets.get(asset)!, partitions: tally });
  }
  return { ...view, assets };
}
