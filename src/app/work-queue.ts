import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { StateView } from '../model/state.ts';
import { waitsInVain } from '../plan/queue.ts';
import type { StateRead } from '../state/read.ts';
import { backfillsMessage, doBackfillsMove, type Preview, partitionsOfBackfills, withBackfills } from './backfills.ts';
import { type AppFailure, outsideFailure } from './failure.ts';
import { waitText } from './queue-text.ts';
import { recoverFirst } from './recover-first.ts';
import {
  after,
  brokenRunEvents,
  missingRetries,
  ofWriter,
  partitionsOfQueue,
  type Release,
  type ReleaseInput,
  releaseQueue,
  retryEvents,
  type TakenRun,
  type WaitingRun,
  waitingRunsOf,
} from './release.ts';
import { carryOutClaimed, endedAtOnce } from './run.ts';
import { queueMessage, runMessage } from './run-message.ts';
import type { RunObserver, RunOutcome, RunPorts, RunSettings } from './run-ports.ts';
import type { StateDecision } from './state-ports.ts';
import type { StateAt } from './state-reading.ts';
import { openStepPlaces } from './step-places.ts';
import { alongText, lostInTheWay } from './take-along.ts';
import { claimInput, type WantedRun } from './wanted-run.ts';

/** Between two looks at a queue in which nothing of ours may start: the longer it has been so, the rarer. */
const IDLE_POLL_MS = { least: 2_000, most: 20_000 };
/** The same while runs of ours are at work. */
const BUSY_POLL_MS = 20_000;

/** Told of runs as they are let go, and of their ends. */
export interface QueueObserver extends RunObserver {
  onRun(run: WaitingRun): void;
  onRunEnd(outcome: RunOutcome): void;
}

export interface QueueWork {
  /** Whether this process carries a run of the queue out. */
  readonly isMine: (run: WaitingRun) => boolean;
  /** Runs in the way of these whose runners were lost are carried on first. */
  readonly takesLostAlong?: boolean;
  /** What is known of requests beyond what is recorded, by run. */
  readonly details: ReadonlyMap<string, Pick<WantedRun, 'expected' | 'attempt'>>;
  /** The first release, when the commit before has made it. */
  readonly first?: Released;
  /** Assets ask for nothing more on the state that it led to. */
  readonly isFirstQuiet?: boolean;
  /** What assets ask for by themselves meanwhile; absent = nobody looks. */
  readonly automation?: QueueAutomation;
}

/** Runs that come into the queue by themselves while it is worked on. */
export interface QueueAutomation {
  /** The same commit with what is asked for on the state that it leads to. */
  with(base: StateView, preview: Preview, by: { readonly writer: string; readonly now: EpochMs }): Preview;
  /** True when a commit would ask for something. */
  moves(view: StateView, now: EpochMs): boolean;
}

