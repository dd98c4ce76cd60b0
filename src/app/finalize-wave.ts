import type { Result } from '../base/result.ts';
import type { Billed, BranchlineEvent, EventDraft, Uncommitted } from '../model/events.ts';
import { type EpochMs, epochMs, laterOf, type Timestamp, timestamp } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { Wave, WaveRun } from '../model/wave.ts';
import { planDigest } from '../plan/run-plan.ts';
import { billedTogether } from '../run/billed.ts';
import { isOverdueFailure } from '../run/monitor.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { fold } from '../state/fold.ts';
import { isStillHeld } from './claims.ts';
import { INTERRUPTED } from './execute.ts';
import type { AppFailure } from './failure.ts';
import { runMessage, withOthers } from './run-message.ts';
import type { RunPorts } from './run-ports.ts';
import { hearShard } from './shard-rights.ts';
import { shardStream } from './share-out.ts';
import type { StateDecision } from './state-ports.ts';
import type { StateAt } from './state-reading.ts';
import type { Recorded } from './state-session.ts';
import { concludeWave, type WaveConclusion } from './wave-conclusion.ts';

/** What came of one run of a wave. */
export interface FinalizedRun {
  readonly run: WaveRun;
  /** `QUEUED`: more is to do. `late`: somebody else had the run by then. */
  readonly state: WaveConclusion['state'] | 'late';
  /** Its events of this wave, in order. */
  readonly drafts: readonly EventDraft[];
  readonly durationMs: number;
  /** Shards of which no end arrived, or not all that they made. */
  readonly lostShards: readonly string[];
  /** What journals say that is not their shard's own to say: it was left out. */
  readonly refusals: readonly AppFailure[];
  /** Of this wave: its jobs that came to an end, and with its first run the jobs around them. */
  readonly billed?: Billed;
}

export interface FinalizeInput {
  readonly wave: Wave;
  /** By shard: all that arrived of its journal. */
  readonly journals: ReadonlyMap<string, readonly BranchlineEvent[]>;
  /** Shards whose files did not all arrive: their steps without are not in the journals. */
  readonly incomplete?: ReadonlySet<string>;
  /** Nobody can carry it out: its runs go back to the queue. */
  readonly isGivenBack?: boolean;
  /** The commit of the code that takes it in: a lost wave may be of an older one. */
  readonly codeCommit?: string;
  /** What the jobs around the shards cost, to be counted with the first run. */
  readonly billed?: Billed;
  /**
   * Whether somebody canceled the workflow run: then its runs end here. False: nobody did, so a job that was stopped all the
   * same ran out of time or lost its machine. Undefined: nobody knows, and what a job says that was stopped counts as it is.
   */
  readonly isCanceled?: boolean;
}

/** Takes in what the shards of a wave did, and ends or requeues its runs: one commit. */
export async function finalizeWave(
  ports: Pick<RunPorts, 'session' | 'pages' | 'redactor'>,
  project: Project,
  input: FinalizeInput,
): Promise<Result<Recorded<readonly FinalizedRun[]>, AppFailure>> {
  return ports.session.transact(
    async (state): Promise<StateDecision<readonly FinalizedRun[]>> => {
      const parts = input.wave.runs.map((run, index) =>
        finalizeRun(project, input, run, state, index === 0 ? input.billed : undefined),
      );
      const events = parts.flatMap((part) => part.events);
      const value = parts.map((part) => part.outcome);
      if (events.length === 0) return { kind: 'nothing', value };
      return {
        kind: 'commit',
        events,
        message: messageOf(input.wave, value, state.read.view),
        value,
        pages: ports.pages,
      };
    },
    { takesLate: true },
  );
}

/**
 * The part of a wave that the state knows: runs that are open, by the plan whose digest was recorded with them, under a
 * claim that is or was theirs. Undefined when there is none. A wave that somebody else wrote may lack anything.
 */
export function recordedPart(view: StateView, wave: Wave): Wave | undefined {
  const runs = wave.runs.filter(({ plan, claim }) => {
    const open = view.openRuns.get(plan.runId);
    if (open === undefined || claim.run !== plan.runId || !isPlanOf(view, plan)) return false;
    return view.claims.has(claim.claim) ? isStillHeld(view, claim) : claim.epoch < open.epoch;
  });
  if (runs.length === 0) return undefined;
  return { ...wave, runs, shards: wave.shards.filter(({ run }) => runs.some(({ plan }) => plan.runId === run)) };
}

function isPlanOf(view: StateView, plan: Plan): boolean {
  try {
    return view.openRuns.get(plan.runId)?.planDigest === planDigest(plan);
  } catch {
    return false;
  }
}

interface Part {
  readonly events: readonly BranchlineEvent[];
  readonly outcome: FinalizedRun;
}

