import type { FinalRunState, RetryDecision } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import type { RetryStrategy, RunRetries } from '../model/operations.ts';
import { originalOf, type RetryRequest, type RunRequest } from '../model/plan.ts';
import type { RunRecord } from '../model/state.ts';

/** A run at its end, as far as trying it again depends on it. */
export interface EndedRun {
  readonly run: string;
  readonly request: RunRequest;
  readonly tags: Readonly<Record<string, string>>;
  readonly state: FinalRunState;
  /** When it began; absent = it never did. */
  readonly startedAt?: string;
  readonly endedAt: string;
  /** What the run as a whole failed by; absent = by its steps. */
  readonly failure?: Failure;
  /** Failures of its steps. */
  readonly stepFailures: readonly Failure[];
}

/** A tag of the engine, also under Dagster's name. */
export function engineTag(tags: Readonly<Record<string, string>>, name: string): string | undefined {
  return (tags[`branchline/${name}`] ?? tags[`dagster/${name}`])?.trim();
}

/**
 * Whether a failed run is tried again by itself (semantics.md 2). Undefined = there is nothing to decide: it did not
 * fail, or retries are switched off.
 */
export function decideRunRetry(settings: RunRetries, ended: EndedRun): RetryDecision | undefined {
  if (!settings.enabled || ended.state !== 'FAILURE') return undefined;
  const no = (reason: RetryDecision['reason'], message: string): RetryDecision => ({
    decision: 'no-retry',
    reason,
    message,
  });
  const most = engineTag(ended.tags, 'max_retries');
  if (most !== undefined && !/^\d{1,9}$/.test(most))
    return no('odd-tag', `the tag max_retries is \`${most}\`, which is no whole number: it is not tried again`);
  const onStep = engineTag(ended.tags, 'retry_on_asset_or_op_failure');
  const isByStep = failedByStep(ended);
  if (isByStep && (onStep === 'true' || onStep === 'false' ? onStep === 'false' : !settings.onStepFailure))
    return no('step-failure', 'it failed by a step, and only failures of its runner are tried again');
  const budget = most === undefined ? settings.maxRetries : Number(most);
  const before = automaticRetries(ended.request);
  if (before >= budget)
    return no('used-up', budget === 0 ? 'no retries are allowed' : `all ${budget} automatic retries are used up`);
  const next = retryRequest(ended, {
    strategy: strategyOf(settings, ended.tags),
    at: ended.endedAt,
    isAutomatic: true,
  });
  return {
    decision: 'retry',
    reason: 'budget-left',
    message: `it is tried again: automatic retry ${before + 1} of ${budget}, ${next.strategy === 'ALL_STEPS' ? 'all steps' : 'from the failure'}`,
    next,
  };
}

/** A failure that its runner did not cause. */
function failedByStep({ failure, stepFailures }: EndedRun): boolean {
  const isOfRunner = ({ class: of }: Failure): boolean => of === 'infrastructure' || of === 'crash';
  if (failure !== undefined) return !isOfRunner(failure);
  return stepFailures.length === 0 || stepFailures.some((each) => !isOfRunner(each));
}

export function strategyOf(settings: RunRetries, tags: Readonly<Record<string, string>>): RetryStrategy {
  const tag = engineTag(tags, 'retry_strategy');
  return tag === 'FROM_FAILURE' || tag === 'ALL_STEPS' ? tag : settings.strategy;
}

function automaticRetries(request: RunRequest): number {
  return request.kind === 'retry' ? request.automatic : 0;
}

/** What the next try of a run is asked with. */
export function retryRequest(
  ended: Pick<EndedRun, 'run' | 'request' | 'startedAt' | 'endedAt'>,
  how: {
    readonly strategy: RetryStrategy;
    readonly at: string;
    readonly isAutomatic: boolean;
    /** Number of the newest retry of the root that is known; absent = that of this run. */
    readonly newest?: number;
  },
): RetryRequest {
  const { request } = ended;
  const original = originalOf(request);
  const own = request.kind === 'retry' ? request : undefined;
  return {
    kind: 'retry',
    root: own?.root ?? ended.run,
    number: Math.max(own?.number ?? 0, how.newest ?? 0) + 1,
    automatic: automaticRetries(request) + (how.isAutomatic ? 1 : 0),
    of: ended.run,
    at: how.at,
    strategy: how.strategy,
    since: own?.since ?? ended.startedAt ?? ended.endedAt,
    original,
    selection: original.selection,
    ...(original.job === undefined ? {} : { job: original.job }),
    ...('partitions' in original && original.partitions !== undefined ? { partitions: original.partitions } : {}),
  };
}

/** The workflow run of the click that asked for a retry: another attempt of it asks for the same. */
export const CLICK_TAG = 'branchline/workflow_run';

/** Tags of a retry: those of the run before, with where it comes from. `click`: the workflow run that asked for it. */
export function retryTags(
  request: RetryRequest,
  before: Readonly<Record<string, string>>,
  click?: string,
): Record<string, string> {
  const { [CLICK_TAG]: _, ...inherited } = before;
  return {
    ...inherited,
    'branchline/parent_run': request.of,
    'branchline/root_run': request.root,
    'branchline/retry_number': String(request.number),
    ...(click === undefined ? {} : { [CLICK_TAG]: click }),
  };
}

/** An ended run's record as deciding about it needs it. */
export function endedRunOf(record: RunRecord, endedAt: string, failure: Failure | undefined): EndedRun {
  return {
    run: record.run,
    request: record.request,
    tags: record.tags,
    state: 'FAILURE',
    ...(record.startedAt === undefined ? {} : { startedAt: record.startedAt }),
    endedAt,
    ...(failure === undefined ? {} : { failure }),
    stepFailures: Object.values(record.steps).flatMap((step) =>
      step.state === 'FAILURE' && step.failure ? [step.failure] : [],
    ),
  };
}
