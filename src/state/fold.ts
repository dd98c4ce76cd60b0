import { fail, ok, type Result, unreachable } from '../base/result.ts';
import type {
  AssetFound,
  AssetLost,
  AssetMaterialized,
  BranchlineEvent,
  CheckJudged,
  PartitionsChanged,
  RunEnded,
  RunStarted,
} from '../model/events.ts';
import type { Timestamp } from '../model/instant.ts';
import type { AssetRecord, StateView } from '../model/state.ts';
import { applyToRun, finishDraft, initialRun, isLate, isRunEvent } from '../run/evolve.ts';
import {
  addCheckResult,
  addConfirmation,
  addFailure,
  addMaterialization,
  addObservation,
  addPresence,
} from './asset-fold.ts';
import { addAsked, addBegun, applyAutomationEvent } from './automation-fold.ts';
import { addBackfillResults, addBackfillRun, applyBackfillEvent } from './backfill-fold.ts';
import type { Batch } from './batch.ts';
import { runStream, type StateProblem, splitEventId } from './codec.ts';
import { applySaved, applyUnsaved } from './connection-fold.ts';
import { addBilled } from './fold-billed.ts';
import { applyClaimEvent, applyScheduleEvent, noteCode } from './fold-decisions.ts';
import {
  addToCells,
  addToPartition,
  advanceTo,
  assetOf,
  closeDraft,
  endedToday,
  type FoldDraft,
  groupOf,
  type OpenRun,
  openDraft,
  openRun,
  scopesOf,
  takeTurn,
} from './fold-draft.ts';
import { partitionFailed, partitionJudged, partitionLooked, partitionMade } from './partition-fold.ts';
import { assetScope, groupScope, PROJECT_SCOPE } from './rollup.ts';
import { addToBuckets } from './sketch.ts';

/** Before the first commit. */
export function emptyView(environment: string): StateView {
  return {
    environment,
    seq: 0,
    assets: new Map(),
    openRuns: new Map(),
    endedRuns: new Map(),
    claims: new Map(),
    schedules: new Map(),
    connections: new Map(),
    streams: new Map(),
    streamDays: new Map(),
    writers: new Map(),
    days: new Map(),
  };
}

/**
 * The view after one more commit: a function of the bytes alone. Each event counts once (by stream and number); a gap in
 * a stream or in the commits is refused and changes nothing, unless a repair said that it has to be. `head` is not carried over: the reader knows it.
 *
 * Facts of runs commute: streams of runs may arrive in any order that the claims allow (a run on the same asset starts
 * after the other's claim ended, a taker starts after what it took over from), and the view is the same to the byte.
 * Decisions (schedules, claims, requests) are made against a head and stand in the order of commits.
 */
export function fold(view: StateView, batch: Batch): Result<StateView, StateProblem> {
  return foldAll(view, [batch]);
}

/** `fold` over many commits, oldest first, for the price of one copy of the view. */
export function foldAll(view: StateView, batches: Iterable<Batch>): Result<StateView, StateProblem> {
  const draft = openDraft(view);
  for (const batch of batches) {
    const problem = applyBatch(draft, batch);
    if (problem) return fail(problem);
  }
  return ok(closeDraft(draft));
}

function applyBatch(draft: FoldDraft, batch: Batch): StateProblem | undefined {
  const fresh = uncounted(draft.streams, batch);
  if (!fresh.ok) return fresh.error;
  const lost = Object.entries(batch.lost?.streams ?? {}).filter(([stream, n]) => n > (draft.streams.get(stream) ?? 0));
  // A replay of a commit that was taken in already. A further file of a commit may have nothing but marks of a repair.
  if (batch.seq <= draft.seq && fresh.value.length === 0 && lost.length === 0) return undefined;
  if ((batch.lost?.from ?? batch.seq) > draft.seq + 1)
    return problemOf(batch, 'gap', `commit ${batch.seq} follows commit ${draft.seq}: what is between is missing`);
  advanceTo(draft, batch.at);
  for (const event of fresh.value) {
    const { stream, n } = splitEventId(event.id)!;
    draft.streams.set(stream, n);
    draft.streamDays.set(stream, draft.day);
    applyEvent(draft, event, draft.at!);
  }
  for (const [stream, n] of lost) {
    if (n <= (draft.streams.get(stream) ?? 0)) continue;
    draft.streams.set(stream, n);
    draft.streamDays.set(stream, draft.day);
  }
  draft.seq = Math.max(draft.seq, batch.seq);
  const known = draft.writers.get(batch.writer);
  if (!known || known.tx <= batch.tx) draft.writers.set(batch.writer, { tx: batch.tx, at: batch.at });
  return undefined;
}

