import { byText } from '../../base/order.ts';
import type { ProjectChanges } from '../../model/changes.ts';
import type { AssetKey, Project } from '../../model/project.ts';
import { LINEAGE_NODES_MAX, type Lineage } from '../../model/pull-request-plan.ts';

const EDGES_MAX = 2000;

type Mark = Lineage['assets'][number]['mark'];

/**
 * The changed part of the lineage: what was touched, in the graph's order, and what the changed assets are made from
 * directly. Removed assets stand by themselves: nothing of the head reads them.
 */
export function lineageOf({ assets, downstream }: ProjectChanges, project: Project): Lineage {
  const marks = new Map<AssetKey, Mark>();
  for (const { asset, reasons } of assets) {
    const first = reasons[0]?.reason;
    marks.set(asset, first === 'new' ? 'new' : first === 'removed' ? 'removed' : 'changed');
  }
  for (const { asset } of downstream) marks.set(asset, 'downstream');
  for (const { asset } of assets) {
    for (const dep of project.assets[asset]?.deps ?? []) if (!marks.has(dep)) marks.set(dep, 'upstream');
  }
  const shown = [...marks].slice(0, LINEAGE_NODES_MAX);
  const isShown = new Set(shown.map(([asset]) => asset));
  const edges = [...isShown].flatMap((asset) =>
    (project.assets[asset]?.deps ?? [])
      // Between two that only stand around, a line says nothing of the change.
      .filter((dep) => isShown.has(dep) && !(marks.get(dep) === 'upstream' && marks.get(asset) === 'upstream'))
      .map((dep) => [dep, asset] as const),
  );
  edges.sort(([a, b], [c, d]) => byText(a, c) || byText(b, d));
  return { assets: shown.map(([asset, mark]) => ({ asset, mark })), edges: edges.slice(0, EDGES_MAX) };
}
