import type { FinalRunState } from '../model/events.ts';
import { requestDigest, runId } from '../model/ids.ts';
import type { RunRequest } from '../model/plan.ts';
import type { RunRecord, StateView } from '../model/state.ts';

/** What is to be done about a request, by what the state knows of it (semantics.md 1, Identity). */
export type Delivery =
  /** Nothing was done about it yet, or it waits: carry it out. The request may be another attempt of the one delivered. */
  | { readonly kind: 'wanted'; readonly request: RunRequest }
  /** Somebody carries it out. */
  | { readonly kind: 'running'; readonly run: string }
  /** It stays in the queue: somebody carries it out when its turn has come. */
  | { readonly kind: 'waiting'; readonly run: string; readonly why?: string }
  /** It was carried out. The state of a run of a closed day is not at hand. */
  | { readonly kind: 'done'; readonly run: string; readonly state?: FinalRunState };

/** A request that was carried out, or is being, by somebody else: nothing is done about it here. */
export type KnownDelivery = Exclude<Delivery, { kind: 'wanted' }>;

/**
 * Judges a request that may have been delivered before. `attempt` is that of the workflow run, from 1: one above 1 tries
 * a dispatch again whose run failed or was canceled, as a run of its own that makes what is missing, failed or stale.
 */
export function judgeDelivery(view: StateView, request: RunRequest, attempt = 1): Delivery {
  if (request.kind !== 'dispatch') return deliveryOf(known(view, request), request);
  for (let n = attempt; n > 1; n--) {
    const again = tryAgain(request, n);
    const found = known(view, again);
    if (found) return n === attempt || !isTriedAgain(found) ? deliveryOf(found, again) : wanted(request, attempt);
  }
  const first = known(view, request);
  return first && attempt > 1 && isTriedAgain(first) ? wanted(request, attempt) : deliveryOf(first, request);
}

type Dispatch = Extract<RunRequest, { kind: 'dispatch' }>;

function tryAgain(request: Dispatch, attempt: number): Dispatch {
  // What had finished stays: only what is missing, failed last or stale is made.
  return { ...request, attempt, mode: 'stale' };
}

function wanted(request: Dispatch, attempt: number): Delivery {
  return { kind: 'wanted', request: tryAgain(request, attempt) };
}

/** A run that the state knows: whole, or by its id alone when its day is closed. */
type Known = RunRecord | { readonly run: string };

function known(view: StateView, request: RunRequest): Known | undefined {
  const own = runId(request);
  const record = view.openRuns.get(own) ?? view.endedRuns.get(own);
  if (record) return record;
  // Filed under another day when the instant inside the request could not be learned the same way both times.
  const digest = `-${requestDigest(request)}`;
  const other = [...view.openRuns.values(), ...view.endedRuns.values()].find(({ run }) => run.endsWith(digest));
  if (other) return other;
  const stream = [...view.streams.keys()].find((name) => name.split('.')[0]?.endsWith(digest));
  return stream === undefined ? undefined : { run: stream.split('.')[0]! };
}

function isTriedAgain(run: Known): boolean {
  // Not at hand: trying again makes only what is missing, failed or stale, so it can do no harm.
  return !('state' in run) || run.state === 'FAILURE' || run.state === 'CANCELED';
}

function deliveryOf(run: Known | undefined, request: RunRequest): Delivery {
  if (!run) return { kind: 'wanted', request };
  if (!('state' in run)) return { kind: 'done', run: run.run };
  switch (run.state) {
    case 'QUEUED':
      return { kind: 'wanted', request: run.request };
    case 'SUCCESS':
    case 'FAILURE':
    case 'CANCELED':
      return { kind: 'done', run: run.run, state: run.state };
    case 'STARTING':
    case 'STARTED':
    case 'CANCELING':
      return { kind: 'running', run: run.run };
  }
}
