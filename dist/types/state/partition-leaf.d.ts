import type { SpanRoom } from '../base/byte-span.js';
import type { PartitionFacts, PartitionRecord } from '../model/state.js';
import type { Column, TextColumn } from './leaf-columns.js';
/** The columns of a leaf but for its keys, all of their length. */
export interface LeafColumns {
    /** Data versions; null = never made. */
    readonly data: TextColumn;
    readonly used: TextColumn;
    /** Seconds since 1970. */
    readonly at: Column;
    readonly run: Column;
    readonly code: Column;
    readonly turn: Column;
    readonly rows: Column;
    readonly files: Column;
    readonly failed: Column;
    readonly checks: Column;
    /** There where assets ask for their runs by themselves. */
    readonly handled?: Column;
    /** There where data was found to be gone. */
    readonly lost?: Column;
}
/**
 * A leaf as it was parsed: columns that are looked into by place. A record is put together only for who asks for a whole
 * one, because ten thousand of them an asset cost more than everything that is told from them.
 */
export declare class PartitionLeaf {
    readonly asset: string;
    /** In the order of their bytes. */
    readonly keys: readonly string[];
    private readonly columns;
    private readonly allMade;
    private readonly noneFailed;
    /** The code that made them all, where it is one. */
    private readonly oneCode;
    /** `allMade`: there is a data version at each place. */
    constructor(asset: string, keys: readonly string[], columns: LeafColumns, allMade: boolean);
    isMadeAt(place: number): boolean;
    /** Whether the newest attempt ended without it. */
    hasFailedAt(place: number): boolean;
    /** Whether it was made and its data was found to be gone. */
    isLostAt(place: number): boolean;
    codeVersionAt(place: number): string;
    usedAt(place: number): string;
    /** Where the digest of what was read stands; false where it cannot be told. */
    usedSpanAt(place: number, into: SpanRoom): boolean;
    /** Where the data version stands; false where it was never made, or it cannot be told. */
    versionSpanAt(place: number, into: SpanRoom): boolean;
    /** What status and staleness are told from, of the key at a place. */
    factsAt(place: number): PartitionFacts;
    recordAt(place: number): PartitionRecord;
}
