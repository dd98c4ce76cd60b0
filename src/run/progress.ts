import { unreachable } from '../base/result.ts';
import type { CheckStatus, EventDraft, FinalRunState, RunCounts } from '../model/events.ts';
import type { Plan, PlannedStep, SkipReason } from '../model/plan.ts';
import type { AssetKey, Severity } from '../model/project.ts';

/** How a planned step stands while its run is carried out. */
export type StepProgress =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly attempt: number }
  | { readonly kind: 'ended'; readonly outcome: 'success' | 'failure' | 'canceled' }
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly cause?: string };

/** What this run did to an asset so far. */
export type AssetOutcome =
  | { readonly kind: 'materialized'; readonly dataVersion: string; readonly materialization: string }
  | { readonly kind: 'failed' }
  | { readonly kind: 'skipped'; readonly reason: SkipReason };

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
  readonly checks: readonly JudgedCheck[];
  readonly canceled: boolean;
}

/** A run at its start: what the plan skips is skipped already. */
export function initialProgress(plan: Plan): RunProgress {
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
  return { plan, steps, assets, checks: [], canceled: false };
}

/** Applies an event of the run. Events of other kinds change nothing. Pure. */
export function evolveProgress(progress: RunProgress, event: EventDraft): RunProgress {
  switch (event.type) {
    case 'step.started':
      return withStep(progress, event.step, { kind: 'running', attempt: event.attempt });
    case 'step.ended': {
      const assets = new Map(progress.assets);
      // What was stopped on purpose did not fail.
      const end: AssetOutcome =
        event.outcome === 'canceled' ? { kind: 'skipped', reason: 'canceled' } : { kind: 'failed' };
      for (const key of event.failedAssets) assets.set(key, end);
      const next = withStep(progress, event.step, { kind: 'ended', outcome: event.outcome });
      return { ...next, assets };
    }
    case 'step.skipped': {
      const assets = new Map(progress.assets);
      for (const key of event.assets) assets.set(key, { kind: 'skipped', reason: event.reason });
      const skipped = {
        kind: 'skipped' as const,
        reason: event.reason,
        ...(event.cause === undefined ? {} : { cause: event.cause }),
      };
      const whole = progress.plan.steps
        .find((step) => step.id === event.step)
        ?.assets.every((a) => event.assets.includes(a.asset));
      return { ...(whole ? withStep(progress, event.step, skipped) : progress), assets };
    }
    case 'asset.materialized': {
      const assets = new Map(progress.assets);
      assets.set(event.asset, {
        kind: 'materialized',
        dataVersion: event.dataVersion,
        materialization: event.materialization,
      });
      return { ...progress, assets };
    }
    case 'check.judged': {
      const { asset, check, status, severity, blocking } = event;
      return { ...progress, checks: [...progress.checks, { asset, check, status, severity, blocking }] };
    }
    case 'cancel.requested':
      return { ...progress, canceled: true };
    case 'run.requested':
    case 'run.started':
    case 'run.requeued':
    case 'run.taken-over':
    case 'run.ended':
    case 'step.attempt-ended':
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
    case 'journal.adopted':
      return progress;
    default:
      return unreachable(event);
  }
}

function withStep(progress: RunProgress, id: string, step: StepProgress): RunProgress {
  const steps = new Map(progress.steps);
  steps.set(id, step);
  return { ...progress, steps };
}

/** The step of a plan by id. Throws for an id that is not in the plan (a bug of ours). */
export function plannedStep(plan: Plan, id: string): PlannedStep {
  const step = plan.steps.find((candidate) => candidate.id === id);
  if (!step) throw new Error(`no step ${id} in plan ${plan.digest}`);
  return step;
}

/** True when a result makes the run a failure: a blocking error, or a check that could not judge (semantics.md 7). */
export function failsRun(check: JudgedCheck): boolean {
  if (check.status === 'ERRORED') return check.blocking || check.severity === 'error';
  return check.status === 'FAILED' && check.severity === 'error' && check.blocking;
}

/** The final state of a run whose steps have all ended, and what it counted. */
export function conclude(progress: RunProgress): { readonly state: FinalRunState; readonly counts: RunCounts } {
  const counts = {
    materialized: 0,
    failed: 0,
    skipped: 0,
    upToDate: 0,
    checksPassed: 0,
    checksWarned: 0,
    checksFailed: 0,
  };
  for (const outcome of progress.assets.values()) {
    if (outcome.kind === 'materialized') counts.materialized++;
    else if (outcome.kind === 'failed') counts.failed++;
    else if (outcome.reason === 'up_to_date') counts.upToDate++;
    else counts.skipped++;
  }
  for (const check of progress.checks) {
    if (check.status === 'PASSED') counts.checksPassed++;
    else if (check.status === 'FAILED' && check.severity === 'warn') counts.checksWarned++;
    else if (check.status === 'FAILED' || check.status === 'ERRORED') counts.checksFailed++;
  }
  const failed = counts.failed > 0 || progress.checks.some(failsRun) || [...progress.steps.values()].some(isFailedStep);
  const canceled =
    progress.canceled || [...progress.steps.values()].some((s) => s.kind === 'ended' && s.outcome === 'canceled');
  return { state: canceled ? 'CANCELED' : failed ? 'FAILURE' : 'SUCCESS', counts };
}

function isFailedStep(step: StepProgress): boolean {
  return step.kind === 'ended' && step.outcome === 'failure';
}
