import { type Result } from '../base/result.js';
/** A cron rule that was read: plain data, cheap to make (the calendar library is loaded by `cron.ts` only). */
export interface Cron {
    /** As written. */
    readonly text: string;
    /** Minutes of the hour, ascending. */
    readonly minutes: readonly number[];
    /** Hours of the day, ascending. */
    readonly hours: readonly number[];
    /**
     * True when the hour field is restricted in any way: a list, a range and a step (each second hour, too) name hours
     * of the wall clock just as one number does. Only a field that holds all 24 hours means "every hour that passes".
     * Dagster draws the same line. The daylight-saving table of semantics.md 6 depends on it.
     */
    readonly hourFixed: boolean;
    /** The three day fields (day of month, month, day of week) with numbers for names; undefined = every day. */
    readonly days: string | undefined;
}
export interface CronError {
    /** A sentence for the user. */
    readonly message: string;
    /** Where in the text, from 1. */
    readonly column?: number;
    /** What to write instead. */
    readonly help?: string;
}
/**
 * Reads five fields (minute, hour, day of month, month, day of week) or an alias such as `@daily`. Names of months and
 * days, `7` for Sunday, lists, ranges, steps, `L` (last day of the month; `5L` = last Friday) and `mon#1` (first
 * Monday). When day of month and day of week are both restricted, either is enough. Refused with a sentence and a
 * column: seconds, empty texts, and rules whose date never comes.
 */
export declare function parseCron(text: string): Result<Cron, CronError>;
