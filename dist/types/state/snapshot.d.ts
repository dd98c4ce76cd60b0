import { type Result } from '../base/result.js';
import type { RollupCell, StateView } from '../model/state.js';
import type { StateProblem } from './codec.js';
export interface SnapshotOptions {
    /** SHA-256 of the last segment that the view holds; empty when there is none. */
    readonly digest: string;
    /** The view's day is over: older streams leave the index. */
    readonly close: boolean;
    /** Numbers of streams that files have already. */
    readonly filed?: ReadonlyMap<string, number>;
    /** In the layout before (format 1 and 2), to hold such a state against its events. */
    readonly isOld?: boolean;
}
/**
 * The files of a fold: index, shards, roll-ups and runs of the open day. Equal views give equal bytes. Files of the
 * folder `snapshot/` that are not among them are to be deleted.
 */
export declare function encodeSnapshot(view: StateView, options: SnapshotOptions): Map<string, string>;
/** Sums of assets, in shards of their own; other scopes are left out. */
export declare function encodeAssetCells(files: Map<string, string>, path: (shard: number) => string, cells: ReadonlyMap<string, RollupCell>): void;
/** The roll-up files of a month: the sums of its days. */
export declare function encodeMonth(month: string, days: Iterable<ReadonlyMap<string, RollupCell>>): Map<string, string>;
/** A view as it was folded, with what the files say beside it. */
export interface DecodedSnapshot {
    readonly view: StateView;
    readonly digest: string;
    readonly shards: number;
    /** Numbers of streams that files have; those that were read. */
    readonly filed: ReadonlyMap<string, number>;
}
/**
 * Reads the files of a snapshot, with as many roll-ups, run files and files of streams as are given: cells of those days,
 * ended runs and numbers come with the view. All problems of all files.
 */
export declare function decodeSnapshot(files: ReadonlyMap<string, string>): Result<DecodedSnapshot, readonly StateProblem[]>;
