import { fail, ok, type Result } from '../base/result.ts';
import { timestamp } from '../model/instant.ts';
import type { RunRecord } from '../model/state.ts';
import type { StateStore } from '../ports.ts';
import { neededPaths } from '../state/needed-paths.ts';
import { assembleView } from '../state/read.ts';
import { type AppFailure, stateUnreachable } from './failure.ts';
import { readWholeTree } from './older-days.ts';
import { brokenState, type StateAt } from './state-reading.ts';

const DAY_MS = 86_400_000;
/** A run of a closed day ended on the day of its request, or in as many days after it. */
const DAYS_AFTER = 7;

/**
 * The run of this id, open or ended, of whatever day. Undefined: the state has none. A failure: nobody can tell, because what
 * it was is not to be had, or cannot be read.
 */
export async function findRun(
  store: StateStore,
  state: StateAt,
  run: string,
): Promise<Result<RunRecord | undefined, AppFailure>> {
  const { view } = state.read;
  const known = view.openRuns.get(run) ?? view.endedRuns.get(run);
  return known ? ok(known) : closedRun(store, state, run);
}

/** A run of a closed day, by the day that its id begins with. */
async function closedRun(
  store: StateStore,
  state: StateAt,
  run: string,
): Promise<Result<RunRecord | undefined, AppFailure>> {
  const { commit } = state.head;
  const first = firstDay(run);
  if (first === undefined || commit === undefined) return ok(undefined);
  const runsOf = Array.from({ length: DAYS_AFTER + 1 }, (_, n) => timestamp(first + n * DAY_MS).slice(0, 10));
  const whole = await readWholeTree(store, commit, (_, period) => runsOf.includes(period));
  if (!whole.ok) return fail(stateUnreachable(whole.error));
  if (whole.value.problems.length > 0) return fail(brokenState(store.label, commit, whole.value.problems));
  const paths = whole.value.entries.map((entry) => entry.path);
  const texts = await whole.value.load(neededPaths(paths, { runsOf, olderStreams: true }));
  if (!texts.ok) return fail(stateUnreachable(texts.error));
  const read = assembleView({ listing: paths, texts: texts.value, environment: state.read.view.environment });
  if (!read.ok) return fail(brokenState(store.label, commit, read.error));
  return ok(read.value.view.endedRuns.get(run));
}

function firstDay(run: string): number | undefined {
  const day = /^(\d{4})(\d\d)(\d\d)-/.exec(run);
  const first = day ? Date.parse(`${day[1]}-${day[2]}-${day[3]}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(first) ? undefined : first;
}
