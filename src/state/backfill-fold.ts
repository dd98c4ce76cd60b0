import { byText } from '../base/order.ts';
import { unreachable } from '../base/result.ts';
import { joinSpans, type Spans, toSpans } from '../base/spans.ts';
import type { BackfillCancelRequested, BackfillEnded, BackfillRequested } from '../model/events.ts';
import type { BackfillChunkRequest, RunRequest } from '../model/plan.ts';
import type { BackfillGroupRecord, BackfillRecord, BackfillResults, RunStepRecord } from '../model/state.ts';

/** Backfills that are over and still told of. */
export const ENDED_BACKFILLS_KEPT = 50;

type Backfills = Map<string, BackfillRecord>;

export function isBackfillOver({ state }: Pick<BackfillRecord, 'state'>): boolean {
  return state === 'CANCELED' || state === 'COMPLETED_SUCCESS' || state === 'COMPLETED_FAILED';
}

/** The part of a backfill that a request asks for; undefined = it is none of a backfill. */
export function backfillChunk(request: RunRequest): BackfillChunkRequest | undefined {
  return request.kind === 'backfill' ? request : undefined;
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

/** A run of a backfill ended: what became of each of its keys. */
export function addBackfillResults(
  backfills: Backfills,
  request: RunRequest,
  steps: Iterable<RunStepRecord>,
  state: 'SUCCESS' | 'FAILURE' | 'CANCELED',
): void {
  const chunk = backfillChunk(request);
  if (!chunk) return;
  changeGroup(backfills, chunk, (group) => {
    const results: Record<string, BackfillResults> = { ...group.results };
    const targets = new Set(group.assets);
    for (const step of steps)
      for (const asset of step.assets)
        if (targets.has(asset)) results[asset] = joinResults(results[asset], resultsOf(step, asset, chunk, state));
    return { ...group, results };
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
 * What a step of an ended run says of the keys of an asset. Nothing where another step of the run failed: what can be
 * made of the rest is asked for again.
 */
function resultsOf(
  step: RunStepRecord,
  asset: string,
  { place, count }: BackfillChunkRequest,
  run: 'SUCCESS' | 'FAILURE' | 'CANCELED',
): Partial<BackfillResults> {
  const all: Spans = [[place, place + count - 1]];
  switch (step.state) {
    case 'SUCCESS':
      return { done: all };
    case 'FAILURE': {
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
      return run === 'FAILURE' ? { failed: all } : { leftOut: all };
    default:
      return unreachable(step.state);
  }
}
