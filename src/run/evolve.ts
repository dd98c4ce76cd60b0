import { unreachable } from '../base/result.ts';
import type { BranchlineEvent, CheckJudged, RunRequested, RunStarted } from '../model/events.ts';
import type { RunRecord, RunStepRecord } from '../model/state.ts';
import { billedTogether } from './billed.ts';

/** Events that change a run's record once the run exists. */
export type RunEvent = Extract<
  BranchlineEvent,
  {
    readonly type:
      | 'run.started'
      | 'run.requeued'
      | 'run.taken-over'
      | 'run.ended'
      | 'step.started'
      | 'step.attempt-ended'
      | 'step.ended'
      | 'step.skipped'
      | 'asset.materialized'
      | 'assets.confirmed'
      | 'check.judged'
      | 'cancel.requested';
  }
>;

const RUN_EVENTS: ReadonlySet<string> = new Set<RunEvent['type']>([
  'run.started',
  'run.requeued',
  'run.taken-over',
  'run.ended',
  'step.started',
  'step.attempt-ended',
  'step.ended',
  'step.skipped',
  'asset.materialized',
  'assets.confirmed',
  'check.judged',
  'cancel.requested',
]);

export function isRunEvent(event: BranchlineEvent): event is RunEvent {
  return RUN_EVENTS.has(event.type);
}

export function isFinal(record: Pick<RunRecord, 'state'>): boolean {
  return record.state === 'SUCCESS' || record.state === 'FAILURE' || record.state === 'CANCELED';
}

/** Epoch that an event was written in: its own field, else the one in its stream `<run>.<epoch>[.<shard>]`. */
export function epochOf(event: BranchlineEvent): number | undefined {
  if (event.epoch !== undefined) return event.epoch;
  if (event.run === undefined || !event.id.startsWith(`${event.run}.`)) return undefined;
  const epoch = Number.parseInt(event.id.slice(event.run.length + 1), 10);
  return Number.isNaN(epoch) ? undefined : epoch;
}

/** Late events count for their asset and no more for the run: it has ended, or somebody else has taken it over. */
export function isLate(record: Pick<RunRecord, 'state' | 'epoch'>, event: BranchlineEvent): boolean {
  return isFinal(record) || (epochOf(event) ?? record.epoch) < record.epoch;
}

export function initialRun(event: RunRequested, environment: string): RunRecord {
  return {
    run: event.run,
    epoch: epochOf(event) ?? 1,
    state: 'QUEUED',
    request: event.request,
    environment,
    ...(event.job === undefined ? {} : { job: event.job }),
    tags: event.tags,
    requestedAt: event.at,
    steps: {},
    confirmed: [],
  };
}

/** A run's record that is being changed: its steps in a map, so that an event's price does not grow with the plan. */
export interface RunDraft {
  run: Omit<RunRecord, 'steps'>;
  readonly steps: Map<string, RunStepRecord>;
}

export function draftRun(record: RunRecord): RunDraft {
  const { steps, ...run } = record;
  return { run, steps: new Map(Object.entries(steps)) };
}

export function finishDraft(draft: RunDraft): RunRecord {
  return { ...draft.run, steps: Object.fromEntries(draft.steps) };
}

/** The run after one more event; a late event changes nothing. For many events, draft once and `applyToRun` each. */
export function evolveRun(record: RunRecord, event: RunEvent): RunRecord {
  if (isLate(record, event)) return record;
  const draft = draftRun(record);
  applyToRun(draft, event);
  return finishDraft(draft);
}

