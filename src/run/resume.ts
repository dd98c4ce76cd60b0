import type { EventDraft } from '../model/events.ts';
import { type EpochMs, epochMs, timestamp } from '../model/instant.ts';
import type { Plan, PlannedStep } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { MaterializationRecord, PartitionMaterialization, RunRecord, RunStepRecord } from '../model/state.ts';
import { type AssetOutcome, failsRun, type ProgressDraft, setStep } from './progress.ts';

/** What a run had done when it was given back or its runner was lost. */
export interface ResumedRun {
  readonly record: Pick<RunRecord, 'steps' | 'startedAt' | 'atWorkMs'>;
  /** Steps of the plan that keep their result. */
  readonly settled: ReadonlySet<string>;
  /** The newest instant of what is known that the run has made, or failed to make. */
  readonly lastAt?: EpochMs;
  /** What an asset that the run has made is now. */
  readonly madeOf: (asset: AssetKey) => Extract<AssetOutcome, { kind: 'materialized' }> | undefined;
}

/**
 * Dates what a run makes after what it made before, by a clock that may be behind the one that dated that: within one epoch
 * there is no other order. Told of all events; those of which the newest counts are moved.
 */
export function datedAfter(lastAt: EpochMs | undefined, startedAt: EpochMs): (event: EventDraft) => EventDraft {
  const aheadMs = lastAt === undefined ? 0 : Math.max(0, lastAt + 1 - startedAt);
  if (aheadMs === 0) return (event) => event;
  return (event) =>
    event.type === 'asset.materialized' || event.type === 'check.judged' || event.type === 'step.ended'
      ? { ...event, at: timestamp(epochMs(event.at) + aheadMs) }
      : event;
}

/** Is what a step of the plan made, or found up to date, still what the run would leave? */
export type IsCurrent = (step: PlannedStep, asset: AssetKey) => boolean;

/**
 * Steps of a plan whose result stays when the run is carried on (semantics.md 2 and 3): those that had ended, unless
 * something upstream of them is done again, or their result is not `isCurrent`.
 */
export function settledSteps(
  plan: Plan,
  { steps }: Pick<RunRecord, 'steps'>,
  isCurrent: IsCurrent,
): ReadonlySet<string> {
  const settled = new Set<string>();
  const again = new Set<string>();
  for (const step of plan.steps) {
    const record = steps[step.id];
    if (
      record !== undefined &&
      hasEnded(record) &&
      !step.after.some((id) => again.has(id)) &&
      (!isStopped(record) || step.verdict === 'skip' || step.after.some((id) => settled.has(id) && stops(steps[id]))) &&
      resultsOf(record).every((asset) => isCurrent(step, asset))
    )
      settled.add(step.id);
    else if (step.verdict !== 'skip') again.add(step.id);
  }
  return settled;
}

function hasEnded({ state }: Pick<RunStepRecord, 'state'>): boolean {
  return state !== 'PLANNED' && state !== 'STARTED';
}

/** Was it left out for what happened upstream? It is looked at again once nothing there is in its way any more. */
function isStopped({ state, reason }: RunStepRecord): boolean {
  return (
    state === 'SKIPPED' &&
    (reason === 'upstream_failed' || reason === 'upstream_skipped' || reason === 'blocked_by_check')
  );
}

/** May it be in the way of what is downstream? Which asset of it is, and of whom, `decide` knows. */
function stops(step: RunStepRecord | undefined): boolean {
  if (step === undefined || step.checks.some((check) => check.blocking && failsRun(check))) return true;
  return step.state !== 'SUCCESS' && !(step.state === 'SKIPPED' && step.reason === 'up_to_date');
}

/** Assets whose data the step vouched for: it made them, or found that they need not be made. */
function resultsOf({ state, reason, assets, materialized }: RunStepRecord): readonly AssetKey[] {
  return state === 'SKIPPED' && reason === 'up_to_date' ? assets : materialized;
}

/** What is in force of an asset, or of one of its partitions. */
type Made = (asset: AssetKey, key?: string) => MaterializationRecord | PartitionMaterialization | undefined;

/**
 * A result is current unless the run made it by other code, or has since made again what it was made from: a run that is
 * given back more than once may have had the time for the one and not for the other. What others make is theirs to judge.
 */
export function currentResults({ run, steps }: Pick<RunRecord, 'run' | 'steps'>, made: Made): IsCurrent {
  const keysMade = new Map<AssetKey, readonly (string | undefined)[]>();
  for (const { materialized, partitions } of Object.values(steps))
    for (const asset of materialized) keysMade.set(asset, partitions ?? [undefined]);
  return (step, asset) => {
    const keys = step.partitions ?? [undefined];
    const isOther = (key: string | undefined): boolean => {
      const own = made(asset, key);
      return own?.run === run && own.codeVersion !== step.codeVersion;
    };
    if (keys.some(isOther)) return false;
    const siblings = new Set(step.assets.map((each) => each.asset));
    const results = keys.flatMap((key) => made(asset, key) ?? []);
    const own = results.filter((result) => result.run === run);
    return Object.keys(step.upstream).every((dep) => {
      if (siblings.has(dep)) return true;
      const read = (keysMade.get(dep) ?? []).flatMap((key) => made(dep, key) ?? []).filter((one) => one.run === run);
      return own.length > 0 ? !isNewer(dep, read, own, true) : !isNewer(dep, read, results, false);
    });
  };
}

/** Is something of an upstream newer than what was made from it? `isOneRun`: one run has made all of it. */
function isNewer(
  dep: AssetKey,
  upstream: readonly (MaterializationRecord | PartitionMaterialization)[],
  results: readonly (MaterializationRecord | PartitionMaterialization)[],
  isOneRun: boolean,
): boolean {
  if (upstream.length === 0) return false;
  const [one] = upstream;
  const [result] = results;
  // Of what has no partitions it is known what was read.
  if (one && 'id' in one && result && 'id' in result) {
    const read = result.upstream[dep];
    return read !== undefined && read.dataVersion !== one.dataVersion;
  }
  // One by one: a step may have more partitions than a call takes arguments.
  const newest = upstream.reduce((most, each) => (isBefore(most, each, isOneRun) ? each : most));
  return results.some((each) => isBefore(each, newest, isOneRun));
}

type Dated = Pick<MaterializationRecord, 'at' | 'turn'>;

/**
 * Which of two came first. Of one run its epochs say so, for whoever takes a run over may have another clock; in one epoch, and
 * of several runs, there are the instants alone.
 */
function isBefore(a: Dated, b: Dated, isOneRun: boolean): boolean {
  const [epochA, epochB] = [a.turn?.[1], b.turn?.[1]];
  if (isOneRun && epochA !== undefined && epochB !== undefined && epochA !== epochB) return epochA < epochB;
  return a.at < b.at;
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
 * again after what it reads: what it makes now is not what it made then, and is not named like that. But its retries begin
 * anew: those that it had used were for what it made then.
 */
function again(draft: ProgressDraft, id: string, step: RunStepRecord): void {
  const { attempt = 0, retryAt, failure } = step;
  draft.attempts.set(id, attempt);
  draft.attemptsBefore.set(id, hasEnded(step) ? attempt : (step.attemptsBefore ?? 0));
  // Its last attempt is over, whether or not the run has changed hands since.
  if (hasEnded(step) || retryAt === undefined) return;
  setStep(draft, id, { kind: 'retrying', attempt, due: epochMs(retryAt), ...(failure ? { failure } : {}) });
}
