import { type AssetVerdict, type RunRequest } from '../model/plan.js';
import type { AssetKey, Project, StepDef } from '../model/project.js';
import type { StateView } from '../model/state.js';
import { type KeysAt } from '../time/partitions/keys.js';
import type { PartitionReader, PartitionScope } from './partitioned.js';
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
/** What is asked for: everything, what is stale, or what a job decides. */
export type Mode = 'all' | 'stale' | 'job';
/** What earlier steps of this plan mean for those after them. */
export interface Planning {
    readonly input: PlanInput;
    readonly mode: Mode;
    readonly wanted: ReadonlyMap<AssetKey, 'selected' | 'with_upstream'>;
    readonly verdicts: Map<AssetKey, AssetVerdict>;
    readonly reader: PartitionReader;
}
/** Whether something of an asset was ever made. */
export declare function isAvailable(view: StateView, key: AssetKey): boolean;
/** The step's name, with the keys that it makes. */
export declare function stepId({ name, partitions }: StepDef, input: PlanInput): string;
/** Keys of an asset in this run; `''` stands for one without partitions. */
export declare function keysIn(input: Pick<PlanInput, 'project' | 'partitions'>, asset: AssetKey): readonly string[];
/** Whether stored checks hold nothing of this run. */
export declare function ignoresBlocking(asked: RunRequest): boolean;
/** Whether a verdict makes the asset, or may. */
export declare function makes(verdict: AssetVerdict | undefined): boolean;
/** The check that holds what reads an upstream; `held`: of an upstream that is cut. */
export declare function heldBy({ input }: Planning, dep: AssetKey, held: string | undefined): string | undefined;
