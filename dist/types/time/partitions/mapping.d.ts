import { type Result } from '../../base/result.js';
import type { PartitionMapping, PartitionsDef } from '../../model/partitions.js';
import { type KeysAt, type Partitions } from './keys.js';
/** One side of a dependency: undefined = not partitioned. */
export interface MappedSides {
    readonly upstream: Partitions | undefined;
    readonly downstream: Partitions | undefined;
    readonly mapping: PartitionMapping;
}
/** Which upstream keys each downstream key reads. */
export interface OpenMapping {
    /** A key reads the partition of the same key alone, or nothing where there is none. */
    readonly isSameKey: boolean;
    /** Upstream keys that a downstream key reads, in order; of an unpartitioned downstream the key is `''`. */
    upstreamOf(key: string): readonly string[];
    /** Downstream keys that read one of these upstream keys, in order. */
    downstreamOf(keys: ReadonlySet<string>): readonly string[];
}
/** The key of an asset that has no partitions. */
export declare const WHOLE = "";
/**
 * Why a mapping cannot fit its two definitions; undefined = it fits. Rules of semantics.md 4: between two definitions of
 * time windows overlap; otherwise equal keys are needed for `identity`.
 */
export declare function mappingProblem({ upstream, downstream, mapping }: MappedSides): string | undefined;
/** The keys of a definition at an instant. Who opens many mappings keeps them: they are the same for all of them. */
export interface KeySet {
    readonly list: readonly string[];
    /** Number of each key in the list. */
    readonly places: ReadonlyMap<string, number>;
}
export declare function keySet(list: readonly string[]): KeySet;
/** Opens a mapping at an instant. The error is a sentence: it does not fit. */
export declare function openMapping(sides: MappedSides, at: KeysAt, keysOf?: (partitions: Partitions) => KeySet): Result<OpenMapping, string>;
/**
 * Whether what is there is read, not keys by name: of a key that the upstream's definition lacks the data would be read too.
 */
export declare function readsAll(sides: {
    readonly upstream: PartitionsDef | undefined;
    readonly downstream: PartitionsDef | undefined;
    readonly mapping: PartitionMapping;
}): boolean;
/** True when the definitions are the same windows: then runs may share chunks. */
export declare function sameDefinition(one: PartitionsDef | undefined, other: PartitionsDef | undefined): boolean;
