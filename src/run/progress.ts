import { unreachable } from '../base/result.ts';
import {
  type AssetMaterialized,
  type CheckStatus,
  type EventDraft,
  type FinalRunState,
  noCounts,
  type RunCounts,
  type StepAttemptEnded,
} from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { type EpochMs, epochMs, type Timestamp } from '../model/instant.ts';
import type { Plan, SkipReason } from '../model/plan.ts';
import type { AssetKey, Severity } from '../model/project.ts';
import { combinedVersion } from '../model/versions.ts';
import { type Agenda, copyAgenda, leaveWaiting, openAgenda, stirDownstream } from './agenda.ts';

/** How a planned step stands while its run is carried out. */
export type StepProgress =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly attempt: number }
  /** Its attempt failed; the next one begins when it is due. */
  | { readonly kind: 'retrying'; readonly attempt: number; readonly due: EpochMs; readonly failure?: Failure }
  | { readonly kind: 'ended'; readonly outcome: 'success' | 'failure' | 'canceled' }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly cause?: string };

/** What this run did to an asset so far. */
export type AssetOutcome =
  | {
      readonly kind: 'materialized';
      /** Of a partitioned asset: of each partition that was made so far. */
      readonly versions: string | ReadonlyMap<string, string>;
      readonly materialization: string;
    }
  | { readonly kind: 'failed' }
  | { readonly kind: 'skipped'; readonly reason: SkipReason };

type MadeOutcome = Extract<AssetOutcome, { kind: 'materialized' }>;

/** A check result as far as deciding needs it. */
export interface JudgedCheck {
  readonly asset: AssetKey;
  readonly check: string;
  readonly status: CheckStatus;
  /** Of an ERRORED result: `warn` when `on_error: warn` softened it. */
  readonly severity: Severity;
  readonly blocking: boolean;
}

/** A plan being carried out: all that `decide` needs, folded from the run's own events. */
export interface RunProgress {
  readonly plan: Plan;
  readonly steps: ReadonlyMap<string, StepProgress>;
  readonly assets: ReadonlyMap<AssetKey, AssetOutcome>;
  readonly checks: ReadonlyMap<AssetKey, readonly JudgedCheck[]>;
  /** Attempts of each step so far. */
  readonly attempts: ReadonlyMap<string, number>;
  /** Of steps that are made again: those of their attempts by which they had ended before. */
  readonly attemptsBefore: ReadonlyMap<string, number>;
  readonly canceled: boolean;
  /** A step has failed, or a check that makes the run a failure. */
  readonly hasFailure: boolean;
  readonly agenda: Agenda;
}

/** Progress that is being changed: an event's price does not grow with the plan. Belongs to one owner. */
export interface ProgressDraft extends RunProgress {
  readonly steps: Map<string, StepProgress>;
  readonly assets: Map<AssetKey, AssetOutcome>;
  readonly checks: Map<AssetKey, JudgedCheck[]>;
  readonly attempts: Map<string, number>;
  readonly attemptsBefore: Map<string, number>;
  canceled: boolean;
  hasFailure: boolean;
}

/** A run at its start: what the plan skips is skipped already. */
export function initialProgress(plan: Plan): ProgressDraft {
  const steps = new Map<string, StepProgress>();
  const assets = new Map<AssetKey, AssetOutcome>();
  for (const step of plan.steps) {
    if (step.verdict !== 'skip') {
      steps.set(step.id, { kind: 'waiting' });
      continue;
    }
    const first = step.assets[0];
    const reason = (first?.reason ?? 'up_to_date') as SkipReason;
    steps.set(step.id, {
      kind: 'skipped',
      reason,
      ...(first?.detail[0] === undefined ? {} : { cause: first.detail[0] }),
    });
    for (const verdict of step.assets)
      assets.set(verdict.asset, { kind: 'skipped', reason: verdict.reason as SkipReason });
  }
  const agenda = openAgenda(plan, (id) => steps.get(id)?.kind === 'waiting');
  return {
    plan,
    steps,
    assets,
    checks: new Map(),
    attempts: new Map(),
    attemptsBefore: new Map(),
    canceled: false,
    hasFailure: false,
    agenda,
  };
}

