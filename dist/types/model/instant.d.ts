/** Milliseconds since 1970-01-01T00:00:00Z: for arithmetic. */
export type EpochMs = number;
/** An instant as text, always UTC with milliseconds (`2026-11-22T09:23:00.000Z`), so that text order is time order: for records. */
export type Timestamp = string;
/** The text of an instant. Throws a RangeError outside of the years 0 to 9999 (a bug of ours). */
export declare function timestamp(ms: EpochMs): Timestamp;
/** The milliseconds of a timestamp. */
export declare function epochMs(at: Timestamp): EpochMs;
/** The UTC day `YYYY-MM-DD` of an instant. */
export declare function utcDay(at: Timestamp): string;
/**
 * The second that an instant lies in. What may go on at once is due from there: the time of a head is known in whole
 * seconds, so that the next reader's clock, which stands still or is set by that head, never finds it not due yet.
 */
export declare function secondOf(at: Timestamp): Timestamp;
/** The later of two moments. */
export declare function laterOf(a: Timestamp, b: Timestamp): Timestamp;
