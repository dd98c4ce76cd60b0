import type { PartitionsDef } from '../model/partitions.ts';
import type { Asset, AssetKey, Project } from '../model/project.ts';
import type { PartitionFacts, PartitionRecord, StateView } from '../model/state.ts';
import { combinedVersion, shortVersion, usedDigest } from '../model/versions.ts';
import { dataVersionOf, factsOf, glanceAt, type PartitionGlance } from '../state/partition-records.ts';
import { type KeysAt, openPartitions, type Partitions } from '../time/partitions/keys.ts';
import { type KeySet, keySet, type OpenMapping, openMapping, WHOLE } from '../time/partitions/mapping.ts';
import { changedSince, currentDataVersion, type Staleness, type StepFingerprint } from './staleness.ts';
import { UsedLanes } from './used-lanes.ts';

/** The keys that a run makes of every asset that is cut this way. */
export interface PartitionScope {
  readonly def: PartitionsDef;
  /** In the definition's order, without gaps. */
  readonly keys: readonly string[];
}

/** What one partition of an asset reads of an upstream. */
export interface ReadOfUpstream {
  /** One version for all that is read of it; null = nothing of it was ever made. */
  readonly version: string | null;
  /** Keys that are read and were never made. */
  readonly missing: readonly string[];
  /** A blocking check that holds one of the keys. */
  readonly held?: string;
}

/** Asks, for partitions of assets, what they read and whether they are up to date. Opens each definition once. */
export interface PartitionReader {
  readonly at: KeysAt;
  partitionsOf(asset: AssetKey): Partitions | undefined;
  keysOf(asset: AssetKey): readonly string[];
  record(asset: AssetKey, key: string): PartitionRecord | undefined;
  /** Upstream keys that a key of an asset reads (`''` = the asset has none, or the upstream has none). */
  upstreamKeys(asset: AssetKey, dep: AssetKey, key: string): readonly string[];
  /** Keys of a downstream asset that read one of these keys. */
  downstreamKeys(asset: AssetKey, dep: AssetKey, keys: ReadonlySet<string>): readonly string[];
  read(asset: AssetKey, dep: AssetKey, keys: readonly string[]): ReadOfUpstream;
  /** Why a partition is not up to date by itself; undefined = it is. */
  staleness(
    asset: Asset,
    key: string,
    fingerprint: StepFingerprint,
    lost: ReadonlyMap<string, string>,
  ): Staleness | undefined;
  /** The same of many keys: those that are not up to date, in the order of the keys, each told when it is asked for. */
  stale(
    asset: Asset,
    keys: readonly string[],
    fingerprint: StepFingerprint,
    lost: ReadonlyMap<string, string>,
  ): Iterable<readonly [key: string, staleness: Staleness]>;
}

const NOTHING_USED = usedDigest({});
const UPSTREAM_CHANGED: Staleness = { reason: 'upstream_changed', detail: [] };
/** With fewer keys than this a digest of each costs less than to make ready for several at a time. */
const KEYS_FOR_LANES = 500;

/** How a partition is named beside its asset: in step ids, materializations and messages. */
export function partitionName(asset: AssetKey, partition: string): string {
  return partition === WHOLE ? asset : `${asset}@${partition}`;
}

