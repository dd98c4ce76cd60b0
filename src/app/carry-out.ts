import { ok, type Result } from '../base/result.ts';
import type { EventDraft } from '../model/events.ts';
import { type EpochMs, secondOf } from '../model/instant.ts';
import { OVERDUE, overdueFailure } from '../run/monitor.ts';
import type { StateRead } from '../state/read.ts';
import type { CarryOutInput, RunEnd } from './carry-out-input.ts';
import { executeRun } from './execute.ts';
import { type AppFailure, outsideFailure } from './failure.ts';
import { openRecorder } from './recorder.ts';

export interface CarriedOut extends RunEnd {
  readonly drafts: readonly EventDraft[];
  readonly commit?: string;
  readonly after: StateRead;
}

/**
 * Carries a claimed run out and records it. Every event is in the journal before anything counts on it; what cannot be
 * committed stays there and is taken in by the next command. Progress is committed beside the work: a server that does
 * not answer holds up nothing.
 */
export async function carryOut(input: CarryOutInput): Promise<Result<CarriedOut, AppFailure>> {
  const stop = new AbortController();
  const { meter } = input;
  // Not by a listener: many runs of one process hear the same signal.
  const signal = AbortSignal.any([input.signal, stop.signal]);
  const recorder = openRecorder(input, () => stop.abort());
  const done = new AbortController();
  if (input.maxRuntime) void stopWhenOver(input, input.maxRuntime, stop, done.signal);
  try {
    const end = await executeRun({
      plan: input.plan,
      options: input.options,
      ...(input.budget === undefined ? {} : { budget: input.budget }),
      ...(input.requeueAfterMs === undefined ? {} : { requeueAfterMs: input.requeueAfterMs }),
      ...(input.resumed ? { resumed: input.resumed } : {}),
      mayGoOnFrom: secondOf(input.claim.at),
      ...(input.places ? { places: input.places } : {}),
      ...(input.maxRuntime ? { overdue: overdueFailure(input.maxRuntime.ms) } : {}),
      ...(input.decideRetry ? { decideRetry: input.decideRetry } : {}),
      clock: input.clock,
      runStep: input.runStep,
      emit: (event) => recorder.emit(event),
      synced: () => recorder.synced(),
      signal,
      ...(meter ? { billed: (now: EpochMs) => meter.billed(input.plan.runId, now) } : {}),
      pauseMs: 15_000,
      onPause(stepEnded) {
        if (stepEnded) input.saver.pause((event) => recorder.emit(event));
        recorder.pause(stepEnded);
      },
      beforeEnd: async (emit) => {
        const failure = await input.saver.finish(emit);
        if (failure) input.warn(`${failure.message}. What was made in it is lost; the next run makes it again.`);
        return failure;
      },
      stopReason: () => recorder.stopReason(),
    });
    const recorded = await recorder.finish(end);
    if (!recorded.ok) return recorded;
    const { after, commit } = recorded.value;
    if (recorder.isLost()) return { ok: false, error: lostRun(input.plan.runId) };
    const { drafts } = recorder;
    return ok({ ...end, drafts, after, ...(commit === undefined ? {} : { commit }) });
  } finally {
    done.abort('done');
  }
}

/** Stops what runs as soon as the run has been at work for strictly longer than it may. */
async function stopWhenOver(
  { clock }: CarryOutInput,
  { ms, since }: NonNullable<CarryOutInput['maxRuntime']>,
  stop: AbortController,
  done: AbortSignal,
): Promise<void> {
  await clock.sleep(Math.max(0, since + ms + 1 - clock.now()), done);
  if (!done.aborted) stop.abort(OVERDUE);
}

function lostRun(run: string): AppFailure {
  return outsideFailure(
    'run-lost',
    `Run ${run} lost its claim while it was at work: another command took it for dead, or the state was forced back. What it finished is recorded for its assets; for the run it counts no more.`,
    'Run again: `branchline run --stale` makes what is missing.',
  );
}
