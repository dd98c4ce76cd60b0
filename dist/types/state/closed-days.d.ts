import type { StateView } from '../model/state.js';
import type { StateProblem } from './codec.js';
/** The files of the closed days before `day`, none over 1 MiB; none where these days have no sums. */
export declare function encodeClosedDays(day: string, days: StateView['days']): Map<string, string>;
/** The closed days that the newest of such files have; what is wrong goes to `problems`. `lateFrom`: of `readRecords`. */
export declare function decodeClosedDays(files: ReadonlyMap<string, string>, problems: StateProblem[], lateFrom?: number): StateView['days'];
/** What a view that was read has of closed days. */
export interface DaysAtHand {
    /** Files of their own. */
    readonly rollups: ReadonlySet<string>;
    /** All of the 13 days before this one. */
    readonly closedDays?: string;
}
/** True when the sums in this file of a day are in the view. */
export declare function isAtHand(path: string, { rollups, closedDays }: DaysAtHand): boolean;
/** True when all of the closed days before `day` are in the view. `today`: the day of the view, whose sums always are. */
export declare function areAtHand(day: string, { paths, today, ...by }: DaysAtHand & {
    readonly paths: Iterable<string>;
    readonly today: string;
}): boolean;
/**
 * The files that should be there for each day of which there is any, up to that of the view: a Branchline that knows none
 * writes none.
 */
export declare function expectedClosedDays(listing: Iterable<string>, { days, at }: StateView): Map<string, string>;
