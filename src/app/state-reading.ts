import { textsOf } from '../base/late-texts.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type EpochMs, timestamp, utcDay } from '../model/instant.ts';
import type { Clock } from '../ports.ts';
import type { StateArchive, StateHead, StateStore, StoreUnreachable } from '../ports-state.ts';
import type { StateProblem } from '../state/codec.ts';
import { projectOf } from '../state/format-file.ts';
import { HEALTH_FOLDER, SUMS_PATH } from '../state/layout.ts';
import { neededLeaves, neededPaths, REPORT_DAYS, type ReadOptions } from '../state/needed-paths.ts';
import { areStreamsWanted, assembleView, type StateRead } from '../state/read.ts';
import { type AppFailure, inputFailure, noSuchMoment, outsideFailure, stateUnreachable } from './failure.ts';
import { readWholeTree, type WholeTree } from './older-days.ts';
import { transactionInstant } from './transaction-instant.ts';

/** Whose state it is, and where. */
export interface StatePlace {
  readonly store: StateStore;
  readonly environment: string;
  readonly projectName: string;
}

/** The state at one commit, read whole. */
export interface StateAt {
  readonly read: StateRead;
  readonly head: StateHead;
  /** The instant to decide with: the server's where there is one, and never before what is recorded. */
  readonly now: EpochMs;
  /** True when `now` is the server's. */
  readonly nowIsTrusted: boolean;
}

const DAY_MS = 86_400_000;

/** What every command reads beyond what a decision needs: the report compares days. */
export function readOptions(now: EpochMs): ReadOptions {
  // Yesterday's runs say what has changed since, also when their day is closed.
  const days = [timestamp(now - DAY_MS), timestamp(now)].map(utcDay);
  return { now, report: true, runsOf: days };
}

/** The texts of a full view: one batch, and a second one where there are partitions to look at. */
async function loadNeeded<E>(
  load: (paths: readonly string[]) => Promise<Result<ReadonlyMap<string, string>, E>>,
  listing: readonly string[],
  options: ReadOptions,
): Promise<Result<ReadonlyMap<string, string>, E>> {
  const first = await load(neededPaths(listing, options));
  if (!first.ok) return first;
  const leaves = neededLeaves(listing, first.value, options);
  if (leaves.length === 0) return first;
  const second = await load(leaves);
  if (!second.ok) return second;
  const all = textsOf(first.value, first.value.keys());
  for (const path of second.value.keys()) all.take(second.value, path);
  return ok(all);
}

/** The files of a head that are asked for. */
export interface HeadFiles<E> {
  readonly load: (paths: readonly string[]) => Promise<Result<ReadonlyMap<string, string>, E>>;
  readonly listing: readonly string[];
  readonly head: string | undefined;
}

/**
 * The state at a head, if it is this project's and whole. Older streams come as well where a commit since the last fold goes
 * on with one, which hardly ever happens.
 */
export async function loadState<E>(
  ports: StatePlace,
  files: HeadFiles<E>,
  options: ReadOptions,
): Promise<Result<StateRead, AppFailure | E>> {
  const { load, listing, head } = files;
  const { environment } = ports;
  const texts = await loadNeeded(load, listing, options);
  if (!texts.ok) return texts;
  const read = assembleView({ listing, texts: texts.value, environment, ...(head === undefined ? {} : { head }) });
  if (!read.ok && options.olderStreams !== true && areStreamsWanted(read.error))
    return loadState(ports, files, { ...options, olderStreams: true });
  if (!read.ok) return fail(brokenState(ports.store.label, head, read.error));
  return ofThisProject(ports, texts.value, read.value);
}

function ofThisProject(
  ports: StatePlace,
  texts: ReadonlyMap<string, string>,
  read: StateRead,
): Result<StateRead, AppFailure> {
  const recorded = projectOf(texts);
  if (recorded !== undefined && recorded !== ports.projectName) {
    return fail(
      inputFailure(
        'other-project',
        `${ports.store.label} holds the state of project \`${recorded}\`, and this project is called \`${ports.projectName}\`.`,
        'Give the project its name back, or give it a branch of its own: `state: { branch: … }` in branchline.yaml.',
      ),
    );
  }
  return ok(read);
}

/** Events that the state has no room for: nothing is wrong with what is there. */
export function tooLongToRecord({ message }: StateProblem): AppFailure {
  return outsideFailure(
    'record-too-long',
    `Nothing was recorded: ${message}.`,
    'Where it is output files, declare a folder less; else select fewer assets or partitions a run.',
  );
}

