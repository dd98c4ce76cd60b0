import type { EpochMs } from '../model/instant.ts';
import type { StateRead } from '../state/read.ts';
import type { AppFailure } from './failure.ts';
import { lostBesides } from './lost-besides.ts';
import { lostWorld } from './lost-upstream.ts';
import type { OwnRuns } from './own-runs.ts';
import { waitsForLater } from './queue-outlook.ts';
import type { TakenRun, WaitingRun } from './release.ts';
import type { Released } from './release-commit.ts';
import { carryOutClaimed, endedAtOnce } from './run.ts';
import type { RunObserver, RunOutcome, RunPorts, RunSettings } from './run-ports.ts';
import { openStepPlaces } from './step-places.ts';
import { alongText } from './take-along.ts';

/** The time between two looks at the queue while runs of ours are at work. */
const BUSY_POLL_MS = 20_000;

/** Told of runs as they are let go, and of their ends. */
export interface QueueObserver extends RunObserver {
  onRun(run: WaitingRun): void;
  onRunEnd(outcome: RunOutcome): void;
}

/** Runs that one process carries out side by side, and what came of them. */
export interface RunsAtWork {
  readonly size: number;
  /** In the order in which they ended. */
  readonly runs: readonly RunOutcome[];
  /** The same of others' that were taken along. */
  readonly along: readonly RunOutcome[];
  /** What kept one from being carried out or recorded, or a release from being made: nothing more is started. */
  readonly failure: AppFailure | undefined;
  /** The state as the newest commit or look of this process left it. */
  readonly newest: StateRead;
  /** Since when no run of this process has ended. */
  readonly quietSince: EpochMs;
  fail(failure: AppFailure): void;
  sees(read: StateRead): void;
  start(taken: TakenRun, released: Released): Promise<void>;
  /** Waits for the end of one, or for the time to look at the queue again. */
  nextChange(isLooking: boolean): Promise<void>;
}

export function openRunsAtWork(
  ports: RunPorts,
  settings: RunSettings,
  own: OwnRuns,
  observer: QueueObserver,
  since: { readonly quietSince: EpochMs; readonly newest: StateRead },
): RunsAtWork {
  const places = openStepPlaces(settings.maxParallel);
  const active = new Map<string, Promise<void>>();
  const runs: RunOutcome[] = [];
  const along: RunOutcome[] = [];
  let { quietSince, newest } = since;
  let failure: AppFailure | undefined;
  const note = (outcome: RunOutcome): void => {
    (own.isAlong(outcome.plan.runId) ? along : runs).push(outcome);
  };
  const noteEnd = (outcome: RunOutcome): void => {
    const run = outcome.plan.runId;
    note(outcome);
    newest = outcome.after;
    const decided = newest.view.endedRuns.get(run)?.retry;
    if (decided) ports.warn(`Run ${run} failed: ${decided.message}.`);
    if (outcome.state === 'QUEUED' && !waitsForLater(newest.view, run, ports.clock.now())) own.giveBack(run);
    if (own.isAlong(run)) ports.warn(alongText(outcome));
    observer.onRunEnd(outcome);
  };
  return {
    runs,
    along,
    get size() {
      return active.size;
    },
    get failure() {
      return failure;
    },
    get newest() {
      return newest;
    },
    get quietSince() {
      return quietSince;
    },
    fail(of) {
      failure ??= of;
    },
    sees(read) {
      newest = read;
    },
    async start(taken, { after: read, commit, waiting }) {
      const run = taken.plan.runId;
      observer.onRun(waiting.find((each) => each.run === run)!);
      if (taken.kind === 'ended') {
        const besides = await lostBesides(() => lostWorld(ports, settings, {}, read.view), taken.stillLost);
        if (besides !== undefined) ports.warn(besides);
        if (taken.stillUnknown !== undefined) ports.warn(taken.stillUnknown);
        if (taken.leftOut !== undefined) ports.warn(taken.leftOut);
        const outcome = endedAtOnce(taken, read, commit, observer);
        note(outcome);
        observer.onRunEnd(outcome);
        return;
      }
      // What was asked of the own runs is not asked of those of others.
      const failFast = settings.failFast && !own.isAlong(run);
      const carried = carryOutClaimed(ports, { ...settings, failFast, places }, taken, read, observer);
      const ended = carried.then((outcome) => {
        active.delete(run);
        quietSince = ports.clock.now();
        if (outcome.ok) noteEnd(outcome.value);
        else failure ??= outcome.error;
      });
      active.set(run, ended);
    },
    async nextChange(isLooking) {
      const pause = new AbortController();
      const waited = isLooking ? [ports.clock.sleep(BUSY_POLL_MS, pause.signal)] : [];
      await Promise.race([...active.values(), ...waited]);
      pause.abort('changed');
    },
  };
}
