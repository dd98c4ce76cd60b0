import { SpanRoom } from '../base/byte-span.js';
import type { AssetKey } from '../model/project.js';
import type { RecordsInOrder } from '../state/records-in-order.js';
/**
 * Holds the version that the partition at a place of a list would read of an upstream, cut short; false where there is none,
 * or it cannot be told.
 */
export type VersionSpans = (i: number, into: SpanRoom) => boolean;
/** Cuts a version as digests are made of it; false where that cannot be done. */
export declare function holdShort(version: SpanRoom): boolean;
/**
 * Compares what partitions of an asset were made of with what they would read now, as `usedDigest` would, some at a time:
 * a digest a partition by itself costs more than all else that is told of ten thousand of them.
 */
export declare class UsedLanes {
    private readonly lanes;
    /** In the order of what `versionsOf` is given in. */
    readonly deps: readonly AssetKey[];
    /** Where the version of each dependency stands in the text that is digested. */
    private readonly places;
    private readonly keys;
    private readonly used;
    private readonly version;
    private waiting;
    private constructor();
    /** Undefined where this machine cannot. */
    static over(deps: readonly AssetKey[]): UsedLanes | undefined;
    get isFull(): boolean;
    /**
     * Takes in the partition at a place, with what it was made of and what tells the version that it would read now of each of
     * `deps`. What it was made of must stand until the lanes are settled.
     * False when it cannot: a version is not there, or is of another length than digests are cut to.
     */
    add(key: string, i: number, known: RecordsInOrder, versionsOf: readonly VersionSpans[]): boolean;
    /** The partitions that were taken in since and would read something else now, in order. */
    settle(): readonly string[];
}
