import { topologicalOrder } from '../base/topology.ts';
import type { AssetKey, Project, StepDef } from '../model/project.ts';
import { refsOf } from '../project/sql-template.ts';

/** Names of the steps that make what is wanted, each after the steps whose assets it reads. */
export function stepOrder(project: Project, wanted: ReadonlyMap<AssetKey, unknown>): readonly string[] {
  const names = new Set<string>();
  for (const key of wanted.keys()) {
    const step = project.assets[key]?.step;
    if (step !== undefined) names.add(step);
  }
  return topologicalOrder(names, (name) => upstreamSteps(project, project.steps[name]!)).order;
}

/** Names of the steps whose assets a step reads, or whose assets its checks look into. */
export function upstreamSteps(project: Project, step: StepDef): Set<string> {
  const names = new Set<string>();
  for (const key of step.assets) {
    for (const dep of [...(project.assets[key]?.deps ?? []), ...readByChecks(project, key)]) {
      const name = project.assets[dep]?.step;
      if (name !== undefined && name !== step.name) names.add(name);
    }
  }
  return names;
}

/**
 * Assets that an asset's checks look into. They are no upstreams, but a run that makes both makes them first, so that
 * the check judges against what is new; not where they are made from the asset itself.
 */
function readByChecks(project: Project, key: AssetKey): AssetKey[] {
  const read = new Set<AssetKey>();
  for (const { kind } of project.assets[key]?.checks ?? []) {
    if (kind.type === 'relationships') read.add(kind.to);
    if (kind.type === 'sql') for (const ref of refsOf(kind.text)) read.add(ref);
  }
  return [...read].filter((other) => other !== key && !readsFrom(project, other, key));
}

/** Does an asset depend on another, directly or not? */
function readsFrom(project: Project, key: AssetKey, on: AssetKey): boolean {
  const seen = new Set<AssetKey>();
  const queue = [key];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (at === on) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    const step = project.assets[at]?.step;
    const together = step === undefined ? [at] : (project.steps[step]?.assets ?? [at]);
    for (const each of together) queue.push(...(project.assets[each]?.deps ?? []));
  }
  return false;
}
