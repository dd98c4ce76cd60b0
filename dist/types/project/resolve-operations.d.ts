import type { WrittenBackfillPolicy, WrittenProject, WrittenRetryPolicy } from '../manifest/generated/written.js';
import { type Operations, type RetryPolicy } from '../model/operations.js';
import type { BackfillPolicy } from '../model/partitions.js';
import { type Place } from './findings.js';
import { type Resolving } from './resolving.js';
/** The policies of branchline.yaml with their defaults. Reports contradictions; one limit twice is one (semantics.md 1). */
export declare function resolveOperations(resolving: Resolving): Operations;
/** Limits of all pools that steps use: those that are named, and the default for the others. */
export declare function withDefaultPools(operations: Operations, steps: readonly {
    readonly pool?: string;
}[], { definitions }: Resolving): Operations;
/** Slots of a pool that `pools` does not name; undefined = such a pool is a mistake. */
export declare function defaultPoolLimit(value: Pick<WrittenProject, 'concurrency'> | undefined): number | undefined;
/** A step's policy; reports durations that are none, and a wait that is longer than the longest one. */
export declare function resolveRetryPolicy(written: WrittenRetryPolicy, at: Place, resolving: Resolving): RetryPolicy;
/** How a backfill cuts a step's partitions into runs. */
export declare function resolveBackfillPolicy(written: 'single_run' | WrittenBackfillPolicy | undefined): BackfillPolicy;
