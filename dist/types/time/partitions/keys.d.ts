import { type Result } from '../../base/result.js';
import type { EpochMs } from '../../model/instant.js';
import type { PartitionsDef } from '../../model/partitions.js';
import { type Windows } from './windows.js';
/** What decides which keys exist: the instant, and the dynamic keys that are known. */
export interface KeysAt {
    readonly now: EpochMs;
    /** Keys of a dynamic definition, in the order in which they came. */
    readonly dynamic: (name: string) => readonly string[];
}
/** A definition that was read. */
export interface Partitions {
    readonly def: PartitionsDef;
    /** All keys that exist, in the definition's order. */
    keys(at: KeysAt): readonly string[];
    /** The windows, when the definition, or one dimension of it, is made of time. */
    readonly windows: Windows | undefined;
    /** Key of each dimension; only for a multi definition. */
    split(key: string): Readonly<Record<string, string>> | undefined;
}
/** Joins keys of the dimensions of a multi definition. */
export declare const DIMENSION_SEPARATOR = "|";
/** Between the first and the last key of a range; both belong to it. */
export declare const RANGE_SEPARATOR = "...";
/** Variables of a step that say of a partition what no dimension says. */
export declare const ENGINE_VARIABLES: ReadonlySet<string>;
/** The variable that a dimension's key reaches steps by: `region` → `BRANCHLINE_PARTITION_REGION`. */
export declare function dimensionVariable(name: string): string;
/** Reads a definition that `check` has found no fault with. Throws on a wrong one (a bug of ours). */
export declare function openPartitions(def: PartitionsDef): Partitions;
/** Why a key of a static or dynamic definition is refused; undefined = it is fine. */
export declare function keyProblem(key: string, isDimension: boolean): string | undefined;
/** A key or range that somebody asked for and that is not there. */
export interface KeysProblem {
    /** The part of the text that is wrong. */
    readonly text: string;
    readonly message: string;
}
/**
 * The keys that a text asks for, in the definition's order: keys and ranges `first...last` (both included), separated by
 * commas or line ends; `all`. A text that is one key as a whole, commas and all, is that key.
 */
export declare function selectKeys(keys: readonly string[], text: string): Result<readonly string[], readonly KeysProblem[]>;
/** The place of each key in a list, which nobody changes any more. */
export declare function placesIn(keys: readonly string[]): ReadonlyMap<string, number>;
/**
 * What can never be in a definition, of keys and ranges that somebody wrote down. Unlike `selectKeys` it knows no
 * instant: a key whose window is still to come is fine, and so is any key of a dynamic definition.
 */
export declare function impossibleKeys(partitions: Partitions, text: string): readonly KeysProblem[];
/** Keys in the definition's order as ranges: how key sets are recorded and shown. `a` alone, or `a...c`. */
export declare function toRanges(all: readonly string[], wanted: ReadonlySet<string>): string[];
/** How keys without gaps are written: one, or `first...last`; undefined = there are none. */
export declare function chunkText(keys: readonly string[]): string | undefined;
