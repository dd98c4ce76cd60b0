import type { AutomationExplanation } from '../model/explanation.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { askedKeys } from '../plan/automation/open-work.ts';
import { assetSchedules } from '../plan/changes/policy.ts';
import { nextTicks } from '../plan/next-ticks.ts';
import { openPartitionReader } from '../plan/partitioned.ts';
import { selectKeys, toRanges } from '../time/partitions/keys.ts';
import { keysAt, type PlanningProject, selectAssets } from './planning.ts';
import { scheduledParts } from './scheduled-partitions.ts';

/** Partitions of an asset that a tick asks for. */
export interface ScheduledKeys {
  readonly keys: ReadonlySet<string>;
  /** The same in order, as ranges. */
  readonly ranges: readonly string[];
}
const NONE: ScheduledKeys = { keys: new Set(), ranges: [] };

/**
 * The keys of an asset that the next tick of each schedule asks for: mostly the newest at that instant, which is none of
 * those that there are now. A schedule that is due no more asks for none.
 */
export function nextScheduledKeys(
  { planning, view, now }: { readonly planning: PlanningProject; readonly view: StateView; readonly now: EpochMs },
  asset: AssetKey,
): ReadonlyMap<string, ScheduledKeys> {
  const { project } = planning;
  const ticks = new Map(nextTicks(project, now).map(({ schedule, tick }) => [schedule, tick]));
  return new Map(
    Object.keys(assetSchedules(project).get(asset) ?? {}).map((name) => {
      const tick = ticks.get(name);
      return [name, tick === undefined ? NONE : keysOfTick(planning, view, { schedule: name, tick }, asset)];
    }),
  );
}

function keysOfTick(
  planning: PlanningProject,
  view: StateView,
  { schedule, tick }: { readonly schedule: string; readonly tick: EpochMs },
  asset: AssetKey,
): ScheduledKeys {
  const parts = scheduledParts(planning, view, planning.project.schedules[schedule]!, tick);
  if (typeof parts === 'string') return NONE;
  const all = openPartitionReader(planning.project, view, keysAt(view, tick)).keysOf(asset);
  const asked = parts.parts.flatMap(({ selection, partitions }) => {
    const selected = selectAssets(planning, selection);
    // What depends on the state is settled when it is planned: the asset may be among it.
    if (selected.ok && !selected.value.has(asset)) return [];
    const at = timestamp(tick);
    const request = { kind: 'schedule', schedule, tick: at, selection, materialize: 'when_stale' } as const;
    return askedKeys(partitions === undefined ? request : { ...request, partitions }, all);
  });
  const keys = new Set(asked);
  return { keys, ranges: toRanges(all, keys) };
}

/** Whether the condition of an asset asks for a key now, or may in a later look. */
export function isAskedFor(
  automation: AutomationExplanation | undefined,
  key: string,
  all: readonly string[],
): boolean {
  if (automation === undefined) return false;
  if (automation.left > 0) return true;
  return automation.asksFor.some(({ partitions }) => {
    const asked = partitions === undefined ? undefined : selectKeys(all, partitions);
    return asked?.ok === true && asked.value.includes(key);
  });
}
