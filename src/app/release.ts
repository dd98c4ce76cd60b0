import { ok, type Result } from '../base/result.ts';
import { type BranchlineEvent, type EventDraft, noCounts } from '../model/events.ts';
import { requestInstant, runId } from '../model/ids.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import { originalOf, type RetryRequest, type RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import { type QueuedRun, type ReleasePass, releaseRuns } from '../plan/queue.ts';
import { isWithUpstream } from '../plan/wanted-assets.ts';
import { retryTags } from '../run/run-retry.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { fold } from '../state/fold.ts';
import { type ClaimDecision, type ClaimInput, decideClaim } from './claim-run.ts';
import type { AppFailure } from './failure.ts';
import { requestedDraft } from './opening-events.ts';
import { assetsNamed, hasPartitions, partitionedAssets } from './planning.ts';

/** A run that waits, recorded or about to be. */
export interface WaitingRun {
  readonly run: string;
  readonly request: RunRequest;
  readonly tags: Readonly<Record<string, string>>;
  readonly requestedAt: string;
  readonly due?: string;
}

/** A claim, or the end of a run that found nothing to do: to be committed. */
export type TakenRun = Extract<ClaimDecision, { kind: 'claimed' | 'ended' }>;

export interface ReleaseInput {
  /** The state, with the requests that the same commit records. */
  readonly view: StateView;
  readonly now: EpochMs;
  readonly waiting: readonly WaitingRun[];
  /** What deciding to start one of them takes. */
  readonly claimInput: (run: WaitingRun, view: StateView) => ClaimInput;
  /** Whether this process carries it out. */
  readonly isMine: (run: WaitingRun) => boolean;
  /** Somebody else's that it carries on as well, where they can be planned: they are in the way of its own. */
  readonly takesAlong?: (run: WaitingRun) => boolean;
  /** Runs that this process can take now. */
  readonly room: number;
}

export interface Release {
  /** In the order in which they were released. */
  readonly taken: readonly TakenRun[];
  /** Runs of ours that cannot be planned: why. */
  readonly broken: readonly { readonly run: WaitingRun; readonly failure: AppFailure }[];
  readonly pass: ReleasePass;
}

/** A run's place in the queue, by what the state says of it. */
export function waitingRunsOf(view: Pick<StateView, 'openRuns'>): WaitingRun[] {
  return [...view.openRuns.values()].filter(({ state }) => state === 'QUEUED').map(waitingRunOf);
}

/** The same of one run. */
export function waitingRunOf({ run, request, tags, requestedAt, due }: RunRecord): WaitingRun {
  return { run, request, tags, requestedAt, ...(due === undefined ? {} : { due }) };
}

/** Runs that occupy a place, with the slots that their claims hold. */
export function runsInProgress(view: Pick<StateView, 'openRuns' | 'claims'>): QueuedRun[] {
  const slots = new Map<string, Record<string, number>>();
  for (const claim of view.claims.values()) {
    const own = slots.get(claim.run) ?? {};
    for (const [pool, held] of Object.entries(claim.slots ?? {})) own[pool] = (own[pool] ?? 0) + held;
    slots.set(claim.run, own);
  }
  return [...view.openRuns.values()]
    .filter(({ state }) => state !== 'QUEUED')
    .map((record) => ({ ...placeOf(waitingRunOf(record)), slots: slots.get(record.run) ?? {} }));
}

/** A run as the queue sees it. Of runs that were asked for in one moment, the one that means the earlier instant comes first. */
export function placeOf({ run, tags, requestedAt, due, request }: WaitingRun): QueuedRun {
  return {
    run,
    tags: ownTags(tags),
    slots: {},
    requestedAt: `${requestedAt} ${requestInstant(request)} ${String(partOf(request)).padStart(4, '0')}${placeByKeys(request)}`,
    ...(due === undefined ? {} : { due }),
  };
}

function partOf(request: RunRequest): number {
  return 'part' in request ? (request.part ?? 0) : 0;
}

