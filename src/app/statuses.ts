import { assetHealth } from '../insights/health.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { SelectionStatus } from '../project/selection-evaluate.ts';

/** What `status:` says of an asset (semantics.md 9): all that hold at once. */
export function statusesOf(project: Project, view: StateView): (key: AssetKey) => readonly SelectionStatus[] {
  const running = new Set(
    [...view.openRuns.values()].flatMap((run) =>
      Object.values(run.steps).flatMap((step) => (step.state === 'STARTED' ? step.assets : [])),
    ),
  );
  return (key) => {
    const asset = project.assets[key];
    if (!asset) return [];
    const record = view.assets.get(key);
    const statuses: SelectionStatus[] = running.has(key) ? ['in_progress'] : [];
    // Tried and not there, or there once and gone: `unknown` is only what nobody has tried.
    if (record && (record.lost !== undefined || (record.attempt !== undefined && record.materialized === undefined)))
      statuses.push('missing');
    return [...statuses, assetHealth(asset, view).status];
  };
}
