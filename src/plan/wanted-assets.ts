import { isManual, originalOf, type RunRequest } from '../model/plan.ts';
import type { AssetKey, Project, StepDef } from '../model/project.ts';
import { type PartitionReader, partitionName } from './partitioned.ts';
import { isAvailable, keysIn, type PlanInput } from './plan-input.ts';
import { isView } from './reads.ts';

/** Assets that a run wants, each with why. */
export type WantedAssets = ReadonlyMap<AssetKey, 'selected' | 'with_upstream'>;

/** What the selection of a run is completed by; without `lost` nothing is known to be gone. */
export type WantedInput = Pick<PlanInput, 'project' | 'view' | 'request' | 'selected' | 'partitions'> &
  Partial<Pick<PlanInput, 'lost'>>;

type Reader = Pick<PartitionReader, 'read' | 'upstreamKeys'>;

/**
 * The selection of a run, completed: siblings of multi-assets that cannot run in part, and where a person asks for it
 * (`--with-upstream`) what it reads and was never made, or was and is gone.
 */
export function wantedAssets(input: WantedInput, reader: Reader): WantedAssets {
  const { project, view, request } = input;
  const wanted = new Map<AssetKey, 'selected' | 'with_upstream'>();
  const add = (key: AssetKey, why: 'selected' | 'with_upstream'): void => {
    if (!wanted.has(key)) wanted.set(key, why);
    const step = stepOf(project, key);
    if (step && !step.canSubset) for (const sibling of step.assets) if (!wanted.has(sibling)) wanted.set(sibling, why);
  };
  for (const key of input.selected) add(key, 'selected');
  if (!isWithUpstream(request)) return wanted;
  // A map goes on with what is added to it meanwhile.
  for (const key of wanted.keys())
    for (const dep of project.assets[key]?.deps ?? []) {
      if (wanted.has(dep) || project.assets[dep]?.external) continue;
      const isCut = project.assets[dep]?.partitions !== undefined;
      const isThere = isCut ? reader.read(key, dep, keysIn(input, key)).missing.length === 0 : isAvailable(view, dep);
      if (!isThere || isGone(input, reader, key, dep)) add(dep, 'with_upstream');
    }
  return wanted;
}

/**
 * Whether the run can make anew what an asset reads of an upstream and is gone: of the keys that the run has. What is not to be
 * made by itself (`on_lost: fail`) has to be selected.
 */
function isGone(input: WantedInput, reader: Reader, key: AssetKey, dep: AssetKey): boolean {
  const { project, view, lost } = input;
  const upstream = project.assets[dep];
  if (upstream === undefined || upstream.external) return false;
  if (upstream.onLost !== 'fail') {
    if (upstream.partitions === undefined) {
      if (lost?.has(dep) || view.assets.get(dep)?.lost !== undefined) return true;
    } else if (lost !== undefined && lost.size > 0) {
      const own = new Set(keysIn(input, dep));
      const read = keysIn(input, key).flatMap((each) => reader.upstreamKeys(key, dep, each));
      if (read.some((each) => own.has(each) && lost.has(partitionName(dep, each)))) return true;
    }
  }
  // Who reads a view reads through it.
  return isView(project, upstream) && upstream.deps.some((each) => isGone(input, reader, dep, each));
}

/** Whether a person asks for what is missing before it as well. */
export function isWithUpstream(request: RunRequest): boolean {
  const original = originalOf(request);
  return isManual(original) && original.withUpstream;
}

/** The step that makes an asset; undefined = nobody here does. */
function stepOf(project: Project, key: AssetKey): StepDef | undefined {
  const name = project.assets[key]?.step;
  return name === undefined ? undefined : project.steps[name];
}
