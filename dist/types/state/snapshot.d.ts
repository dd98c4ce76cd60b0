import { type Result } from '../base/result.js';
import type { RollupCell, StateView } from '../model/state.js';
import type { StateProblem } from './codec.js';
export interface SnapshotOptions {
    /** SHA-256 of the last segment that the view holds; empty when there is none. */
    readonly digest: string;
    /** The view's day is over: its runs go to their parts. */
    readonly close: boolean;
}
/**
 * The files of a fold: index, shards, roll-ups and runs of the open day. Equal views give equal bytes. Files of the
 * folder `snapshot/` that are not among them are to be deleted.
 */
export declare function encodeSnapshot(view: StateView, options: SnapshotOptions): Map<string, string>;
/** The roll-up files of a month: the sums of its days. */
export declare function encodeMonth(month: string, days: Iterable<ReadonlyMap<string, RollupCell>>): Map<string, string>;
/** A view as it was folded, with what the files say beside it. */
export interface DecodedSnapshot {
    readonly view: StateView;
    readonly digest: string;
    readonly shards: number;
}
/**
 * Reads the files of a snapshot, with as many roll-ups and run files as are given: cells of those days and ended runs
 * come with the view. All problems of all files.
 */
export declare function decodeSnapshot(files: ReadonlyMap<string, string>): Result<DecodedSnapshot, readonly StateProblem[]>;
