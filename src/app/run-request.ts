import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { runId } from '../model/ids.ts';
import { timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import { judgeDelivery } from '../plan/delivery.ts';
import { isForGood, type Wait } from '../plan/queue.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { cancelDrafts } from './cancel.ts';
import { type KnownRun, knownRun, requestedDraft } from './claim-run.ts';
import type { AppFailure } from './failure.ts';
import { pinPartitions } from './planning.ts';
import { closedFailure, waitText } from './queue-text.ts';
import { after, ofWriter, type Release, type WaitingRun, waitingRunsOf } from './release.ts';
import {
  type RunObserver,
  type RunOutcome,
  type RunPorts,
  type RunSettings,
  recoverFirst,
  type WantedRun,
  watchPartitions,
} from './run.ts';
import { queueMessage } from './run-message.ts';
import { runTags } from './run-tags.ts';
import type { StateDecision } from './state-ports.ts';
import type { StateAt } from './state-reading.ts';
import {
  decideRelease,
  hasEnds,
  heldFailure,
  mustReadPartitions,
  type QueueWork,
  releaseMessage,
  workQueue,
} from './work-queue.ts';

type Asked =
  | { readonly kind: 'again' }
  | KnownRun
  | {
      readonly kind: 'asked';
      readonly run: string;
      readonly release: Release | undefined;
      readonly waiting: readonly WaitingRun[];
    };

/** What goes with a request and is not part of it; `tags`: instead of those that its job or assets give it. */
export type RequestDetails = Omit<WantedRun, 'request' | 'tags'> & { readonly tags?: WantedRun['tags'] };

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
): Promise<Result<RunOutcome | KnownRun, AppFailure>> {
  const recovered = await recoverFirst(ports);
  if (!recovered.ok) return recovered;
  watchPartitions(ports, settings, request);
  for (;;) {
    const asked = await ports.session.transact<Asked>((state) => decideRequest(ports, settings, request, more, state), {
      follows: true,
    });
    if (!asked.ok) return asked;
    const { value, after: read, commit } = asked.value;
    if (value.kind === 'again') continue;
    if (value.kind === 'known') return ok(value);
    const { run, release, waiting } = value;
    const closed = closedBy(settings, release, run);
    if (closed) return fail(closedFailure(closed));
    if (release?.taken.length === 0 && settings.waitMs === 0) return fail(heldFailure(whyOf(release, run)));
    const work: QueueWork = {
      // With the retries that its failure asks for.
      isMine: (each) => each.run === run || (each.request.kind === 'retry' && each.request.root === run),
      details: new Map([[run, more]]),
      first: { release, waiting, after: read, commit },
    };
    const quiet = { ...observer, onRun: () => undefined, onRunEnd: () => undefined };
    const worked = await workQueue(ports, settings, work, quiet);
    if (!worked.ok) return worked;
    const { runs, left, why, broken } = worked.value;
    const last = runs.at(-1);
    if (last) return ok(last);
    if (broken[0]) return fail(broken[0].failure);
    const text = why.get(run);
    if (!left.some((each) => each.run === run))
      return ok(knownRun(worked.value.after.view, judgedNow(worked.value.after.view, run)));
    if (!settings.givesBack) return giveUp(ports, run, text);
    return ok({ kind: 'known', delivery: { kind: 'waiting', run, ...(text === undefined ? {} : { why: text }) } });
  }
}

/** Somebody else has taken it from the queue. */
function judgedNow(view: StateAt['read']['view'], run: string): KnownRun['delivery'] {
  const ended = view.endedRuns.get(run)?.state;
  if (view.openRuns.has(run)) return { kind: 'running', run };
  const isFinal = ended === 'SUCCESS' || ended === 'FAILURE' || ended === 'CANCELED';
  return { kind: 'done', run, ...(isFinal ? { state: ended } : {}) };
}

/** A limit of 0 that keeps the run from starting, where nobody would take it from the queue later. */
function closedBy(settings: RunSettings, release: Release | undefined, run: string): Wait | undefined {
  const wait = settings.givesBack ? undefined : release?.pass.waiting.get(run);
  return wait && isForGood(wait) ? wait : undefined;
}

function whyOf(release: Release | undefined, run: string): string | undefined {
  const wait = release?.pass.waiting.get(run);
  return wait && waitText(wait);
}

async function decideRequest(
  ports: RunPorts,
  settings: RunSettings,
  asked: RunRequest,
  more: RequestDetails,
  state: StateAt,
): Promise<StateDecision<Asked>> {
  const { view } = state.read;
  const delivery = judgeDelivery(view, asked, more.attempt);
  if (delivery.kind !== 'wanted') return { kind: 'nothing', value: knownRun(view, delivery) };
  const run = runId(delivery.request);
  const request = pinPartitions(settings.planning, view, delivery.request, state.now);
  const events: BranchlineEvent[] = [];
  if (!view.openRuns.has(run)) {
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
  const work = { isMine: (each: WaitingRun) => each.run === run, details: new Map([[run, more]]) };
  const decided = await decideRelease(ports, settings, work, {
    state,
    view: preview,
    events,
    room: settings.maxParallel,
  });
  if (!decided.ok) return { kind: 'stop', failure: decided.error };
  const { release } = decided.value;
  if (release?.broken[0]) return { kind: 'stop', failure: release.broken[0].failure };
  const value = { kind: 'asked', run, release, waiting } as const;
  const isTaken = (release?.taken.length ?? 0) > 0;
  // Who does not want to wait leaves nothing behind.
  const isRefused = settings.waitMs === 0 || closedBy(settings, release, run) !== undefined;
  if (!isTaken && (isRefused || events.length === 0)) return { kind: 'nothing', value };
  return {
    kind: 'commit',
    events: decided.value.events,
    message: releaseMessage(release?.taken ?? [], settings) ?? queueMessage([{ run, request }]),
    value,
    ...(hasEnds(decided.value.events) ? { pages: ports.pages } : {}),
  };
}

/** A run that waited in vain leaves the queue: nobody waits for it any more. */
async function giveUp(ports: RunPorts, run: string, why: string | undefined): Promise<Result<never, AppFailure>> {
  const recorded = await ports.session.transact<undefined>(async (state) => {
    const record = state.read.view.openRuns.get(run);
    if (record?.state !== 'QUEUED') return { kind: 'nothing', value: undefined };
    const drafts = cancelDrafts(record, 'nobody waits for it any more', state.now);
    const events = ofWriter(state.read.view, ports.writer, [], drafts);
    return {
      kind: 'commit',
      events,
      message: `○ run ${run} left the queue\n\nRun: ${run}`,
      value: undefined,
      pages: ports.pages,
    };
  });
  return recorded.ok ? fail(heldFailure(why)) : recorded;
}
