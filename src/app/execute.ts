import type { Billed, EventDraft, FinalRunState, RetryDecision, RunCounts } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { type EpochMs, laterOf, type Timestamp, timestamp } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { Clock } from '../ports.ts';
import type { TimeBudget } from '../run/budget.ts';
import { type Command, type DecideOptions, decide } from '../run/decide.ts';
import { OVERDUE } from '../run/monitor.ts';
import { applyToProgress, conclude, initialProgress, type RunProgress } from '../run/progress.ts';
import { datedAfter, type ResumedRun, resumeProgress } from '../run/resume.ts';
import type { StepPlaces } from './step-places.ts';

/** Why a run stops whose process is told to: a key, the runner of a job, the machine. */
export const INTERRUPTED = 'interrupted';

/** Records an event: it is in the journal when this returns. */
export type Emit = (event: EventDraft) => void;

/**
 * Carries out one attempt of a step and records all that comes of it: `step.ended` last, or the end of an attempt that is
 * to be repeated. Never throws.
 */
export type StepRunner = (
  step: string,
  assets: readonly AssetKey[],
  emit: Emit,
  signal: AbortSignal,
  attempt: number,
  /** Those of its attempts by which it had ended before it was to be made again. */
  attemptsBefore: number,
) => Promise<void>;

export interface ExecuteInput {
  readonly plan: Plan;
  readonly options: DecideOptions;
  /** Undefined = all the time in the world. */
  readonly budget?: TimeBudget;
  /**
   * When a run that gives its place back may go on: at once, as the clock of the state has it. The own clock may be ahead
   * of that by days.
   */
  readonly mayGoOnFrom: Timestamp;
  readonly clock: Clock;
  readonly runStep: StepRunner;
  readonly emit: Emit;
  /** Resolves when the ends of steps emitted so far would outlive a power cut: only then is a step over. */
  readonly synced: () => Promise<void>;
  /** Fires at Ctrl-C: running steps are stopped, waiting ones skipped. */
  readonly signal: AbortSignal;
  /** Called between events, so that progress can be committed beside the work; must not throw. */
  readonly onPause: (stepEnded: boolean) => void;
  /** When the last step is over, before that is recorded; what it yields fails the run. */
  readonly beforeEnd?: (emit: Emit) => Promise<Failure | undefined>;
  /** Why nothing more may be started, in words; what runs goes on to its end. Undefined = go on. */
  readonly stopReason?: () => string | undefined;
  /** What the run has cost when it ends now; absent where no minutes are billed. */
  readonly billed?: (now: EpochMs) => Billed;
  /** How long to wait for a step before `onPause` is called all the same, in milliseconds. */
  readonly pauseMs: number;
  /**
   * A wait for the next attempt of a step that is longer than this gives the run back, for a later wake-up to carry it on.
   * Undefined = nobody is expected to: it is waited for here.
   */
  readonly requeueAfterMs?: number;
  /** What the run has done before it was given back or taken over; absent = it begins. */
  readonly resumed?: ResumedRun;
  /** What the run fails by when its signal fires because it was at work for too long. */
  readonly overdue?: Failure;
  /** Whether a run that ended so is tried again by itself. */
  readonly decideRetry?: (end: RunFailures) => RetryDecision | undefined;
  /** Places that runs of this process share; `options.maxParallel` follows them. */
  readonly places?: StepPlaces;
}

/** How a run ended, with the failures of the steps that were carried out. */
export interface RunFailures {
  readonly state: FinalRunState;
  readonly endedAt: Timestamp;
  /** What the run as a whole failed by. */
  readonly failure?: Failure;
  readonly stepFailures: readonly Failure[];
}

export interface ExecuteResult {
  /** `QUEUED`: the time was over before the plan was. */
  readonly state: FinalRunState | 'QUEUED';
  readonly counts: RunCounts;
  readonly durationMs: number;
}

/**
 * Carries a plan out: start all that may start, then take in what finished, until nothing is left. The loop decides
 * nothing itself; `decide` does, from the events so far.
 */
export async function executeRun(input: ExecuteInput): Promise<ExecuteResult> {
  const { places, plan } = input;
  const wakeUp = { call: (): void => {} };
  places?.join(plan.runId, () => wakeUp.call());
  try {
    return await carryPlan(input, wakeUp);
  } finally {
    places?.leave(plan.runId);
  }
}

