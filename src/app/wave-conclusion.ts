import type { Billed, EventDraft, FinalRunState, RetryDecision } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { type EpochMs, epochMs, laterOf, secondOf, type Timestamp, timestamp } from '../model/instant.ts';
import type { Operations } from '../model/operations.ts';
import { isManual } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import type { WaveRun } from '../model/wave.ts';
import { decide } from '../run/decide.ts';
import { atWorkSince, judgeLostRun, maxRuntimeOf, overdueFailure } from '../run/monitor.ts';
import { applyToProgress, conclude, initialProgress, type ProgressDraft } from '../run/progress.ts';
import { resumeProgress } from '../run/resume.ts';
import { decideRunRetry, endedRunOf } from '../run/run-retry.ts';
import { lostRunDrafts } from './claims.ts';
import { givenUp, recordPlannedSkips, skipEvent } from './execute.ts';
import { resumedRun } from './resumed-run.ts';

/** How it goes on with a run of a wave. */
export interface WaveConclusion {
  readonly epoch: number;
  /** `QUEUED`: more is to do. */
  readonly state: 'SUCCESS' | 'FAILURE' | 'CANCELED' | 'QUEUED';
  readonly drafts: readonly EventDraft[];
}

/** How it goes on with a run: over, or given back for the next wave; with a new epoch where a job was lost. */
export function concludeWave(
  project: Project,
  { plan, claim }: WaveRun,
  at: { readonly record: RunRecord; readonly view: StateView; readonly now: EpochMs },
  wave: {
    readonly isLost: boolean;
    readonly hasProgress: boolean;
    readonly billed: Billed | undefined;
    /** Somebody canceled its workflow run on GitHub. */
    readonly isCanceled: boolean;
    /** One of its jobs says that the maximum of the run was over. */
    readonly isOverdue: boolean;
  },
): WaveConclusion {
  const now = timestamp(at.now);
  const isStopped = wave.isCanceled || at.record.cancelRequested === true;
  const overdue = wave.isOverdue && !isStopped ? overdueOf(project.operations, claim, at) : undefined;
  const how = { isCanceled: wave.isCanceled, isOverdue: overdue !== undefined };
  const { progress, drafts, mayGoOn } = settleRest(project, plan, { ...at, ...how }, now);
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
    const late = overdue && end.state === 'CANCELED' ? ({ state: 'FAILURE', failure: overdue } as const) : {};
    const ended = { ...end, ...late };
    const retry = retryOf(project, at.record, { ...ended, at: now });
    drafts.push({ ...base, type: 'run.ended', ...ended, durationMs, ...billed, ...retry });
    drafts.push({ ...base, type: 'claim.closed', claim: claim.claim, reason: 'ended' });
    return { epoch: claim.epoch, state: ended.state, drafts };
  }
  const lost = wave.isLost ? judgeLostShards(project.operations, claim, at, wave.hasProgress) : undefined;
  if (lost?.kind === 'fail') {
    const { retries } = project.operations;
    const ending = lostRunDrafts(at.record, claim, { now: at.now, retries, failure: lost.failure });
    const ended = ending.map((draft) => (draft.type === 'run.ended' ? { ...draft, ...billed } : draft));
    return { epoch: claim.epoch + 1, state: 'FAILURE', drafts: [...drafts, ...ended] };
  }
  const reason = lost?.reason ?? 'the rest is of the next wave';
  const soon = secondOf(claim.at);
  // What is behind a step that is tried again later waits with it.
  const isLater = retrying.size > 0 && !mayGoOn();
  const due = isLater ? laterOf(soon, timestamp(Math.min(...retrying.values()))) : soon;
  const text = `${reason}: ${left} of ${progress.steps.size} steps wait`;
  const atWork = wave.isLost ? { atWorkMs: Math.max(0, at.now - atWorkSince(claim, at.record)) } : {};
  return {
    epoch: wave.isLost ? claim.epoch + 1 : claim.epoch,
    state: 'QUEUED',
    drafts: [
      // What a lost job may still do is late from here on.
      ...(wave.isLost ? [...drafts, { ...base, type: 'run.taken-over', reason } satisfies EventDraft] : drafts),
      { ...base, type: 'run.requeued', due, reason: text, ...atWork, ...billed },
      { ...base, type: 'claim.closed', claim: claim.claim, reason: wave.isLost ? 'holder-gone' : 'ended' },
    ],
  };
}

