import type { Asset, AssetKey, Project } from '../model/project.js';
import type { PartitionReader } from './partitioned.js';
/** Keys by asset; `''` stands for an asset without partitions. */
export type KeysByAsset = ReadonlyMap<AssetKey, readonly string[]>;
type Reader = Pick<PartitionReader, 'keysOf' | 'upstreamKeys'>;
/**
 * What is read to make these keys of these assets: the partitions of their direct upstreams, and of an upstream that is a
 * view also what that reads, because whoever reads a view reads through it.
 */
export declare function readsOf(project: Project, reader: Reader, making: KeysByAsset): KeysByAsset;
/**
 * Assets with partitions of which these read all that is there, through views as well: what lies in their tables under
 * a key that nobody knows is read with the rest.
 */
export declare function readInFull(project: Project, assets: Iterable<AssetKey>): ReadonlySet<AssetKey>;
/** Whether it holds no data of its own: who reads it reads through it. */
export declare function isView(project: Project, asset: Asset): boolean;
/** Whose data a plan has to look for. */
export interface LookedAt {
    /** What it is to make, and all that is read for it. */
    readonly needed: KeysByAsset;
    /** Other partitions of what it makes: who loses a database loses more of it than the newest day. */
    readonly besides: KeysByAsset;
}
export declare function lookedAt(project: Project, reader: Reader, making: KeysByAsset): LookedAt;
/** Of partitions that have neither files nor a table nobody can tell, so no record of them is put together. */
export declare function mayBeLost(project: Project, key: AssetKey): boolean;
export {};