/** `wakeUp.call` ends the wait for the next step to end. */
async function carryPlan(input: ExecuteInput, wakeUp: { call: () => void }): Promise<ExecuteResult> {
  const { plan, clock, signal, places } = input;
  const startedAt = clock.now();
  const progress = initialProgress(plan);
  if (input.resumed) resumeProgress(progress, input.resumed);
  let canceled = false;
  const failures: Failure[] = [];
  let isOver = false;
  const { running: atWork } = progress.agenda;
  const dated = datedAfter(input.resumed?.lastAt, startedAt);
  const emit: Emit = (own) => {
    const event = dated(own);
    const before = atWork.size;
    applyToProgress(progress, event);
    // Places follow what `decide` takes for at work: who gave one back later would have it counted as free and as taken.
    if (atWork.size > before) places?.started(plan.runId);
    else if (atWork.size < before) places?.ended(plan.runId);
    if (event.type === 'step.ended' && event.outcome === 'failure' && event.failure) failures.push(event.failure);
    input.emit(event);
    // A materialization or a judged check may let what is downstream go before the step itself ends.
    if (event.type === 'asset.materialized' || event.type === 'check.judged') wakeUp.call();
  };
  recordPlannedSkips(plan, input.emit, timestamp(startedAt));
  const running = new Map<string, Promise<string>>();
  const start = (command: Extract<Command, { kind: 'start' }>): void => {
    const { step, assets, attempt, attemptsBefore = 0 } = command;
    const work = input.runStep(step, assets, emit, signal, attempt, attemptsBefore).then(() => input.synced());
    running.set(
      command.step,
      work.then(() => command.step),
    );
  };
  for (;;) {
    const stopped = input.stopReason?.() ?? (signal.aborted ? INTERRUPTED : undefined);
    if (isOverdue(input)) progress.canceled = true;
    else if (stopped !== undefined && !canceled) {
      canceled = true;
      emit({ type: 'cancel.requested', at: timestamp(clock.now()), run: plan.runId, reason: stopped });
    }
    const released = new Promise<undefined>((resolve) => {
      wakeUp.call = () => resolve(undefined);
    });
    const decidedAt = clock.now();
    const commands = decide(progress, input.options, decidedAt);
    const end = commands.find((command) => command.kind === 'end');
    if (end) {
      const failure = await input.beforeEnd?.(emit);
      confirmUpToDate(plan, progress.assets, emit, timestamp(clock.now()));
      const endedAt = clock.now();
      const durationMs = endedAt - startedAt;
      const late = isOverdue(input) && end.state === 'CANCELED' ? { failure: input.overdue! } : {};
      const failed = late.failure ?? failure;
      const state = late.failure || (failure && end.state === 'SUCCESS') ? 'FAILURE' : end.state;
      const whole = failed ? { failure: failed } : {};
      const retry = input.decideRetry?.({ state, endedAt: timestamp(endedAt), stepFailures: failures, ...whole });
      emit({
        type: 'run.ended',
        at: timestamp(endedAt),
        run: plan.runId,
        state,
        ...whole,
        counts: end.counts,
        durationMs,
        ...(input.billed ? { billed: input.billed(endedAt) } : {}),
        ...(retry ? { retry } : {}),
      });
      return { state, counts: end.counts, durationMs };
    }
    let skipped = false;
    for (const command of commands) {
      if (command.kind === 'start') {
        // What is shorter does not overtake what does not fit: the order of the plan is the order of its priorities.
        isOver ||= !fits(input, command.step);
        if (!isOver) start(command);
      } else if (command.kind === 'skip') {
        skipped = true;
        emit(skipEvent(plan.runId, command, timestamp(clock.now())));
      } else if (command.kind === 'give-up') {
        skipped = true;
        emit(givenUp(plan.runId, command, progress, timestamp(clock.now())));
      }
    }
    // A skip may settle what is downstream at once.
    if (skipped) continue;
    places?.setHungry(plan.runId, !isOver && hasReady(progress));
    const retryAt = Math.min(...progress.agenda.retrying.values());
    if (running.size === 0 && (isOver || isTooLong(input, retryAt))) {
      await input.beforeEnd?.(emit);
      return requeue(input, progress, startedAt, isOver ? undefined : retryAt);
    }
    // What is due and was not started waits for a place, not for a time: looking again at once would find nothing new.
    const later = [...progress.agenda.retrying.values()].filter((at) => at > decidedAt);
    await settleOne(input, running, released, Math.min(...later));
  }
}

function fits({ budget, clock, plan }: ExecuteInput, step: string): boolean {
  return budget === undefined || budget.fits(clock.now(), plan.estimates[step]);
}

function isOverdue({ signal, overdue }: ExecuteInput): boolean {
  return overdue !== undefined && signal.aborted && signal.reason === OVERDUE;
}

function hasReady({ agenda }: RunProgress): boolean {
  return [...agenda.ready.values()].some((steps) => steps.length > 0);
}

