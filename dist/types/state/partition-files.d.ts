import type { PartitionRecord } from '../model/state.js';
/** Of leaves with a column `lost`: who does not know it must not write them without it. */
export declare const LOSING_VERSION = 2;
/** Keys in one leaf; a fuller one is split in half. */
export declare const LEAF_KEYS_MAX = 500;
/** Folder of an asset's leaves. */
export declare function leafFolder(asset: string): string;
export interface LeafName {
    readonly path: string;
    /** Folder with `/` at its end: one an asset. */
    readonly folder: string;
    /** Hex of the smallest text of the leaf; empty for the first one. */
    readonly from: string;
}
export declare function parseLeafPath(path: string): LeafName | undefined;
/** Leaves of the tree by folder, each in order. */
export declare function leavesOf(listing: Iterable<string>): ReadonlyMap<string, readonly LeafName[]>;
/** Paths of the leaves that hold these keys of an asset. */
export declare function leafPaths(leaves: ReadonlyMap<string, readonly LeafName[]>, asset: string, keys: Iterable<string>): ReadonlySet<string>;
/** The files of an asset after its records have changed: those of the leaves that hold the changed ones. */
export declare function encodeLeaves(asset: string, leaves: readonly LeafName[], before: ReadonlyMap<string, PartitionRecord>, changed: ReadonlyMap<string, PartitionRecord>): Map<string, string>;
