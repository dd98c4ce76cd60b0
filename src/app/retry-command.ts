import { fail, ok, type Result } from '../base/result.ts';
import { requestDigest, runId } from '../model/ids.ts';
import { type Timestamp, timestamp } from '../model/instant.ts';
import type { RetryStrategy, RunRetries } from '../model/operations.ts';
import { originalOf, type RetryRequest } from '../model/plan.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import type { StateStore } from '../ports.ts';
import { retryRequest, retryTags, strategyOf } from '../run/run-retry.ts';
import { type AppFailure, inputFailure, outsideFailure } from './failure.ts';
import { assetsNamed } from './planning.ts';
import { closedRun } from './state-commands.ts';
import type { StateAt } from './state-reading.ts';

/** A retry by hand: it does not eat the budget of the automatic ones (semantics.md 2). */
export interface ManualRetry {
  readonly request: RetryRequest;
  readonly tags: Readonly<Record<string, string>>;
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
  const record = view.endedRuns.get(run) ?? (await closedRun(store, state, run));
  if (!record)
    return fail(
      inputFailure('unknown-run', `The state knows no run \`${run}\`.`, 'A run id begins with its day: `20261122-…`.'),
    );
  if (record.state === 'SUCCESS') return fail(notFailed(record, view.environment));
  const ended = { ...record, endedAt: record.endedAt ?? timestamp(state.now) };
  const at = how.at ?? timestamp(state.now);
  const strategy = how.strategy ?? strategyOf(how.retries, record.tags);
  const runs = new Set([...view.streams.keys()].map((name) => name.split('.')[0]!));
  const known = new Set([...runs].map((name) => name.split('-')[1]));
  for (let newest = 0; ; newest++) {
    const request = retryRequest(ended, { strategy, at, isAutomatic: false, newest });
    const isNew = !known.has(requestDigest(request));
    if (isNew || (how.at !== undefined && isDelivered(view, runs, request)))
      return ok({ request, tags: retryTags(request, record.tags) });
  }
}

/** Asked for before, at the same instant. Of a run of a closed day its id alone is known, and that tells the day. */
function isDelivered(view: StateView, runs: ReadonlySet<string>, request: RetryRequest): boolean {
  const id = runId(request);
  const known = (view.openRuns.get(id) ?? view.endedRuns.get(id))?.request;
  if (known === undefined) return runs.has(id);
  return known.kind === 'retry' && known.at === request.at && known.of === request.of;
}

function notFailed({ run, request }: RunRecord, environment: string): AppFailure {
  const original = originalOf(request);
  const named = assetsNamed(original)?.map((asset) => `key:"${asset}"`);
  const what =
    original.job === undefined
      ? `--select '${named === undefined ? original.selection : named.join(' or ')}'`
      : `--job ${original.job}`;
  const { partitions } = { partitions: undefined, ...original };
  const words = [
    what,
    ...(partitions === undefined ? [] : [`--partitions '${partitions}'`]),
    ...(environment === 'local' ? [] : [`--environment ${environment}`]),
  ].join(' ');
  return inputFailure(
    'retry-of-success',
    `Run ${run} succeeded: there is nothing to try again.`,
    `To make the same anew: \`branchline run ${words}\`; to make what is stale since: \`branchline run --stale\`.`,
  );
}
