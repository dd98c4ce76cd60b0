import type { SpanRoom } from '../base/byte-span.js';
import type { PartitionFacts } from '../model/state.js';
import type { PartitionLeaf } from './partition-leaf.js';
/** What status and staleness are told from, of partitions by the place of their keys in a list. */
export interface RecordsInOrder {
    isMade(i: number): boolean;
    /** Whether the newest attempt ended without it. */
    hasFailed(i: number): boolean;
    /** Whether it was made and its data was found to be gone. */
    isLost(i: number): boolean;
    /** Of what was made. */
    codeVersion(i: number): string;
    /** Of what was made: the digest of what was read. */
    used(i: number): string;
    /** Where that digest stands; false where it cannot be told. */
    usedSpan(i: number, into: SpanRoom): boolean;
    /** Where the data version stands; false where there is none, or it cannot be told. */
    versionSpan(i: number, into: SpanRoom): boolean;
}
/** Records that are looked for one by one. */
export declare class KeyedRecords implements RecordsInOrder {
    private readonly factsOf;
    private readonly keys;
    private place;
    private found;
    constructor(factsOf: (key: string) => PartitionFacts | undefined, keys: readonly string[]);
    isMade(i: number): boolean;
    hasFailed(i: number): boolean;
    isLost(i: number): boolean;
    codeVersion(i: number): string;
    used(i: number): string;
    usedSpan(i: number, into: SpanRoom): boolean;
    versionSpan(i: number, into: SpanRoom): boolean;
    private facts;
}
/** Records that lie in leaves, whose keys ascend from one to the next. Asking in order costs least. */
export declare class AlignedRecords implements RecordsInOrder {
    private readonly leaves;
    private readonly places;
    /** Place of the first key of each leaf, and the end. */
    private readonly starts;
    private leaf;
    constructor(leaves: readonly PartitionLeaf[], keys: readonly string[]);
    isMade(i: number): boolean;
    hasFailed(i: number): boolean;
    isLost(i: number): boolean;
    codeVersion(i: number): string;
    used(i: number): string;
    usedSpan(i: number, into: SpanRoom): boolean;
    versionSpan(i: number, into: SpanRoom): boolean;
    /** Goes to the leaf of a key: its place there; -1 = it is in none. */
    private seek;
}