/** Changes the draft by an event that is not late. */
export function applyToRun(draft: RunDraft, event: RunEvent): void {
  switch (event.type) {
    case 'run.started':
      start(draft, event);
      return;
    case 'run.requeued': {
      const { atWorkMs: _before, ...run } = draft.run;
      const { due, atWorkMs } = event;
      const atWork = atWorkMs === undefined ? {} : { atWorkMs };
      draft.run = { ...run, state: 'QUEUED', due, ...atWork, ...billedTogether(run.billed, event.billed) };
      interrupt(draft);
      return;
    }
    case 'run.taken-over':
      draft.run = { ...draft.run, epoch: epochOf(event) ?? draft.run.epoch + 1 };
      interrupt(draft);
      return;
    case 'run.ended': {
      // The request to cancel has been answered by the end, whichever of the two was recorded first.
      const { cancelRequested: _answered, cancelRequestedAt: _asked, due: _due, atWorkMs: _worked, ...run } = draft.run;
      const failure = event.failure ? { failure: event.failure } : {};
      const retry = event.retry ? { retry: event.retry } : {};
      const billed = billedTogether(run.billed, event.billed);
      draft.run = {
        ...run,
        state: event.state,
        endedAt: event.at,
        counts: event.counts,
        ...billed,
        ...failure,
        ...retry,
      };
      return;
    }
    case 'step.started': {
      const { attempt, attemptsBefore } = event;
      const former = attemptsBefore === undefined ? {} : { attemptsBefore };
      setStep(draft, event.step, { state: 'STARTED', attempt, ...former, retryAt: undefined });
      return;
    }
    case 'step.attempt-ended': {
      const again = event.retryAt === undefined ? {} : { retryAt: event.retryAt, failure: event.failure };
      setStep(draft, event.step, { attempt: event.attempt, ...again });
      return;
    }
    case 'step.ended': {
      const state = { success: 'SUCCESS', failure: 'FAILURE', canceled: 'CANCELED' } as const;
      setStep(draft, event.step, {
        state: state[event.outcome],
        retryAt: undefined,
        failure: event.failure,
        failedAssets: event.failedAssets,
        ...(event.failedPartitions === undefined ? {} : { failedPartitions: event.failedPartitions }),
        durationMs: event.durationMs,
      });
      return;
    }
    case 'step.skipped':
      setStep(draft, event.step, {
        state: 'SKIPPED',
        assets: event.assets,
        reason: event.reason,
        detail: event.cause === undefined ? [] : [event.cause],
      });
      return;
    case 'asset.materialized': {
      const step = stepOf(draft, event.step);
      const materialized = [...step.materialized.filter((asset) => asset !== event.asset), event.asset];
      const rows = event.rows === undefined ? {} : { rows: event.rows };
      setStep(draft, event.step, { materialized, ...rows });
      return;
    }
    case 'assets.confirmed':
      draft.run = { ...draft.run, confirmed: [...new Set([...draft.run.confirmed, ...event.assets])] };
      return;
    case 'check.judged':
      judge(draft, event);
      return;
    case 'cancel.requested': {
      const working = draft.run.state === 'STARTED' || draft.run.state === 'STARTING';
      const cancelRequestedAt = draft.run.cancelRequestedAt ?? event.at;
      draft.run = {
        ...draft.run,
        cancelRequested: true,
        cancelRequestedAt,
        ...(working ? { state: 'CANCELING' } : {}),
      };
      return;
    }
    default:
      unreachable(event);
  }
}

function start(draft: RunDraft, event: RunStarted): void {
  const { due: _due, uncommitted: _before, ...run } = draft.run;
  draft.run = {
    ...run,
    state: run.cancelRequested ? 'CANCELING' : 'STARTED',
    startedAt: run.startedAt ?? event.at,
    planDigest: event.planDigest,
    ...(event.codeCommit === undefined ? {} : { codeCommit: event.codeCommit }),
    ...(event.uncommitted === undefined ? {} : { uncommitted: event.uncommitted }),
    ...(event.groups === undefined ? {} : { groups: event.groups }),
  };
  for (const { id, assets, reason, detail, partitions } of event.steps) {
    const before = draft.steps.get(id);
    // A step that ended before the run was requeued keeps its result.
    if (before && before.state !== 'PLANNED') continue;
    draft.steps.set(id, {
      assets,
      ...(partitions === undefined ? {} : { partitions }),
      state: 'PLANNED',
      reason,
      detail,
      ...triedBefore(before),
      materialized: [],
      failedAssets: [],
      checks: [],
    });
  }
}

/** Attempts count for as long as the run goes on, however often it is given back before the next one begins. */
function triedBefore(before: RunStepRecord | undefined): Partial<RunStepRecord> {
  if (before?.attempt === undefined) return {};
  const { attempt, attemptsBefore, retryAt, failure } = before;
  return {
    attempt,
    ...(attemptsBefore === undefined ? {} : { attemptsBefore }),
    ...(retryAt === undefined ? {} : { retryAt }),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Steps under way when a run changes hands did not end. */
function interrupt(draft: RunDraft): void {
  for (const [id, step] of draft.steps) {
    if (step.state === 'STARTED') draft.steps.set(id, { ...step, state: 'PLANNED' });
  }
}

function judge(draft: RunDraft, event: CheckJudged): void {
  const { asset, check, status, severity, blocking, message } = event;
  const others = stepOf(draft, event.step).checks.filter((c) => c.asset !== asset || c.check !== check);
  setStep(draft, event.step, { checks: [...others, { asset, check, status, severity, blocking, message }] });
}

/** A step that the plan did not name (a check judged alone) begins when it is first heard of. */
function stepOf(draft: RunDraft, id: string): RunStepRecord {
  const known = draft.steps.get(id);
  return known ?? { assets: [], state: 'STARTED', materialized: [], failedAssets: [], checks: [] };
}

function setStep(draft: RunDraft, id: string, change: Partial<RunStepRecord>): void {
  draft.steps.set(id, { ...stepOf(draft, id), ...change });
}
