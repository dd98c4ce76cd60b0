import type { StateView } from '../model/state.js';
import { type DecodedFile } from './batch.js';
import type { FoldStart } from './checkpoint.js';
import type { StateProblem } from './codec.js';
import { type RecentName, type SegmentName } from './layout.js';
import { verifyStreams } from './streams.js';
/** A recent file or segment. */
export interface EventsFile {
    readonly name: SegmentName | RecentName;
    readonly decoded: DecodedFile;
}
/** All files of events in order, with everything that is wrong with them. `after`: digest of the segment before the first. */
export declare function decodeFiles(listing: readonly string[], texts: ReadonlyMap<string, string>, problems: StateProblem[], after?: string): EventsFile[];
export declare function broken(file: string, line: number, message: string): StateProblem;
export interface Refolded {
    readonly view?: StateView;
    /** Derived files as the events give them. */
    readonly expected: ReadonlyMap<string, string>;
    /** Partitions as they were at the last fold. */
    readonly partitions?: StateView['partitions'];
    /** Files of older streams, held against the view at the last fold. */
    readonly streams?: ReturnType<typeof verifyStreams>;
    /** SHA-256 of the last segment; empty when there is none. */
    readonly chain: string;
}
/** Folds from nothing or from a checkpoint, writing the derived files at each end of a day and at the last fold. */
export declare function refold(files: readonly EventsFile[], texts: ReadonlyMap<string, string>, options: {
    readonly environment: string;
    readonly problems: StateProblem[];
    readonly folded: number;
    readonly start?: FoldStart | undefined;
    readonly isOldLayout: boolean;
}): Refolded;
/** Files of the state that follow from its events, but for leaves of partitions; pages are none of the state's. */
export declare function isDerived(path: string): boolean;
/** A month may have been summed later than its end, in as many shards as there were then. */
export declare function isMonth(path: string): boolean;