/**
 * Whether a run goes on of which jobs were lost. With run monitoring as often as it says, counted by the epochs that are
 * recorded; without, as long as each wave gets something done: else the same would happen again and again.
 */
function judgeLostShards(
  { monitoring }: Operations,
  claim: WaveRun['claim'],
  { record, now }: { readonly record: RunRecord; readonly now: EpochMs },
  hasProgress: boolean,
): { readonly kind: 'go-on'; readonly reason: string } | { readonly kind: 'fail'; readonly failure: Failure } {
  const lostFor = (message: string): Failure => ({ class: 'crash', code: 'runner-lost', message });
  if (monitoring.enabled) {
    const verdict = judgeLostRun(monitoring, record, claim, now);
    if (verdict.kind === 'resume')
      return { kind: 'go-on', reason: `a job was lost (${verdict.attempt} of ${verdict.most})` };
    const { maxResumeAttempts: most } = monitoring;
    const failure = lostFor(`a job that carried it out was lost, and it is taken up again ${most} times at most`);
    return { kind: 'fail', failure: verdict.failure ?? failure };
  }
  return hasProgress
    ? { kind: 'go-on', reason: 'a job was lost' }
    : { kind: 'fail', failure: lostFor('the jobs that carried it out were lost before any of its steps had ended') };
}

/** What a run fails by whose maximum is over, by the clock of the state as well as by what a job says. */
function overdueOf(
  { monitoring }: Operations,
  claim: WaveRun['claim'],
  { record, now }: { readonly record: RunRecord; readonly now: EpochMs },
): Failure | undefined {
  const ms = maxRuntimeOf(monitoring, record.tags);
  return ms !== undefined && now - atWorkSince(claim, record) > ms ? overdueFailure(ms) : undefined;
}

/** Whether a run that failed is tried again by itself. */
function retryOf(
  { operations }: Project,
  record: RunRecord,
  end: { readonly state: FinalRunState; readonly failure?: Failure; readonly at: Timestamp },
): { readonly retry?: RetryDecision } {
  const retry = decideRunRetry(operations.retries, { ...endedRunOf(record, end.at, end.failure), state: end.state });
  return retry ? { retry } : {};
}

/** What the record of a run says that ended with its workflow run. */
const CANCELED_ON_GITHUB = 'canceled on GitHub';

/** Steps are left, or were stopped; a run that had done all that it could keeps its result. */
function isUnfinished({ agenda, steps }: ProgressDraft): boolean {
  if (agenda.waiting.size + agenda.retrying.size > 0) return true;
  return [...steps.values()].some((step) => step.kind === 'ended' && step.outcome === 'canceled');
}

/** Skips whatever need not or must not run any more after what has ended; the rest stays. */
function settleRest(
  project: Project,
  plan: WaveRun['plan'],
  {
    record,
    view,
    now: instant,
    isCanceled,
    isOverdue,
  }: {
    readonly record: RunRecord;
    readonly view: StateView;
    readonly now: EpochMs;
    readonly isCanceled: boolean;
    readonly isOverdue: boolean;
  },
  now: Timestamp,
): {
  readonly progress: ProgressDraft;
  readonly drafts: EventDraft[];
  /** Whether a step could be started now. */
  readonly mayGoOn: () => boolean;
} {
  const progress = initialProgress(plan);
  const resumed = resumedRun(plan, record, view);
  if (resumed) resumeProgress(progress, resumed);
  if (record.cancelRequested || isOverdue) progress.canceled = true;
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
  const settle = (): void => {
    for (let before = -1; before < drafts.length; ) {
      before = drafts.length;
      for (const command of decide(progress, options, instant)) {
        if (command.kind !== 'skip' && command.kind !== 'give-up') continue;
        const draft =
          command.kind === 'skip' ? skipEvent(plan.runId, command, now) : givenUp(plan.runId, command, progress, now);
        applyToProgress(progress, draft);
        drafts.push(draft);
      }
    }
  };
  settle();
  if (isCanceled && !progress.canceled && isUnfinished(progress)) {
    const asked: EventDraft = { type: 'cancel.requested', at: now, run: plan.runId, reason: CANCELED_ON_GITHUB };
    applyToProgress(progress, asked);
    drafts.push(asked);
    settle();
  }
  const mayGoOn = (): boolean => decide(progress, options, instant).some(({ kind }) => kind === 'start');
  return { progress, drafts, mayGoOn };
}
