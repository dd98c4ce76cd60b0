import { noCounts, type RunCounts } from '../model/events.ts';
import type { RunRecord } from '../model/state.ts';
import { isOnlyWarning } from '../run/progress.ts';
import type { RunOutcome } from './run-ports.ts';

/** What a run leaves behind when all that was carried out with it has ended. */
export type LeftOfRun = Pick<RunOutcome, 'state' | 'counts'>;

/** Runs that failed and whose retry, among the same runs, succeeded: that retry, by run. */
export function madeGoodBy(runs: readonly Pick<RunOutcome, 'plan' | 'state'>[]): ReadonlyMap<string, string> {
  const good = new Map<string, string>();
  for (const { plan, state } of runs) {
    if (state !== 'FAILURE') continue;
    const later = runs.find((other) => other.state === 'SUCCESS' && isLaterTry(other, { plan }));
    if (later) good.set(plan.runId, later.plan.runId);
  }
  return good;
}

/**
 * What is left failed of each run once all of them have ended: exit codes and the result of a job go by it. A retry that
 * succeeds has made all that its root was to make, so of a failure before it nothing is left; but checks that did not
 * pass, and that no later try had a reason to judge again, stand.
 */
export function leftOfRuns(runs: readonly RunOutcome[]): readonly LeftOfRun[] {
  const good = madeGoodBy(runs);
  return runs.map((run) => {
    const record = good.has(run.plan.runId) ? recordOf(run) : undefined;
    if (!record) return run;
    const later = runs.filter((other) => isLaterTry(other, run)).flatMap((other) => recordOf(other) ?? []);
    return { state: 'SUCCESS', counts: { ...noCounts, ...checksLeft(record, later) } };
  });
}

/** As the commit left it that ended the run: a later head that was read anew, after midnight, has no runs of the day before. */
function recordOf({ plan, after }: RunOutcome): RunRecord | undefined {
  return after.view.endedRuns.get(plan.runId);
}

type Tried = Pick<RunOutcome, 'plan'>;

/** Is it a later try of the same root? */
function isLaterTry({ plan }: Tried, before: Tried): boolean {
  const { request } = plan;
  if (request.kind !== 'retry') return false;
  const own = before.plan.request;
  return own.kind === 'retry'
    ? request.root === own.root && request.number > own.number
    : request.root === before.plan.runId;
}

function checksLeft(
  { steps }: RunRecord,
  later: readonly RunRecord[],
): Pick<RunCounts, 'checksFailed' | 'checksWarned'> {
  const judgedIn = (records: readonly Pick<RunRecord, 'steps'>[]) =>
    records.flatMap((record) => Object.values(record.steps)).flatMap(({ checks }) => checks);
  const again = new Set(judgedIn(later).map(({ asset, check }) => `${asset}/${check}`));
  // What was made anew was judged anew, also by checks that are declared no more.
  const remade = new Set(
    later.flatMap((record) => Object.values(record.steps)).flatMap(({ materialized }) => materialized),
  );
  const left = judgedIn([{ steps }]).filter(
    ({ asset, check, status }) =>
      (status === 'FAILED' || status === 'ERRORED') && !remade.has(asset) && !again.has(`${asset}/${check}`),
  );
  const checksWarned = left.filter(isOnlyWarning).length;
  return { checksFailed: left.length - checksWarned, checksWarned };
}
