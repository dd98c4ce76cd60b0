import { byText } from '../base/order.ts';
import { unreachable } from '../base/result.ts';
import { joinSpans, type Spans, toSpans } from '../base/spans.ts';
import type { BackfillCancelRequested, BackfillEnded, BackfillRequested, RunEnded } from '../model/events.ts';
import { type BackfillChunkRequest, originalOf, type RunRequest } from '../model/plan.ts';
import type { BackfillGroupRecord, BackfillRecord, BackfillResults, RunStepRecord } from '../model/state.ts';

/** A run whose runner is lost so often is not asked for again: it may be what kills them. */
export const LOST_MAX = 3;
/** Backfills that are over and still told of. */
export const ENDED_BACKFILLS_KEPT = 50;

type Backfills = Map<string, BackfillRecord>;

export function isBackfillOver({ state }: Pick<BackfillRecord, 'state'>): boolean {
  return state === 'CANCELED' || state === 'COMPLETED_SUCCESS' || state === 'COMPLETED_FAILED';
}

/** The part of a backfill that a request asks for, or tries again; undefined = it is none of a backfill. */
export function backfillChunk(request: RunRequest): BackfillChunkRequest | undefined {
  const original = originalOf(request);
  return original.kind === 'backfill' ? original : undefined;
}

/** Under what it is counted how often the runner of a run was lost: runs that share keys have each their own. */
export function lostPlace({ place, share }: Pick<BackfillChunkRequest, 'place' | 'share'>): string {
  return share === undefined ? String(place) : `${place} ${share}`;
}

export function applyBackfillEvent(
  backfills: Backfills,
  event: BackfillRequested | BackfillCancelRequested | BackfillEnded,
): void {
  const known = backfills.get(event.backfill);
  switch (event.type) {
    case 'backfill.requested': {
      // The same request delivered again is the same backfill.
      if (known) return;
      const { backfill, selection, partitions, reason, tags, groups } = event;
      backfills.set(backfill, {
        backfill,
        state: 'REQUESTED',
        selection,
        partitions,
        ...(reason === undefined ? {} : { reason }),
        tags,
        requestedAt: event.at,
        groups: groups.map((group) => ({ ...group, requested: [], results: {} })),
      });
      return;
    }
    case 'backfill.cancel-requested':
      if (known && !isBackfillOver(known)) backfills.set(event.backfill, { ...known, state: 'CANCELING' });
      return;
    case 'backfill.ended':
      if (!known || isBackfillOver(known)) return;
      backfills.set(event.backfill, { ...known, state: event.state, endedAt: event.at, counts: event.counts });
      forgetOldest(backfills);
      return;
    default:
      unreachable(event);
  }
}

function forgetOldest(backfills: Backfills): void {
  const over = [...backfills.values()].filter(isBackfillOver);
  if (over.length <= ENDED_BACKFILLS_KEPT) return;
  over.sort((a, b) => byText(a.endedAt!, b.endedAt!) || byText(a.backfill, b.backfill));
  for (const { backfill } of over.slice(0, over.length - ENDED_BACKFILLS_KEPT)) backfills.delete(backfill);
}

/** A run of a backfill was asked for. */
export function addBackfillRun(backfills: Backfills, request: RunRequest): void {
  const chunk = backfillChunk(request);
  if (!chunk) return;
  changeGroup(backfills, chunk, (group) => ({
    ...group,
    requested: joinSpans(group.requested, [[chunk.place, chunk.place + chunk.count - 1]]),
  }));
}

/** How a run ended. */
type RunEnding = Pick<RunEnded, 'state' | 'failure'>;

/** A run of a backfill ended: what became of each of its keys. */
export function addBackfillResults(
  backfills: Backfills,
  request: RunRequest,
  steps: readonly RunStepRecord[],
  end: RunEnding,
): void {
  const chunk = backfillChunk(request);
  if (!chunk) return;
  changeGroup(backfills, chunk, (group) => {
    const { state } = end;
    const place = lostPlace(chunk);
    const times = (group.lost?.[place] ?? 0) + 1;
    const isLost = end.failure?.class === 'crash';
    const isAskedAgain = isLost && times <= LOST_MAX;
    const results: Record<string, BackfillResults> = { ...group.results };
    const targets = new Set(group.assets);
    const all: Spans = [[chunk.place, chunk.place + chunk.count - 1]];
    // A run that never began says of its keys what it says of itself.
    if (steps.length === 0 && state !== 'SUCCESS' && !isAskedAgain) {
      const said = state === 'FAILURE' ? { failed: all } : { leftOut: all };
      for (const asset of chunk.assets) results[asset] = joinResults(results[asset], said);
    }
    for (const step of steps)
      for (const asset of step.assets)
        if (targets.has(asset))
          results[asset] = joinResults(results[asset], resultsOf(step, asset, chunk, { state, isAskedAgain }));
    return { ...group, results, ...(isLost ? { lost: { ...group.lost, [place]: times } } : {}) };
  });
}

function changeGroup(
  backfills: Backfills,
  chunk: BackfillChunkRequest,
  change: (group: BackfillGroupRecord) => BackfillGroupRecord,
): void {
  const record = backfills.get(chunk.backfill);
  if (!record?.groups[chunk.group - 1]) return;
  const groups = record.groups.map((group, index) => (index === chunk.group - 1 ? change(group) : group));
  backfills.set(chunk.backfill, {
    ...record,
    state: record.state === 'REQUESTED' ? 'IN_PROGRESS' : record.state,
    groups,
  });
}

function joinResults(before: BackfillResults | undefined, said: Partial<BackfillResults>): BackfillResults {
  return {
    done: joinSpans(before?.done ?? [], said.done ?? []),
    failed: joinSpans(before?.failed ?? [], said.failed ?? []),
    leftOut: joinSpans(before?.leftOut ?? [], said.leftOut ?? []),
  };
}

/**
 * What a step of an ended run says of the keys of an asset. Nothing where another step of the run failed, or its
 * runner was lost: what can be made of the rest is asked for again.
 */
function resultsOf(
  step: RunStepRecord,
  asset: string,
  { place, count }: BackfillChunkRequest,
  run: { readonly state: RunEnding['state']; readonly isAskedAgain: boolean },
): Partial<BackfillResults> {
  const all: Spans = [[place, place + count - 1]];
  switch (step.state) {
    case 'SUCCESS':
      return { done: all };
    case 'FAILURE': {
      if (run.isAskedAgain && step.failure?.class === 'crash') return {};
      const isFailed = step.failedAssets.includes(asset);
      if (!isFailed) return step.materialized.includes(asset) ? { done: all } : { leftOut: all };
      const bad = new Set(step.failedPartitions ?? step.partitions);
      if (!step.partitions || bad.size === 0) return { failed: all };
      const places = step.partitions.map((key, index) => ({ place: place + index, isBad: bad.has(key) }));
      return {
        failed: toSpans(places.filter(({ isBad }) => isBad).map((each) => each.place)),
        done: toSpans(places.filter(({ isBad }) => !isBad).map((each) => each.place)),
      };
    }
    case 'CANCELED':
      return { leftOut: all };
    case 'SKIPPED':
      if (step.reason === 'up_to_date') return { done: all };
      return step.reason === 'upstream_failed' || step.reason === 'upstream_skipped' ? {} : { leftOut: all };
    case 'PLANNED':
    case 'STARTED':
      if (run.isAskedAgain) return {};
      return run.state === 'FAILURE' ? { failed: all } : { leftOut: all };
    default:
      return unreachable(step.state);
  }
}
