import { type Result, unreachable } from '../base/result.ts';
import type { Billed, BranchlineEvent, EventDraft, FinalRunState, RetryDecision } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { type EpochMs, epochMs, laterOf, type Timestamp, timestamp } from '../model/instant.ts';
import { isManual } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import type { Wave, WaveRun, WaveShard } from '../model/wave.ts';
import { planDigest } from '../plan/run-plan.ts';
import { billedTogether } from '../run/billed.ts';
import { decide } from '../run/decide.ts';
import { applyToProgress, conclude, initialProgress, type ProgressDraft } from '../run/progress.ts';
import { resumeProgress } from '../run/resume.ts';
import { decideRunRetry, endedRunOf } from '../run/run-retry.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { fold } from '../state/fold.ts';
import { resumedRun } from './claim-run.ts';
import { givenUp, recordPlannedSkips, skipEvent } from './execute.ts';
import type { AppFailure } from './failure.ts';
import type { RunPorts } from './run.ts';
import { runMessage } from './run-message.ts';
import { shardStream } from './share-out.ts';
import type { StateAt } from './state-reading.ts';
import type { Recorded, StateDecision } from './state-session.ts';

/** What came of one run of a wave. */
export interface FinalizedRun {
  readonly run: WaveRun;
  /** `QUEUED`: more is to do. `late`: somebody else had the run by then. */
  readonly state: 'SUCCESS' | 'FAILURE' | 'CANCELED' | 'QUEUED' | 'late';
  /** Its events of this wave, in order. */
  readonly drafts: readonly EventDraft[];
  readonly durationMs: number;
  /** Shards of which no end arrived. */
  readonly lostShards: readonly string[];
}

export interface FinalizeInput {
  readonly wave: Wave;
  /** By shard: all that arrived of its journal. */
  readonly journals: ReadonlyMap<string, readonly BranchlineEvent[]>;
  /** Nobody can carry it out: its runs go back to the queue. */
  readonly isGivenBack?: boolean;
  /** What the jobs around the shards cost, to be counted with the first run. */
  readonly billed?: Billed;
}

/** Takes in what the shards of a wave did, and ends or requeues its runs: one commit. */
export async function finalizeWave(
  ports: Pick<RunPorts, 'session' | 'pages' | 'redactor'>,
  project: Project,
  input: FinalizeInput,
): Promise<Result<Recorded<readonly FinalizedRun[]>, AppFailure>> {
  return ports.session.transact(async (state): Promise<StateDecision<readonly FinalizedRun[]>> => {
    const parts = input.wave.runs.map((run, index) =>
      finalizeRun(project, input, run, state, index === 0 ? input.billed : undefined),
    );
    const events = parts.flatMap((part) => part.events);
    const value = parts.map((part) => part.outcome);
    if (events.length === 0) return { kind: 'nothing', value };
    return { kind: 'commit', events, message: messageOf(input.wave, value), value, pages: ports.pages };
  });
}

/** Is this the plan of runs that the state knows? Its digest was recorded with them. */
export function isRecorded(view: StateView, wave: Wave): boolean {
  return wave.runs.every(({ plan }) => view.openRuns.get(plan.runId)?.planDigest === planDigest(plan));
}

interface Part {
  readonly events: readonly BranchlineEvent[];
  readonly outcome: FinalizedRun;
}

