import type { RollupCell, StateView } from '../model/state.js';
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
