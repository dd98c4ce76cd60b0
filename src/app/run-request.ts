import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { runId } from '../model/ids.ts';
import { timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import { judgeDelivery } from '../plan/delivery.ts';
import { isForGood, type Wait } from '../plan/queue.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { cancelDrafts } from './cancel.ts';
import { type KnownRun, knownRun } from './claim-run.ts';
import type { AppFailure } from './failure.ts';
import { requestedDraft } from './opening-events.ts';
import { pinPartitions } from './planning.ts';
import { closedFailure, heldFailure, waitText } from './queue-text.ts';
import { recoverFirst } from './recover-first.ts';
import { after, ofWriter, type Release, type WaitingRun, waitingRunsOf } from './release.ts';
import { decideRelease, hasEnds, mustReadPartitions, releaseMessage } from './release-commit.ts';
import { queueMessage } from './run-message.ts';
import type { RunObserver, RunOutcome, RunPorts, RunSettings } from './run-ports.ts';
import { runTags } from './run-tags.ts';
import type { StateDecision } from './state-ports.ts';
import type { StateAt } from './state-reading.ts';
import { type WantedRun, watchPartitions } from './wanted-run.ts';
import { type QueueOutcome, type QueueWork, workQueue } from './work-queue.ts';

type Asked =
  | { readonly kind: 'again' }
  | { readonly kind: 'known'; readonly known: readonly KnownRun[] }
  | {
      readonly kind: 'asked';
      readonly runs: readonly string[];
      readonly known: readonly KnownRun[];
      readonly release: Release | undefined;
      readonly waiting: readonly WaitingRun[];
    };

/** What goes with a request and is not part of it; `tags`: instead of those that its job or assets give it. */
export type RequestDetails = Omit<WantedRun, 'request' | 'tags'> & { readonly tags?: WantedRun['tags'] };

/** The last try of a request, with all of them in the order in which they ended: automatic retries count as tries. */
export interface TriedRun extends RunOutcome {
  readonly tries: readonly RunOutcome[];
}

/** What came of requests that were made together. */
export interface RequestsOutcome {
  /** In the order in which they ended; with the retries that a failure asked for. */
  readonly runs: readonly RunOutcome[];
  /** Runs of others that were in the way, and that were carried out since nobody else was at work on them. */
  readonly along: readonly RunOutcome[];
  /** Those about which nothing was done here: delivered before, left to the next tick, or taken by others. */
  readonly known: readonly KnownRun[];
  /** Why runs could not be planned, or left the queue without having begun. */
  readonly failures: readonly AppFailure[];
}

/**
 * Runs a person's request through the queue: recovers what others left, records it, and carries it out once its turn has
 * come. A run that may start at once is recorded and claimed in one commit; one that waits is recorded as it is, and
 * canceled when the wait is over.
 */
export async function runRequest(
  ports: RunPorts,
  settings: RunSettings,
  request: RunRequest,
  observer: RunObserver,
  more: RequestDetails = {},
): Promise<Result<TriedRun | KnownRun, AppFailure>> {
  const outcome = await runRequests(ports, settings, [request], observer, more);
  if (!outcome.ok) return outcome;
  const { runs, known, failures } = outcome.value;
  const last = runs.at(-1);
  if (last) return ok({ ...last, tries: runs });
  return known[0] === undefined || failures.length > 0 ? fail(failures[0]!) : ok(known[0]);
}

/** The same for requests that belong together: all of them are on record before the first one begins. */
export async function runRequests(
  ports: RunPorts,
  settings: RunSettings,
  requests: readonly RunRequest[],
  observer: RunObserver,
  more: RequestDetails = {},
): Promise<Result<RequestsOutcome, AppFailure>> {
  const recovered = await recoverFirst(ports);
  if (!recovered.ok) return recovered;
  for (const request of requests) watchPartitions(ports, settings, request);
  for (;;) {
    const asked = await ports.session.transact<Asked>(
      (state) => decideRequests(ports, settings, requests, more, state),
      { follows: true },
    );
    if (!asked.ok) return asked;
    const { value, after: read, commit } = asked.value;
    if (value.kind === 'again') continue;
    if (value.kind === 'known') return ok({ runs: [], along: [], known: value.known, failures: [] });
    const { runs, release, waiting } = value;
    // What was taken is recorded as begun, and is carried out, whatever keeps the others.
    if (!hasTaken(release)) {
      const closed = closedBy(settings, release, runs);
      if (closed) return fail(closedFailure(closed));
      if (release !== undefined && settings.waitMs === 0) return fail(heldFailure(whyOf(release, runs[0]!)));
    }
    const work: QueueWork = {
      // With the retries that a failure of theirs asks for.
      isMine: ({ run, request }) => runs.includes(run) || (request.kind === 'retry' && runs.includes(request.root)),
      takesAlong: settings.handOver === undefined,
      details: new Map(runs.map((run) => [run, more])),
      first: { release, waiting, after: read, commit },
    };
    const quiet = { ...observer, onRun: () => undefined, onRunEnd: () => undefined };
    const worked = await workQueue(ports, settings, work, quiet);
    return worked.ok ? settle(ports, settings, value, worked.value) : worked;
  }
}

/** What came of each of the runs that were asked for. */
async function settle(
  ports: RunPorts,
  settings: RunSettings,
  asked: Extract<Asked, { kind: 'asked' }>,
  { runs, along, left, why, broken, after: read }: QueueOutcome,
): Promise<Result<RequestsOutcome, AppFailure>> {
  const known = [...asked.known];
  const failures = broken.map(({ failure }) => failure);
  const done = new Set([...runs.map(({ plan }) => plan.runId), ...broken.map(({ run }) => run)]);
  const vain: string[] = [];
  for (const run of asked.runs) {
    if (done.has(run)) continue;
    const text = why.get(run);
    if (!left.some((each) => each.run === run)) known.push(knownRun(read.view, judgedNow(read.view, run)));
    else if (settings.givesBack)
      known.push({ kind: 'known', delivery: { kind: 'waiting', run, ...(text === undefined ? {} : { why: text }) } });
    else {
      vain.push(run);
      failures.push(heldFailure(text));
    }
  }
  const given = vain.length === 0 ? ok(undefined) : await giveUp(ports, vain);
  return ok({ runs, along, known, failures: given.ok ? failures : [given.error, ...failures] });
}

/** Somebody else has taken it from the queue. */
function judgedNow(view: StateAt['read']['view'], run: string): KnownRun['delivery'] {
  const ended = view.endedRuns.get(run)?.state;
  if (view.openRuns.has(run)) return { kind: 'running', run };
  const isFinal = ended === 'SUCCESS' || ended === 'FAILURE' || ended === 'CANCELED';
  return { kind: 'done', run, ...(isFinal ? { state: ended } : {}) };
}

function hasTaken(release: Release | undefined): boolean {
  return (release?.taken.length ?? 0) > 0;
}

/** A limit of 0 that keeps the run from starting, where nobody would take it from the queue later. */
function closedBy(settings: RunSettings, release: Release | undefined, runs: readonly string[]): Wait | undefined {
  if (settings.givesBack) return undefined;
  return runs.map((run) => release?.pass.waiting.get(run)).find((wait) => wait !== undefined && isForGood(wait));
}

function whyOf(release: Release | undefined, run: string): string | undefined {
  const wait = release?.pass.waiting.get(run);
  return wait && waitText(wait);
}

async function decideRequests(
  ports: RunPorts,
  settings: RunSettings,
  asked: readonly RunRequest[],
  more: RequestDetails,
  state: StateAt,
): Promise<StateDecision<Asked>> {
  const { view } = state.read;
  const known: KnownRun[] = [];
  const wanted: { readonly run: string; readonly request: RunRequest }[] = [];
  for (const one of asked) {
    const delivery = judgeDelivery(view, one, more.attempt);
    if (delivery.kind !== 'wanted') known.push(knownRun(view, delivery));
    else
      wanted.push({
        run: runId(delivery.request),
        request: pinPartitions(settings.planning, view, delivery.request, state.now),
      });
  }
  if (wanted.length === 0) return { kind: 'nothing', value: { kind: 'known', known } };
  const runs = wanted.map(({ run }) => run);
  const events: BranchlineEvent[] = [];
  for (const { run, request } of wanted) {
    if (view.openRuns.has(run)) continue;
    const tags = more.tags ?? runTags(settings.planning, request, {});
    const draft = requestedDraft(
      { runId: run, request, ...(request.job === undefined ? {} : { job: request.job }), tags },
      timestamp(state.now),
    );
    events.push(...numberEvents(runStream(run, 1), 0, [draft]));
  }
  const preview = events.length === 0 ? view : after(view, events, state.now);
  const waiting = waitingRunsOf(preview);
  if (mustReadPartitions(ports, settings, preview)) return { kind: 'nothing', value: { kind: 'again' } };
  const work = {
    isMine: ({ run }: WaitingRun) => runs.includes(run),
    details: new Map(runs.map((run) => [run, more])),
  };
  const decided = await decideRelease(ports, settings, work, {
    state,
    view: preview,
    events,
    room: settings.maxParallel,
  });
  if (!decided.ok) return { kind: 'stop', failure: decided.error };
  const { release } = decided.value;
  if (release?.broken[0]) return { kind: 'stop', failure: release.broken[0].failure };
  const value = { kind: 'asked', runs, known, release, waiting } as const;
  const isTaken = hasTaken(release);
  // Who does not want to wait leaves nothing behind.
  const isRefused = settings.waitMs === 0 || closedBy(settings, release, runs) !== undefined;
  if (!isTaken && (isRefused || events.length === 0)) return { kind: 'nothing', value };
  return {
    kind: 'commit',
    events: decided.value.events,
    message: releaseMessage(release?.taken ?? [], settings) ?? queueMessage(wanted),
    value,
    ...(hasEnds(decided.value.events) ? { pages: ports.pages } : {}),
  };
}

/** Runs that waited in vain leave the queue, all in one commit: nobody waits for them any more, and a job may be ending. */
async function giveUp(ports: RunPorts, runs: readonly string[]): Promise<Result<unknown, AppFailure>> {
  return ports.session.transact<undefined>(async ({ read: { view }, now }) => {
    const queued = runs.flatMap((run) => view.openRuns.get(run) ?? []).filter(({ state }) => state === 'QUEUED');
    if (queued.length === 0) return { kind: 'nothing', value: undefined };
    const drafts = queued.flatMap((record) => cancelDrafts(record, 'nobody waits for it any more', now));
    const what = queued.length === 1 ? `run ${queued[0]!.run}` : `${queued.length} runs`;
    return {
      kind: 'commit',
      events: ofWriter(view, ports.writer, [], drafts),
      message: `○ ${what} left the queue\n\n${queued.map(({ run }) => `Run: ${run}`).join('\n')}`,
      value: undefined,
      pages: ports.pages,
    };
  });
}