function finalizeRun(
  project: Project,
  { wave, journals, isGivenBack }: FinalizeInput,
  run: WaveRun,
  state: StateAt,
  around: Billed | undefined,
): Part {
  const { view } = state.read;
  const { plan, claim } = run;
  const shards = wave.shards.filter((shard) => shard.run === plan.runId);
  const own = shards.map((shard) => ({ shard, journal: journals.get(shard.id) ?? [] }));
  const arrived = merged(own.map(({ shard, journal }) => ownEvents(wave, run, shard, journal)));
  const fresh = arrived.filter((event) => !isCounted(view, event));
  const lostShards = own.filter(({ journal }) => !journal.some(isEnd)).map(({ shard }) => shard.id);
  const record = view.openRuns.get(plan.runId);
  const outcome = { run, drafts: arrived, durationMs: 0, lostShards };
  if (!record || view.claims.get(claim.claim)?.epoch !== claim.epoch || record.epoch !== claim.epoch)
    return { events: fresh, outcome: { ...outcome, state: 'late' } };
  const after = previewOf(view, fresh, state.now);
  const billed = billedOf([around, ...own.map(({ journal }) => lastBill(journal))]);
  const ending = conclusionOf(
    project,
    run,
    { record: after.openRuns.get(plan.runId)!, view: after, now: state.now },
    {
      isLost: lostShards.length > 0,
      hasProgress:
        isGivenBack === true ||
        shards.length === 0 ||
        arrived.some((event) => event.type === 'step.ended' || event.type === 'step.skipped'),
      billed,
    },
  );
  const stream = runStream(plan.runId, ending.epoch);
  const drafts = ending.drafts.map((draft) => ({ ...draft, run: plan.runId, epoch: ending.epoch }) as EventDraft);
  return {
    events: [...fresh, ...numberEvents(stream, view.streams.get(stream) ?? 0, drafts)],
    outcome: {
      ...outcome,
      drafts: [...arrived, ...drafts],
      durationMs: Math.max(0, state.now - epochMs(record.startedAt ?? record.requestedAt)),
      state: ending.state,
    },
  };
}

/** Only what a step of the shard may say, and of its own steps: the journal is data that others could have written. */
function ownEvents(
  wave: Wave,
  run: WaveRun,
  shard: WaveShard,
  journal: readonly BranchlineEvent[],
): readonly BranchlineEvent[] {
  const steps = new Set(shard.steps);
  const assets = new Set(
    run.plan.steps.filter(({ id }) => steps.has(id)).flatMap((step) => step.assets.map(({ asset }) => asset)),
  );
  const connections = new Set(run.claim.connections.map(({ name }) => name));
  const kept = journal.filter((event) => {
    if (event.run !== run.plan.runId) return false;
    switch (event.type) {
      case 'step.started':
      case 'step.attempt-ended':
        return steps.has(event.step);
      case 'step.ended':
        return steps.has(event.step) && event.failedAssets.every((asset) => assets.has(asset));
      case 'step.skipped':
        return steps.has(event.step) && event.assets.every((asset) => assets.has(asset));
      case 'asset.materialized':
      case 'check.judged':
        return assets.has(event.asset);
      case 'connection.saved':
        return connections.has(event.connection);
      case 'run.requested':
      case 'run.started':
      case 'run.requeued':
      case 'run.taken-over':
      case 'run.ended':
      case 'asset.observed':
      case 'asset.lost':
      case 'assets.confirmed':
      case 'tick.judged':
      case 'ticks.missed':
      case 'schedule.adopted':
      case 'schedule.dropped':
      case 'schedule.evaluated':
      case 'claim.opened':
      case 'claim.renewed':
      case 'claim.suspected':
      case 'claim.closed':
      case 'cancel.requested':
      case 'partitions.changed':
      case 'backfill.requested':
      case 'backfill.cancel-requested':
      case 'backfill.ended':
      case 'journal.adopted':
        return false;
      default:
        return unreachable(event);
    }
  });
  const drafts = kept.map(({ id: _id, v: _v, ...draft }) => ({ ...draft, epoch: run.claim.epoch }) as EventDraft);
  return numberEvents(shardStream(wave, run, shard.id), 0, drafts);
}