/** All that is wrong with the state's files, as one refusal. */
export function brokenState(label: string, head: string | undefined, problems: readonly StateProblem[]): AppFailure {
  const lines = problems
    .slice(0, 10)
    .map((problem) => `  ${problem.file}${problem.line > 0 ? `:${problem.line}` : ''}: ${problem.message}`);
  const more = problems.length > 10 ? [`  and ${problems.length - 10} more`] : [];
  const newer = problems.some((problem) => problem.code === 'newer' || problem.code === 'newer-format');
  return outsideFailure(
    newer ? 'state-newer' : 'state-broken',
    [`${label}${head === undefined ? '' : ` at ${head.slice(0, 7)}`} cannot be read:`, ...lines, ...more].join('\n'),
    newer
      ? 'Use the version named, or a newer one.'
      : 'Nothing was done. `branchline state verify` lists everything that is wrong, `branchline state verify --repair` mends it (`--dry-run` says first what it would do); `--at <commit>` reads an older state.',
  );
}

/** The commit that `--at` names: by itself, by an instant, or as the newest of `archive/<seq>`. */
export async function resolveAt(store: StateStore, at: string): Promise<Result<string | undefined, AppFailure>> {
  const unreachable = (error: StoreUnreachable): Result<never, AppFailure> => fail(stateUnreachable(error));
  const archive = /^archive\/(\d+)$/.exec(at);
  if (archive) {
    const archives = await store.archives();
    if (!archives.ok) return unreachable(archives.error);
    const found = archives.value.find(({ seq }) => seq === Number(archive[1]));
    return found ? ok(found.commit) : fail(noSuchArchive(store.label, at, archives.value));
  }
  const resolved = await store.resolve(at);
  if (!resolved.ok) return unreachable(resolved.error);
  return resolved.value === undefined ? fail(noSuchMoment(store.label, at)) : resolved;
}

/** There is no archive of that name; `known`: those that there are. */
function noSuchArchive(label: string, name: string, known: readonly StateArchive[]): AppFailure {
  const names = known.map(({ seq }) => `archive/${seq}`).join(', ');
  return inputFailure(
    'unknown-archive',
    `${label} has no ${name}.`,
    names === '' ? 'It has no archives.' : `It has ${names}.`,
  );
}

/** The files of a commit, with those of older days that are asked for: what is read by default never leaves the tree. */
async function treeFor(
  store: StateStore,
  commit: string,
  { runsOf = [], days = 0, assetDays = 0 }: ReadOptions = {},
): Promise<Result<Pick<WholeTree, 'entries' | 'load' | 'problems'>, StoreUnreachable>> {
  const isSums = Math.max(days, assetDays) > REPORT_DAYS;
  if (isSums || runsOf.length > 0)
    return readWholeTree(store, commit, (file, period) => (file === SUMS_PATH ? isSums : runsOf.includes(period)));
  const entries = await store.list(commit, '', HEALTH_FOLDER);
  return entries.ok
    ? ok({ entries: entries.value, load: (paths) => store.load(commit, paths), problems: [] })
    : entries;
}

/** Reads the state for a command that writes nothing; `at` is a commit or an instant (time travel). */
export async function readState(
  ports: StatePlace & { readonly clock: Clock },
  at?: string,
  options?: ReadOptions,
): Promise<Result<StateAt, AppFailure>> {
  const { store } = ports;
  const unreachable = (error: StoreUnreachable): Result<never, AppFailure> => fail(stateUnreachable(error));
  const head = await store.read();
  if (!head.ok) return unreachable(head.error);
  let commit = head.value.commit;
  if (at !== undefined) {
    const resolved = await resolveAt(store, at);
    if (!resolved.ok) return resolved;
    commit = resolved.value;
  }
  // As one that writes it would have it: a plan and the run that follows see the same partitions.
  const now = Math.max(transactionInstant(head.value, ports.clock.now()).now, 0);
  const empty = { ...head.value, commit };
  if (commit === undefined) {
    const none: HeadFiles<never> = { load: async () => ok(new Map()), listing: [], head: undefined };
    const read = await loadState(ports, none, {});
    return read.ok ? ok({ read: read.value, head: empty, now, nowIsTrusted: false }) : read;
  }
  const tree = await treeFor(store, commit, options);
  if (!tree.ok) return unreachable(tree.error);
  const { entries, load, problems } = tree.value;
  if (problems.length > 0) return fail(brokenState(store.label, commit, problems));
  const files = { load, listing: entries.map(({ path }) => path), head: commit };
  const read = await loadState(ports, files, { ...readOptions(now), ...options });
  if (!read.ok) return 'exit' in read.error ? fail(read.error) : unreachable(read.error);
  return ok({ read: read.value, head: empty, now, nowIsTrusted: head.value.serverNow !== undefined });
}
