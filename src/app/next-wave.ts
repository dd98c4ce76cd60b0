import { ok, type Result } from '../base/result.ts';
import { type EpochMs, epochMs } from '../model/instant.ts';
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
  const own = wave.filter((run) => !isOthers(run));
  if (own.length === 0 && wave.length > 0) return ok('none');
  if (own.every(isStuck)) return ok('stuck');
  for (const asset of partitionsOfAutomation(planning)) ports.partitions.add(asset);
  const isClick = wave.every(({ run }) => isOfClick(run.plan));
  for (;;) {
    const judged = await ports.session.transact<NextWave | 'again'>(
      async ({ read: { view }, now }): Promise<StateDecision<NextWave | 'again'>> => {
        // What was given back is the wave's own, whoever asked for it.
        if (wave.some((run) => isGivenBack(run, now))) return { kind: 'nothing', value: 'more' };
        if (mustReadPartitions(ports, { planning }, view)) return { kind: 'nothing', value: 'again' };
        const asks = doesAutomationMove(planning, view, now);
        if (isClick && isAskedFor(planning, view, wave, now)) return { kind: 'nothing', value: 'more' };
        if (isClick) return { kind: 'nothing', value: asks ? 'later' : 'none' };
        return { kind: 'nothing', value: asks || doesQueueMove(planning, view, now) ? 'more' : 'none' };
      },
    );
    if (!judged.ok) return judged;
    if (judged.value.value !== 'again') return ok(judged.value.value);
  }
}

/**
 * Ended by somebody else before it was begun here, as when no machine came in time: who did that looked at what waits, as
 * does everybody who has ended something since.
 */
function isOthers({ state, drafts }: FinalizedRun): boolean {
  return state === 'late' && drafts.length === 0;
}

/**
 * Given back as it was taken: its jobs came to their end and none began a step, as when getting ready took all of their
 * time budget. Waves would start each other for ever. Of lost jobs the end of the wave has judged.
 */
function isStuck({ state, drafts, lostShards }: FinalizedRun): boolean {
  return state === 'QUEUED' && lostShards.length === 0 && !hasBegunSteps(drafts);
}

/** Given back, and somebody who comes now may go on with it: no step of it has to wait for its next attempt. */
function isGivenBack({ state, drafts }: FinalizedRun, now: EpochMs): boolean {
  if (state !== 'QUEUED') return false;
  const due = drafts.findLast((draft) => draft.type === 'run.requeued')?.due;
  return due === undefined || epochMs(due) <= now;
}

/** Somebody named it: by `run`, or by the `retry` of a run. */
function isOfClick({ request, tags }: Plan): boolean {
  return isManual(request) || (request.kind === 'retry' && tags[CLICK_TAG] !== undefined);
}

/** True when a click of the wave has asked for more runs, each of which waits for the one before, and one may start. */
function isAskedFor(
  planning: RunSettings['planning'],
  view: StateView,
  wave: readonly FinalizedRun[],
  now: EpochMs,
): boolean {
  const asked = [...view.openRuns.values()].filter(
    ({ state, request }) => state === 'QUEUED' && wave.some(({ run }) => isSameAsking(run.plan.request, request)),
  );
  if (asked.length === 0) return false;
  const free = runsThatMayStart(planning, view, now);
  return asked.some(({ run }) => free.has(run));
}

/** True when somebody who comes now finds a run to let go, or to ask for. */
function doesQueueMove({ project }: RunSettings['planning'], view: StateView, now: EpochMs): boolean {
  if (missingRetries(view).length > 0 || doBackfillsMove(project, view, now)) return true;
  return runsThatMayStart({ project }, view, now).size > 0;
}

function runsThatMayStart(
  { project }: Pick<RunSettings['planning'], 'project'>,
  view: StateView,
  now: EpochMs,
): ReadonlySet<string> {
  const reader = openPartitionReader(project, view, keysAt(view, now));
  const { waiting } = queueStanding({ project, view, reader, now });
  return new Set(waiting.flatMap(({ run, wait }) => (wait === undefined ? [run] : [])));
}
