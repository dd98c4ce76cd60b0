import { sortedEntries, sortedUnique } from '../../base/order.ts';
import { automationText } from '../../model/automation.ts';
import type { ValueChange } from '../../model/changes.ts';
import type { AssetKey, Project, Schedule } from '../../model/project.ts';
import { selectionScope } from '../../project/listing.ts';
import { select } from '../../project/selection-evaluate.ts';
import type { Side } from './side.ts';
import { mapChanges, setChanges, valueChange } from './values.ts';

/** By asset: each schedule that makes it, and how. */
export type AssetSchedules = ReadonlyMap<AssetKey, Readonly<Record<string, string>>>;

/** How an asset is made, apart from what makes it: timeouts, publishing, schedules. */
export function policyChanges(
  key: AssetKey,
  base: Side & { readonly schedules: AssetSchedules },
  head: Side & { readonly schedules: AssetSchedules },
): readonly ValueChange[] {
  const [a, b] = [base.project.assets[key]!, head.project.assets[key]!];
  const [from, to] = [base.stepOf(key), head.stepOf(key)];
  const schedules = mapChanges(
    base.schedules.get(key) ?? {},
    head.schedules.get(key) ?? {},
    (name) => `schedule ${name}`,
  );
  // What others make has no policy of ours: that it came to be so is a change of its code.
  if (from === undefined || to === undefined) return schedules;
  return [
    ...valueChange('timeout', seconds(from.timeoutMs), seconds(to.timeoutMs)),
    ...valueChange('retry_policy', from.retryPolicy, to.retryPolicy),
    ...valueChange('pool', from.pool, to.pool),
    ...valueChange('runner', from.runner, to.runner),
    ...valueChange('backfill_policy', from.backfillPolicy, to.backfillPolicy),
    ...valueChange(
      'automation',
      a.automation && automationText(a.automation),
      b.automation && automationText(b.automation),
    ),
    ...valueChange('publish', a.publish, b.publish),
    ...valueChange('materialize', a.materialize, b.materialize),
    ...valueChange('on_lost', a.onLost, b.onLost),
    ...valueChange('storage', a.storage, b.storage),
    ...valueChange('skippable', a.skippable, b.skippable),
    ...valueChange('oidc', from.oidc, to.oidc),
    ...valueChange('can_subset', from.canSubset, to.canSubset),
    ...setChanges(from.secrets, to.secrets).map((change) => ({ ...change, what: `secret ${change.what}` })),
    ...schedules,
  ];
}

/**
 * Which schedules make which assets. A schedule whose selection asks the recorded state (`status:`) makes none here: what it
 * selects changes without any change of the project.
 */
export function assetSchedules(project: Project): AssetSchedules {
  const scope = selectionScope(project);
  const found = new Map<AssetKey, Record<string, string>>();
  for (const [name, schedule] of sortedEntries(project.schedules)) {
    const job = schedule.job === undefined ? undefined : project.jobs[schedule.job];
    const selected = select(schedule.selection ?? job?.selection ?? '', scope);
    if (!selected.ok) continue;
    const text = scheduleText(schedule, job?.materialize === 'all');
    for (const key of selected.value) {
      const own = found.get(key) ?? {};
      own[name] = text;
      found.set(key, own);
    }
  }
  return found;
}

/** A schedule's rule, without what it selects. */
export function scheduleText(schedule: Schedule, makesAll: boolean): string {
  const { crons, timezone, catchup, graceMs, maxCatchupRuns, skipIfRunning } = schedule;
  return [
    `${crons.join(', ')} ${timezone}`,
    ...(catchup === 'latest' ? [] : [`catchup ${catchup}`]),
    ...(catchup === 'none' ? [`grace ${seconds(graceMs)}`] : []),
    ...(catchup === 'all' ? [`max_catchup_runs ${maxCatchupRuns}`] : []),
    ...(skipIfRunning ? ['skip_if_running'] : []),
    ...(makesAll ? ['materialize all'] : []),
    ...sortedUnique(Object.entries(schedule.tags).map(([tag, value]) => `tag ${tag}=${value}`)),
  ].join('; ');
}

function seconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${ms / 1000}s`;
}
