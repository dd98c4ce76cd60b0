import type { StateView } from '../model/state.js';
import type { PartitionRecords } from './partition-records.js';
/** Leaves of assets that have partitions and no tally of them. None, and little work, where a snapshot has them all. */
export declare function untalliedLeaves(listing: readonly string[], texts: ReadonlyMap<string, string>): readonly string[];
/** The view with the tallies that it lacks, of assets of which all leaves were read. */
export declare function withTallies(view: StateView, records: ReadonlyMap<string, PartitionRecords>, { listing, texts }: {
    readonly listing: readonly string[];
    readonly texts: ReadonlyMap<string, string>;
}): StateView;
