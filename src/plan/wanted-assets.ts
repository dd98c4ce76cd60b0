import { isManual, originalOf, type RunRequest } from '../model/plan.ts';
import type { AssetKey, Project, StepDef } from '../model/project.ts';
import type { PartitionReader } from './partitioned.ts';
import { isAvailable, keysIn, type PlanInput } from './plan-input.ts';

/** Assets that a run wants, each with why. */
export type WantedAssets = ReadonlyMap<AssetKey, 'selected' | 'with_upstream'>;

/**
 * The selection of a run, completed: siblings of multi-assets that cannot run in part, and where a person asks for it
 * (`--with-upstream`) what it reads and was never made.
 */
export function wantedAssets(
  input: Pick<PlanInput, 'project' | 'view' | 'request' | 'selected' | 'partitions'>,
  reader: Pick<PartitionReader, 'read'>,
): WantedAssets {
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
      if (!isThere) add(dep, 'with_upstream');
    }
  return wanted;
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
