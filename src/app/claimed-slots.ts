import type { PlannedStep } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import type { ClaimInput } from './claim-run.ts';
import { slotsHeld } from './claims.ts';

/** Slots of each pool that these steps could use at once. */
export function slotsWanted(
  project: Project,
  steps: readonly PlannedStep[],
  maxParallel: number,
): Readonly<Record<string, number>> {
  const wanted: Record<string, number> = {};
  for (const step of steps) {
    const pool = project.steps[step.step]?.pool;
    if (pool !== undefined) wanted[pool] = Math.min(maxParallel, (wanted[pool] ?? 0) + 1);
  }
  return wanted;
}

/** As much as is free of each pool; undefined when one of them has nothing left. */
export function grantedSlots(
  { planning, view }: ClaimInput,
  run: string,
  wanted: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> | undefined {
  const granted: Record<string, number> = {};
  for (const [pool, most] of Object.entries(wanted)) {
    const limit = planning.project.operations.pools[pool];
    // A pool without a limit is reported by `check` and limits nothing.
    if (limit === undefined) continue;
    const free = Math.min(most, limit - slotsHeld(view, pool, run));
    if (free < 1) return undefined;
    granted[pool] = free;
  }
  return granted;
}
