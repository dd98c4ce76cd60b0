import { fail, ok, type Result } from '../base/result.ts';
import { requestDigest, runId } from '../model/ids.ts';
import { type Timestamp, timestamp } from '../model/instant.ts';
import type { RetryStrategy, RunRetries } from '../model/operations.ts';
import { originalOf, type RetryRequest } from '../model/plan.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import type { StateStore } from '../ports-state.ts';
import { CLICK_TAG, retryRequest, retryTags, strategyOf } from '../run/run-retry.ts';
import { type AppFailure, inputFailure, outsideFailure } from './failure.ts';
import { findRun } from './find-run.ts';
import { assetsNamed } from './planning.ts';
import type { StateAt } from './state-reading.ts';

/** A retry by hand: it does not eat the budget of the automatic ones (semantics.md 2). */
export interface ManualRetry {
  readonly request: RetryRequest;
  readonly tags: Readonly<Record<string, string>>;
}

/** A click on GitHub, which may be delivered again. */
export interface Click {
  /** Id of its workflow run, the same for all attempts. */
  readonly workflow: string;
  /** It is a further attempt, and nobody told when the first one was asked for: `at` is of this attempt. */
  readonly isUndated: boolean;
}

/** The request of `branchline retry <run>`; refuses a run that did not fail, with the nearest right thing. */
export async function manualRetry(
  store: StateStore,
  state: StateAt,
  run: string,
  how: {
    readonly retries: RunRetries;
    readonly strategy?: RetryStrategy;
    /** When it was asked for: the same instant is the same request, delivered again. Absent = now, and anew each time. */
    readonly at?: Timestamp;
    readonly click?: Click;
  },
): Promise<Result<ManualRetry, AppFailure>> {
  const { view } = state.read;
  const open = view.openRuns.get(run);
  if (open)
    return fail(
      outsideFailure(
        'run-open',
        `Run ${run} is not over (${open.state}).`,
        '`branchline queue` shows where it stands; `branchline cancel` ends it.',
      ),
    );
  const found = await findRun(store, state, run);
  if (!found.ok) return found;
  const record = found.value;
  if (!record)
    return fail(
      inputFailure('unknown-run', `The state knows no run \`${run}\`.`, 'A run id begins with its day: `20261122-…`.'),
    );
  if (record.state === 'SUCCESS') return fail(notFailed(record));
  const ended = { ...record, endedAt: record.endedAt ?? timestamp(state.now) };
  const at = how.at ?? timestamp(state.now);
  const strategy = how.strategy ?? strategyOf(how.retries, record.tags);
  const runs = new Set([...view.streams.keys()].map((name) => name.split('.')[0]!));
  const known = new Map([...runs].map((name) => [name.split('-')[1], name]));
  const retry = (request: RetryRequest): ManualRetry => ({
    request,
    tags: retryTags(request, record.tags, how.click?.workflow),
  });
  for (let newest = 0; ; newest++) {
    const request = retryRequest(ended, { strategy, at, isAutomatic: false, newest });
    const name = known.get(requestDigest(request));
    if (name === undefined) return ok(retry(request));
    // A click may be one that was carried out already: nothing is asked for while nobody can tell.
    const before = how.click ? await findRun(store, state, name) : ok(undefined);
    if (!before.ok) return before;
    const asked = before.value;
    const asker = asked?.tags[CLICK_TAG];
    if (asker !== undefined) {
      if (asker === how.click?.workflow) return ok(retry(asked!.request as RetryRequest));
      continue;
    }
    if (how.at !== undefined && isDelivered(view, runs, request)) return ok(retry(request));
    if (how.click?.isUndated && isOf(asked, run)) return fail(undatedClick(name, run));
  }
}

/** Is it a retry of this run, as far as anybody knows? */
function isOf(asked: RunRecord | undefined, run: string): boolean {
  return asked === undefined || (asked.request.kind === 'retry' && asked.request.of === run);
}

/** Rather not at all than twice. */
function undatedClick(name: string, run: string): AppFailure {
  return outsideFailure(
    'click-undated',
    `This is a further attempt of a workflow run, and whether it was the one that asked for ${name}, a retry of ${run}, cannot be told. Nothing was asked for.`,
    `Click anew to try the run once more. For further attempts to know what they asked for, give the job this permission:\n\npermissions:\n  actions: read # to see when a click was made`,
  );
}

/** Asked for before, at the same instant. Of a run of a closed day its id alone is known, and that tells the day. */
function isDelivered(view: StateView, runs: ReadonlySet<string>, request: RetryRequest): boolean {
  const id = runId(request);
  const known = (view.openRuns.get(id) ?? view.endedRuns.get(id))?.request;
  if (known === undefined) return runs.has(id);
  return known.kind === 'retry' && known.at === request.at && known.of === request.of;
}

function notFailed({ run, request }: RunRecord): AppFailure {
  const original = originalOf(request);
  const named = assetsNamed(original)?.map((asset) => `key:"${asset}"`);
  const what =
    original.job === undefined
      ? `--select '${named === undefined ? original.selection : named.join(' or ')}'`
      : `--job ${original.job}`;
  const { partitions } = { partitions: undefined, ...original };
  const words = [what, ...(partitions === undefined ? [] : [`--partitions '${partitions}'`])].join(' ');
  return inputFailure(
    'retry-of-success',
    `Run ${run} succeeded: there is nothing to try again.`,
    `To make the same anew: \`branchline run ${words}\`; to make what is stale since: \`branchline run --stale\`.`,
  );
}
