import { assetHealth } from '../insights/health.ts';
import type { PartitionsSummary } from '../model/partitions.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { SelectionStatus } from '../project/selection-evaluate.ts';
import type { KeysAt } from '../time/partitions/keys.ts';
import { cutAssets, partitionSummaries } from './partition-commands.ts';
import { partitionsAt } from './partitions-at.ts';

/** What `status:` says of an asset (semantics.md 9): all that hold at once. */
export function statusesOf(
  project: Project,
  view: StateView,
  at?: KeysAt,
): (key: AssetKey) => readonly SelectionStatus[] {
  let partitions: ReadonlyMap<AssetKey, PartitionsSummary> | undefined;
  let standings: ReturnType<typeof partitionsAt> | undefined;
  // Where they were read: a partition that failed degrades its asset, one that was never made is missing.
  const countsOf = (key: AssetKey): PartitionsSummary['counts'] | undefined => {
    if (at === undefined || project.assets[key]?.partitions === undefined) return undefined;
    partitions ??= new Map(
      partitionSummaries(project, view, cutAssets(project), at).map((summary) => [summary.asset, summary]),
    );
    return partitions.get(key)?.counts;
  };
  const running = new Set(
    [...view.openRuns.values()].flatMap((run) =>
      Object.values(run.steps).flatMap((step) => (step.state === 'STARTED' ? step.assets : [])),
    ),
  );
  return (key) => {
    const asset = project.assets[key];
    if (!asset) return [];
    const record = view.assets.get(key);
    const counts = countsOf(key);
    const statuses: SelectionStatus[] = running.has(key) || (counts?.in_progress ?? 0) > 0 ? ['in_progress'] : [];
    standings ??= partitionsAt(project, view);
    // Tried and not there, or there once and gone: `unknown` is only what nobody has tried.
    if (counts && counts.missing > 0) statuses.push('missing');
    else if (
      record &&
      (record.lost !== undefined ||
        record.partitions?.lost !== undefined ||
        (record.attempt !== undefined && record.materialized === undefined))
    )
      statuses.push('missing');
    return [...statuses, counts && counts.failed > 0 ? 'degraded' : assetHealth(asset, view, standings).status];
  };
}
