import { type Result } from '../../base/result.js';
import type { EpochMs } from '../../model/instant.js';
import type { TimePartitions, TimeWindow } from '../../model/partitions.js';
/** More windows than any asset can mean; keeps a mistake (`* * * * *` since 1970) from filling the memory. */
export declare const WINDOWS_MAX = 1000000;
/** A definition that was read: computes its windows. */
export interface Windows {
    readonly def: TimePartitions;
    /** Boundary of the first window; undefined when the rule never comes again. */
    readonly first: EpochMs | undefined;
    /** All windows that exist at an instant, oldest first (semantics.md 4). */
    all(now: EpochMs): readonly TimeWindow[];
    /** Windows whose span overlaps [from, to), whether or not they exist yet; never before the first. */
    overlapping(from: EpochMs, to: EpochMs): readonly TimeWindow[];
    /** The window of a key, whether or not it exists yet; undefined when no window has that key. */
    find(key: string): TimeWindow | undefined;
    /** The window so many places after one (negative: before); undefined before the first and after the last. */
    shift(window: TimeWindow, by: number): TimeWindow | undefined;
}
/** Why a definition is refused: which of its values, and a sentence for the user. */
export interface WindowsProblem {
    readonly key: 'start' | 'end' | 'schedule' | 'timezone' | 'format';
    readonly message: string;
}
/** The wall time of a `start`; undefined when it is none, or a day that is in no calendar. */
export declare function parseWallTime(text: string): number | undefined;
/** Reads a definition. All that is wrong with it at once. */
export declare function openWindows(def: TimePartitions): Result<Windows, readonly WindowsProblem[]>;
