import type { PartitionsDef } from '../model/partitions.js';
import type { Asset, AssetKey, Project } from '../model/project.js';
import type { PartitionRecord, StateView } from '../model/state.js';
import { type KeysAt, type Partitions } from '../time/partitions/keys.js';
import { type Staleness, type StepFingerprint } from './staleness.js';
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
    staleness(asset: Asset, key: string, fingerprint: StepFingerprint, lost: ReadonlyMap<string, string>): Staleness | undefined;
    /** The same of many keys: those that are not up to date, in the order of the keys, each told when it is asked for. */
    stale(asset: Asset, keys: readonly string[], fingerprint: StepFingerprint, lost: ReadonlyMap<string, string>): Iterable<readonly [key: string, staleness: Staleness]>;
}
/** How a partition is named beside its asset: in step ids, materializations and messages. */
export declare function partitionName(asset: AssetKey, partition: string): string;
/** The asset of such a name: none of them has an `@` in it. */
export declare function assetOf(name: string): AssetKey;
export declare function openPartitionReader(project: Project, view: StateView, at: KeysAt): PartitionReader;