/** What a request that may be one of several has in common with the others, as a reason to wait names it. */
function commonOf(request: RunRequest): { readonly key: string; readonly what: string } | undefined {
  switch (request.kind) {
    case 'schedule':
      return { key: `schedule ${request.schedule} ${request.tick}`, what: `the tick of \`${request.schedule}\`` };
    case 'dispatch':
      return { key: `dispatch ${request.workflow}`, what: 'the same click' };
    case 'push':
      return { key: `push ${request.commit}`, what: 'the same push' };
    case 'cli':
    case 'retry':
    case 'backfill':
    case 'automation':
      return undefined;
  }
}

/** True for runs that one tick, click or push has asked for together. */
export function isSameAsking(one: RunRequest, other: RunRequest): boolean {
  const common = commonOf(one);
  return common !== undefined && common.key === commonOf(other)?.key;
}

/** A run of a tick, click or push that asks for several reads what those before it make: it waits until they have ended. */
export function heldByEarlierParts(view: StateView, { request }: WaitingRun, place: QueuedRun): QueuedRun {
  const part = partOf(request);
  if (part <= 1) return place;
  const earlier = [...view.openRuns.values()].filter(
    ({ request: other }) => isSameAsking(request, other) && partOf(other) < part,
  );
  if (earlier.length === 0) return place;
  const what = `an earlier part of ${commonOf(request)!.what}`;
  return { ...place, heldBy: [...(place.heldBy ?? []), ...earlier.map(({ run }) => ({ run, what }))] };
}

/** Runs of a backfill go in the order of their keys, and so do those that assets ask for in one pass: oldest first. */
function placeByKeys(request: RunRequest): string {
  if (request.kind === 'automation') return ` ${request.keys?.[0] ?? ''}`;
  if (request.kind !== 'backfill') return '';
  return [request.group, request.place].map((n) => ` ${String(n).padStart(7, '0')}`).join('');
}

/** Tags with Dagster's names of the engine's own read as ours. */
export function ownTags(tags: Readonly<Record<string, string>>): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [tag, value] of Object.entries(tags)) {
    if (tag.startsWith('dagster/')) own[`branchline/${tag.slice('dagster/'.length)}`] ??= value;
    else own[tag] = value;
  }
  return own;
}

/** Partitioned assets whose keys a release has to look at. */
export function partitionsOfQueue(
  planning: ClaimInput['planning'],
  waiting: readonly Pick<WaitingRun, 'request'>[],
): ReadonlySet<AssetKey> {
  const all = new Set<AssetKey>();
  if (!hasPartitions(planning.project)) return all;
  const seen = new Set<string>();
  for (const { request } of waiting) {
    const named = assetsNamed(originalOf(request)) ?? [];
    const text = JSON.stringify([request.selection, request.job, isWithUpstream(request), ...named]);
    if (seen.has(text)) continue;
    seen.add(text);
    for (const asset of partitionedAssets(planning, request)) all.add(asset);
  }
  return all;
}

/**
 * One release pass over the queue (semantics.md 1) with what only planning tells: a run is planned when all else lets it
 * go, and what others hold of its assets and pools then counts as well. What is ahead in the queue and somebody else's
 * to carry out keeps its place.
 */
export async function releaseQueue(input: ReleaseInput): Promise<Result<Release, AppFailure>> {
  const { operations } = input.claimInput(input.waiting[0]!, input.view).planning.project;
  const places = new Map(input.waiting.map((run) => [run.run, placeOf(run)]));
  const known = new Map(input.waiting.map((run) => [run.run, run]));
  const judged = new Set<string>();
  const taken: TakenRun[] = [];
  const broken: { run: WaitingRun; failure: AppFailure }[] = [];
  const inProgress = runsInProgress(input.view);
  let { view } = input;
  for (;;) {
    const pass = releaseRuns({
      queue: operations.queue,
      pools: operations.pools,
      inProgress,
      queued: [...places].map(([run, place]) => heldByEarlierParts(view, known.get(run)!, place)),
      now: timestamp(input.now),
    });
    const next = pass.released.find((run) => !judged.has(run));
    if (next === undefined || taken.length >= input.room) return ok({ taken, broken, pass });
    judged.add(next);
    const run = known.get(next)!;
    const decided = await decideClaim(input.claimInput(run, view));
    if (!decided.ok) {
      // What the outside refuses now is no fault of the run: another machine, or a later hour, may plan it.
      if (decided.error.exit === 3 && input.isMine(run)) return decided;
      // Who cannot be planned takes no place.
      places.delete(next);
      if (input.isMine(run)) broken.push({ run, failure: decided.error });
      continue;
    }
    const decision = decided.value;
    const place = places.get(next)!;
    switch (decision.kind) {
      case 'held': {
        const what = decision.by.overlap.slice(0, 3).join(', ');
        places.set(next, { ...place, heldBy: [{ run: decision.by.claim.run, what }] });
        continue;
      }
      case 'full':
        places.set(next, { ...place, slots: decision.slots });
        continue;
      case 'known':
        places.delete(next);
        continue;
      case 'ended':
        // It takes no time: whoever comes by records it.
        places.delete(next);
        break;
      case 'claimed':
        places.set(next, { ...place, slots: decision.claim.slots ?? {} });
        break;
    }
    view = after(view, decision.events, input.now);
    if (input.isMine(run) || input.takesAlong?.(run)) taken.push(decision);
  }
}

