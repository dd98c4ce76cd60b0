import { type Result } from '../base/result.js';
import type { BranchlineEvent } from '../model/events.js';
import { type EpochMs, type Timestamp } from '../model/instant.js';
import type { StateView } from '../model/state.js';
import type { StateProblem } from './codec.js';
import { type PartitionRecords } from './partition-records.js';
/** What is wanted beyond what a decision needs. */
export interface ReadOptions {
    /** The instant of this waking: with it the roll-ups that the end of a month needs are read. */
    readonly now?: EpochMs;
    /** Newest days whose sums of project and groups are wanted (Insights over 90 days against the 90 before: 180). */
    readonly days?: number;
    /** Newest days whose sums of assets are wanted. */
    readonly assetDays?: number;
    /** Closed days whose runs are wanted, as `2026-11-22`. */
    readonly runsOf?: readonly string[];
    /** Assets whose partitions are wanted, all of their keys; what commits since the last fold touched comes anyway. */
    readonly partitionsOf?: ReadonlySet<string>;
    /** Also the numbers of streams that are older than the index: for who may take in late events. */
    readonly olderStreams?: boolean;
}
/** What a commit must know beside the view: the files that it moves, and where the chain of segments ends. */
export interface StateBase {
    /** All paths of the head's tree. */
    readonly paths: ReadonlySet<string>;
    /** Texts of `recent/`, by path, in order. */
    readonly recent: ReadonlyMap<string, string>;
    /** Segments that no snapshot holds yet, in bytes of UTF-8. */
    readonly unfoldedBytes: number;
    /** SHA-256 of the newest segment, hex; empty when there is none. */
    readonly chain: string;
    /** Roll-up files of closed days that the view holds. */
    readonly rollups: ReadonlySet<string>;
    /** Partitions that the next fold has to write: keys by asset, touched by commits that are not folded. */
    readonly touched: ReadonlyMap<string, ReadonlySet<string>>;
    /** Leaves that were read. */
    readonly readLeaves: ReadonlySet<string>;
    /** Folded partitions that were read, by asset. */
    readonly leaves: ReadonlyMap<string, PartitionRecords>;
    /** The layout is the one before: the next fold leaves it. */
    readonly isOldLayout: boolean;
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
/** Last commit that the tree's snapshot holds; 0 when there is none. */
export declare function foldedSeq(listing: Iterable<string>): number;
/**
 * The paths to load for a full view, from the listing of the head's tree alone: one batch. What is read does not grow
 * with history but for what the options ask for.
 */
export declare function neededPaths(listing: readonly string[], options?: ReadOptions): string[];
/**
 * What has to be read in a second batch: leaves of partitions that unfolded commits touch, as the texts of the first
 * batch tell, those of the assets asked for, and those of which an older version kept no tally. Empty where nothing is
 * partitioned.
 */
export declare function neededLeaves(listing: readonly string[], texts: ReadonlyMap<string, string>, options?: Pick<ReadOptions, 'partitionsOf'>): string[];
/** Adds the partitions that an event speaks of. */
export declare function addTouched(touched: Map<string, Set<string>>, event: BranchlineEvent): void;
/** What `assembleView` reads. */
export interface StateTexts {
    /** All paths of the head's tree. */
    readonly listing: readonly string[];
    /** Texts of at least the `neededPaths`. */
    readonly texts: ReadonlyMap<string, string>;
    readonly environment: string;
    /** The head's commit id, for the view. */
    readonly head?: string;
}
/** The view at a commit, or everything that is wrong with its files. Nothing may be done on a broken view. */
export declare function assembleView(input: StateTexts): Result<StateRead, readonly StateProblem[]>;
/** True when a view could not be assembled just because older streams were not read. */
export declare function areStreamsWanted(problems: readonly StateProblem[]): boolean;
/** Folded partitions among the texts. */
export declare function readLeaves(texts: ReadonlyMap<string, string>, problems: StateProblem[]): Map<string, PartitionRecords>;
/** The state with the id of the commit that it was read at, or that led to it. */
export declare function withHead(read: StateRead, head: string | undefined): StateRead;
/** The one file that every reader of any version understands. */
export declare function checkFormat(listing: readonly string[], texts: ReadonlyMap<string, string>): StateProblem | undefined;
/** The layout's version in `format.json`; undefined when the file is broken or not there. */
export declare function formatOf(texts: ReadonlyMap<string, string>): number | undefined;
/** The project's name in `format.json`; undefined when the state is empty or the file is broken. */
export declare function projectOf(texts: ReadonlyMap<string, string>): string | undefined;
/**
 * Whether a transaction landed, found by looking at the head: its recent file is there, or a newer transaction of its
 * writer was sealed or folded. `writers` are the view's; the names in `recent/` alone mostly settle it.
 */
export declare function hasLanded(listing: Iterable<string>, transaction: {
    readonly writer: string;
    readonly tx: number;
}, writers?: StateView['writers']): boolean;
/** Segments whose first line may name a writer's transaction, newest first: for a push that landed and was sealed. */
export declare function segmentsToAsk(listing: readonly string[]): string[];
