import type { EpochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { waitsInVain } from '../plan/queue.ts';
import type { OwnRuns } from './own-runs.ts';
import { waitText } from './queue-text.ts';
import { missingRetries, type Release, type WaitingRun, waitingRunsOf } from './release.ts';

/** What a process has left to do at the queue, seen on one state after its last release. */
export interface QueueOutlook {
  /** Of ours: all that wait, with retries that are decided on and that the next release asks for. */
  readonly left: readonly WaitingRun[];
  /** Of these: what may still start while this process looks on. */
  readonly hopeful: readonly WaitingRun[];
  /** The next release asks for a retry. */
  readonly bringsRetries: boolean;
}

/** `mayStart`: whether this process still starts anything at all. */
export function queueOutlook(
  { view, now }: { readonly view: StateView; readonly now: EpochMs },
  release: Release | undefined,
  own: OwnRuns,
  by: { readonly isMine: (run: WaitingRun) => boolean; readonly mayStart: boolean },
): QueueOutlook {
  const retries = decidedRetries(view);
  const left = [...waitingRunsOf(view), ...retries].filter((run) => by.isMine(run));
  const waits = release?.pass.waiting;
  // Most wake-ups find nobody waiting: then what judges it is not loaded.
  const isVain =
    waits === undefined || waits.size === 0
      ? () => false
      : waitsInVain(waits, (run) => own.isLeft(view, run) || waitsForLater(view, run, now));
  const hopeful = by.mayStart ? left.filter((run) => isDue(run, now) && own.isMine(run) && !isVain(run.run)) : [];
  return { left, hopeful, bringsRetries: retries.length > 0 };
}

/** Whether any run of ours waits that a release could let go now. */
export function isReleaseWanted(
  { view, now }: { readonly view: StateView; readonly now: EpochMs },
  own: OwnRuns,
): boolean {
  return [...waitingRunsOf(view), ...decidedRetries(view)].some((run) => own.isMine(run) && isDue(run, now));
}

function decidedRetries(view: StateView): WaitingRun[] {
  return missingRetries(view).map((each) => ({ ...each, requestedAt: '' }));
}

function isDue({ due }: WaitingRun, now: EpochMs): boolean {
  return due === undefined || Date.parse(due) <= now;
}

/** A run whose next attempt of a step is not due yet: when it is, this process may take it up as well as any other. */
export function waitsForLater(view: Pick<StateView, 'openRuns'>, run: string, now: EpochMs): boolean {
  const due = view.openRuns.get(run)?.due;
  return due !== undefined && Date.parse(due) > now;
}

/** Why each of these runs waits, in words. */
export function waitReasons(left: readonly WaitingRun[], release: Release | undefined): ReadonlyMap<string, string> {
  const why = new Map<string, string>();
  for (const { run } of left) {
    const wait = release?.pass.waiting.get(run);
    if (wait) why.set(run, waitText(wait));
  }
  return why;
}
