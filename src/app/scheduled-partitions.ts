import type { EpochMs } from '../model/instant.ts';
import type { Schedule } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { TickParts } from '../plan/tick.ts';
import { partsOfSelection } from './partition-runs.ts';
import { keysAt, type PlanningProject, selectAssets } from './planning.ts';

/** Assets of schedules that ask for partitions by their status: what is known of these has to be read. */
export function assetsByStatus(planning: PlanningProject): ReadonlySet<string> {
  const { schedules, jobs, assets } = planning.project;
  const keys = new Set<string>();
  for (const { job, selection, partitions } of Object.values(schedules)) {
    if (partitions === undefined || !/^\s*(missing|failed)\s*$/.test(partitions)) continue;
    const text = (job === undefined ? undefined : jobs[job]?.selection) ?? selection ?? '';
    const selected = selectAssets(planning, text);
    for (const key of selected.ok ? selected.value : []) if (assets[key]?.partitions) keys.add(key);
  }
  return keys;
}

/** The partitions that a tick asks for, as they are at the tick itself, whoever judges it and when. */
export function scheduledParts(
  planning: PlanningProject,
  view: StateView,
  schedule: Schedule,
  tick: EpochMs,
): TickParts | string {
  const { jobs } = planning.project;
  const selection =
    (schedule.job === undefined ? undefined : jobs[schedule.job]?.selection) ?? schedule.selection ?? '';
  // What depends on the state is settled when its run is planned; partitions cannot be told before.
  if (/\bstatus\s*:/.test(selection)) return { parts: [{ selection }] };
  const asked = partsOfSelection(planning, view, keysAt(view, tick), { selection, partitions: schedule.partitions });
  if (!asked.ok) {
    const { code, message, help } = asked.error;
    // What is to be done is told where nothing is asked for until somebody does it.
    return (code === 'partitions-none' && help !== undefined ? `${message} ${help}` : message).replace(/\.$/, '');
  }
  const { parts, leftOut } = asked.value;
  if (parts.length === 0) return `no partition is ${schedule.partitions ?? 'there'}`;
  return {
    parts: parts.map(({ selection: own, partitions }) => ({
      selection: own,
      ...(partitions === undefined ? {} : { partitions }),
    })),
    ...(leftOut === undefined ? {} : { leftOut }),
  };
}
