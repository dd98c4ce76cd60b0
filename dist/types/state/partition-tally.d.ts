import type { PartitionTally } from '../model/partitions.js';
import type { PartitionRecord } from '../model/state.js';
/** Keys of an asset that its tally tells one by one. */
export declare const NEWEST_KEPT = 60;
/**
 * The tally after one key has changed. What was made, failed or lost once stays one of them for good, so the last keys by
 * text, like the counts, are the same in whatever order facts arrive.
 */
export declare function addToTally(tally: PartitionTally | undefined, key: string, before: PartitionRecord | undefined, now: PartitionRecord): PartitionTally | undefined;
