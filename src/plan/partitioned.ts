import type { SpanRoom } from '../base/byte-span.ts';
import type { PartitionsDef } from '../model/partitions.ts';
import type { Asset, AssetKey, Project } from '../model/project.ts';
import type { PartitionFacts, PartitionRecord, StateView } from '../model/state.ts';
import { combinedVersion, shortVersion, usedDigest } from '../model/versions.ts';
import { factsOf, recordsInOrder } from '../state/partition-records.ts';
import type { RecordsInOrder } from '../state/records-in-order.ts';
import { type KeysAt, openPartitions, type Partitions } from '../time/partitions/keys.ts';
import { type KeySet, keySet, type OpenMapping, openMapping, WHOLE } from '../time/partitions/mapping.ts';
import { changedSince, currentDataVersion, type Staleness, type StepFingerprint } from './staleness.ts';
import { holdShort, UsedLanes, type VersionSpans } from './used-lanes.ts';

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
const NONE: readonly string[] = [];
const NOTHING_READ: ReadOfUpstream = { version: null, missing: NONE };
const UPSTREAM_CHANGED: Staleness = { reason: 'upstream_changed', detail: [] };
/** With fewer keys than this a digest of each costs less than to make ready for several at a time. */
const KEYS_FOR_LANES = 500;

/** How a partition is named beside its asset: in step ids, materializations and messages. */
export function partitionName(asset: AssetKey, partition: string): string {
  return partition === WHOLE ? asset : `${asset}@${partition}`;
}

/** The asset of such a name: none of them has an `@` in it. */
export function assetOf(name: string): AssetKey {
  const at = name.indexOf('@');
  return at < 0 ? name : name.slice(0, at);
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
  /** The same key of an upstream, as most keys read it. */
  const readSame = (dep: AssetKey, key: string): ReadOfUpstream => {
    if (!keySetOf(partitionsOf(dep)!).places.has(key)) return NOTHING_READ;
    const known = facts(dep, key);
    const version = known?.materialized?.dataVersion;
    const held = holdingPartitionCheck(project, dep, known);
    return {
      version: version === undefined ? null : shortVersion(version),
      missing: version === undefined ? [key] : NONE,
      ...(held === undefined ? {} : { held }),
    };
  };
  const read: PartitionReader['read'] = (asset, dep, wanted) => {
    if (partitionsOf(dep) === undefined) {
      const version = currentDataVersion(view, dep) ?? null;
      return { version, missing: version === null ? [WHOLE] : [] };
    }
    const mapping = mappingOf(asset, dep);
    if (mapping.isSameKey && wanted.length === 1) return readSame(dep, wanted[0]!);
    const versions = new Map<string, string>();
    const missing = new Set<string>();
    let held: string | undefined;
    for (const key of wanted) {
      for (const upstream of mapping.upstreamOf(key)) {
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
  /** The version that a key reads of an upstream; null = nothing of it was ever made. */
  const versionOf = (asset: AssetKey, dep: AssetKey, key: string): string | null => {
    if (partitionsOf(dep) === undefined) return read(asset, dep, []).version;
    const mapping = mappingOf(asset, dep);
    if (mapping.isSameKey && !keySetOf(partitionsOf(dep)!).places.has(key)) return null;
    const upstream = mapping.isSameKey ? [key] : mapping.upstreamOf(key);
    if (upstream.length !== 1) return read(asset, dep, [key]).version;
    const version = facts(dep, upstream[0]!)?.materialized?.dataVersion;
    return version === undefined ? null : shortVersion(version);
  };
  /** The same of many keys. Most read the partition of the same key, and that needs no more than a look. */
  const versionSpans = (asset: AssetKey, dep: AssetKey, keys: readonly string[]): VersionSpans => {
    const hold = (version: string | null, into: SpanRoom): boolean =>
      version !== null && into.hold(shortVersion(version));
    const partitions = partitionsOf(dep);
    if (partitions === undefined) {
      const { version } = read(asset, dep, []);
      return (_i, into) => hold(version, into);
    }
    if (!mappingOf(asset, dep).isSameKey) return (i, into) => hold(versionOf(asset, dep, keys[i]!), into);
    const { list, places } = keySetOf(partitions);
    const known = recordsInOrder(view.partitions?.get(dep), keys);
    const held: VersionSpans = (i, into) => known.versionSpan(i, into) && holdShort(into);
    return list === keys ? held : (i, into) => places.has(keys[i]!) && held(i, into);
  };
  const usedNow = (asset: Asset, key: string): string => {
    if (asset.deps.length === 0) return NOTHING_USED;
    const upstream: Record<string, string> = {};
    for (const dep of asset.deps) {
      const version = versionOf(asset.key, dep, key);
      if (version !== null) upstream[dep] = version;
      else if (project.assets[dep]?.external) upstream[dep] = 'external';
    }
    return usedDigest(upstream);
  };
  /** Why a partition is not up to date, its upstreams left aside. */
  const ownStaleness = (
    asset: Asset,
    key: string,
    known: RecordsInOrder,
    i: number,
    fingerprint: StepFingerprint,
    lost: ReadonlyMap<string, string>,
  ): Staleness | undefined => {
    const gone = lost.size === 0 ? undefined : lost.get(partitionName(asset.key, key));
    const hasFailed = known.hasFailed(i);
    if (!known.isMade(i)) return { reason: hasFailed ? 'failed_last' : 'never_materialized', detail: [] };
    if (gone !== undefined) return { reason: 'data_lost', detail: [gone] };
    if (hasFailed) return { reason: 'failed_last', detail: [] };
    const codeVersion = known.codeVersion(i);
    if (codeVersion !== fingerprint.version)
      return { reason: 'code_changed', detail: changedSince(view, asset.key, codeVersion, fingerprint) };
    return undefined;
  };
  function* stale(
    asset: Asset,
    keys: readonly string[],
    fingerprint: StepFingerprint,
    lost: ReadonlyMap<string, string>,
  ): Generator<readonly [string, Staleness]> {
    const many = keys.length >= KEYS_FOR_LANES && asset.deps.length > 0;
    const lanes = many ? UsedLanes.over(asset.deps) : undefined;
    const versions = lanes?.deps.map((dep) => versionSpans(asset.key, dep, keys)) ?? [];
    const known = recordsInOrder(view.partitions?.get(asset.key), keys);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      let found = ownStaleness(asset, key, known, i, fingerprint, lost);
      if (found === undefined && !lanes?.add(key, i, known, versions))
        found = usedNow(asset, key) === known.used(i) ? undefined : UPSTREAM_CHANGED;
      if (lanes && (found || lanes.isFull)) for (const changed of lanes.settle()) yield [changed, UPSTREAM_CHANGED];
      if (found) yield [key, found];
    }
    for (const changed of lanes?.settle() ?? []) yield [changed, UPSTREAM_CHANGED];
  }
  const staleness: PartitionReader['staleness'] = (asset, key, fingerprint, lost) => {
    for (const [, found] of stale(asset, [key], fingerprint, lost)) return found;
    return undefined;
  };
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