/** Nothing is left to do but to wait for the next attempt of a step, and for longer than a runner should be held. */
function isTooLong({ clock, budget, requeueAfterMs }: ExecuteInput, retryAt: number): boolean {
  if (!Number.isFinite(retryAt)) return false;
  if (budget !== undefined && retryAt >= budget.endsAt) return true;
  return requeueAfterMs !== undefined && retryAt - clock.now() > requeueAfterMs;
}

/** Gives the run back: what it has made is kept, the rest waits for the next tick, or until a step may be tried again. */
function requeue(
  input: ExecuteInput,
  progress: RunProgress,
  startedAt: EpochMs,
  retryAt: EpochMs | undefined,
): ExecuteResult {
  const { plan, clock, emit } = input;
  const now = clock.now();
  const at = timestamp(now);
  const { waiting, retrying } = progress.agenda;
  const left = `${waiting.size + retrying.size} of ${progress.steps.size} steps wait`;
  const reason =
    retryAt === undefined
      ? `the time budget of the job is over: ${left} for the next tick`
      : `${[...retrying.keys()].join(', ')} failed and ${retrying.size === 1 ? 'is' : 'are'} tried again later: ${left}`;
  const billed = input.billed ? { billed: input.billed(now) } : {};
  // The clock of the state, not the own one, says when: that may be ahead by days.
  const due = retryAt === undefined ? input.mayGoOnFrom : laterOf(input.mayGoOnFrom, timestamp(retryAt));
  emit({ type: 'run.requeued', at, run: plan.runId, due, reason, ...billed });
  return { state: 'QUEUED', counts: conclude(progress).counts, durationMs: now - startedAt };
}

/** Waits for the next step to end (or to let go of what is downstream), at most `pauseMs`. */
async function settleOne(
  input: ExecuteInput,
  running: Map<string, Promise<string>>,
  released: Promise<undefined>,
  retryAt: number,
): Promise<void> {
  const pause = new AbortController();
  const waitMs = Math.max(0, Math.min(input.pauseMs, retryAt - input.clock.now()));
  // With nothing at work there is only the wait, and an interruption ends it.
  const stop = (): void => pause.abort('interrupted');
  if (running.size === 0) input.signal.addEventListener('abort', stop);
  const waited = input.clock.sleep(waitMs, pause.signal).then(() => undefined);
  const ended = await Promise.race([...running.values(), waited, released]);
  // Any reason will do: without one, Node makes an error with a stack each time.
  pause.abort('settled');
  input.signal.removeEventListener('abort', stop);
  if (ended !== undefined) running.delete(ended);
  input.onPause(ended !== undefined);
}

/** What the plan skips for a reason other than being up to date is recorded step by step. */
export function recordPlannedSkips(plan: Plan, emit: Emit, at: string): void {
  for (const step of plan.steps) {
    if (step.verdict !== 'skip') continue;
    for (const verdict of step.assets) {
      if (verdict.reason === 'up_to_date' || verdict.reason === 'external') continue;
      const cause = verdict.detail[0];
      emit({
        type: 'step.skipped',
        at,
        run: plan.runId,
        step: step.id,
        assets: [verdict.asset],
        reason: verdict.reason as 'upstream_skipped',
        ...(cause === undefined ? {} : { cause }),
      });
    }
  }
}

/** One event for all that was found up to date: it counts as a materialization for freshness. */
function confirmUpToDate(
  plan: Plan,
  assets: ReadonlyMap<AssetKey, { kind: string; reason?: string }>,
  emit: Emit,
  at: string,
): void {
  const confirmed = [...assets]
    .filter(([, outcome]) => outcome.kind === 'skipped' && outcome.reason === 'up_to_date')
    .map(([key]) => key);
  if (confirmed.length > 0) emit({ type: 'assets.confirmed', at, run: plan.runId, assets: confirmed.sort() });
}

/** A step that is not tried again has failed as its last attempt did. */
export function givenUp(
  run: string,
  { step, assets }: Extract<Command, { kind: 'give-up' }>,
  progress: RunProgress,
  at: string,
): EventDraft {
  const before = progress.steps.get(step);
  const failure = before?.kind === 'retrying' && before.failure ? { failure: before.failure } : {};
  return { type: 'step.ended', at, run, step, outcome: 'failure', ...failure, failedAssets: assets, durationMs: 0 };
}

export function skipEvent(run: string, command: Extract<Command, { kind: 'skip' }>, at: string): EventDraft {
  return {
    type: 'step.skipped',
    at,
    run,
    step: command.step,
    assets: command.assets,
    reason: command.reason,
    ...(command.cause === undefined ? {} : { cause: command.cause }),
  };
}
