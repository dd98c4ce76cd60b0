import { type EpochMs, type Timestamp } from '../model/instant.js';
/**
 * A duration for people: `0.3 s`, `6 s`, `1 min 5 s`, `1 h 50 min`, `3 days 4 h`. At most two units, rounded to the
 * smaller one; tenths of a second below 10 s. Negative ones begin with `-`.
 */
export declare function formatDuration(ms: number): string;
/** An instant for people, to the minute that has begun: `2026-11-21 09:23 UTC`. */
export declare function formatInstant(at: EpochMs | Timestamp): string;
/** An instant for people by the clocks of a zone: `2026-11-29 06:00 Europe/Berlin`. */
export declare function formatInZone(at: Timestamp, zone: string): string;
