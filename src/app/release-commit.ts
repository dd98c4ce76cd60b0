import { ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { StateView } from '../model/state.ts';
import type { StateRead } from '../state/read.ts';
import { backfillsMessage, type Preview, partitionsOfBackfills, withBackfills } from './backfills.ts';
import type { AppFailure } from './failure.ts';
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
import { queueMessage, runMessage, withOthers } from './run-message.ts';
import type { RunPorts, RunSettings } from './run-ports.ts';
import type { StateDecision } from './state-ports.ts';
import type { StateAt } from './state-reading.ts';
import { uncommittedAt } from './uncommitted.ts';
import { claimInput, type WantedRun } from './wanted-run.ts';

/** For whom runs are let go. */
export interface ReleaseWork extends Pick<ReleaseInput, 'isMine' | 'takesAlong'> {
  /** What is known of requests beyond what is recorded, by run. */
  readonly details: ReadonlyMap<string, Pick<WantedRun, 'expected' | 'attempt'>>;
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

/** The release at one state, with what its commit records; `events` come before it in the same commit. */
export async function decideRelease(
  ports: RunPorts,
  settings: RunSettings,
  work: Omit<ReleaseWork, 'automation'>,
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

/**
 * One commit that lets runs go which may start now, up to `room`, with what the state asks for by itself: retries, runs
 * of backfills, automation.
 */
export async function commitRelease(
  ports: RunPorts,
  settings: RunSettings,
  work: ReleaseWork,
  room: number,
): Promise<Result<Released, AppFailure>> {
  for (;;) {
    const outcome = await ports.session.transact(
      async (state): Promise<StateDecision<Decided | 'again'>> => decideCommit(ports, settings, work, { state, room }),
      { givesWay: true },
    );
    if (!outcome.ok) return outcome;
    const { value, after: read, commit } = outcome.value;
    if (value !== 'again') return ok({ ...value, after: read, commit });
  }
}

type Decided = Pick<Released, 'release' | 'waiting'>;

async function decideCommit(
  ports: RunPorts,
  settings: RunSettings,
  work: ReleaseWork,
  { state, room }: { readonly state: StateAt; readonly room: number },
): Promise<StateDecision<Decided | 'again'>> {
  const by = { writer: ports.writer, now: state.now };
  const before = state.read.view;
  const retries = retryEvents(before, state.now);
  const asks = retries.length === 0 ? before : after(before, retries, state.now);
  const filled = withBackfills(settings.planning.project, before, { view: asks, events: retries }, by);
  // What is asked for by itself has to see all else that is asked for.
  const { view, events: carried } = room > 0 && work.automation ? work.automation.with(before, filled, by) : filled;
  if (mustReadPartitions(ports, settings, view)) return { kind: 'nothing', value: 'again' };
  const waiting = waitingRunsOf(view);
  const decided = await decideRelease(ports, settings, work, { state, view, events: carried, room });
  if (!decided.ok) return { kind: 'stop', failure: decided.error };
  const { release, events } = decided.value;
  const value = { release, waiting };
  if (events.length === 0) return { kind: 'nothing', value };
  const broken = (release?.broken ?? []).map(({ run }) => run);
  return {
    kind: 'commit',
    events,
    message:
      releaseMessage(release?.taken ?? [], settings) ??
      quietMessage([...missingRetries(before), ...broken, ...automationRequests(events)], events),
    value,
    ...(hasEnds(events) ? { pages: ports.pages } : {}),
  };
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
  const code = { codeCommit: settings.codeCommit, uncommitted: uncommittedAt(first) };
  const text = runMessage(first.plan, drafts, end?.type === 'run.ended' ? end : undefined, code);
  return withOthers(
    text,
    others.map((each) => ({ run: each.plan.runId, uncommitted: uncommittedAt(each) })),
  );
}