/** The progress after one more event. */
export function evolveProgress(progress: RunProgress, event: EventDraft): RunProgress {
  const draft: ProgressDraft = {
    ...progress,
    steps: new Map(progress.steps),
    assets: new Map([...progress.assets].map(([asset, outcome]) => [asset, copyOutcome(outcome)])),
    checks: new Map([...progress.checks].map(([asset, checks]) => [asset, [...checks]])),
    attempts: new Map(progress.attempts),
    attemptsBefore: new Map(progress.attemptsBefore),
    agenda: copyAgenda(progress.agenda),
  };
  applyToProgress(draft, event);
  return draft;
}

function copyOutcome(outcome: AssetOutcome): AssetOutcome {
  if (outcome.kind !== 'materialized' || typeof outcome.versions === 'string') return outcome;
  return { ...outcome, versions: new Map(outcome.versions) };
}

/** Changes the draft by an event of the run. Events of other kinds change nothing. */
export function applyToProgress(draft: ProgressDraft, event: EventDraft): void {
  switch (event.type) {
    case 'step.started':
      draft.attempts.set(event.step, event.attempt);
      setStep(draft, event.step, { kind: 'running', attempt: event.attempt });
      return;
    case 'step.attempt-ended':
      if (event.retryAt !== undefined) awaitRetry(draft, event, event.retryAt);
      return;
    case 'step.ended': {
      // What was stopped on purpose did not fail.
      const end: AssetOutcome =
        event.outcome === 'canceled' ? { kind: 'skipped', reason: 'canceled' } : { kind: 'failed' };
      for (const key of event.failedAssets) draft.assets.set(key, end);
      if (event.outcome === 'failure') draft.hasFailure = true;
      setStep(draft, event.step, { kind: 'ended', outcome: event.outcome });
      return;
    }
    case 'step.skipped': {
      for (const key of event.assets) draft.assets.set(key, { kind: 'skipped', reason: event.reason });
      const whole = draft.agenda.planned.get(event.step)?.assets.every((a) => event.assets.includes(a.asset));
      if (!whole) return;
      const cause = event.cause === undefined ? {} : { cause: event.cause };
      setStep(draft, event.step, { kind: 'skipped', reason: event.reason, ...cause });
      return;
    }
    case 'asset.materialized':
      draft.assets.set(event.asset, madeOutcome(draft.assets.get(event.asset), event));
      stirDownstream(draft.agenda, event.step);
      return;
    case 'check.judged': {
      const { asset, check, status, severity, blocking } = event;
      const judged = { asset, check, status, severity, blocking };
      const before = draft.checks.get(asset);
      if (before) before.push(judged);
      else draft.checks.set(asset, [judged]);
      // A copy that was not published fails its step, which may be tried again; what is published fails the run.
      if (event.stage === 'published' && failsRun(judged)) draft.hasFailure = true;
      stirDownstream(draft.agenda, event.step);
      return;
    }
    case 'cancel.requested':
      draft.canceled = true;
      return;
    case 'run.requested':
    case 'run.started':
    case 'run.requeued':
    case 'run.taken-over':
    case 'run.ended':
    case 'asset.observed':
    case 'asset.lost':
    case 'asset.found':
    case 'connection.saved':
    case 'assets.confirmed':
    case 'tick.judged':
    case 'ticks.missed':
    case 'schedule.adopted':
    case 'schedule.dropped':
    case 'schedule.evaluated':
    case 'automation.adopted':
    case 'automation.dropped':
    case 'claim.opened':
    case 'claim.renewed':
    case 'claim.suspected':
    case 'claim.closed':
    case 'partitions.changed':
    case 'backfill.requested':
    case 'backfill.cancel-requested':
    case 'backfill.ended':
    case 'journal.adopted':
      return;
    default:
      unreachable(event);
  }
}

function madeOutcome(before: AssetOutcome | undefined, event: Omit<AssetMaterialized, 'id' | 'v'>): AssetOutcome {
  const { materialization, partition } = event;
  if (partition === undefined) return { kind: 'materialized', versions: event.dataVersion, materialization };
  const versions = before?.kind === 'materialized' ? draftVersions(before) : new Map<string, string>();
  versions.set(partition, event.dataVersion);
  return { kind: 'materialized', versions, materialization };
}

/** Of a draft's own outcome, which alone may be added to: a run may make thousands of partitions of an asset. */
function draftVersions({ versions }: MadeOutcome): Map<string, string> {
  return typeof versions === 'string' ? new Map() : (versions as Map<string, string>);
}