/** The view once these events are recorded. */
export function after(view: StateView, events: readonly BranchlineEvent[], now: EpochMs): StateView {
  const next = fold(view, { seq: view.seq + 1, writer: 'preview', tx: 0, at: timestamp(now), events });
  if (!next.ok) throw new Error(`events of a release do not fold: ${next.error.message}`);
  return next.value;
}

/** A queued run that cannot be planned ends: it would stand in the queue for ever. */
export function brokenRunEvents(
  view: StateView,
  { run, failure }: Release['broken'][number],
  by: { readonly writer: string; readonly now: EpochMs },
): EventDraft[] {
  const record = view.openRuns.get(run.run);
  if (!record) return [];
  return [
    {
      type: 'run.ended',
      at: timestamp(by.now),
      run: run.run,
      epoch: record.epoch,
      state: 'FAILURE',
      failure: { class: 'infrastructure', code: failure.code, message: failure.message },
      counts: noCounts,
      durationMs: 0,
    },
  ];
}

/** Numbers drafts in the stream of a writer, after what a view knows and what comes before them in the same commit. */
export function ofWriter(
  view: StateView,
  writer: string,
  before: readonly BranchlineEvent[],
  drafts: readonly EventDraft[],
): BranchlineEvent[] {
  const own = before.filter((event) => event.id.startsWith(`${writer}#`)).length;
  return numberEvents(writer, (view.streams.get(writer) ?? 0) + own, drafts);
}

/** Retries that were decided on and nobody has asked for yet: the requests that a commit has to bring. */
export function missingRetries(
  view: StateView,
): { readonly run: string; readonly request: RetryRequest; readonly tags: Readonly<Record<string, string>> }[] {
  return [...view.endedRuns.values()].flatMap(({ retry, tags }) => {
    if (retry?.next === undefined) return [];
    const run = runId(retry.next);
    if (view.openRuns.has(run) || view.endedRuns.has(run) || view.streams.has(runStream(run, 1))) return [];
    return [{ run, request: retry.next, tags: retryTags(retry.next, tags) }];
  });
}

/** The same as events. */
export function retryEvents(view: StateView, now: EpochMs): BranchlineEvent[] {
  return missingRetries(view).flatMap((retry) => retryEvent(retry, timestamp(now)));
}

function retryEvent(
  { run, request, tags }: ReturnType<typeof missingRetries>[number],
  at: RetryRequest['at'],
): BranchlineEvent[] {
  const job = request.job === undefined ? {} : { job: request.job };
  return numberEvents(runStream(run, 1), 0, [requestedDraft({ runId: run, request, ...job, tags }, at)]);
}

/**
 * The state as whoever looks at the queue has to see it: a retry that was decided on waits from the end of the run before
 * it, also where nobody has asked for it yet. The next release asks; a process that was killed, a run that was found
 * lost or the last job of a fan-out leave that to others.
 */
export function withDecidedRetries(
  view: StateView,
  now: EpochMs,
): { readonly view: StateView; readonly asked: readonly BranchlineEvent[] } {
  const asked = missingRetries(view).flatMap((retry) => retryEvent(retry, retry.request.at));
  return { view: asked.length === 0 ? view : after(view, asked, now), asked };
}
