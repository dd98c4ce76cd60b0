import type { StateView } from '../model/state.js';
import type { StateProblem } from './codec.js';
/** First day of the week that ends with this one. */
export declare function weekStart(day: string): string;
/** The files of the week before the one that ends with `day`: the sums of assets. None where these days have none. */
export declare function encodeWeek(day: string, days: StateView['days']): Map<string, string>;
/** True when all roll-ups of that week are at hand. `today`: the day of the view, whose sums always are. */
export declare function isWeekAtHand(day: string, by: {
    readonly paths: Iterable<string>;
    readonly rollups: ReadonlySet<string>;
    readonly today: string;
}): boolean;
/** The newest week among these files; undefined where there is none. */
export declare function decodeWeek(files: ReadonlyMap<string, string>, problems: StateProblem[]): StateView['weekBefore'];
/** The files that should be there for each week of which there is any; a Branchline that knows none writes none. */
export declare function expectedWeeks(listing: Iterable<string>, view: StateView): Map<string, string>;
