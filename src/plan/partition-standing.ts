import { byText } from '../base/order.ts';
import type { PartitionStatus, PartitionTally } from '../model/partitions.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { PartitionStanding } from '../model/standing.ts';
import type { StateView } from '../model/state.ts';
import { NEWEST_KEPT } from '../state/partition-tally.ts';
import { partitionsInProgress } from './partition-status.ts';
import type { PartitionReader } from './partitioned.ts';

const NONE: PartitionTally = { made: 0, failed: 0, newest: [], failing: [] };
const NOTHING: ReadonlySet<string> = new Set();

/** The partitions of every asset that has some, by what the snapshot counts: no partition is read for it. */
export function partitionStandings(
  project: Project,
  view: StateView,
  reader: PartitionReader,
): ReadonlyMap<AssetKey, PartitionStanding> {
  const busy = partitionsInProgress(view);
  const sets = new Map<readonly string[], ReadonlySet<string>>();
  const standings = new Map<AssetKey, PartitionStanding>();
  for (const asset of Object.keys(project.assets).sort(byText)) {
    const { partitions, external } = project.assets[asset]!;
    if (partitions === undefined || external) continue;
    const keys = reader.keysOf(asset);
    const existing = sets.get(keys) ?? new Set(keys);
    sets.set(keys, existing);
    const tally = view.assets.get(asset)?.partitions ?? NONE;
    standings.set(asset, standingOf(asset, { keys, existing, tally, busy: busy.get(asset) ?? NOTHING }));
  }
  return standings;
}

interface Counted {
  readonly keys: readonly string[];
  readonly existing: ReadonlySet<string>;
  readonly tally: PartitionTally;
  readonly busy: ReadonlySet<string>;
}

function standingOf(asset: AssetKey, counted: Counted): PartitionStanding {
  const { keys, existing, tally, busy } = counted;
  const total = keys.length;
  const failing = tally.failing.filter((key) => existing.has(key));
  const losing = (tally.losing ?? []).filter((key) => existing.has(key));
  // With few of them the tally names each: those that exist no more are not counted.
  const namesAll = tally.newest.length < NEWEST_KEPT;
  const known = tally.newest.filter((key) => existing.has(key)).length;
  const failed = namesAll ? failing.length : Math.min(total, tally.failed);
  const lost = namesAll ? losing.length : Math.min(total, tally.lost ?? 0);
  const bad = new Set([...failing, ...losing]);
  const made = namesAll ? known - bad.size : Math.min(total - failed, tally.made);
  return {
    asset,
    total,
    made,
    failed,
    missing: total - made - failed,
    inProgress: [...busy].filter((key) => existing.has(key)).length,
    newest: newestOf(counted),
    failedKeys: [...failing].reverse(),
    lost,
    lostKeys: [...losing].reverse(),
  };
}

/** The newest keys with their status, where the tally tells of each of them; else none. */
function newestOf({ keys, tally, busy }: Counted): PartitionStanding['newest'] {
  const newest = keys.slice(-NEWEST_KEPT);
  const from = tally.newest.length < NEWEST_KEPT ? '' : tally.newest[0]!;
  if (newest.some((key) => key < from)) return [];
  const failing = new Set(tally.failing);
  const losing = new Set(tally.losing);
  const recorded = new Set(tally.newest.filter((key) => !losing.has(key)));
  return newest.map((key) => {
    const settled: PartitionStatus = failing.has(key) ? 'failed' : recorded.has(key) ? 'materialized' : 'missing';
    return { key, status: busy.has(key) ? 'in_progress' : settled };
  });
}