/** Events that do not count yet, in order; a number that skips one is a gap. */
export function uncounted(
  streams: ReadonlyMap<string, number>,
  batch: Pick<Batch, 'seq' | 'events' | 'lost'>,
): Result<BranchlineEvent[], StateProblem> {
  const last = new Map<string, number>();
  const fresh: BranchlineEvent[] = [];
  for (const event of batch.events) {
    const id = splitEventId(event.id);
    if (!id) return fail(problemOf(batch, 'broken', `the event id ${event.id} is not <stream>#<n>`));
    const counted = last.get(id.stream) ?? streams.get(id.stream) ?? 0;
    if (id.n <= counted) continue;
    if (id.n > Math.max(counted, batch.lost?.streams?.[id.stream] ?? 0) + 1)
      return fail(
        problemOf(
          batch,
          'gap',
          `event ${event.id} follows number ${counted} of its stream: what is between is missing`,
        ),
      );
    last.set(id.stream, id.n);
    fresh.push(event);
  }
  return ok(fresh);
}

function problemOf(batch: Pick<Batch, 'seq'>, code: StateProblem['code'], message: string): StateProblem {
  return { code, file: `commit ${batch.seq}`, line: 0, message };
}

function applyEvent(draft: FoldDraft, event: BranchlineEvent, recordedAt: Timestamp): void {
  const open = event.run === undefined ? undefined : openRun(draft, event.run);
  const late = event.run !== undefined && (open === undefined || isLate(open.draft.run, event));
  if (open && !late && isRunEvent(event)) applyToRun(open.draft, event);
  switch (event.type) {
    case 'run.requested': {
      const known = open ?? endedToday(draft, event.run) ?? counted(draft, event.run, event.id);
      // The same request delivered again is the same run.
      if (!known) draft.openRuns.set(event.run, initialRun(event, draft.base.environment));
      addBackfillRun(draft.backfills, event.request);
      addAsked(draft, event.run, event.request);
      noteCode(draft, event.code);
      return;
    }
    case 'run.started':
      if (open && !late) startRun(draft, open, event);
      return;
    case 'run.taken-over':
      if (!open || late) return;
      // Claims of the holder before go with its epoch.
      for (const [id, claim] of draft.claims)
        if (claim.run === event.run && claim.epoch < open.draft.run.epoch) draft.claims.delete(id);
      return;
    case 'run.ended':
      if (open && !late) endRun(draft, open, event);
      return;
    case 'step.ended':
      for (const asset of event.failedAssets) {
        const [record, , turn] = turned(draft, asset, event, late);
        setAsset(draft, asset, addFailure(record, event, turn));
        for (const key of event.failedPartitions ?? []) addToPartition(draft, asset, key, partitionFailed(event, turn));
        if (event.outcome === 'failure')
          addToCells(draft, scopesOf(draft, asset, event.run), (cell) => cell.counts.failed++);
      }
      return;
    case 'asset.materialized':
      addMade(draft, event, late);
      applyUnsaved(draft, event);
      countMaterialization(draft, event.asset, event.run, event.durationMs);
      return;
    case 'connection.saved':
      applySaved(draft, event);
      return;
    case 'asset.observed':
      setAsset(draft, event.asset, addObservation(assetOf(draft, event.asset), event));
      return;
    case 'asset.lost':
    case 'asset.found':
      addLook(draft, event);
      return;
    case 'assets.confirmed':
      for (const asset of event.assets) setAsset(draft, asset, addConfirmation(assetOf(draft, asset), event.at));
      return;
    case 'check.judged':
      addJudged(draft, event, late);
      countCheck(draft, event);
      return;
    case 'tick.judged':
    case 'ticks.missed':
    case 'schedule.adopted':
    case 'schedule.dropped':
    case 'schedule.evaluated':
      applyScheduleEvent(draft, event);
      return;
    case 'claim.opened':
    case 'claim.renewed':
    case 'claim.suspected':
    case 'claim.closed':
      applyClaimEvent(draft, event, recordedAt);
      return;
    case 'partitions.changed':
      changeKeys(draft, event);
      return;
    case 'backfill.requested':
    case 'backfill.cancel-requested':
    case 'backfill.ended':
      applyBackfillEvent(draft.backfills, event);
      return;
    case 'step.started':
      addBegun(draft, event, late);
      return;
    case 'automation.adopted':
      noteCode(draft, event.code);
      applyAutomationEvent(draft, event);
      return;
    case 'automation.dropped':
      applyAutomationEvent(draft, event);
      return;
    case 'run.requeued':
    case 'step.attempt-ended':
    case 'step.skipped':
    case 'cancel.requested':
    case 'journal.adopted':
      return;
    default:
      unreachable(event);
  }
}

function addMade(draft: FoldDraft, event: AssetMaterialized, late: boolean): void {
  const [record, , turn] = turned(draft, event.asset, event, late);
  setAsset(draft, event.asset, addMaterialization(record, event, turn));
  if (event.partition !== undefined) addToPartition(draft, event.asset, event.partition, partitionMade(event, turn));
}

