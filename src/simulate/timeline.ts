import { numbersIn } from '../base/spans.ts';
import type { BackfillCounts, BranchlineEvent, FinalRunState } from '../model/events.ts';
import { type EpochMs, epochMs } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { BackfillRecord, StateView } from '../model/state.ts';
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
  /** The backfill that it is of. */
  readonly backfill?: string;
  /** Of the jobs that worked on it, as far as they recorded it. */
  minutes: number;
}

/** A backfill of the simulation. */
export interface SimulatedBackfill {
  readonly backfill: string;
  readonly selection: string;
  readonly partitions: string;
  readonly requestedAt: EpochMs;
  endedAt?: EpochMs;
  state: BackfillRecord['state'];
  /** Partitions of all its assets. */
  counts: BackfillCounts;
}

/** Something of which there is more or less in the course of time. */
export interface Level {
  readonly now: number;
  readonly peak: number;
  readonly peakAt: EpochMs;
}

/** What is known after a commit. */
export interface KnownAfter {
  readonly view: StateView;
  /** Why runs wait. */
  readonly waits: ReadonlyMap<string, WaitStretch['wait']>;
}

/** What is kept of a simulation while it goes: from its events alone. */
export interface Timeline {
  readonly runs: ReadonlyMap<string, SimulatedRun>;
  readonly backfills: ReadonlyMap<string, SimulatedBackfill>;
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
  /** Takes a commit in: its events, and where somebody knows of it the view after them, and why runs wait in it. */
  take(events: readonly BranchlineEvent[], known?: KnownAfter): void;
  /** No run is open, and no backfill. */
  isQuiet(): boolean;
  /** Closes what is open. */
  end(now: EpochMs): void;
}

/** Begins a timeline at an instant. */
export function openTimeline(from: EpochMs): Timeline {
  const runs = new Map<string, SimulatedRun>();
  const backfills = new Map<string, SimulatedBackfill>();
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
    backfills,
    working,
    waiting,
    counts,
    lateness,
    take(events, known) {
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
      if (known === undefined) return;
      noteBackfills(backfills, known.view, from);
      noteWaits(runs, known.waits, at);
      const open = [...known.view.openRuns.values()];
      set(working, open.filter(({ state }) => state !== 'QUEUED').length, at);
      set(waiting, open.filter(({ state }) => state === 'QUEUED').length, at);
    },
    isQuiet: () =>
      [...runs.values()].every((run) => run.endedAt !== undefined) &&
      [...backfills.values()].every((each) => each.endedAt !== undefined),
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
    const { run, request, tags } = event;
    const backfill = tags['branchline/backfill'];
    const of = backfill === undefined ? {} : { backfill };
    runs.set(run, { run, request, requestedAt: at, work: [], waits: [], steps: 0, attempts: 0, minutes: 0, ...of });
    return;
  }
  const run = event.run === undefined ? undefined : runs.get(event.run);
  if (!run) return;
  if (event.type === 'claim.opened') {
    close(run, at);
    run.work.push({ from: at });
  } else if (event.type === 'step.started') run.attempts++;
  else if (event.type === 'step.ended') run.steps++;
  else if (event.type === 'run.requeued') {
    close(run, at);
    run.minutes += event.billed?.minutes ?? 0;
  }
  // A final state never changes: what comes later is late.
  else if (event.type === 'run.ended' && run.endedAt === undefined) {
    close(run, at);
    // A run that found nothing to do was never at work: its wait ends here.
    if (run.waits.at(-1)?.to === Number.POSITIVE_INFINITY) run.waits.at(-1)!.to = at;
    run.endedAt = at;
    run.outcome = event.state;
    run.minutes += event.billed?.minutes ?? 0;
    if (event.failure) run.failure = event.failure.message;
  }
}

/** How far the backfills of a view are. One that was over before the simulation began is no part of it. */
function noteBackfills(
  backfills: Map<string, SimulatedBackfill>,
  { backfills: records }: StateView,
  from: EpochMs,
): void {
  for (const record of records?.values() ?? []) {
    if (record.endedAt !== undefined && epochMs(record.endedAt) <= from) continue;
    const known = backfills.get(record.backfill);
    if (known?.endedAt !== undefined) continue;
    const { backfill, selection, partitions, state } = record;
    backfills.set(backfill, {
      backfill,
      selection,
      partitions,
      requestedAt: epochMs(record.requestedAt),
      ...(record.endedAt === undefined ? {} : { endedAt: epochMs(record.endedAt) }),
      state,
      counts: record.counts ?? countsOf(record),
    });
  }
}

function countsOf({ groups }: BackfillRecord): BackfillCounts {
  const counts = { total: 0, done: 0, failed: 0, leftOut: 0 };
  for (const { assets, count, results } of groups) {
    counts.total += assets.length * count;
    for (const { done, failed, leftOut } of Object.values(results)) {
      const made = new Set(numbersIn(done));
      counts.done += made.size;
      counts.failed += [...numbersIn(failed)].filter((place) => !made.has(place)).length;
      counts.leftOut += [...numbersIn(leftOut)].filter((place) => !made.has(place)).length;
    }
  }
  return counts;
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

/** Runs in the order in which they were asked for; those of one commit as they stand in it. */
export function inOrder(runs: ReadonlyMap<string, SimulatedRun>): SimulatedRun[] {
  return [...runs.values()].sort((a, b) => a.requestedAt - b.requestedAt);
}
