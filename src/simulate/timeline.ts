import { byText } from '../base/order.ts';
import type { BranchlineEvent, FinalRunState } from '../model/events.ts';
import { type EpochMs, epochMs, timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { StateView } from '../model/state.ts';
import type { Wait } from '../plan/queue.ts';

/** Why a run waited, and for how long. Touching stretches of one reason are one. */
export interface WaitStretch {
  readonly from: EpochMs;
  to: EpochMs;
  readonly wait: Wait | { readonly kind: 'no-wake-up' };
}

/** A run of the simulation, from its request to its end. */
export interface SimulatedRun {
  readonly run: string;
  readonly request: RunRequest;
  readonly requestedAt: EpochMs;
  /** Times at which it was at work: several when it was given back or its runner was lost. */
  readonly work: { readonly from: EpochMs; to?: EpochMs }[];
  readonly waits: WaitStretch[];
  steps: number;
  attempts: number;
  endedAt?: EpochMs;
  outcome?: FinalRunState;
  failure?: string;
}

/** Something of which there is more or less in the course of time. */
export interface Level {
  readonly now: number;
  readonly peak: number;
  readonly peakAt: EpochMs;
}

/** What is kept of a simulation while it goes: from its events alone. */
export interface Timeline {
  readonly runs: ReadonlyMap<string, SimulatedRun>;
  /** Runs at work at once. */
  readonly working: Level;
  /** Runs that wait at once. */
  readonly waiting: Level;
  readonly counts: {
    readonly materialized: number;
    readonly failedAttempts: number;
    readonly checks: number;
    readonly ticks: number;
    readonly missedTicks: number;
  };
  /** Of ticks that asked for something, in milliseconds. */
  readonly lateness: readonly number[];
  /** Takes a commit in: its events, the view after them, and why runs wait in it. */
  take(events: readonly BranchlineEvent[], after: StateView, waits: ReadonlyMap<string, WaitStretch['wait']>): void;
  /** Closes what is open. */
  end(now: EpochMs): void;
}

/** Begins a timeline at an instant. */
export function openTimeline(from: EpochMs): Timeline {
  const runs = new Map<string, SimulatedRun>();
  const lateness: number[] = [];
  const counts = { materialized: 0, failedAttempts: 0, checks: 0, ticks: 0, missedTicks: 0 };
  const working = { now: 0, peak: 0, peakAt: from };
  const waiting = { now: 0, peak: 0, peakAt: from };
  const set = (level: { now: number; peak: number; peakAt: EpochMs }, now: number, at: EpochMs): void => {
    level.now = now;
    if (now <= level.peak) return;
    level.peak = now;
    level.peakAt = at;
  };
  return {
    runs,
    working,
    waiting,
    counts,
    lateness,
    take(events, after, waits) {
      let at = from;
      for (const event of events) {
        at = Math.max(at, epochMs(event.at));
        takeEvent(runs, event);
        if (event.type === 'asset.materialized') counts.materialized++;
        else if (event.type === 'check.judged') counts.checks++;
        else if (event.type === 'step.attempt-ended' && event.outcome === 'failure') counts.failedAttempts++;
        else if (event.type === 'ticks.missed') counts.missedTicks++;
        else if (event.type === 'tick.judged') {
          counts.ticks++;
          if (event.outcome === 'requested') lateness.push(event.latenessMs);
        }
      }
      noteWaits(runs, waits, at);
      const open = [...after.openRuns.values()];
      set(working, open.filter(({ state }) => state !== 'QUEUED').length, at);
      set(waiting, open.filter(({ state }) => state === 'QUEUED').length, at);
    },
    end(now) {
      for (const run of runs.values()) {
        const last = run.waits.at(-1);
        if (run.endedAt === undefined && last && !run.work.some((each) => each.to === undefined)) last.to = now;
      }
    },
  };
}

function takeEvent(runs: Map<string, SimulatedRun>, event: BranchlineEvent): void {
  const at = epochMs(event.at);
  if (event.type === 'run.requested') {
    if (runs.has(event.run)) return;
    const { run, request } = event;
    runs.set(run, { run, request, requestedAt: at, work: [], waits: [], steps: 0, attempts: 0 });
    return;
  }
  const run = event.run === undefined ? undefined : runs.get(event.run);
  if (!run) return;
  if (event.type === 'claim.opened') {
    close(run, at);
    run.work.push({ from: at });
  } else if (event.type === 'step.started') run.attempts++;
  else if (event.type === 'step.ended') run.steps++;
  else if (event.type === 'run.requeued') close(run, at);
  // A final state never changes: what comes later is late.
  else if (event.type === 'run.ended' && run.endedAt === undefined) {
    close(run, at);
    // A run that found nothing to do was never at work: its wait ends here.
    if (run.waits.at(-1)?.to === Number.POSITIVE_INFINITY) run.waits.at(-1)!.to = at;
    run.endedAt = at;
    run.outcome = event.state;
    if (event.failure) run.failure = event.failure.message;
  }
}

function close(run: SimulatedRun, at: EpochMs): void {
  const last = run.work.at(-1);
  if (last && last.to === undefined) last.to = at;
}

/** Lengthens the newest stretch of each waiting run, or begins one when the reason is another. */
function noteWaits(
  runs: Map<string, SimulatedRun>,
  waits: ReadonlyMap<string, WaitStretch['wait']>,
  at: EpochMs,
): void {
  for (const run of runs.values()) {
    if (run.endedAt !== undefined) continue;
    const wait = waits.get(run.run);
    const last = run.waits.at(-1);
    const isOpen = last !== undefined && last.to === Number.POSITIVE_INFINITY;
    if (isOpen && (wait === undefined || waitKey(last.wait) !== waitKey(wait))) last.to = at;
    if (wait !== undefined && !(isOpen && waitKey(last.wait) === waitKey(wait)))
      run.waits.push({ from: at, to: Number.POSITIVE_INFINITY, wait });
  }
}

/** Two waits for the same thing are one, whoever holds it meanwhile. */
function waitKey(wait: WaitStretch['wait']): string {
  switch (wait.kind) {
    case 'tag':
      return `tag ${wait.key}=${wait.value ?? '*'}`;
    case 'pool':
      return `pool ${wait.pool}`;
    case 'held':
      return `held ${wait.what}`;
    case 'not-due':
      return `not-due ${wait.due}`;
    case 'all-places':
    case 'no-wake-up':
      return wait.kind;
  }
}

/** Runs in the order in which they were asked for. */
export function inOrder(runs: ReadonlyMap<string, SimulatedRun>): SimulatedRun[] {
  return [...runs.values()].sort(
    (a, b) =>
      a.requestedAt - b.requestedAt ||
      byText(timestamp(a.requestedAt), timestamp(b.requestedAt)) ||
      byText(a.run, b.run),
  );
}
