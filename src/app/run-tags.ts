import type { RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import { layeredTags } from '../model/tags.ts';
import { type PlanningProject, requestedAssets } from './planning.ts';
import { ownTags } from './release.ts';

/**
 * Tags of a run: those of its job and those of what asked for it, which win. A run without a job has the engine's tags
 * of its assets: the highest priority, the shortest `max_runtime`, of the others the first asset's (semantics.md 1).
 */
export function runTags(
  planning: Pick<PlanningProject, 'project' | 'graph'>,
  request: RunRequest,
  more: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  if (request.job !== undefined) return layeredTags(planning.project.jobs[request.job]?.tags, more);
  const selected = requestedAssets(planning, request);
  // What depends on the state is not known before the run is planned.
  if (!selected.ok) return more;
  return layeredTags(assetTags(planning, selected.value), more);
}

/** Tags that a run of these assets has without a job. */
export function assetTags(
  { project }: Pick<PlanningProject, 'project'>,
  assets: ReadonlySet<AssetKey>,
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const key of [...assets].sort()) {
    for (const [tag, value] of Object.entries(ownTags(project.assets[key]?.tags ?? {}))) {
      if (!tag.startsWith('branchline/')) continue;
      const before = found[tag];
      found[tag] = before === undefined ? value : combined(tag, before, value);
    }
  }
  return found;
}

function combined(tag: string, a: string, b: string): string {
  const [x, y] = [Number(a), Number(b)];
  if (!Number.isFinite(x) || !Number.isFinite(y)) return a;
  if (tag === 'branchline/priority') return x >= y ? a : b;
  return tag === 'branchline/max_runtime' && y < x ? b : a;
}
