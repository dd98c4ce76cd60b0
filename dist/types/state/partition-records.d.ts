import type { PartitionFacts, PartitionRecord } from '../model/state.js';
import type { PartitionLeaf } from './partition-leaf.js';
/** Records of an asset's partitions by key. */
export type PartitionRecords = ReadonlyMap<string, PartitionRecord>;
/**
 * What status and staleness are told from. Of partitions that lie in leaves no record is made for it, so whoever looks at
 * all partitions of an asset asks here.
 */
export declare function factsOf(records: PartitionRecords | undefined, key: string): PartitionFacts | undefined;
/** What staleness by itself is told from. */
export interface PartitionGlance {
    /** Undefined = never made: then the two below say nothing. */
    readonly dataVersion: string | undefined;
    readonly codeVersion: string;
    readonly used: string;
    /** The newest attempt ended without it. */
    readonly hasFailed: boolean;
}
/**
 * A look at a partition. Of what lies in leaves it stands only until the next look: who looks at ten thousand of them has no
 * object made for each.
 */
export declare function glanceAt(records: PartitionRecords | undefined, key: string): PartitionGlance;
/** The data version that a partition was made with, where it ever was. */
export declare function dataVersionOf(records: PartitionRecords | undefined, key: string): string | undefined;
/** The records of leaves of one asset, in the order of their keys. */
export declare function recordsOfLeaves(leaves: readonly PartitionLeaf[]): PartitionRecords;
/** The records with some of them replaced or added. */
export declare function withRecords(records: PartitionRecords | undefined, changed: PartitionRecords): PartitionRecords;
