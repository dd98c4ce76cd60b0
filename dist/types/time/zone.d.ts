import type { EpochMs } from '../model/instant.js';
/**
 * What a clock on the wall shows, as milliseconds that would be epoch milliseconds if the wall stood in UTC: date
 * arithmetic without a zone. A wall time may belong to no instant, to one, or to two.
 */
export type WallMs = number;
/** One change of a zone's offset: from `at` on, `after` holds. Offsets are wall minus instant, in milliseconds. */
export interface Transition {
    readonly at: EpochMs;
    readonly before: number;
    readonly after: number;
}
/** No zone is further from UTC than this (today's extremes are -12 and +14 h). */
export declare const OFFSET_MS_MAX: number;
/** True for a name of the tz database (`Europe/Berlin`, `UTC`); bare offsets such as `+02:00` are no zones. */
export declare function isZone(name: string): boolean;
/** The zone that somebody most likely meant: by the whole name, else by its last part (`Berlin`). */
export declare function nearestZone(name: string): string | undefined;
/** The changes of a zone's offset in (after, until], oldest first. Costs one look at the zone per day. */
export declare function transitionsBetween(zone: string, after: EpochMs, until: EpochMs): readonly Transition[];
/** Wall minus instant in a zone at an instant, in milliseconds: 3,600,000 in Berlin's winter. */
export declare function offsetAt(zone: string, at: EpochMs): number;
/** What the wall shows at an instant. */
export declare function instantToWall(zone: string, at: EpochMs): WallMs;
/** The instants at which the wall shows this: none inside of a gap, two inside of a repeated hour; in order. */
export declare function wallToInstants(zone: string, wall: WallMs): readonly EpochMs[];
/** The first instant after the gap that swallowed a wall time; undefined when the wall shows it at some instant. */
export declare function endOfGap(zone: string, wall: WallMs): EpochMs | undefined;
