import { type Result } from '../base/result.js';
import { type Timestamp } from '../model/instant.js';
import type { StateView } from '../model/state.js';
import { type DaysAtHand } from './closed-days.js';
import type { StateProblem } from './codec.js';
import { type Layout } from './layout.js';
import { type PartitionRecords } from './partition-records.js';
/** What a commit must know beside the view: the files that it moves, and where the chain of segments ends. */
export interface StateBase extends DaysAtHand {
    /** All paths of the head's tree, of pages only those that whoever reads it has looked for. */
    readonly paths: ReadonlySet<string>;
    /** Texts of `recent/`, by path, in order. */
    readonly recent: ReadonlyMap<string, string>;
    /** Segments that no snapshot holds yet, in bytes of UTF-8. */
    readonly unfoldedBytes: number;
    /** The files of the snapshot, in bytes of UTF-8; those beyond 2 MiB are not counted. */
    readonly snapshotBytes: number;
    /** SHA-256 of the newest segment, hex; empty when there is none. */
    readonly chain: string;
    /** Partitions that the next fold has to write: keys by asset, touched by commits that are not folded. */
    readonly touched: ReadonlyMap<string, ReadonlySet<string>>;
    /** Leaves that were read. */
    readonly readLeaves: ReadonlySet<string>;
    /** Folded partitions that were read, by asset. */
    readonly leaves: ReadonlyMap<string, PartitionRecords>;
    /** One before that of today is left by the next fold. */
    readonly layout: Layout;
    /** Instant of the snapshot; undefined before the first fold. */
    readonly foldedAt?: Timestamp;
    /** Numbers of older streams that files have, as far as they are known. */
    readonly filed: ReadonlyMap<string, number>;
    /** There are files of older streams that were not read. */
    readonly hasUnreadStreams: boolean;
}
export interface StateRead {
    readonly view: StateView;
    readonly base: StateBase;
}
/** What `assembleView` reads. */
export interface StateTexts {
    /** All paths of the head's tree; those of pages may be left out. */
    readonly listing: readonly string[];
    /** Texts of at least the `neededPaths`. */
    readonly texts: ReadonlyMap<string, string>;
    readonly environment: string;
    /** The head's commit id, for the view. */
    readonly head?: string;
}
/** The view at a commit, or everything that is wrong with its files. Nothing may be done on a broken view. */
export declare function assembleView(tree: StateTexts): Result<StateRead, readonly StateProblem[]>;
/** True when a view could not be assembled just because older streams were not read. */
export declare function areStreamsWanted(problems: readonly StateProblem[]): boolean;
/** Folded partitions among the texts. */
export declare function readLeaves(texts: ReadonlyMap<string, string>, problems: StateProblem[]): Map<string, PartitionRecords>;
/** The files of the snapshot among these, in bytes of UTF-8, up to what makes a difference (`unfoldedBytesMax`). */
export declare function snapshotBytesOf(files: ReadonlyMap<string, string | null>): number;
/** The state with the id of the commit that it was read at, or that led to it. */
export declare function withHead(read: StateRead, head: string | undefined): StateRead;
/**
 * Whether a transaction landed, found by looking at the head: its recent file is there, or a newer transaction of its
 * writer was sealed or folded. `writers` are the view's; the names in `recent/` alone mostly settle it.
 */
export declare function hasLanded(listing: Iterable<string>, transaction: {
    readonly writer: string;
    readonly tx: number;
}, writers?: StateView['writers']): boolean;
