import { originalOf, type RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { RunRecord } from '../model/state.ts';
import type { SelectionStatus } from '../project/selection-evaluate.ts';
import { assetsNamed, type PlanningProject, requestedAssets } from './planning.ts';

/** Assets that a request asks for. */
export type AskedAssets = (request: RunRequest) => readonly AssetKey[];

/**
 * Looks up what many requests ask for: the project is opened for the first of them, and each selection worked out once. One
 * that asks for a `status:` asks for nothing without `statusOf`: it is known once its run is planned.
 */
export function askedAssets(
  open: () => Pick<PlanningProject, 'project' | 'graph'>,
  statusOf?: (key: AssetKey) => readonly SelectionStatus[],
): AskedAssets {
  const selected = new Map<string, readonly AssetKey[]>();
  let planning: Pick<PlanningProject, 'project' | 'graph'> | undefined;
  return (request) => {
    const original = originalOf(request);
    const isNamed = assetsNamed(original) !== undefined;
    const known = isNamed ? undefined : selected.get(original.selection);
    if (known) return known;
    planning ??= open();
    const found = requestedAssets(planning, request, statusOf);
    const assets = found.ok ? [...found.value] : [];
    if (!isNamed) selected.set(original.selection, assets);
    return assets;
  };
}

/** What an open run makes: the assets of its steps; of one that is not planned yet what it asks for. */
export function assetsOfRun({ steps, request }: RunRecord, asked: AskedAssets): readonly AssetKey[] {
  const planned = Object.values(steps);
  return planned.length > 0 ? planned.flatMap(({ assets }) => assets) : asked(request);
}
