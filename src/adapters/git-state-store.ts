import { join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import { indexPath, isInIndex, isInRecent, recentFolder } from '../model/landing.ts';
import type {
  CommitOutcome,
  StateChange,
  StateCommit,
  StateStore,
  StateTreeEntry,
  StoreUnreachable,
} from '../ports.ts';
import { createLocalRef } from './git-local-ref.ts';
import { type GitLocation, locateRepository, privateFolder, type StateStoreProblem } from './git-location.ts';
import { findBlobs, listTree, type ObjectStore, readBlobs, readLog, writeCommit } from './git-objects.ts';
import { ensurePrivateRepository, tidyPrivateRepository } from './git-private-repository.ts';
import type { Environment, GitConfig } from './git-process.ts';
import { createRemoteRef } from './git-remote-ref.ts';
import type { StateRef } from './git-state-ref.ts';

export interface StateStoreOptions {
  /** Absolute; anywhere in the user's working tree. */
  readonly projectRoot: string;
  readonly projectName: string;
  /** `state.branch`: production's branch, without `refs/heads/`. */
  readonly branch: string;
  /** `state.remote`; a missing `origin` means the user's own repository. */
  readonly remote: string;
  readonly environment: 'production' | 'local';
  /** For an https remote: sent instead of whatever credentials are configured. */
  readonly token?: string;
  /** Default `<git common dir>/branchline/<project>`; in a workflow a folder under the runner's temp. */
  readonly privateFolder?: string;
  /** Default: the environment of this process. */
  readonly env?: Environment;
  /** What `locateRepository` found for these options, where somebody has asked already. */
  readonly location?: GitLocation;
  /** What a person should know though nothing failed: one sentence, at most once each. */
  readonly onNotice?: (text: string) => void;
}

/** A state store, and the folder that goes with it. */
export interface GitStateStore extends StateStore {
  /** Absolute; holds the private repository, and has room for what else is kept on this machine, such as journals. */
  readonly privateFolder: string;
}

/**
 * The state of one environment, kept with the system's git in a private bare repository. The user's repository is
 * only read, except for production's branch and witness when it has no remote.
 */
export async function openStateStore(options: StateStoreOptions): Promise<Result<GitStateStore, StateStoreProblem>> {
  const env = options.env ?? process.env;
  const location = options.location
    ? ok(options.location)
    : await locateRepository(options.projectRoot, options.remote, env);
  if (!location.ok) return location;
  const { commonDir, format, remoteUrl, transport } = location.value;
  const folder = options.privateFolder ?? privateFolder(commonDir, options.projectName);
  const store: ObjectStore = { gitDir: join(folder, 'state.git'), format, env };
  const made = await ensurePrivateRepository(store.gitDir, format, env);
  if (!made.ok) {
    return fail({
      code: 'private-repository',
      message: `The private repository ${store.gitDir} could not be made: ${made.error}. Is the disk full, or the folder not writable?`,
    });
  }
  if (options.environment === 'local')
    return ok({ ...createStateStore(store, createLocalRef(store)), privateFolder: folder });
  const url = remoteUrl ?? commonDir;
  const ref = createRemoteRef({
    store,
    url,
    name: remoteUrl === undefined ? 'this repository' : options.remote,
    branch: options.branch,
    witness: witnessOf(options.branch),
    config: [...transport, ...tokenConfig(url, options.token)],
    secrets: options.token === undefined ? [] : [options.token, basicAuthorization(options.token)],
    isOwnRepository: remoteUrl === undefined,
    onNotice: options.onNotice ?? (() => {}),
  });
  return ok({ ...createStateStore(store, ref), privateFolder: folder });
}

/** The ref that is written with the branch's first commit; each state branch of a repository has its own. */
export function witnessOf(branch: string): string {
  return branch === 'branchline/state' ? 'refs/branchline/witness' : `refs/branchline/witness-of/${branch}`;
}

/** The token as a header; the empty one before it clears headers that others configured, or the server would get two. */
function tokenConfig(url: string, token: string | undefined): GitConfig {
  if (token === undefined || !/^https?:\/\//i.test(url)) return [];
  const { protocol, host } = new URL(url);
  const key = `http.${protocol}//${host}/.extraheader`;
  return [
    [key, ''],
    [key, `Authorization: Basic ${basicAuthorization(token)}`],
  ];
}

function basicAuthorization(token: string): string {
  return Buffer.from(`x-access-token:${token}`).toString('base64');
}

function createStateStore(store: ObjectStore, ref: StateRef): StateStore {
  return {
    label: ref.label,
    read: () => ref.read(),
    list: (commit, prefix) => list(store, ref, commit, prefix),
    load: (commit, paths) => load(store, ref, commit, paths),
    commit: (expected, change) => commit(store, ref, expected, change),
    async log(limit, from) {
      const history = await ref.history();
      if (!history.ok) return history;
      const start = from ?? history.value.tip;
      return ok(start === undefined ? [] : ((await readLog(history.value.store, start, limit)) ?? []));
    },
    async resolve(at) {
      const history = await ref.history();
      if (!history.ok) return history;
      const { tip } = history.value;
      if (tip === undefined) return ok(undefined);
      return ok(findCommit((await readLog(history.value.store, tip, HISTORY_MAX)) ?? [], at));
    },
  };
}

/** A state branch is compacted by itself long before it has this many commits. */
const HISTORY_MAX = 1_000_000;

function findCommit(newestFirst: readonly StateCommit[], at: string): string | undefined {
  if (/^[0-9a-f]{4,64}$/.test(at)) {
    const matches = newestFirst.filter(({ commit }) => commit.startsWith(at));
    return matches.length === 1 ? matches[0]!.commit : undefined;
  }
  const instant = Date.parse(at);
  return newestFirst.find((commit) => commit.at <= instant)?.commit;
}

/** Asks git here; when the commit is not here, brings it once and asks again. */
async function withCommit<T>(
  ref: StateRef,
  commit: string,
  ask: () => Promise<T | undefined>,
): Promise<Result<T, StoreUnreachable>> {
  const first = await ask();
  if (first !== undefined) return ok(first);
  const brought = await ref.bringCommit(commit);
  if (!brought.ok) return brought;
  const second = brought.value ? await ask() : undefined;
  if (second !== undefined) return ok(second);
  return fail({ code: 'unreachable', message: `There is no commit ${commit} in ${ref.label}.` });
}

function list(
  store: ObjectStore,
  ref: StateRef,
  commit: string,
  prefix: string,
): Promise<Result<readonly StateTreeEntry[], StoreUnreachable>> {
  return withCommit(ref, commit, () => listTree(store, commit, prefix));
}

async function load(
  store: ObjectStore,
  ref: StateRef,
  commit: string,
  paths: readonly string[],
): Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>> {
  const found = await withCommit(ref, commit, () => findBlobs(store, commit, paths));
  if (!found.ok) return found;
  const blobs = found.value;
  const texts = await readBlobs(store, blobs.values());
  const missing = [...new Set(blobs.values())].filter((blob) => !texts.has(blob));
  if (blobs.size > 0) {
    const brought = await ref.bringBlobs(missing);
    if (!brought.ok) return brought;
  }
  for (const [blob, text] of await readBlobs(store, missing)) texts.set(blob, text);
  const files = new Map<string, string>();
  for (const [path, blob] of blobs) {
    const text = texts.get(blob);
    if (text === undefined) {
      return fail({ code: 'unreachable', message: `${path} of commit ${commit} could not be had from ${ref.label}.` });
    }
    files.set(path, text);
  }
  return ok(files);
}

async function commit(
  store: ObjectStore,
  ref: StateRef,
  expected: string | undefined,
  change: StateChange,
): Promise<CommitOutcome> {
  const message = ref.isShared ? withSkipCi(change.message) : change.message;
  const written = await writeCommit(store, expected, { ...change, message });
  if (!written.ok) return judge(store, ref, { expected, commit: undefined, change, words: written.error });
  // Once more when git got no word from the server: its push may be under way still, or the line broke.
  for (let tries = 1; ; tries++) {
    const published = await ref.publish(written.value, expected);
    if (published.kind === 'published') {
      await tidyPrivateRepository(store.gitDir, store.env);
      return { kind: 'landed', commit: written.value };
    }
    const outcome = await judge(store, ref, { expected, commit: written.value, change, words: published.words });
    if (outcome.kind !== 'denied' || published.kind === 'refused' || tries === 2) return outcome;
  }
}

interface Attempt {
  readonly expected: string | undefined;
  /** Undefined when it could not even be written. */
  readonly commit: string | undefined;
  readonly change: StateChange;
  readonly words: string;
}

/** What became of a commit whose push was refused or not answered: found by looking at the head. */
async function judge(store: ObjectStore, ref: StateRef, attempt: Attempt): Promise<CommitOutcome> {
  const head = await ref.read();
  if (!head.ok) return { kind: 'unreachable', message: head.error.message };
  const current = head.value.commit;
  if (current === undefined) {
    if (attempt.expected !== undefined) return { kind: 'gone' };
    return { kind: 'denied', message: await ref.advice(attempt.words) };
  }
  if (attempt.commit !== undefined) {
    if (current === attempt.commit) return { kind: 'landed', commit: current };
    const landed = current !== attempt.expected && (await hasLanded(store, ref, current, attempt.change));
    if (typeof landed !== 'boolean') return { kind: 'unreachable', message: landed.message };
    if (landed) return { kind: 'landed', commit: attempt.commit };
  }
  if (current !== attempt.expected) return { kind: 'conflict' };
  return { kind: 'denied', message: await ref.advice(attempt.words) };
}

async function hasLanded(
  store: ObjectStore,
  ref: StateRef,
  head: string,
  change: StateChange,
): Promise<boolean | StoreUnreachable> {
  const recent = await list(store, ref, head, recentFolder);
  if (!recent.ok) return recent.error;
  if (
    isInRecent(
      recent.value.map(({ path }) => path),
      change,
    )
  )
    return true;
  const index = await load(store, ref, head, [indexPath]);
  if (!index.ok) return index.error;
  return isInIndex(index.value.get(indexPath), change);
}

/** Keeps other people's builds from starting at a state commit; before the trailers, which must stay last. */
function withSkipCi(message: string): string {
  if (message.includes('[skip ci]')) return message;
  const [subject, ...rest] = message.trimEnd().split('\n\n');
  return [subject, '[skip ci]', ...rest].join('\n\n');
}