/** Whether the data of an asset, or of partitions of it, is where it was. */
function addLook(draft: FoldDraft, event: AssetLost | AssetFound): void {
  if (event.materialization !== undefined)
    setAsset(draft, event.asset, addPresence(assetOf(draft, event.asset), event));
  for (const key of Object.keys(event.partitions ?? {}))
    addToPartition(draft, event.asset, key, partitionLooked(event, key));
}

function addJudged(draft: FoldDraft, event: CheckJudged, late: boolean): void {
  const [record, , turn] = turned(draft, event.asset, event, late);
  setAsset(draft, event.asset, addCheckResult(record, event, turn));
  for (const key of event.partitions ?? []) addToPartition(draft, event.asset, key, partitionJudged(event, turn));
}

/** Keys come at the end, in the order in which they were first named, and go for good. */
function changeKeys(draft: FoldDraft, { name, added, removed }: PartitionsChanged): void {
  const gone = new Set(removed);
  const kept = (draft.dynamicKeys.get(name) ?? []).filter((key) => !gone.has(key));
  const known = new Set(kept);
  draft.dynamicKeys.set(name, [...kept, ...new Set(added.filter((key) => !known.has(key)))]);
}

function setAsset(draft: FoldDraft, asset: string, record: AssetRecord): void {
  draft.assets.set(asset, record);
}

/** The asset's record, the event, and whose turn it was; taking a turn may change the record, so it comes first. */
function turned<E extends BranchlineEvent>(
  draft: FoldDraft,
  asset: string,
  event: E,
  late: boolean,
): [AssetRecord, E, readonly [number, number]] {
  const turn = takeTurn(draft, asset, event, late);
  return [assetOf(draft, asset), event, turn];
}

/**
 * A run of a closed day is known by its stream for 30 days. A run's own stream needs no such guard: its events count
 * once.
 */
function counted(draft: FoldDraft, run: string, eventId: string): true | undefined {
  if (eventId.startsWith(`${run}.`)) return undefined;
  return draft.streams.has(runStream(run, 1)) || undefined;
}

function startRun(draft: FoldDraft, open: OpenRun, event: RunStarted): void {
  const assets = new Set(event.steps.flatMap((step) => step.assets));
  let rank = 1;
  for (const asset of assets) {
    const before = draft.assets.get(asset)?.turn;
    // A run that starts again (taken over, requeued) keeps its rank where nobody came in between.
    if (before) rank = Math.max(rank, before.run === event.run ? before.rank : before.rank + 1);
  }
  open.draft.run = { ...open.draft.run, rank };
  for (const asset of assets) {
    open.named.add(asset);
    const { group: before, ...record } = assetOf(draft, asset);
    const { groups } = event;
    const group = groups === undefined ? before : Object.hasOwn(groups, asset) ? groups[asset] : undefined;
    setAsset(draft, asset, { ...record, ...(group === undefined ? {} : { group }), turn: { run: event.run, rank } });
  }
}

function endRun(draft: FoldDraft, open: OpenRun, event: RunEnded): void {
  open.draft.run = { ...open.draft.run, recordedOn: draft.day };
  const scopes = new Set([PROJECT_SCOPE]);
  for (const step of open.draft.steps.values()) {
    if (step.state === 'SKIPPED' || step.state === 'PLANNED') continue;
    for (const asset of step.assets) {
      scopes.add(assetScope(asset));
      const group = groupOf(draft, asset, event.run);
      if (group !== undefined) scopes.add(groupScope(group));
    }
  }
  addToCells(draft, scopes, (cell) => {
    cell.counts.runs++;
    if (event.state === 'SUCCESS') cell.counts.runsSucceeded++;
  });
  addToCells(draft, [PROJECT_SCOPE], (cell) => addToBuckets(cell.durations, event.durationMs));
  addBilled(draft, open);
  addBackfillResults(draft.backfills, open.draft.run.request, [...open.draft.steps.values()], event);
  draft.endedRuns.set(event.run, finishDraft(open.draft));
  draft.openRuns.delete(event.run);
  draft.changed.delete(event.run);
}

function countMaterialization(draft: FoldDraft, asset: string, run: string, durationMs: number): void {
  const [project, ...others] = scopesOf(draft, asset, run);
  addToCells(draft, [project!, ...others], (cell) => cell.counts.materialized++);
  // The project's durations are those of runs.
  addToCells(draft, others, (cell) => addToBuckets(cell.durations, durationMs));
}

function countCheck(draft: FoldDraft, event: CheckJudged): void {
  if (event.status === 'SKIPPED') return;
  addToCells(draft, scopesOf(draft, event.asset, event.run), (cell) => {
    cell.counts.checksExecuted++;
    if (event.status === 'PASSED') cell.counts.checksPassed++;
  });
}
