import type { PartitionFacts, PartitionRecord } from '../model/state.js';
import type { StateProblem } from './codec.js';
import { CountedColumn } from './counted-column.js';
declare const COUNTED: readonly ['used', 'run', 'code', 'turn', 'rows', 'files', 'failed', 'checks'];
/** `handled` is there where assets ask for their runs by themselves. */
type Counted = Readonly<Record<(typeof COUNTED)[number], CountedColumn>> & {
    readonly handled?: CountedColumn;
};
/**
 * A leaf as it was parsed: columns that are looked into by place. A record is put together only for who asks for a whole
 * one, because ten thousand of them an asset cost more than everything that is told from them.
 */
export declare class PartitionLeaf {
    readonly asset: string;
    /** In the order of their bytes. */
    readonly keys: readonly string[];
    /** Data versions; null = never made. */
    private readonly data;
    /** Seconds since 1970. */
    private readonly seconds;
    private readonly counted;
    constructor(asset: string, keys: readonly string[], columns: {
        readonly data: readonly (string | null)[];
        readonly seconds: readonly number[];
        readonly counted: Counted;
    });
    /** What status and staleness are told from, of the key at a place. */
    factsAt(place: number): PartitionFacts;
    /** Writes what staleness is told from into an object of the caller. */
    glanceAt(place: number, into: {
        dataVersion: string | undefined;
        codeVersion: string;
        used: string;
        hasFailed: boolean;
    }): void;
    /** Null = never made. */
    dataVersionAt(place: number): string | null;
    recordAt(place: number): PartitionRecord;
}
/** Reads a leaf; what is wrong goes to `problems`. */
export declare function decodeLeaf(path: string, content: string, problems: StateProblem[]): PartitionLeaf | undefined;
export {};
