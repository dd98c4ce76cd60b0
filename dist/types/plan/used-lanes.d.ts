import type { AssetKey } from '../model/project.js';
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
    private waiting;
    private constructor();
    /** Undefined where this machine cannot. */
    static over(deps: readonly AssetKey[]): UsedLanes | undefined;
    get isFull(): boolean;
    /**
     * Takes in a partition, with what it was made of and what tells the version that it would read now of each of `deps`.
     * False when it cannot: a version is not there, or is of another length than digests are cut to.
     */
    add(key: string, used: string, versionsOf: readonly ((key: string) => string | null)[]): boolean;
    /** The partitions that were taken in since and would read something else now, in order. */
    settle(): readonly string[];
}