/** By their time, each stream in its own order. */
function merged(streams: readonly (readonly BranchlineEvent[])[]): readonly BranchlineEvent[] {
  const keyed = streams.flatMap((events, stream) => {
    let at: Timestamp | undefined;
    return events.map((event, n) => {
      at = at === undefined ? event.at : laterOf(at, event.at);
      return { event, at, stream, n };
    });
  });
  keyed.sort((a, b) => epochMs(a.at) - epochMs(b.at) || a.stream - b.stream || a.n - b.n);
  return keyed.map(({ event }) => event);
}

function isCounted(view: StateView, event: BranchlineEvent): boolean {
  const hash = event.id.lastIndexOf('#');
  return Number(event.id.slice(hash + 1)) <= (view.streams.get(event.id.slice(0, hash)) ?? 0);
}

/** The job came to its end: all that it did is there. */
function isEnd({ type }: BranchlineEvent): boolean {
  return type === 'run.ended' || type === 'run.requeued';
}

function previewOf(view: StateView, events: readonly BranchlineEvent[], now: EpochMs): StateView {
  const next = fold(view, { seq: view.seq + 1, writer: 'preview', tx: 0, at: timestamp(now), events });
  if (!next.ok) throw new Error(`events of a wave do not fold: ${next.error.message}`);
  return next.value;
}

const DAY_MINUTES = 24 * 60;

function lastBill(journal: readonly BranchlineEvent[]): Billed | undefined {
  const billed = journal.findLast(isEnd) as { readonly billed?: Billed } | undefined;
  // No job lasts that long: it is data.
  return billed?.billed && { ...billed.billed, minutes: Math.min(billed.billed.minutes, 5 * DAY_MINUTES) };
}

function billedOf(bills: readonly (Billed | undefined)[]): Billed | undefined {
  return bills.reduce<Billed | undefined>((sum, bill) => billedTogether(sum, bill).billed, undefined);
}

interface Conclusion {
  readonly epoch: number;
  readonly state: Exclude<FinalizedRun['state'], 'late'>;
  readonly drafts: readonly EventDraft[];
}

/** How it goes on with a run: over, or given back for the next wave; with a new epoch where a job was lost. */
function conclusionOf(
  project: Project,
  { plan, claim }: WaveRun,
  at: { readonly record: RunRecord; readonly view: StateView; readonly now: EpochMs },
  wave: { readonly isLost: boolean; readonly hasProgress: boolean; readonly billed: Billed | undefined },
): Conclusion {
  const now = timestamp(at.now);
  const { progress, drafts } = settleRest(project, plan, at, now);
  const { waiting, retrying } = progress.agenda;
  const billed = wave.billed ? { billed: wave.billed } : {};
  const durationMs = Math.max(0, at.now - epochMs(at.record.startedAt ?? at.record.requestedAt));
  const base = { at: now, run: plan.runId };
  const left = waiting.size + retrying.size;
  if (left === 0) {
    recordPlannedSkips(plan, (draft) => drafts.push(draft), now);
    const confirmed = [...progress.assets].filter(([, end]) => end.kind === 'skipped' && end.reason === 'up_to_date');
    if (confirmed.length > 0)
      drafts.push({ ...base, type: 'assets.confirmed', assets: confirmed.map(([key]) => key).sort() });
    const end = conclude(progress);
    const retry = retryOf(project, at.record, { state: end.state, at: now });
    drafts.push({ ...base, type: 'run.ended', ...end, durationMs, ...billed, ...retry });
    drafts.push({ ...base, type: 'claim.closed', claim: claim.claim, reason: 'ended' });
    return { epoch: claim.epoch, state: end.state, drafts };
  }
  if (wave.isLost && !wave.hasProgress) {
    // The same would happen again and again.
    const failure = {
      class: 'crash',
      code: 'runner-lost',
      message: 'the jobs that carried it out were lost before any of its steps had ended',
    } as const;
    const taken: EventDraft = { ...base, type: 'run.taken-over', reason: failure.message };
    const end: EventDraft = {
      ...base,
      type: 'run.ended',
      state: 'FAILURE',
      failure,
      counts: conclude(progress).counts,
      durationMs,
      ...billed,
      ...retryOf(project, at.record, { state: 'FAILURE', at: now, failure }),
    };
    const closed: EventDraft = { ...base, type: 'claim.closed', claim: claim.claim, reason: 'holder-gone' };
    return { epoch: claim.epoch + 1, state: 'FAILURE', drafts: [taken, end, closed] };
  }
  const reason = wave.isLost ? 'a job was lost' : 'the rest is of the next wave';
  const due = retrying.size === left ? laterOf(claim.at, timestamp(Math.min(...retrying.values()))) : claim.at;
  const text = `${reason}: ${left} of ${progress.steps.size} steps wait`;
  return {
    epoch: wave.isLost ? claim.epoch + 1 : claim.epoch,
    state: 'QUEUED',
    drafts: [
      // What a lost job may still do is late from here on.
      ...(wave.isLost ? [...drafts, { ...base, type: 'run.taken-over', reason } satisfies EventDraft] : drafts),
      { ...base, type: 'run.requeued', due, reason: text, ...billed },
      { ...base, type: 'claim.closed', claim: claim.claim, reason: wave.isLost ? 'holder-gone' : 'ended' },
    ],
  };
}