/** A release that is committed, or that had nothing to commit. */
export interface Released {
  readonly release: Release | undefined;
  /** All that waited. */
  readonly waiting: readonly WaitingRun[];
  readonly after: StateRead;
  readonly commit: string | undefined;
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

/** The release at one state, with what its commit records. `requests`: events before it in the same commit. */
export async function decideRelease(
  ports: RunPorts,
  settings: RunSettings,
  work: Pick<QueueWork, 'isMine' | 'details'> & Pick<ReleaseInput, 'takesAlong'>,
  at: {
    readonly state: StateAt;
    readonly view: StateView;
    readonly events: readonly BranchlineEvent[];
    readonly room: number;
  },
): Promise<Result<{ readonly release: Release | undefined; readonly events: readonly BranchlineEvent[] }, AppFailure>> {
  const { state, view } = at;
  const waiting = waitingRunsOf(view);
  if (waiting.length === 0 || at.room <= 0) return ok({ release: undefined, events: at.events });
  const release = await releaseQueue({
    view,
    now: state.now,
    waiting,
    claimInput: (run, preview) => ({
      ...claimInput(ports, settings, { ...run, ...work.details.get(run.run) }, state),
      view: preview,
    }),
    isMine: work.isMine,
    ...(work.takesAlong ? { takesAlong: work.takesAlong } : {}),
    room: at.room,
  });
  if (!release.ok) return release;
  const { taken, broken } = release.value;
  const claims = taken.flatMap(({ events }) => events);
  const ends = broken.flatMap((each) => brokenRunEvents(view, each, { writer: ports.writer, now: state.now }));
  const own = ofWriter(state.read.view, ports.writer, at.events, ends);
  return ok({ release: release.value, events: [...at.events, ...own, ...claims] });
}

/** Makes transactions read the partitions that the queue is about; true = they did not, and must be read anew. */
export function mustReadPartitions(
  ports: Pick<RunPorts, 'partitions'>,
  settings: Pick<RunSettings, 'planning'>,
  view: Pick<StateView, 'openRuns' | 'backfills'>,
): boolean {
  const waiting = waitingRunsOf(view);
  const before = ports.partitions.size;
  for (const asset of partitionsOfQueue(settings.planning, waiting)) ports.partitions.add(asset);
  for (const asset of partitionsOfBackfills(settings.planning.project, view)) ports.partitions.add(asset);
  return ports.partitions.size > before;
}

async function releaseOnce(
  ports: RunPorts,
  settings: RunSettings,
  work: QueueWork & Pick<ReleaseInput, 'takesAlong'>,
  room: number,
): Promise<Result<Released, AppFailure>> {
  for (;;) {
    const outcome = await ports.session.transact<Pick<Released, 'release' | 'waiting'> | 'again'>(
      async (state): Promise<StateDecision<Pick<Released, 'release' | 'waiting'> | 'again'>> => {
        const by = { writer: ports.writer, now: state.now };
        const before = state.read.view;
        const retries = retryEvents(before, state.now);
        const asks = retries.length === 0 ? before : after(before, retries, state.now);
        const { project } = settings.planning;
        const filled = withBackfills(project, before, { view: asks, events: retries }, by);
        // What is asked for by itself has to see all else that is asked for.
        const { view, events: carried } =
          room > 0 && work.automation ? work.automation.with(before, filled, by) : filled;
        if (mustReadPartitions(ports, settings, view)) return { kind: 'nothing', value: 'again' };
        const waiting = waitingRunsOf(view);
        const decided = await decideRelease(ports, settings, work, { state, view, events: carried, room });
        if (!decided.ok) return { kind: 'stop', failure: decided.error };
        const { release, events } = decided.value;
        const value = { release, waiting };
        if (events.length === 0) return { kind: 'nothing', value };
        return {
          kind: 'commit',
          events,
          message:
            releaseMessage(release?.taken ?? [], settings) ??
            quietMessage(
              [
                ...missingRetries(before),
                ...(release?.broken ?? []).map(({ run }) => run),
                ...automationRequests(events),
              ],
              events,
            ),
          value,
          ...(hasEnds(events) ? { pages: ports.pages } : {}),
        };
      },
      { givesWay: true },
    );
    if (!outcome.ok) return outcome;
    const { value, after: read, commit } = outcome.value;
    if (value !== 'again') return ok({ ...value, after: read, commit });
  }
}

/** Runs that a commit asks for by itself. */
export function automationRequests(
  events: readonly BranchlineEvent[],
): { readonly run: string; readonly request: RunRequest }[] {
  return events.flatMap((event) =>
    event.type === 'run.requested' && event.request.kind === 'automation'
      ? [{ run: event.run, request: event.request }]
      : [],
  );
}

/** Of a commit that takes no run out of the queue to carry it out. */
function quietMessage(runs: Parameters<typeof queueMessage>[0], events: readonly BranchlineEvent[]): string {
  return runs.length > 0 ? queueMessage(runs) : backfillsMessage(events);
}

/** Runs that end in the commit change the report. */
export function hasEnds(events: readonly BranchlineEvent[]): boolean {
  return events.some(({ type }) => type === 'run.ended' || type === 'backfill.ended');
}

/** Subject and trailers of a commit that takes runs out of the queue; undefined when it takes none. */
export function releaseMessage(
  taken: readonly TakenRun[],
  settings: Pick<RunSettings, 'codeCommit'>,
): string | undefined {
  const [first, ...others] = taken;
  if (!first) return undefined;
  const drafts = first.kind === 'ended' ? first.drafts : [];
  const end = drafts.find((draft) => draft.type === 'run.ended');
  const text = runMessage(first.plan, drafts, end?.type === 'run.ended' ? end : undefined, settings.codeCommit);
  if (others.length === 0) return text;
  const [subject, ...rest] = text.split('\n');
  const trailers = others.map(({ plan }) => `Run: ${plan.runId}`);
  return [`${subject}, and ${others.length} more`, ...rest, ...trailers].join('\n');
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
  const places = openStepPlaces(settings.maxParallel);
  // What this process gave back since its own time is too short for it is for others: it would give it back again.
  const givenBack = new Set<string>();
  const lost = new Set<string>();
  const own = {
    ...work,
    isMine: (run: WaitingRun) => work.isMine(run) && !givenBack.has(run.run),
    takesAlong: ({ run }: WaitingRun) => lost.has(run) && !givenBack.has(run),
  };
  const active = new Map<string, Promise<void>>();
  const runs: RunOutcome[] = [];
  const along: RunOutcome[] = [];
  const broken: Release['broken'][number][] = [];
  let failure: AppFailure | undefined;
  let deadline = ports.clock.now() + settings.waitMs;
  let said = '';
  let quietSeq = work.first && work.isFirstQuiet === true ? work.first.after.view.seq : -1;
  // Another job may have carried it on since: that one ends.
  const isLeft = (run: string): boolean => givenBack.has(run) && newest.view.openRuns.get(run)?.state === 'QUEUED';
  const room = (): number => (mayStart() ? settings.maxParallel - active.size : 0);
  const mayStart = (): boolean =>
    failure === undefined &&
    !ports.signal.aborted &&
    (settings.budget === undefined || ports.clock.now() < settings.budget.endsAt);
  const started = work.first ? ok(work.first) : await releaseOnce(ports, settings, own, room());
  if (!started.ok) return started;
  let current = started.value;
  let newest = current.after;
  const start = (taken: TakenRun, { after: read, commit, waiting }: Released): void => {
    const run = taken.plan.runId;
    observer.onRun(waiting.find((each) => each.run === run)!);
    if (taken.kind === 'ended') {
      if (taken.stillLost !== undefined) ports.warn(taken.stillLost);
      const outcome = endedAtOnce(taken, read, commit, observer);
      (lost.has(run) ? along : runs).push(outcome);
      observer.onRunEnd(outcome);
      return;
    }
    // What was asked of the own runs is not asked of those of others.
    const failFast = settings.failFast && !lost.has(run);
    const carried = carryOutClaimed(ports, { ...settings, failFast, places }, taken, read, observer).then((outcome) => {
      active.delete(run);
      deadline = ports.clock.now() + settings.waitMs;
      if (!outcome.ok) failure ??= outcome.error;
      else {
        (lost.has(run) ? along : runs).push(outcome.value);
        newest = outcome.value.after;
        const decided = newest.view.endedRuns.get(run)?.retry;
        if (decided) ports.warn(`Run ${run} failed: ${decided.message}.`);
        if (outcome.value.state === 'QUEUED' && !waitsForLater(newest.view, run, ports.clock.now())) givenBack.add(run);
        if (lost.has(run)) ports.warn(alongText(outcome.value));
        observer.onRunEnd(outcome.value);
      }
    });
    active.set(run, carried);
  };
  for (;;) {
    for (const taken of current.release?.taken ?? []) start(taken, current);
    broken.push(...(current.release?.broken ?? []));
    // Runs that ended as they were let go have made room at once: nobody has to be waited for.
    const hasLetGo = (current.release?.taken.length ?? 0) > 0;
    const retries = missingRetries(newest.view).map((each): WaitingRun => ({ ...each, requestedAt: '' }));
    const left = [...waitingRunsOf(newest.view), ...retries].filter((run) => work.isMine(run));
    const isDue = ({ due }: WaitingRun): boolean => due === undefined || Date.parse(due) <= ports.clock.now();
    const waits = current.release?.pass.waiting;
    // Most wake-ups find nobody waiting: then what judges it is not loaded.
    const isVain =
      waits === undefined || waits.size === 0
        ? () => false
        : waitsInVain(waits, (run) => isLeft(run) || waitsForLater(newest.view, run, ports.clock.now()));
    const hopeful = mayStart() ? left.filter((each) => isDue(each) && own.isMine(each) && !isVain(each.run)) : [];
    const found =
      work.takesLostAlong && waits && room() > 0
        ? lostInTheWay(
            newest.view,
            waits,
            hopeful.map(({ run }) => run),
          ).filter((run) => !lost.has(run))
        : [];
    for (const run of found) {
      lost.add(run);
      ports.warn(
        `Run ${run} is in the way, and nobody is at work on it since its runner was lost: it is carried on first.`,
      );
    }
    const isMoving =
      room() > 0 &&
      (found.length > 0 ||
        doBackfillsMove(settings.planning.project, newest.view, ports.clock.now()) ||
        // A state on which nothing was asked for is not asked again.
        (newest.view.seq !== quietSeq && work.automation?.moves(newest.view, ports.clock.now()) === true));
    if (active.size === 0) {
      if (failure) return fail(failure);
      if (!isMoving && (hopeful.length === 0 || (!hasLetGo && ports.clock.now() >= deadline)))
        return ok({ runs, along, left, why: reasons(left, current.release), broken, after: newest });
    }
    if (active.size === 0 && !isMoving) {
      const why = reasons(left, current.release);
      const first = hopeful[0]!;
      if (retries.length === 0 && !hasLetGo) {
        const text = `run ${first.run} waits: ${why.get(first.run) ?? 'it may start'}.`;
        if (text !== said && why.has(first.run)) ports.warn(`Waiting: ${text}`);
        said = text;
        const idleMs = ports.clock.now() - (deadline - settings.waitMs);
        const pauseMs = Math.min(IDLE_POLL_MS.most, Math.max(IDLE_POLL_MS.least, idleMs / 4));
        await ports.clock.sleep(Math.round(pauseMs), ports.signal);
        // Whoever is in the way may be gone by now.
        const recovered = await recoverFirst(ports);
        if (!recovered.ok) return recovered;
      }
    } else if (!isMoving) {
      const before = active.size;
      await nextChange(ports, [...active.values()], hopeful.length > 0 && before < settings.maxParallel);
      // Nothing has ended and nobody waits, or nothing may start any more: nothing to release.
      const open = [
        ...waitingRunsOf(newest.view),
        ...missingRetries(newest.view).map((each): WaitingRun => ({ ...each, requestedAt: '' })),
      ];
      if (hopeful.length === 0 && open.every((run) => !own.isMine(run) || !isDue(run))) {
        current = { ...current, release: undefined };
        continue;
      }
    }
    if (room() <= 0) {
      current = { ...current, release: undefined };
      continue;
    }
    const next = await releaseOnce(ports, settings, own, room());
    if (next.ok) {
      if (next.value.commit === undefined) quietSeq = next.value.after.view.seq;
      current = next.value;
      newest = current.after;
    } else {
      failure ??= next.error;
      current = { ...current, release: undefined };
    }
  }
}

/** A run whose next attempt of a step is not due yet: when it is, this process may take it up as well as any other. */
function waitsForLater(view: StateView, run: string, now: EpochMs): boolean {
  const due = view.openRuns.get(run)?.due;
  return due !== undefined && Date.parse(due) > now;
}

/** Waits for the end of a run, or for the time to look at the queue again. */
async function nextChange(ports: RunPorts, active: readonly Promise<void>[], isLooking: boolean): Promise<void> {
  const pause = new AbortController();
  const waited = isLooking ? [ports.clock.sleep(BUSY_POLL_MS, pause.signal)] : [];
  await Promise.race([...active, ...waited]);
  pause.abort('changed');
}

function reasons(left: readonly WaitingRun[], release: Release | undefined): ReadonlyMap<string, string> {
  const why = new Map<string, string>();
  for (const { run } of left) {
    const wait = release?.pass.waiting.get(run);
    if (wait) why.set(run, waitText(wait));
  }
  return why;
}

/** The refusal of a run that waited in vain. */
export function heldFailure(why: string | undefined): AppFailure {
  return outsideFailure(
    'held',
    `It could not start: ${why ?? 'its turn did not come'}.`,
    'Wait for it to end, or give `--wait` more time; `branchline queue` shows who waits for what, and `branchline tick` carries on what nobody is at work on.',
  );
}