function finalizeRun(
  project: Project,
  { wave, journals, isGivenBack, incomplete, codeCommit, isCanceled }: FinalizeInput,
  run: WaveRun,
  state: StateAt,
  around: Billed | undefined,
): Part {
  const { view } = state.read;
  const { plan, claim } = run;
  const planned = new Map(plan.steps.map((step) => [step.id, step]));
  const shards = wave.shards.filter((shard) => shard.run === plan.runId);
  const isOther = codeCommit !== undefined && wave.codeCommit !== undefined && codeCommit !== wave.codeCommit;
  const hearing = { project, view, run, planned, ...(isOther ? { otherCode: wave.codeCommit! } : {}) };
  const record = view.openRuns.get(plan.runId);
  const isCutOff = isCanceled === false && record?.cancelRequested !== true;
  const own = shards.map((shard) => {
    const whole = journals.get(shard.id) ?? [];
    const journal = isCutOff ? withoutCut(whole) : whole;
    return { shard, journal, bill: lastBill(whole), heard: hearShard(hearing, shard, journal) };
  });
  const arrived = merged(
    own.map(({ shard, heard }) => numberEvents(shardStream(wave, run, shard.id), 0, heard.drafts)),
  );
  const fresh = arrived.filter((event) => !isCounted(view, event));
  // Of what nobody was to carry out nothing is lost.
  const lostShards = isGivenBack
    ? []
    : own
        .filter(
          ({ shard, journal, heard }) =>
            !journal.some(isEnd) || incomplete?.has(shard.id) || heard.refusedSteps.size > 0,
        )
        .map(({ shard }) => shard.id);
  const refusals = own.flatMap(({ heard }) => heard.refusals);
  const outcome = { run, drafts: arrived, durationMs: 0, lostShards, refusals };
  if (!record || !isStillHeld(view, claim) || record.epoch !== claim.epoch)
    return { events: fresh, outcome: { ...outcome, state: 'late' } };
  const after = previewOf(view, fresh, state.now);
  const billed = billedOf([around, ...own.map(({ bill }) => bill)]);
  const ending = concludeWave(
    project,
    run,
    { record: after.openRuns.get(plan.runId)!, view: after, now: state.now },
    {
      isLost: lostShards.length > 0,
      hasProgress: arrived.some((event) => event.type === 'step.ended' || event.type === 'step.skipped'),
      billed,
      isCanceled: isCanceled === true,
      isOverdue: own.some(({ journal }) => journal.some(isOverTime)),
    },
  );
  const stream = runStream(plan.runId, ending.epoch);
  const drafts = ending.drafts.map((draft) => ({ ...draft, run: plan.runId, epoch: ending.epoch }) as EventDraft);
  return {
    events: [...fresh, ...numberEvents(stream, view.streams.get(stream) ?? 0, drafts)],
    outcome: {
      ...outcome,
      ...(billed ? { billed } : {}),
      drafts: [...arrived, ...drafts],
      durationMs: Math.max(0, state.now - epochMs(record.startedAt ?? record.requestedAt)),
      state: ending.state,
    },
  };
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

/**
 * The journal of a job that was stopped though nobody asked for it, as if its machine had gone: what it stopped did not end,
 * and is done again.
 */
function withoutCut(journal: readonly BranchlineEvent[]): readonly BranchlineEvent[] {
  if (!journal.some((event) => event.type === 'cancel.requested' && event.reason === INTERRUPTED)) return journal;
  return journal.filter(
    (event) =>
      !isEnd(event) &&
      !(event.type === 'step.ended' && event.outcome === 'canceled') &&
      !(event.type === 'step.skipped' && event.reason === 'canceled'),
  );
}

/** The job came to its end: all that it did is there. */
function isEnd({ type }: BranchlineEvent): boolean {
  return type === 'run.ended' || type === 'run.requeued';
}

/** The job stopped because the run had been at work for too long. */
function isOverTime(event: BranchlineEvent): boolean {
  return event.type === 'run.ended' && isOverdueFailure(event.failure);
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

function messageOf(wave: Wave, runs: readonly FinalizedRun[], view: StateView): string {
  const [first, ...others] = runs;
  const { run, drafts, state, durationMs } = first!;
  const counts = drafts.findLast((draft) => draft.type === 'run.ended')?.counts;
  const end = counts && state !== 'late' ? { state, counts, durationMs } : undefined;
  const codeOf = ({ plan }: WaveRun): { readonly run: string; readonly uncommitted: Uncommitted | undefined } => ({
    run: plan.runId,
    uncommitted: view.openRuns.get(plan.runId)?.uncommitted,
  });
  const text = runMessage(run.plan, drafts, end, { codeCommit: wave.codeCommit, ...codeOf(run) });
  return withOthers(
    text,
    others.map((each) => codeOf(each.run)),
  );
}
