import { ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim, EventDraft, FinalRunState, RunCounts } from '../model/events.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import type { Clock, Journal, Journals } from '../ports.ts';
import type { TimeBudget } from '../run/budget.ts';
import type { DecideOptions } from '../run/decide.ts';
import { encodeEvent, numberEvents, runStream } from '../state/codec.ts';
import { mapEventText } from '../state/event-text.ts';
import type { StateRead } from '../state/read.ts';
import { executeRun, type StepRunner } from './execute.ts';
import type { AppFailure } from './failure.ts';
import type { JobMeter } from './job-meter.ts';
import type { PagesOf, Recorded, StateAt, StateSession } from './state-session.ts';

/** A run with its claim committed: it may be carried out. */
export interface CarryOutInput {
  readonly plan: Plan;
  readonly claim: Claim;
  /** Number of the last event of the run's stream that is committed. */
  readonly lastEvent: number;
  readonly options: DecideOptions;
  readonly budget?: TimeBudget;
  readonly clock: Clock;
  readonly session: StateSession;
  readonly journals: Journals;
  readonly writer: string;
  readonly redact: (text: string) => string;
  readonly runStep: StepRunner;
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Told of each event as it is recorded. */
  readonly onEvent: (event: EventDraft) => void;
  readonly warn: (text: string) => void;
  /** Subject and trailers of the commits. */
  readonly message: (drafts: readonly EventDraft[], end: RunEnd | undefined) => string;
  readonly pages: PagesOf;
  readonly meter?: JobMeter;
}

/** How it stands with a run when we let go of it: over, or `QUEUED` because our time was: the next tick carries it on. */
export interface RunEnd {
  readonly state: FinalRunState | 'QUEUED';
  readonly counts: RunCounts;
  readonly durationMs: number;
}

export interface CarriedOut extends RunEnd {
  readonly drafts: readonly EventDraft[];
  readonly commit?: string;
  readonly after: StateRead;
}

/** Progress is committed at most once a minute, when a step has ended. */
const PROGRESS_MS = 60_000;
/** A claim is renewed at least this often, also inside a long step. */
const RENEW_MS = 5 * 60_000;
/** Unreachable for this long: nothing new is started. */
const SILENT_MS = 10 * 60_000;

/**
 * Carries a claimed run out and records it. Every event is in the journal before anything counts on it; what cannot be
 * committed stays there and is taken in by the next command.
 */
export async function carryOut(input: CarryOutInput): Promise<Result<CarriedOut, AppFailure>> {
  const recorder = openRecorder(input);
  const stop = new AbortController();
  const { meter } = input;
  const forward = (): void => stop.abort();
  input.signal.addEventListener('abort', forward);
  if (input.signal.aborted) stop.abort();
  try {
    const result = await executeRun({
      plan: input.plan,
      options: input.options,
      ...(input.budget === undefined ? {} : { budget: input.budget }),
      clock: input.clock,
      runStep: input.runStep,
      emit: (event) => recorder.emit(event),
      synced: () => recorder.synced(),
      signal: stop.signal,
      ...(meter ? { billed: (now: EpochMs) => meter.billed(input.plan.runId, now) } : {}),
      pauseMs: 15_000,
      onPause: async (stepEnded) => {
        const verdict = await recorder.pause(stepEnded);
        if (verdict === 'stop') stop.abort();
      },
    });
    return await recorder.finish(result);
  } finally {
    input.signal.removeEventListener('abort', forward);
  }
}

interface Recorder {
  emit(event: EventDraft): void;
  /** Resolves when the ends of steps emitted so far are on disk. */
  synced(): Promise<void>;
  pause(stepEnded: boolean): Promise<'go-on' | 'stop'>;
  finish(end: RunEnd): Promise<Result<CarriedOut, AppFailure>>;
}

function openRecorder(input: CarryOutInput): Recorder {
  const { plan, claim, clock } = input;
  const stream = runStream(plan.runId, claim.epoch);
  const journal: Journal = input.journals.open(input.writer);
  const drafts: EventDraft[] = [];
  let pending: BranchlineEvent[] = [];
  let last = input.lastEvent;
  let committedAt = clock.now();
  let ended = false;

  const emit: Recorder['emit'] = (draft) => {
    const complete = { ...draft, run: plan.runId, epoch: claim.epoch } as EventDraft;
    const event = mapEventText(numberEvents(stream, last, [complete])[0]!, input.redact);
    last++;
    // One write to the disk for a finished step: what came before its end goes with it.
    journal.append([encodeEvent(event)], draft.type === 'step.ended' || draft.type === 'claim.closed');
    pending.push(event);
    drafts.push(event);
    input.onEvent(event);
  };
  const commitPending = async (end: RunEnd | undefined): Promise<Result<Recorded<'held' | 'lost'>, AppFailure>> => {
    const sent = pending.length;
    const outcome = await input.session.transact<'held' | 'lost'>(async (state) => {
      const held = holds(state, claim);
      // Facts are facts, whoever holds the run by now: what is late counts for the assets.
      return {
        kind: 'commit',
        events: pending.slice(0, sent),
        message: input.message(drafts, end),
        value: held ? 'held' : 'lost',
        ...(end ? { pages: input.pages } : {}),
      };
    });
    if (!outcome.ok) return outcome;
    pending = pending.slice(sent);
    journal.confirm(sent);
    committedAt = clock.now();
    return outcome;
  };
  return {
    emit,
    synced: () => journal.synced(),
    async pause(stepEnded) {
      const since = clock.now() - committedAt;
      if (ended || since < (stepEnded && pending.length > 0 ? PROGRESS_MS : RENEW_MS)) return 'go-on';
      emit({ type: 'claim.renewed', at: timestamp(clock.now()), claim: claim.claim });
      const outcome = await commitPending(undefined);
      if (outcome.ok) return outcome.value.value === 'held' ? 'go-on' : 'stop';
      input.warn(`${outcome.error.message} What was done is in the journal and will be recorded later.`);
      return since > SILENT_MS ? 'stop' : 'go-on';
    },
    async finish(end) {
      ended = true;
      emit({ type: 'claim.closed', at: timestamp(clock.now()), claim: claim.claim, reason: 'ended' });
      await journal.synced();
      const outcome = await commitPending(end);
      if (!outcome.ok) return outcome;
      journal.close();
      return ok({
        ...end,
        drafts,
        after: outcome.value.after,
        ...(outcome.value.commit === undefined ? {} : { commit: outcome.value.commit }),
      });
    },
  };
}

/** Is the claim still there, at our epoch, and nobody asked to cancel? */
function holds(state: StateAt, claim: Claim): boolean {
  const { view } = state.read;
  const run = view.openRuns.get(claim.run);
  if (run?.cancelRequested) return false;
  return view.claims.get(claim.claim)?.epoch === claim.epoch;
}
