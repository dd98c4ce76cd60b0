import type { EpochMs } from '../model/instant.js';
import type { Cron } from './cron-syntax.js';
/** What is due: the newest ticks in ascending order, and how many there are in all. */
export interface DueTicks {
    readonly ticks: readonly EpochMs[];
    /** At least `ticks.length`; more when older ones did not fit into the limit. */
    readonly total: number;
}
/**
 * The ticks of a list of rules in (after, until]: their sorted union, by the daylight-saving table of semantics.md 6.
 * At most the newest `limit` are returned, all are counted. The cost grows with the days in between, not with the ticks.
 */
export declare function dueTicks(crons: readonly Cron[], timezone: string, range: {
    readonly after: EpochMs;
    readonly until: EpochMs;
    readonly limit: number;
}): DueTicks;
/** The first tick after an instant; undefined when none comes within forty years (a rule without rules has none). */
export declare function nextTick(crons: readonly Cron[], timezone: string, after: EpochMs): EpochMs | undefined;
