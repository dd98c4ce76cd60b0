import type { BranchlineEvent } from '../model/events.js';
import { type Timestamp } from '../model/instant.js';
import type { StateView } from '../model/state.js';
import { type StateProblem } from './codec.js';
/** Last numbers of streams, under the day on which each last grew. */
export type StreamsByDay = Readonly<Record<string, Readonly<Record<string, number>>>>;
type Streams = Pick<StateView, 'streams' | 'streamDays'>;
/** Where the streams of a view are when it is folded: in the index, and in the file of the day that is closed. */
export interface StreamPlaces {
    readonly index: StreamsByDay;
    /** Absent = none leaves the index. */
    readonly leaving?: StreamsByDay;
}
/**
 * Cuts the streams of a view into those of the index and those that leave it. `filed`: numbers that files have already.
 * Only the fold that closes a day lets streams go, and of an open run none.
 */
export declare function placeStreams(view: StateView, { close, filed }: {
    readonly close: boolean;
    readonly filed?: ReadonlyMap<string, number> | undefined;
}): StreamPlaces;
export declare function encodeStreams(streams: StreamsByDay): string;
/** Files of streams among these paths, oldest first. */
export declare function streamFiles(paths: Iterable<string>): string[];
/** Files whose streams were all forgotten by the day of this instant. */
export declare function expiredStreams(paths: Iterable<string>, at: Timestamp): string[];
/** Numbers that the files of streams have, newest file last: of a stream that grew again the newest counts. */
export declare function readStreams(texts: ReadonlyMap<string, string>, at: Timestamp, problems: StateProblem[]): {
    readonly streams: Map<string, number>;
    readonly streamDays: Map<string, string>;
};
/** The streams of an index with those of the files that were read; the index is newer. */
export declare function joinStreams(index: StreamsByDay, older: ReturnType<typeof readStreams>): Required<Streams>;
/**
 * True when a decision or a fold of these events takes the numbers of streams that the index does not have: a stream that
 * goes on though it is not known, or a run that may have been asked for, or a stream that may have begun, in the days that
 * only the files tell of. `folded`: the instant of the snapshot; `isNew`, of a decision: streams that cannot have begun
 * before. What is on the branch was decided with all that it took.
 */
export declare function needsOlderStreams(view: Pick<StateView, 'streams' | 'openRuns' | 'endedRuns'>, events: Iterable<BranchlineEvent>, { folded, isNew }: {
    readonly folded: Timestamp;
    readonly isNew?: (stream: string) => boolean;
}): boolean;
/** What is wrong with the files of streams; `right`: those that say nothing but what the events say. */
export declare function verifyStreams(texts: ReadonlyMap<string, string>, view: StateView): {
    readonly problems: readonly StateProblem[];
    readonly right: ReadonlyMap<string, string>;
};
/** The files of the streams that left the index when that day was closed, none over 1 MiB. */
export declare function leavingFiles(day: string, leaving?: StreamsByDay): readonly (readonly [string, string])[];
/** The same with those that left the index. */
export declare function filedAfter(filed: ReadonlyMap<string, number>, leaving: StreamsByDay | undefined): ReadonlyMap<string, number>;
export {};