export function openPartitionReader(project: Project, view: StateView, at: KeysAt): PartitionReader {
  const opened = new Map<PartitionsDef, Partitions>();
  const keys = new Map<PartitionsDef, KeySet>();
  const mappings = new Map<AssetKey, Map<AssetKey, OpenMapping>>();
  const partitionsOf = (asset: AssetKey): Partitions | undefined => {
    const def = project.assets[asset]?.partitions;
    if (def === undefined) return undefined;
    const known = opened.get(def) ?? openPartitions(def);
    opened.set(def, known);
    return known;
  };
  const keySetOf = (partitions: Partitions): KeySet => {
    const known = keys.get(partitions.def);
    if (known) return known;
    const made = keySet(partitions.keys(at));
    keys.set(partitions.def, made);
    return made;
  };
  const keysOf = (asset: AssetKey): readonly string[] => {
    const partitions = partitionsOf(asset);
    return partitions === undefined ? [WHOLE] : keySetOf(partitions).list;
  };
  const mappingOf = (asset: AssetKey, dep: AssetKey): OpenMapping => {
    const known = mappings.get(asset)?.get(dep);
    if (known) return known;
    const mapping = project.assets[asset]?.mappings?.[dep] ?? { kind: 'default' as const };
    const made = openMapping({ upstream: partitionsOf(dep), downstream: partitionsOf(asset), mapping }, at, keySetOf);
    // `check` refuses mappings that do not fit.
    if (!made.ok) throw new Error(`${asset} from ${dep}: ${made.error}`);
    const own = mappings.get(asset) ?? new Map<AssetKey, OpenMapping>();
    mappings.set(asset, own.set(dep, made.value));
    return made.value;
  };
  const record = (asset: AssetKey, key: string): PartitionRecord | undefined => view.partitions?.get(asset)?.get(key);
  const facts = (asset: AssetKey, key: string): PartitionFacts | undefined => factsOf(view.partitions?.get(asset), key);
  const read: PartitionReader['read'] = (asset, dep, wanted) => {
    if (partitionsOf(dep) === undefined) {
      const version = currentDataVersion(view, dep) ?? null;
      return { version, missing: version === null ? [WHOLE] : [] };
    }
    const versions = new Map<string, string>();
    const missing = new Set<string>();
    let held: string | undefined;
    for (const key of wanted) {
      for (const upstream of mappingOf(asset, dep).upstreamOf(key)) {
        const known = facts(dep, upstream);
        if (known?.materialized) versions.set(upstream, known.materialized.dataVersion);
        else missing.add(upstream);
        held ??= holdingPartitionCheck(project, dep, known);
      }
    }
    return {
      version: combinedVersion(versions) ?? null,
      missing: [...missing],
      ...(held === undefined ? {} : { held }),
    };
  };
  /** What tells the version alone that a key reads of an upstream: most read one partition, and that needs no more than a look. */
  const versionReader = (asset: AssetKey, dep: AssetKey): ((key: string) => string | null) => {
    if (partitionsOf(dep) === undefined) {
      const { version } = read(asset, dep, []);
      return () => version;
    }
    const mapping = mappingOf(asset, dep);
    const records = view.partitions?.get(dep);
    const exists = memberOf(keySetOf(partitionsOf(dep)!));
    const versionOf = (key: string): string | null => {
      const version = dataVersionOf(records, key);
      return version === undefined ? null : shortVersion(version);
    };
    if (mapping.isSameKey) return (key) => (exists(key) ? versionOf(key) : null);
    return (key) => {
      const upstream = mapping.upstreamOf(key);
      return upstream.length === 1 ? versionOf(upstream[0]!) : read(asset, dep, [key]).version;
    };
  };
  const usedNow = (asset: Asset, key: string): string => {
    if (asset.deps.length === 0) return NOTHING_USED;
    const upstream: Record<string, string> = {};
    for (const dep of asset.deps) {
      const version = versionReader(asset.key, dep)(key);
      if (version !== null) upstream[dep] = version;
      else if (project.assets[dep]?.external) upstream[dep] = 'external';
    }
    return usedDigest(upstream);
  };
  /** Why a partition is not up to date, its upstreams left aside. */
  const ownStaleness = (
    asset: Asset,
    key: string,
    known: PartitionGlance,
    fingerprint: StepFingerprint,
    lost: ReadonlyMap<string, string>,
  ): Staleness | undefined => {
    const gone = lost.size === 0 ? undefined : lost.get(partitionName(asset.key, key));
    if (known.dataVersion === undefined)
      return { reason: known.hasFailed ? 'failed_last' : 'never_materialized', detail: [] };
    if (gone !== undefined) return { reason: 'data_lost', detail: [gone] };
    if (known.hasFailed) return { reason: 'failed_last', detail: [] };
    if (known.codeVersion !== fingerprint.version)
      return { reason: 'code_changed', detail: changedSince(view, asset.key, known.codeVersion, fingerprint) };
    return undefined;
  };
  const staleness: PartitionReader['staleness'] = (asset, key, fingerprint, lost) => {
    const known = glanceAt(view.partitions?.get(asset.key), key);
    const { used } = known;
    const own = ownStaleness(asset, key, known, fingerprint, lost);
    return own ?? (usedNow(asset, key) === used ? undefined : UPSTREAM_CHANGED);
  };
  function* stale(
    asset: Asset,
    keys: readonly string[],
    fingerprint: StepFingerprint,
    lost: ReadonlyMap<string, string>,
  ): Generator<readonly [string, Staleness]> {
    const many = keys.length >= KEYS_FOR_LANES && asset.deps.length > 0;
    const lanes = many ? UsedLanes.over(asset.deps) : undefined;
    const versions = lanes?.deps.map((dep) => versionReader(asset.key, dep)) ?? [];
    const records = view.partitions?.get(asset.key);
    for (const key of keys) {
      const known = glanceAt(records, key);
      const { used } = known;
      let found = ownStaleness(asset, key, known, fingerprint, lost);
      if (found === undefined) {
        if (!lanes?.add(key, used, versions)) found = usedNow(asset, key) === used ? undefined : UPSTREAM_CHANGED;
      }
      if (lanes && (found || lanes.isFull)) for (const changed of lanes.settle()) yield [changed, UPSTREAM_CHANGED];
      if (found) yield [key, found];
    }
    for (const changed of lanes?.settle() ?? []) yield [changed, UPSTREAM_CHANGED];
  }
  return {
    at,
    partitionsOf,
    keysOf,
    record,
    upstreamKeys: (asset, dep, key) => mappingOf(asset, dep).upstreamOf(key),
    downstreamKeys: (asset, dep, of) => mappingOf(asset, dep).downstreamOf(of),
    read,
    staleness,
    stale,
  };
}

/** Tells whether a key is in a set. Keys that are asked for in their order are not looked up. */
function memberOf({ list, places }: KeySet): (key: string) => boolean {
  let last = -1;
  return (key) => {
    const place = list[last + 1] === key ? last + 1 : places.get(key);
    if (place === undefined) return false;
    last = place;
    return true;
  };
}

/** A blocking check, still declared, whose newest result on what is published holds a partition. */
function holdingPartitionCheck(
  project: Project,
  asset: AssetKey,
  record: PartitionFacts | undefined,
): string | undefined {
  for (const [name, { holds }] of Object.entries(record?.checks ?? {})) {
    if (holds && project.assets[asset]?.checks.some((check) => check.name === name && check.blocking)) return name;
  }
  return undefined;
}
