import type { EpochMs } from '../model/instant.ts';
import { epochMs } from '../model/instant.ts';
import type { Asset, AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { ConnectionTarget } from '../ports.ts';
import { quoteRelation } from '../sql/quote.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { relationOn } from './connections.ts';
import { publishedThings } from './published-things.ts';
import type { RelationStamp } from './sql-stamps.ts';

/** Data in the table of an asset that the state has no record of. */
export interface UnknownData {
  readonly asset: AssetKey;
  /** `''` = the table was written as a whole. */
  readonly key: string;
  /** Who made it, as far as the stamp and the state tell. */
  readonly why: string;
}

export interface UnknownAsked {
  /** Whose tables are looked into. */
  readonly assets: ReadonlySet<AssetKey>;
  readonly onFound: (data: UnknownData) => void;
}

/** Who looks into a database, and what may stand in it that is no stranger to him. */
export interface Onlooker {
  readonly view: StateView;
  readonly environment: string;
  /** The run that looks: its own stamps are its own, whoever of its jobs wrote them. */
  readonly run?: string;
  /** What was written since may be recorded meanwhile; undefined = nobody else can have written. */
  readonly since?: EpochMs;
}

/**
 * What a relation holds, by the stamps of all who wrote into it (oldest first), that the state has no record of: of another
 * environment, of a state that is not this one or is no more, of a run that was cut off before it could say so. What the
 * state made under a key that the definition has no longer is no stranger.
 */
export function unknownIn(onlooker: Onlooker, asset: Asset, stamps: readonly RelationStamp[]): readonly UnknownData[] {
  // Who writes a table as a whole leaves nothing of what was there.
  const whole = stamps.findLastIndex(({ partition }) => partition === WHOLE);
  return stamps.slice(Math.max(0, whole)).flatMap((stamp) => {
    if (asset.partitions === undefined && stamp.partition !== WHOLE) return [];
    if (isKnown(onlooker, asset, stamp) || mayBeRecorded(onlooker, stamp)) return [];
    return [{ asset: asset.key, key: stamp.partition, why: whoMade(onlooker, asset, stamp) }];
  });
}

/** The stamps that count for the table of an asset. */
export function stampsOf(
  asset: Asset,
  target: ConnectionTarget,
  stamps: readonly RelationStamp[],
): readonly RelationStamp[] {
  const relation = quoteRelation(relationOn(target, asset.relation!));
  return stamps.filter((stamp) => stamp.relation === relation);
}

function isKnown({ view, environment }: Onlooker, asset: Asset, stamp: RelationStamp): boolean {
  if (stamp.environment !== environment || stamp.asset !== asset.key) return false;
  const cut = stamp.partition === WHOLE ? {} : asset;
  const [thing] = publishedThings(view, { ...cut, key: asset.key }, [stamp.partition]);
  return thing !== undefined && (thing.isId(stamp.materialization) || thing.isVersion(stamp.dataVersion));
}

/** Another run may be at work in the database, and what it made is in the state a moment later. */
function mayBeRecorded({ view, run, since }: Onlooker, { materialization, at }: RelationStamp): boolean {
  const by = runOf(materialization);
  if (by === run || [...view.claims.values()].some((claim) => claim.run === by)) return true;
  return since !== undefined && epochMs(at) >= since;
}

function runOf(materialization: string): string {
  return materialization.slice(0, Math.max(0, materialization.indexOf('.')));
}

function whoMade({ view, environment }: Onlooker, asset: Asset, stamp: RelationStamp): string {
  const run = runOf(stamp.materialization);
  if (stamp.environment !== environment) return `environment ${stamp.environment} made it`;
  if (stamp.asset !== asset.key) return `${stamp.asset} made it, which has the same table`;
  return view.openRuns.has(run) || view.endedRuns.has(run)
    ? `run ${run} made it, and was cut off before that was recorded`
    : `run ${run} made it, of which this state has no record`;
}
