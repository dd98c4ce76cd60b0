import type { BackfillProgress } from '../model/backfills.ts';
import type { EpochMs } from '../model/instant.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { openPartitionReader, type PartitionReader } from '../plan/partitioned.ts';
import { selectKeys, toRanges } from '../time/partitions/keys.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { failedRunsOf } from './backfill-failed-runs.ts';
import { keysAt } from './planning.ts';

/** What backfills did not make, by asset: ranges of keys, `''` of an asset without partitions. */
type Ranges = Readonly<Record<AssetKey, readonly string[]>>;
type Unmade = Pick<BackfillProgress, 'requestedAt' | 'failedPartitions' | 'leftOutPartitions'>;

/** Partitioned assets of which backfills did not make something: what is to be read to know who made it since. */
export function unmadeAssets({ assets }: Pick<Project, 'assets'>, backfills: readonly Unmade[]): ReadonlySet<AssetKey> {
  const all = backfills.flatMap((each) => [
    ...Object.keys(each.failedPartitions),
    ...Object.keys(each.leftOutPartitions),
  ]);
  return new Set(all.filter((asset) => assets[asset]?.partitions !== undefined));
}

/**
 * Whether somebody has made a key since a backfill did not. What failed is made when its newest attempt succeeded; what was
 * left out may have older data, which counts as made only when it is younger than the backfill.
 */
function isMadeSince(
  view: Pick<StateView, 'assets'>,
  reader: PartitionReader,
  since: Unmade,
  { asset, key, state }: { readonly asset: AssetKey; readonly key: string; readonly state: 'failed' | 'left_out' },
): boolean {
  const whole = view.assets.get(asset);
  const { materialized, hasFailed } =
    key === WHOLE
      ? { materialized: whole?.materialized, hasFailed: (whole?.attempt?.failuresInRow ?? 0) > 0 }
      : recordOf(reader, asset, key);
  if (materialized === undefined || hasFailed) return false;
  return state === 'failed' || Date.parse(materialized.at) >= Date.parse(since.requestedAt);
}

function recordOf(reader: PartitionReader, asset: AssetKey, key: string) {
  const record = reader.record(asset, key);
  return { materialized: record?.materialized, hasFailed: record?.failed !== undefined };
}

/** Of what a backfill did not make: what other runs have made since. On a state that holds the partitions of its assets. */
function madeSince(
  { assets }: Pick<Project, 'assets'>,
  view: Pick<StateView, 'assets'>,
  reader: PartitionReader,
  backfill: Unmade,
): Ranges {
  const made = new Map<AssetKey, Set<string>>();
  const lists = [
    ['failed', backfill.failedPartitions],
    ['left_out', backfill.leftOutPartitions],
  ] as const;
  for (const [state, ranges] of lists)
    for (const [asset, of] of Object.entries(ranges))
      for (const key of assets[asset] ? keysIn(reader, asset, of) : [])
        if (isMadeSince(view, reader, backfill, { asset, key, state }))
          made.set(asset, (made.get(asset) ?? new Set()).add(key));
  return Object.fromEntries(
    [...made].map(([asset, keys]) => [asset, keys.has(WHOLE) ? [WHOLE] : toRanges(reader.keysOf(asset), keys)]),
  );
}

function keysIn(reader: PartitionReader, asset: AssetKey, ranges: readonly string[]): readonly string[] {
  if (ranges[0] === WHOLE) return [WHOLE];
  return ranges.flatMap((range) => {
    const keys = selectKeys(reader.keysOf(asset), range);
    return keys.ok ? keys.value : [];
  });
}

/** What became of a backfill after its runs. */
export interface AfterBackfill {
  /** Runs to retry, by asset: none of what others have made since. */
  readonly failedRuns: Ranges;
  readonly madeSince: Ranges;
}

/** Tells what became of backfills, on a state that holds the partitions of `unmadeAssets`. */
export function afterBackfills(
  project: Project,
  view: StateView,
  now: EpochMs,
): (backfill: BackfillProgress) => AfterBackfill {
  const reader = openPartitionReader(project, view, keysAt(view, now));
  return (backfill) => ({
    failedRuns: failedRunsOf(backfill, view.endedRuns, (asset, keys) => {
      if (project.assets[asset] === undefined) return true;
      const all = keysIn(reader, asset, typeof keys === 'string' ? [keys] : keys);
      return all.some((key) => !isMadeSince(view, reader, backfill, { asset, key, state: 'failed' }));
    }),
    madeSince: madeSince(project, view, reader, backfill),
  });
}
