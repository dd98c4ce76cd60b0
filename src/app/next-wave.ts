import { ok, type Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import { isManual, type Plan } from '../model/plan.ts';
import type { StateView } from '../model/state.ts';
import { openPartitionReader } from '../plan/partitioned.ts';
import { CLICK_TAG } from '../run/run-retry.ts';
import { doesAutomationMove, partitionsOfAutomation } from './automation.ts';
import { doBackfillsMove } from './backfills.ts';
import { hasBegunSteps } from './begun-steps.ts';
import type { AppFailure } from './failure.ts';
import type { FinalizedRun } from './finalize-wave.ts';
import { keysAt } from './planning.ts';
import { queueStanding } from './queue-standing.ts';
import { isSameAsking, missingRetries } from './release.ts';
import { mustReadPartitions } from './release-commit.ts';
import type { RunPorts, RunSettings } from './run-ports.ts';
import type { StateDecision } from './state-ports.ts';

/**
 * What is left once a wave is recorded. `more`: the next wave is worth its start. `later`: assets ask for what follows a
 * click by themselves, which is no part of what the click named: whoever rings next takes it up. `stuck`: no step of the
 * wave was started, and the next one would fare the same: whoever rings next tries again. `none`: nothing.
 */
export type NextWave = 'more' | 'later' | 'stuck' | 'none';

/**
 * Looks at the state that a wave led to as the tick of one job does when a run has ended: at what waits, what backfills go
 * on with, runs to be tried again, and what assets ask for by themselves. Reads only: the next wave asks for it, by the
 * newest code.
 */
export async function judgeNextWave(
  ports: Pick<RunPorts, 'session' | 'partitions'>,
  { planning }: Pick<RunSettings, 'planning'>,
  wave: readonly FinalizedRun[],
): Promise<Result<NextWave, AppFailure>> {
  // What was given back is the wave's own, whoever asked for it.
  if (wave.some(({ state }) => state === 'QUEUED')) return ok(wave.every(isStuck) ? 'stuck' : 'more');
  for (const asset of partitionsOfAutomation(planning)) ports.partitions.add(asset);
  const isClick = wave.every(({ run }) => isOfClick(run.plan));
  for (;;) {
    const judged = await ports.session.transact<NextWave | 'again'>(
      async ({ read: { view }, now }): Promise<StateDecision<NextWave | 'again'>> => {
        if (mustReadPartitions(ports, { planning }, view)) return { kind: 'nothing', value: 'again' };
        const asks = doesAutomationMove(planning, view, now);
        if (isClick && isAskedFor(view, wave)) return { kind: 'nothing', value: 'more' };
        if (isClick) return { kind: 'nothing', value: asks ? 'later' : 'none' };
        return { kind: 'nothing', value: asks || doesQueueMove(planning, view, now) ? 'more' : 'none' };
      },
    );
    if (!judged.ok) return judged;
    if (judged.value.value !== 'again') return ok(judged.value.value);
  }
}

/**
 * Given back as it was taken: its jobs came to their end and none began a step, as when getting ready took all of their
 * time budget. Waves would start each other for ever. Of lost jobs the end of the wave has judged.
 */
function isStuck({ state, drafts, lostShards }: FinalizedRun): boolean {
  return state === 'QUEUED' && lostShards.length === 0 && !hasBegunSteps(drafts);
}

/** Somebody named it: by `run`, or by the `retry` of a run. */
function isOfClick({ request, tags }: Plan): boolean {
  return isManual(request) || (request.kind === 'retry' && tags[CLICK_TAG] !== undefined);
}

/** True when a click of the wave has asked for more runs, each of which waits for the one before. */
function isAskedFor(view: StateView, wave: readonly FinalizedRun[]): boolean {
  return [...view.openRuns.values()].some(
    ({ state, request }) => state === 'QUEUED' && wave.some(({ run }) => isSameAsking(run.plan.request, request)),
  );
}

/** True when somebody who comes now finds a run to let go, or to ask for. */
function doesQueueMove({ project }: RunSettings['planning'], view: StateView, now: EpochMs): boolean {
  if (missingRetries(view).length > 0 || doBackfillsMove(project, view, now)) return true;
  const reader = openPartitionReader(project, view, keysAt(view, now));
  return queueStanding({ project, view, reader, now }).waiting.some(({ wait }) => wait === undefined);
}
