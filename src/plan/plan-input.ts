import { type AssetVerdict, isManual, originalOf, type RunRequest } from '../model/plan.ts';
import type { AssetKey, Project, StepDef } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { type KeysAt, RANGE_SEPARATOR } from '../time/partitions/keys.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import type { PartitionReader, PartitionScope } from './partitioned.ts';
import { holdingCheck, type StepFingerprint } from './staleness.ts';

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
export function isAvailable(view: StateView, key: AssetKey): boolean {
  return view.assets.get(key)?.materialized !== undefined;
}

/** The step's name, with the keys that it makes. */
export function stepId({ name, partitions }: StepDef, input: PlanInput): string {
  const keys = partitions === undefined ? undefined : input.partitions?.keys;
  if (keys === undefined || keys.length === 0) return name;
  return `${name}@${keys.length === 1 ? keys[0] : `${keys[0]}${RANGE_SEPARATOR}${keys.at(-1)}`}`;
}

/** Keys of an asset in this run; `''` stands for one without partitions. */
export function keysIn(input: Pick<PlanInput, 'project' | 'partitions'>, asset: AssetKey): readonly string[] {
  return input.project.assets[asset]?.partitions === undefined ? [WHOLE] : (input.partitions?.keys ?? []);
}

/** Whether stored checks hold nothing of this run. */
export function ignoresBlocking(asked: RunRequest): boolean {
  const request = originalOf(asked);
  return isManual(request) && request.ignoreBlocking;
}

/** Whether a verdict makes the asset, or may. */
export function makes(verdict: AssetVerdict | undefined): boolean {
  return verdict !== undefined && verdict.verdict !== 'skip';
}

/** The check that holds what reads an upstream; `held`: of an upstream that is cut. */
export function heldBy({ input }: Planning, dep: AssetKey, held: string | undefined): string | undefined {
  return input.project.assets[dep]?.partitions === undefined ? holdingCheck(input.project, input.view, dep) : held;
}
