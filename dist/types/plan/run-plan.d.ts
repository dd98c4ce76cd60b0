import { type Result } from '../base/result.js';
import { type Plan, type PlanRefusal, type RunRequest } from '../model/plan.js';
import type { AssetKey, Project } from '../model/project.js';
import type { StateView } from '../model/state.js';
import { type KeysAt } from '../time/partitions/keys.js';
import { type PartitionScope } from './partitioned.js';
import { type StepFingerprint } from './staleness.js';
/** All that planning a run depends on. Pure data: the same input gives the same bytes. */
export interface PlanInput {
    readonly project: Project;
    readonly view: StateView;
    readonly environment: string;
    readonly request: RunRequest;
    readonly runId: string;
    /** What the request's selection yields. */
    readonly selected: ReadonlySet<AssetKey>;
    /** Code version of a step, by name. */
    readonly fingerprintOf: (step: string) => StepFingerprint;
    /** Assets whose published data was found to be gone, with what was found. */
    readonly lost: ReadonlyMap<AssetKey, string>;
    readonly job?: string;
    readonly tags?: Readonly<Record<string, string>>;
    /** The keys that the run makes of partitioned assets; absent = it has none. */
    readonly partitions?: PartitionScope;
    /** Which keys exist; needed where the project has partitions. */
    readonly at?: KeysAt;
}
/**
 * Plans a run by "What a run makes" (semantics.md 1): a verdict and a reason for each asset selected, in topological
 * order. Refuses, naming them, upstreams that were never materialized and are outside of a person's run.
 */
export declare function planRun(input: PlanInput): Result<Plan, PlanRefusal>;
/**
 * The plan's identity: what would be done and why, on which code and data. Without the run's own identity, the clock,
 * the head of the state and the estimates, so that the same intention has the same digest whenever it is made.
 */
export declare function planDigest(plan: Omit<Plan, 'digest' | 'estimates'>): string;
