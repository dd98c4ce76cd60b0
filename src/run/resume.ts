import { epochMs } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { RunRecord, RunStepRecord } from '../model/state.ts';
import { type AssetOutcome, failsRun, type ProgressDraft, setStep } from './progress.ts';

/** What a run had done when it was given back or its runner was lost. */
export interface ResumedRun {
  readonly record: Pick<RunRecord, 'steps' | 'startedAt'>;
  /** Steps of the plan that keep their result. */
  readonly settled: ReadonlySet<string>;
  /** What an asset that the run has made is now. */
  readonly madeOf: (asset: AssetKey) => Extract<AssetOutcome, { kind: 'materialized' }> | undefined;
}

/**
 * Steps of a plan whose result stays when the run is carried on (semantics.md 2 and 3): those that had ended, unless
 * something upstream of them is done again, or they were made by other code (`isCurrent`).
 */
export function settledSteps(
  plan: Plan,
  { steps }: Pick<RunRecord, 'steps'>,
  isCurrent: (step: Plan['steps'][number], asset: AssetKey) => boolean,
): ReadonlySet<string> {
  const settled = new Set<string>();
  const again = new Set<string>();
  for (const step of plan.steps) {
    const record = steps[step.id];
    const hasEnded = record !== undefined && record.state !== 'PLANNED' && record.state !== 'STARTED';
    if (
      hasEnded &&
      !step.after.some((id) => again.has(id)) &&
      record.materialized.every((asset) => isCurrent(step, asset))
    )
      settled.add(step.id);
    else if (step.verdict !== 'skip') again.add(step.id);
  }
  return settled;
}

/** Brings the progress of a plan to where the run was. */
export function resumeProgress(draft: ProgressDraft, { record, settled, madeOf }: ResumedRun): void {
  for (const { id, verdict } of draft.plan.steps) {
    const step = record.steps[id];
    if (step === undefined) continue;
    if (settled.has(id)) settle(draft, id, step, madeOf);
    else if (step.attempt !== undefined && verdict !== 'skip') again(draft, id, step);
  }
  draft.hasFailure =
    [...draft.steps.values()].some((step) => step.kind === 'ended' && step.outcome === 'failure') ||
    [...draft.checks.values()].flat().some(failsRun);
}

function settle(draft: ProgressDraft, id: string, step: RunStepRecord, madeOf: ResumedRun['madeOf']): void {
  for (const { asset, check, status, severity, blocking } of step.checks) {
    const checks = draft.checks.get(asset) ?? [];
    draft.checks.set(asset, [...checks, { asset, check, status, severity, blocking }]);
  }
  for (const asset of step.materialized) {
    const made = madeOf(asset);
    if (made) draft.assets.set(asset, made);
  }
  for (const asset of step.failedAssets)
    draft.assets.set(asset, step.state === 'CANCELED' ? { kind: 'skipped', reason: 'canceled' } : { kind: 'failed' });
  if (step.state !== 'SKIPPED') {
    const outcome = ({ SUCCESS: 'success', FAILURE: 'failure', CANCELED: 'canceled' } as const)[
      step.state as 'SUCCESS' | 'FAILURE' | 'CANCELED'
    ];
    setStep(draft, id, { kind: 'ended', outcome });
    return;
  }
  const reason = skipReasonOf(step);
  for (const asset of step.assets) draft.assets.set(asset, { kind: 'skipped', reason });
  const cause = step.detail?.[0] === undefined ? {} : { cause: step.detail[0] };
  setStep(draft, id, { kind: 'skipped', reason, ...cause });
}

function skipReasonOf(step: RunStepRecord): Extract<AssetOutcome, { kind: 'skipped' }>['reason'] {
  return (step.reason ?? 'upstream_skipped') as Extract<AssetOutcome, { kind: 'skipped' }>['reason'];
}

/**
 * It was tried before: the next attempt has the next number, and comes when it is due. So has one that had ended, and is done
 * again after what it reads: what it makes now is not what it made then, and is not named like that.
 */
function again(draft: ProgressDraft, id: string, { state, attempt = 0, retryAt, failure }: RunStepRecord): void {
  draft.attempts.set(id, attempt);
  if (state !== 'PLANNED' || retryAt === undefined) return;
  setStep(draft, id, { kind: 'retrying', attempt, due: epochMs(retryAt), ...(failure ? { failure } : {}) });
}
