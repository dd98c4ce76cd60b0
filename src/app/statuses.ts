import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { SelectionStatus } from '../project/selection-evaluate.ts';
import { checkInForce } from '../state/asset-fold.ts';

/** What `status:` says of an asset (semantics.md 9): all that hold at once. */
export function statusesOf(project: Project, view: StateView): (key: AssetKey) => readonly SelectionStatus[] {
  const running = new Set(
    [...view.openRuns.values()].flatMap((run) =>
      Object.values(run.steps).flatMap((step) => (step.state === 'STARTED' ? step.assets : [])),
    ),
  );
  return (key) => {
    const record = view.assets.get(key);
    const statuses: SelectionStatus[] = running.has(key) ? ['in_progress'] : [];
    if (!record || (!record.materialized && !record.attempt)) return [...statuses, 'unknown'];
    if (!record.materialized || record.lost) statuses.push('missing');
    let health: 'healthy' | 'warning' | 'degraded' =
      record.attempt?.outcome === 'failure' || record.lost ? 'degraded' : 'healthy';
    for (const check of project.assets[key]?.checks ?? []) {
      const result = checkInForce(record, check.name);
      if (!result || result.status === 'PASSED' || result.status === 'SKIPPED') continue;
      if (result.status === 'FAILED' && result.severity === 'warn') health = health === 'healthy' ? 'warning' : health;
      else health = 'degraded';
    }
    return [...statuses, health];
  };
}
