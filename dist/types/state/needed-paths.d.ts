import type { BranchlineEvent } from '../model/events.js';
import { type EpochMs } from '../model/instant.js';
/** Days of roll-ups that the report's comparisons need: 7 days against the 7 before, and one that begins meanwhile. */
export declare const REPORT_DAYS = 15;
/** What is wanted beyond what a decision needs. */
export interface ReadOptions {
    /** The instant of this waking: with it the roll-ups that the end of a month needs are read. */
    readonly now?: EpochMs;
    /** Newest days whose sums of project and groups are wanted (Insights over 90 days against the 90 before: 180). */
    readonly days?: number;
    /** Newest days whose sums of assets are wanted. */
    readonly assetDays?: number;
    /** The sums of all days that the report compares: those that were closed stand together, where somebody wrote that. */
    readonly report?: boolean;
    /** Closed days whose runs are wanted, as `2026-11-22`. */
    readonly runsOf?: readonly string[];
    /** Assets whose partitions are wanted, all of their keys; what commits since the last fold touched comes anyway. */
    readonly partitionsOf?: ReadonlySet<string>;
    /** Also the numbers of streams that are older than the index: for who may take in late events. */
    readonly olderStreams?: boolean;
}
/** Last commit that the tree's snapshot holds; 0 when there is none. */
export declare function foldedSeq(listing: Iterable<string>): number;
/**
 * The paths to load for a full view, from the listing of the head's tree alone: one batch. What is read does not grow
 * with history but for what the options ask for.
 */
export declare function neededPaths(tree: readonly string[], options?: ReadOptions): string[];
/**
 * What has to be read in a second batch: leaves of partitions that unfolded commits touch, as the texts of the first
 * batch tell, those of the assets asked for, and those of which an older version kept no tally. Empty where nothing is
 * partitioned.
 */
export declare function neededLeaves(listing: readonly string[], texts: ReadonlyMap<string, string>, options?: Pick<ReadOptions, 'partitionsOf'>): string[];
/** Keys of partitions by asset that commits since the last fold speak of. */
export declare function touchedPartitions(listing: readonly string[], texts: ReadonlyMap<string, string>): ReadonlyMap<string, ReadonlySet<string>>;
/** Adds the partitions that an event speaks of. */
export declare function addTouched(touched: Map<string, Set<string>>, event: BranchlineEvent): void;
/** The newest day whose closed days stand together (`closed-days/`); undefined where there is none. */
export declare function newestClosedDays(paths: Iterable<string>): string | undefined;
/** Segments that are not folded, then recent files, each in order. */
export declare function eventPaths(listing: readonly string[], folded: number): string[];
/** Segments whose first line may name a writer's transaction, newest first: for a push that landed and was sealed. */
export declare function segmentsToAsk(listing: readonly string[]): string[];
