import type { PartitionRecord } from '../model/state.js';
import type { StateProblem } from './codec.js';
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
/** Records of a leaf by key, with the asset's; what is wrong goes to `problems`. */
export declare function decodeLeaf(path: string, content: string, problems: StateProblem[]): {
    readonly asset: string;
    readonly records: ReadonlyMap<string, PartitionRecord>;
} | undefined;
/**
 * Seconds since 1970 as an instant. By arithmetic, because `Date` alone would take as long as reading all else of a
 * partition; the calendar's rule is that eras of 400 years are alike (years that begin in March).
 */
export declare function secondsText(seconds: number): string;
