import type { PartitionFacts, PartitionRecord } from '../model/state.js';
import type { PartitionLeaf } from './partition-leaf.js';
import { type RecordsInOrder } from './records-in-order.js';
/** Records of an asset's partitions by key. */
export type PartitionRecords = ReadonlyMap<string, PartitionRecord>;
/**
 * What status and staleness are told from. Of partitions that lie in leaves no record is made for it, so whoever looks at
 * all partitions of an asset asks here.
 */
export declare function factsOf(records: PartitionRecords | undefined, key: string): PartitionFacts | undefined;
/** Those of the keys whose partitions were never made, or are gone as far as is known: nothing else is looked at. */
export declare function missingIn(records: PartitionRecords | undefined, keys: readonly string[]): readonly string[];
/** The same of many keys, each by its place in the list. */
export declare function recordsInOrder(records: PartitionRecords | undefined, keys: readonly string[]): RecordsInOrder;
/** The records of leaves of one asset, in the order of their keys. */
export declare function recordsOfLeaves(leaves: readonly PartitionLeaf[]): PartitionRecords;
/** The records with some of them replaced or added. */
export declare function withRecords(records: PartitionRecords | undefined, changed: PartitionRecords): PartitionRecords;
