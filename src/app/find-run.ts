import { fail, ok, type Result } from '../base/result.ts';
import { timestamp, utcDay } from '../model/instant.ts';
import type { RunRecord } from '../model/state.ts';
import type { StateStore } from '../ports-state.ts';
import { parseDayRunsPath } from '../state/layout.ts';
import { neededPaths } from '../state/needed-paths.ts';
import { assembleView } from '../state/read.ts';
import { type AppFailure, stateUnreachable } from './failure.ts';
import { readWholeTree, type WholeTree } from './older-days.ts';
import { brokenState, type StateAt } from './state-reading.ts';

const DAY_MS = 86_400_000;
/** Most runs end on the day of their request or in as many days after it; a clock may have been a day ahead. */
const NEAR_DAYS = { before: 1, after: 7 };
/** Days whose runs are looked through at once, for one that ended later: twice as many each time. */
const WINDOW_DAYS = 16;

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

/** What finding a run in the days of a commit takes. */
interface Search {
  readonly store: StateStore;
  readonly state: StateAt;
  readonly commit: string;
  readonly run: string;
}

/**
 * A run of a closed day. It belongs to the day of its end, and its id begins with the day of its request: these are the
 * same, or near. Else its streams tell for 30 days when it was last heard of; one that waited for longer, or was asked for
 * in the name of an older day (a push of an old commit), is looked for in the runs of the later days, and in nothing else
 * of them.
 */
async function closedRun(
  store: StateStore,
  state: StateAt,
  run: string,
): Promise<Result<RunRecord | undefined, AppFailure>> {
  const { commit } = state.head;
  const first = firstDay(run);
  if (first === undefined || commit === undefined) return ok(undefined);
  const search = { store, state, commit, run };
  const near = Array.from({ length: NEAR_DAYS.before + 1 + NEAR_DAYS.after }, (_, n) =>
    dayOf(first + (n - NEAR_DAYS.before) * DAY_MS),
  );
  const found = await runOfDays(search, near);
  if (!found.ok || found.value.record) return found.ok ? ok(found.value.record) : found;
  const heard = found.value.heardOn.filter((day) => !near.includes(day));
  if (heard.length > 0) {
    const later = await runOfDays(search, heard);
    if (!later.ok || later.value.record) return later.ok ? ok(later.value.record) : later;
  }
  const day = await dayOfRun(search, near.at(-1)!);
  if (!day.ok || day.value === undefined) return day.ok ? ok(undefined) : day;
  const last = await runOfDays(search, [day.value]);
  return last.ok ? ok(last.value.record) : last;
}

/** The run among those of some days, and the days on which its streams grew, as far as they are remembered. */
async function runOfDays(
  { store, state, commit, run }: Search,
  days: readonly string[],
): Promise<Result<{ readonly record: RunRecord | undefined; readonly heardOn: readonly string[] }, AppFailure>> {
  const whole = await wholeOf(store, commit, days);
  if (!whole.ok) return whole;
  const paths = whole.value.entries.map((entry) => entry.path);
  const texts = await whole.value.load(neededPaths(paths, { runsOf: days, olderStreams: true }));
  if (!texts.ok) return fail(stateUnreachable(texts.error));
  const read = assembleView({ listing: paths, texts: texts.value, environment: state.read.view.environment });
  if (!read.ok) return fail(brokenState(store.label, commit, read.error));
  const { endedRuns, streamDays } = read.value.view;
  const heardOn = [...(streamDays ?? [])].flatMap(([stream, day]) => (stream.startsWith(`${run}.`) ? [day] : []));
  return ok({ record: endedRuns.get(run), heardOn });
}

/** The day after `after` whose runs have this one: read a window at a time, oldest first, until it is found. */
async function dayOfRun(
  { store, commit, run }: Search,
  after: string,
): Promise<Result<string | undefined, AppFailure>> {
  const all = await wholeOf(store, commit, []);
  if (!all.ok) return all;
  const inTree = all.value.own.flatMap(({ path }) => parseDayRunsPath(path)?.day ?? []);
  const left = all.value.history.flatMap(({ trees }) => [...trees.keys()]);
  // Roll-ups leave the tree by months: those are no days.
  const days = [...new Set([...inTree, ...left])].filter((day) => day.length === 10 && day > after).sort();
  for (let at = 0, size = WINDOW_DAYS; at < days.length; at += size, size *= 2) {
    const window = days.slice(at, at + size);
    const whole = await wholeOf(store, commit, window);
    if (!whole.ok) return whole;
    const paths = whole.value.entries
      .map(({ path }) => path)
      .filter((path) => window.includes(parseDayRunsPath(path)?.day ?? ''));
    const texts = await whole.value.load(paths);
    if (!texts.ok) return fail(stateUnreachable(texts.error));
    const path = paths.find((each) => texts.value.get(each)?.includes(`"run":"${run}"`));
    if (path !== undefined) return ok(parseDayRunsPath(path)!.day);
  }
  return ok(undefined);
}

async function wholeOf(
  store: StateStore,
  commit: string,
  days: readonly string[],
): Promise<Result<WholeTree, AppFailure>> {
  const whole = await readWholeTree(store, commit, (_, period) => days.includes(period));
  if (!whole.ok) return fail(stateUnreachable(whole.error));
  if (whole.value.problems.length > 0) return fail(brokenState(store.label, commit, whole.value.problems));
  return whole;
}

function dayOf(at: number): string {
  return utcDay(timestamp(at));
}

function firstDay(run: string): number | undefined {
  const day = /^(\d{4})(\d\d)(\d\d)-/.exec(run);
  const first = day ? Date.parse(`${day[1]}-${day[2]}-${day[3]}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(first) ? undefined : first;
}
