import { fail, ok, type Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import type { StateRead } from '../state/read.ts';
import { doBackfillsMove } from './backfills.ts';
import type { AppFailure } from './failure.ts';
import { openOwnRuns } from './own-runs.ts';
import { isReleaseWanted, queueOutlook, waitReasons } from './queue-outlook.ts';
import { recoverFirst } from './recover-first.ts';
import type { Release, WaitingRun } from './release.ts';
import { commitRelease, type Released, type ReleaseWork } from './release-commit.ts';
import type { RunOutcome, RunPorts, RunSettings } from './run-ports.ts';
import { openRunsAtWork, type QueueObserver } from './runs-at-work.ts';

/** Between two looks at a queue in which nothing of ours may start: the longer it has been so, the rarer. */
const IDLE_POLL_MS = { least: 2_000, most: 20_000 };

export interface QueueWork extends Omit<ReleaseWork, 'takesAlong'> {
  /** Runs in the way of these that nobody is at work on are carried out first. */
  readonly takesAlong?: boolean;
  /** The first release, when the commit before has made it. */
  readonly first?: Released;
  /** Assets ask for nothing more on the state that it led to. */
  readonly isFirstQuiet?: boolean;
}

export interface QueueOutcome {
  /** In the order in which they ended. */
  readonly runs: readonly RunOutcome[];
  /** Runs of others that were in the way and are carried on here. */
  readonly along: readonly RunOutcome[];
  /** Of ours: those that wait when nothing more is done here. */
  readonly left: readonly WaitingRun[];
  /** Why each of them waits; absent = it may start, and the time was over. */
  readonly why: ReadonlyMap<string, string>;
  /** Of ours: those that could not be planned. */
  readonly broken: Release['broken'];
  readonly after: StateRead;
}

/**
 * Carries runs of the queue out until none of ours is left that may start: several at once up to the limits, whose steps
 * share the places of this process. What others hold is waited for, up to `waitMs`.
 */
export async function workQueue(
  ports: RunPorts,
  settings: RunSettings,
  work: QueueWork,
  observer: QueueObserver,
): Promise<Result<QueueOutcome, AppFailure>> {
  const { clock } = ports;
  const { project } = settings.planning;
  const own = openOwnRuns(work.isMine, ports.warn);
  const asked: ReleaseWork = { ...work, isMine: own.isMine, takesAlong: own.takesAlong };
  const quietSince = clock.now();
  const most = isTimeLeft(ports, settings) ? settings.maxParallel : 0;
  const started = work.first ? ok(work.first) : await commitRelease(ports, settings, asked, most);
  if (!started.ok) return started;
  let current = started.value;
  const atWork = openRunsAtWork(ports, settings, own, observer, { quietSince, newest: current.after });
  const mayStart = (): boolean => atWork.failure === undefined && isTimeLeft(ports, settings);
  const room = (): number => (mayStart() ? settings.maxParallel - atWork.size : 0);
  const broken: Release['broken'][number][] = [];
  let said: string | undefined;
  let quietSeq = work.first && work.isFirstQuiet === true ? work.first.after.view.seq : -1;
  for (;;) {
    for (const taken of current.release?.taken ?? []) await atWork.start(taken, current);
    broken.push(...(current.release?.broken ?? []));
    // Runs that ended as they were let go have made room at once: nobody has to be waited for.
    const hasLetGo = (current.release?.taken.length ?? 0) > 0;
    const { view } = atWork.newest;
    const look = queueOutlook({ view, now: clock.now() }, current.release, own, {
      isMine: work.isMine,
      mayStart: mayStart(),
    });
    const { left, hopeful } = look;
    const pass = work.takesAlong && room() > 0 ? current.release?.pass : undefined;
    const hasTakenAlong = pass !== undefined && own.takeAlong({ view, now: clock.now() }, pass, hopeful);
    const isMoving =
      room() > 0 &&
      (hasTakenAlong ||
        doBackfillsMove(project, view, clock.now()) ||
        // A state on which nothing was asked for is not asked again.
        (view.seq !== quietSeq && work.automation?.moves(view, clock.now()) === true));
    if (atWork.size === 0 && atWork.failure) return fail(atWork.failure);
    if (!isMoving && atWork.size === 0) {
      const why = waitReasons(left, current.release);
      if (hopeful.length === 0 || (!hasLetGo && clock.now() >= atWork.quietSince + settings.waitMs))
        return ok({ runs: atWork.runs, along: atWork.along, left, why, broken, after: atWork.newest });
      if (!look.bringsRetries && !hasLetGo) {
        said = sayWait(ports, hopeful[0]!.run, why, said);
        await idle(ports, atWork.quietSince);
        // Whoever is in the way may be gone by now.
        const recovered = await recoverFirst(ports);
        if (!recovered.ok) return recovered;
      }
    } else if (!isMoving) {
      await atWork.nextChange(hopeful.length > 0 && atWork.size < settings.maxParallel);
    }
    // Nothing has ended and nobody waits, or nothing may start any more: nothing to release.
    const isIdle =
      !isMoving && hopeful.length === 0 && !isReleaseWanted({ view: atWork.newest.view, now: clock.now() }, own);
    const next = isIdle || room() <= 0 ? undefined : await commitRelease(ports, settings, asked, room());
    if (next?.ok) {
      if (next.value.commit === undefined) quietSeq = next.value.after.view.seq;
      current = next.value;
      atWork.sees(current.after);
    } else {
      if (next) atWork.fail(next.error);
      current = { ...current, release: undefined };
    }
  }
}

/** Whether this process still begins anything. */
function isTimeLeft({ signal, clock }: RunPorts, { budget }: RunSettings): boolean {
  return !signal.aborted && budget?.isOver(clock.now()) !== true;
}

/** Says what a run waits for, unless that was the last thing `said`; answers what is said now. */
function sayWait(
  { warn }: RunPorts,
  run: string,
  why: ReadonlyMap<string, string>,
  said: string | undefined,
): string | undefined {
  const reason = why.get(run);
  const text = reason === undefined ? undefined : `Waiting: run ${run} waits: ${reason}.`;
  if (text !== undefined && text !== said) warn(text);
  return text;
}

/** Lets some time go by, the more, the longer nothing has happened. */
async function idle({ clock, signal }: RunPorts, quietSince: EpochMs): Promise<void> {
  const idleMs = clock.now() - quietSince;
  const pauseMs = Math.min(IDLE_POLL_MS.most, Math.max(IDLE_POLL_MS.least, idleMs / 4));
  await clock.sleep(Math.round(pauseMs), signal);
}
