import type { EpochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { ReleasePass } from '../plan/queue.ts';
import type { ReleaseInput, WaitingRun } from './release.ts';
import { nobodysInTheWay } from './take-along.ts';

/**
 * Which runs of the queue a process has to do with while it works on it: its own, without what it gave back since its
 * time is too short for it (it would give it back again), and those of others that it took along.
 */
export interface OwnRuns extends Required<Pick<ReleaseInput, 'isMine' | 'takesAlong'>> {
  /** Somebody else's that is carried on here. */
  isAlong(run: string): boolean;
  /** Given back and still waiting: another job may have carried it on since, and that one ends. */
  isLeft(view: Pick<StateView, 'openRuns'>, run: string): boolean;
  giveBack(run: string): void;
  /** Takes along what stands in the way of these runs and nobody is at work on; true = there is something new of it. */
  takeAlong(
    at: { readonly view: Pick<StateView, 'openRuns'>; readonly now: EpochMs },
    pass: Pick<ReleasePass, 'released' | 'waiting'>,
    runs: readonly WaitingRun[],
  ): boolean;
}

/** Whoever is to carry out a run that waits looks several times within this whether it may start, and takes it. */
const UNTAKEN_MS = 60_000;

export function openOwnRuns(isMine: (run: WaitingRun) => boolean, warn: (text: string) => void): OwnRuns {
  const givenBack = new Set<string>();
  const along = new Set<string>();
  let freeSince: ReadonlyMap<string, EpochMs> = new Map();
  return {
    isMine: (run) => isMine(run) && !givenBack.has(run.run),
    takesAlong: ({ run }) => along.has(run) && !givenBack.has(run),
    isAlong: (run) => along.has(run),
    isLeft: (view, run) => givenBack.has(run) && view.openRuns.get(run)?.state === 'QUEUED',
    giveBack: (run) => void givenBack.add(run),
    takeAlong({ view, now }, { released, waiting }, runs) {
      freeSince = new Map(released.map((run) => [run, freeSince.get(run) ?? now]));
      const isUntaken = (run: string): boolean => now - (freeSince.get(run) ?? now) >= UNTAKEN_MS;
      const ids = runs.map(({ run }) => run);
      const found = nobodysInTheWay(view, waiting, ids, isUntaken).filter(({ run }) => !along.has(run));
      for (const { run, isLost } of found) {
        along.add(run);
        warn(
          isLost
            ? `Run ${run} is in the way, and nobody is at work on it since its runner was lost: it is carried on first.`
            : `Run ${run} is in the way, and nobody takes it from the queue: it is carried out first.`,
        );
      }
      return found.length > 0;
    },
  };
}