/** Whether a run that failed is tried again by itself. */
function retryOf(
  { operations }: Project,
  record: RunRecord,
  end: { readonly state: FinalRunState; readonly at: Timestamp; readonly failure?: Failure },
): { readonly retry?: RetryDecision } {
  const retry = decideRunRetry(operations.retries, { ...endedRunOf(record, end.at, end.failure), state: end.state });
  return retry ? { retry } : {};
}

/** Skips whatever need not or must not run any more after what has ended; the rest stays. */
function settleRest(
  project: Project,
  plan: WaveRun['plan'],
  { record, view, now: instant }: { readonly record: RunRecord; readonly view: StateView; readonly now: EpochMs },
  now: Timestamp,
): { readonly progress: ProgressDraft; readonly drafts: EventDraft[] } {
  const progress = initialProgress(plan);
  const resumed = resumedRun(plan, record, view);
  if (resumed) resumeProgress(progress, resumed);
  if (record.cancelRequested) progress.canceled = true;
  const drafts: EventDraft[] = [];
  const { request } = plan;
  const options = {
    maxParallel: Math.max(1, plan.steps.length),
    failFast: false,
    exclusive: new Map<string, string>(),
    deps: (asset: string) => project.assets[asset]?.deps ?? [],
    blockingChecks: (asset: string) =>
      (project.assets[asset]?.checks ?? []).filter((check) => check.blocking).map((check) => check.name),
    ignoreBlocking: isManual(request) && request.ignoreBlocking,
  };
  for (;;) {
    const before = drafts.length;
    for (const command of decide(progress, options, instant)) {
      if (command.kind !== 'skip' && command.kind !== 'give-up') continue;
      const draft =
        command.kind === 'skip' ? skipEvent(plan.runId, command, now) : givenUp(plan.runId, command, progress, now);
      applyToProgress(progress, draft);
      drafts.push(draft);
    }
    if (drafts.length === before) return { progress, drafts };
  }
}

function messageOf(wave: Wave, runs: readonly FinalizedRun[]): string {
  const [first, ...others] = runs;
  const { run, drafts, state, durationMs } = first!;
  const counts = drafts.findLast((draft) => draft.type === 'run.ended')?.counts;
  const end = counts && state !== 'late' ? { state, counts, durationMs } : undefined;
  const text = runMessage(run.plan, drafts, end, wave.codeCommit);
  if (others.length === 0) return text;
  const [subject, ...rest] = text.split('\n');
  return [
    `${subject}, and ${others.length} more`,
    ...rest,
    ...others.map(({ run: { plan } }) => `Run: ${plan.runId}`),
  ].join('\n');
}
