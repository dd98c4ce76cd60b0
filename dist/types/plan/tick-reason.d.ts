import type { TickJudged } from '../model/events.js';
import type { EpochMs } from '../model/instant.js';
import type { Schedule } from '../model/project.js';
/** Ticks of each of so many schedules that one wake-up judges one by one. */
export declare function fairShareOf(schedules: number): number;
/** The same of a schedule that catches up. */
export declare function judgedLimit(fair: number, schedule: Schedule): number;
/** What becomes of one tick; `newer` = how many ticks after it are judged by the same wake-up. */
export declare function reasonOf(tick: {
    readonly schedule: Schedule;
    readonly tick: EpochMs;
    readonly newer: number;
    readonly now: EpochMs;
    readonly running: string | undefined;
    readonly isEmpty: boolean;
}): TickJudged['reason'];