/** How many partitions of an asset a run made; 0 of one without partitions. */
export function partitionsMade({ versions }: MadeOutcome): number {
  return typeof versions === 'string' ? 0 : versions.size;
}

/**
 * The data version that a run made of an asset: one for all of its partitions so far. Worked out when it is asked for, since
 * a run may make thousands of partitions of an asset.
 */
export function madeVersion({ versions }: MadeOutcome): string {
  return typeof versions === 'string' ? versions : combinedVersion(versions)!;
}

/** What the attempt said of the assets that are made again counts no more. */
function awaitRetry(draft: ProgressDraft, event: Omit<StepAttemptEnded, 'id' | 'v'>, retryAt: Timestamp): void {
  const { step, attempt, failure } = event;
  for (const asset of assetsToRetry(draft, step)) draft.checks.delete(asset);
  draft.hasFailure =
    [...draft.steps.values()].some((each) => each.kind === 'ended' && each.outcome === 'failure') ||
    [...draft.checks.values()].flat().some(failsRun);
  setStep(draft, step, {
    kind: 'retrying',
    attempt,
    due: epochMs(retryAt),
    ...(failure === undefined ? {} : { failure }),
  });
}

/**
 * Assets that the next attempt of a step makes: of one that runs for part of its assets those that it owes, else all of
 * them.
 */
export function assetsToRetry(progress: RunProgress, step: string): AssetKey[] {
  const planned = progress.agenda.planned.get(step)!;
  return planned.partial ? assetsOwed(progress, step) : planned.assets.map(({ asset }) => asset);
}

/** Assets of a step that it has neither made nor skipped. */
export function assetsOwed(progress: RunProgress, step: string): AssetKey[] {
  const wanted = progress.agenda.planned.get(step)!.assets.map(({ asset }) => asset);
  return wanted.filter((asset) => {
    const outcome = progress.assets.get(asset);
    return outcome === undefined || outcome.kind === 'failed';
  });
}

/** Changes how a step stands, and what may be done next with it. */
export function setStep(draft: ProgressDraft, id: string, step: StepProgress): void {
  draft.steps.set(id, step);
  const { agenda } = draft;
  leaveWaiting(agenda, id);
  agenda.running.delete(id);
  agenda.retrying.delete(id);
  if (step.kind === 'running') agenda.running.add(id);
  else if (step.kind === 'retrying') agenda.retrying.set(id, step.due);
  stirDownstream(agenda, id);
}

/** True when a result makes the run a failure: a blocking error, or a check that could not judge (semantics.md 7). */
export function failsRun(check: JudgedCheck): boolean {
  if (check.status === 'ERRORED') return check.blocking || check.severity === 'error';
  return check.status === 'FAILED' && check.severity === 'error' && check.blocking;
}

/** A result that did not pass and is no more than a warning: a failure of that severity, or an error that `on_error: warn` softened. */
export function isOnlyWarning({ status, severity, blocking }: Omit<JudgedCheck, 'asset' | 'check'>): boolean {
  return severity === 'warn' && (status === 'FAILED' || (status === 'ERRORED' && !blocking));
}

/** The final state of a run whose steps have all ended, and what it counted. */
export function conclude(progress: RunProgress): { readonly state: FinalRunState; readonly counts: RunCounts } {
  const counts = { ...noCounts };
  for (const outcome of progress.assets.values()) {
    if (outcome.kind === 'materialized') counts.materialized++;
    else if (outcome.kind === 'failed') counts.failed++;
    else if (outcome.reason === 'up_to_date') counts.upToDate++;
    else counts.skipped++;
  }
  for (const check of [...progress.checks.values()].flat()) {
    if (check.status === 'PASSED') counts.checksPassed++;
    else if (check.status === 'SKIPPED') continue;
    else if (isOnlyWarning(check)) counts.checksWarned++;
    else counts.checksFailed++;
  }
  const failed = counts.failed > 0 || progress.hasFailure;
  const canceled =
    progress.canceled || [...progress.steps.values()].some((s) => s.kind === 'ended' && s.outcome === 'canceled');
  return { state: canceled ? 'CANCELED' : failed ? 'FAILURE' : 'SUCCESS', counts };
}
