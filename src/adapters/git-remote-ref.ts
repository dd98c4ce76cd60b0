import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fail, ok, type Result } from '../base/result.ts';
import type { StateArchive, StateHead, StoreUnreachable } from '../ports.ts';
import { type ObjectStore, systemObjects } from './git-objects.ts';
import { ensurePrivateRepository } from './git-private-repository.ts';
import { type GitConfig, type GitExit, gitWords, runGit } from './git-process.ts';
import { serverDate } from './git-server-date.ts';
import {
  archiveName,
  archivePrefixes,
  archivesOf,
  blockingRef,
  type ListedRef,
  listRefsArgs,
  type Published,
  parseListedRefs,
  parseRemoteRefs,
  type StateRef,
} from './git-state-ref.ts';

/** A repository somewhere else that holds the state branch. */
export interface RemotePlace {
  readonly store: ObjectStore;
  /** Anything git can fetch from: a URL or an absolute path. */
  readonly url: string;
  /** For messages: `origin`, or `this repository`. */
  readonly name: string;
  /** Branch name without `refs/heads/`. */
  readonly branch: string;
  /** The ref that tells a deleted branch from one that never was. */
  readonly witness: string;
  /** How to reach it: credentials and what the user's repository configures for its remotes. */
  readonly config: GitConfig;
  /** Values that no message may show. */
  readonly secrets: readonly string[];
  /** The user's own repository: only the state's refs may change there, and nothing of theirs may start. */
  readonly isOwnRepository: boolean;
  /** Called once when the server sends everything instead of what was asked for. */
  readonly onNotice: (text: string) => void;
}

/** One commit and its trees. */
const DEPTH_1 = ['--depth=1', '--filter=blob:none'];
/** Tries of one fetch against other processes that use the same private repository. */
const FETCH_TRIES = 12;

/** Production: a branch of another repository, seen through the private one. */
export function createRemoteRef(place: RemotePlace): StateRef {
  const remote = createRemoteCalls(place);
  const { url, name, branch } = place;
  let needsWitness = false;
  let isCold = false;

  return {
    label: `${branch} at ${name}`,
    isShared: true,
    async read(): Promise<Result<StateHead, StoreUnreachable>> {
      const [seen, serverNow] = await Promise.all([remote.look(DEPTH_1), serverDate(url)]);
      if (!seen.ok) return seen;
      const { head, witness, isFirst } = seen.value;
      needsWitness = !witness;
      isCold = isCold || isFirst;
      return ok({ commit: head?.id, committedAt: head?.committedAt, serverNow, witness });
    },
    async publish(commit, expected, archived): Promise<Published> {
      const state = remote.refspec(commit, expected);
      if (archived) return publishArchived(remote, place, state, archived);
      const witness = { lease: `${place.witness}:`, refspec: `${commit}:${place.witness}` };
      if (expected !== undefined) {
        // A witness that is missing beside a branch is made good, at most once a read.
        const refs = needsWitness ? [state, witness] : [state];
        needsWitness = false;
        return remote.push(refs);
      }
      if (!needsWitness) return remote.push([state]);
      // Both or none: a witness without a branch would say that the branch was deleted.
      const both = await remote.push([state, witness], ['--atomic']);
      if (both.kind === 'published') {
        needsWitness = false;
        return both;
      }
      const refs = await remote.list([state.ref]);
      if (!refs.ok || refs.value.some(({ ref }) => ref === state.ref)) return both;
      // Perhaps the server takes no refs but branches, or cannot push atomically.
      const alone = await remote.push([state]);
      if (alone.kind === 'published') await remote.push([witness]);
      return alone;
    },
    bringCommit: async (commit) => {
      const exit = await remote.fetch(DEPTH_1, [commit]);
      if (exit.code === 0) return ok(true);
      // The server refuses an id that it does not know; is it there at all?
      const refs = await remote.list([`refs/heads/${branch}`]);
      return refs.ok ? ok(false) : refs;
    },
    async bringBlobs(blobs) {
      if (blobs.length === 0) {
        if (isCold) {
          place.onNotice(
            `${name} cannot send parts of a repository: all files of ${branch} are fetched, and reads get slower as it grows. On a server of your own, set uploadpack.allowFilter to true.`,
          );
        }
        isCold = false;
        return ok(undefined);
      }
      isCold = false;
      const exit = await remote.fetch([], blobs, ['fetch.negotiationAlgorithm', 'noop']);
      return exit.code === 0 ? ok(undefined) : fail(remote.unreachable(exit));
    },
    async history() {
      const seen = await readHistory(place);
      if (!seen.ok) return seen;
      const { store: objects, head, archives } = seen.value;
      const tips = [...(head === undefined ? [] : [head.id]), ...archives.map(({ commit }) => commit)];
      return ok({ objects: systemObjects(objects), tips });
    },
    async archives() {
      const seen = await readHistory(place);
      return seen.ok ? ok(seen.value.archives) : seen;
    },
    async dropArchives(dropped) {
      if (dropped.length === 0) return ok([]);
      await remote.push(dropped.map(({ ref, commit }) => ({ lease: `${ref}:${commit}`, refspec: `:${ref}` })));
      // What is true is found by looking.
      const left = await remote.list(dropped.map(({ ref }) => ref));
      if (!left.ok) return left;
      return ok(dropped.filter(({ ref }) => !left.value.some((listed) => listed.ref === ref)));
    },
    async advice(words, isForced) {
      const parts = branch.split('/');
      const prefixes = parts.slice(1).map((_, i) => `refs/heads/${parts.slice(0, i + 1).join('/')}`);
      const ref = `refs/heads/${branch}`;
      const refs = await remote.list([...prefixes, `${ref}/*`]);
      const blocking = refs.ok
        ? blockingRef(
            ref,
            refs.value.map((listed) => listed.ref),
          )
        : undefined;
      if (blocking !== undefined) {
        const short = blocking.replace('refs/heads/', '');
        return `${name} has a branch named ${short}, and as long as it is there git cannot have one named ${branch}. Rename or delete it, or set another state.branch in branchline.yaml.`;
      }
      if (isForced) return forcedAdvice(place, words);
      return place.isOwnRepository
        ? `git did not update the branch ${branch} of this repository (it said: ${words}). Is that branch checked out in a worktree, or the repository not writable?`
        : `${name} refused the push to ${branch} (it said: ${words}). Check that this account may write there (in a workflow: permissions: contents: write), and that no ruleset or branch protection on ${branch} is in the way.`;
    },
  };
}

/** A new head without a parent, and the old one under a ref of its own: both at once, or the archive first. */
async function publishArchived(
  remote: ReturnType<typeof createRemoteCalls>,
  place: RemotePlace,
  state: PushedRef,
  archived: Pick<StateArchive, 'seq' | 'commit'>,
): Promise<Published> {
  const { hidden, branches } = archivePrefixes(place.branch);
  const taken = await remote.list([`${hidden}*`, `${branches}*`]);
  if (!taken.ok) return { kind: 'unanswered', words: taken.error.message };
  const name = archiveName(archived, taken.value);
  const kept = (prefix: string): PushedRef & { readonly ref: string } => {
    const ref = `${prefix}${name}`;
    const known = taken.value.find((listed) => listed.ref === ref)?.id ?? '';
    return { ref, lease: `${ref}:${known}`, refspec: `${archived.commit}:${ref}` };
  };
  const both = await remote.push([kept(hidden), state], ['--atomic']);
  if (both.kind === 'published') return both;
  // Perhaps the server takes no refs but branches, or cannot push atomically: whatever it takes, the archive is first.
  for (const prefix of [hidden, branches]) {
    const archive = await remote.push([kept(prefix)]);
    const seen = await remote.list([kept(prefix).ref]);
    if (!seen.ok) return { kind: 'unanswered', words: seen.error.message };
    if (seen.value.some(({ id }) => id === archived.commit)) return remote.push([state]);
    if (archive.kind === 'published') continue;
  }
  return both;
}

function forcedAdvice({ name, branch, isOwnRepository }: RemotePlace, words: string): string {
  if (isOwnRepository) {
    return `git did not replace the branch ${branch} of this repository (it said: ${words}). Is that branch checked out in a worktree, or the repository not writable?`;
  }
  return `${name} refused to replace ${branch} by a commit without history (it said: ${words}). A compact is a forced push: exclude ${branch.split('/')[0]}/** from the rule that forbids them (on GitHub: Settings, Rules, Rulesets, "Block force pushes", Target branches, Exclude by pattern ${branch.split('/')[0]}/**).`;
}

interface PushedRef {
  readonly lease: string;
  readonly refspec: string;
}
interface Seen {
  readonly head: ListedRef | undefined;
  readonly witness: boolean;
  /** The private repository was empty before. */
  readonly isFirst: boolean;
}

/** The calls that reach the remote. */
function createRemoteCalls(place: RemotePlace) {
  const { store, branch } = place;
  const ref = `refs/heads/${branch}`;
  const tracked = 'refs/remote/state';
  const trackedWitness = place.witness.replace('refs/branchline/', 'refs/remote/');
  const config = [
    ...remoteConfig(place),
    ['remote.state.promisor', 'true'],
    ['remote.state.partialclonefilter', 'blob:none'],
    ['remote.state.fetch', `+${ref}:${tracked}`],
  ] as const;
  let hasRead = false;

  const unreachable = (exit: GitExit): StoreUnreachable => ({
    code: 'unreachable',
    message: `${place.name} cannot be reached for ${branch}: ${gitWords(exit.stderr, place.secrets) || 'no answer'}`,
  });
  const fetch = (options: readonly string[], wanted: readonly string[], extra?: readonly [string, string]) =>
    runGit({
      args: [...fetchArgs(place), ...options, '--stdin', 'state'],
      ...store,
      config: extra === undefined ? config : [...config, extra],
      input: `${wanted.join('\n')}\n`,
    });
  const list = async (refs: readonly string[]): Promise<Result<ListedRef[], StoreUnreachable>> => {
    const exit = await runGit({
      args: ['ls-remote', ...serverSide(place, 'upload-pack'), 'state', ...refs],
      ...store,
      config,
    });
    return exit.code === 0 ? ok(parseRemoteRefs(exit.stdout.toString())) : fail(unreachable(exit));
  };
  const here = async (refs: readonly string[]) => {
    const exit = await runGit({ args: [...listRefsArgs, ...refs], ...store });
    return parseListedRefs(exit.stdout.toString());
  };

  return {
    unreachable,
    fetch,
    list,
    here,
    refspec: (commit: string, expected: string | undefined): PushedRef & { readonly ref: string } => ({
      ref,
      lease: `${ref}:${expected ?? ''}`,
      refspec: `${commit}:${ref}`,
    }),
    async push(refs: readonly PushedRef[], options: readonly string[] = []): Promise<Published> {
      const leases = refs.map(({ lease }) => `--force-with-lease=${lease}`);
      // Not thin: a delta against a file that was never fetched would have to fetch it first.
      const args = [
        'push',
        '--porcelain',
        '--no-verify',
        '--no-thin',
        ...options,
        ...serverSide(place, 'receive-pack'),
        ...leases,
      ];
      const exit = await runGit({ args: [...args, 'state', ...refs.map(({ refspec }) => refspec)], ...store, config });
      if (exit.code === 0) return { kind: 'published' };
      // `!` before a ref: it was refused, by the server or by the lease. Without one the conversation broke off.
      const refusals = exit.stdout
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('!\t'));
      const kind = refusals.length > 0 ? 'refused' : 'unanswered';
      const reasons = refusals.map((line) => line.split('\t')[2] ?? '');
      return { kind, words: gitWords([...reasons, exit.stderr].join('\n'), place.secrets) || 'nothing' };
    },
    /** Fetches the head. What went wrong with a fetch is found out by listing the remote's refs. */
    async look(depth: readonly string[]): Promise<Result<Seen, StoreUnreachable>> {
      const isFirst = !hasRead && (await here([])).length === 0;
      let last: GitExit | undefined;
      for (let tries = 1; tries <= FETCH_TRIES; tries++) {
        // The witness as a pattern: that one is missing is no failure.
        const exit = await fetch(depth, [`+${ref}:${tracked}`, `+${place.witness}*:${trackedWitness}*`]);
        if (exit.code === 0) {
          hasRead = true;
          const refs = await here([tracked, trackedWitness]);
          const head = refs.find((listed) => listed.ref === tracked);
          return ok({ head, witness: refs.some((listed) => listed.ref === trackedWitness), isFirst });
        }
        const refs = await list([ref, place.witness]);
        if (!refs.ok) return refs;
        const witness = refs.value.some((listed) => listed.ref === place.witness);
        const head = refs.value.find((listed) => listed.ref === ref);
        if (head === undefined) return ok({ head, witness, isFirst: false });
        // The branch is there: another process was at the same files of the private repository, or the line broke.
        const time = await runGit({ args: ['show', '--no-patch', '--format=%ct', head.id, '--'], ...store });
        if (time.code === 0) {
          const committedAt = Number(time.stdout.toString()) * 1000;
          return ok({ head: { ...head, committedAt }, witness, isFirst: false });
        }
        last = exit;
        await delay(20 * tries);
      }
      return fail(unreachable(last!));
    },
  };
}

interface RemoteHistory {
  readonly store: ObjectStore;
  readonly head: ListedRef | undefined;
  readonly archives: readonly StateArchive[];
}

/**
 * The whole history in a repository of its own, commits only (a few hundred bytes each): fetched there, it makes
 * neither the reads nor the pushes of the other one slower.
 */
async function readHistory(place: RemotePlace): Promise<Result<RemoteHistory, StoreUnreachable>> {
  const store = { ...place.store, gitDir: join(place.store.gitDir, '..', 'history.git') };
  const made = await ensurePrivateRepository(store.gitDir, store.format, store.env);
  if (!made.ok) return fail({ code: 'unreachable', message: `git could not make ${store.gitDir}: ${made.error}` });
  const remote = createRemoteCalls({ ...place, store });
  const options = ['--filter=tree:0'];
  const seen = await remote.look(options);
  if (!seen.ok) return seen;
  const { hidden, branches } = archivePrefixes(place.branch);
  const here = ['refs/remote/archives/', 'refs/remote/archive-branches/'] as const;
  // Pruned: an archive that was dropped at the remote is none.
  const wanted = [`+${hidden}*:${here[0]}*`, `+${branches}*:${here[1]}*`];
  const exit = await remote.fetch([...options, '--prune'], wanted);
  if (exit.code !== 0) return fail(remote.unreachable(exit));
  const nameOf = (ref: string): string => ref.replace(here[0], hidden).replace(here[1], branches);
  const archives = archivesOf(await remote.here(here), nameOf);
  return ok({ store, head: seen.value.head, archives });
}

function remoteConfig(place: RemotePlace): GitConfig {
  return [...place.config, ['remote.state.url', place.url]];
}

function fetchArgs(place: RemotePlace): readonly string[] {
  return [
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-auto-maintenance',
    ...serverSide(place, 'upload-pack'),
  ];
}

/** What runs at the other end, when that is this machine: it asks no configuration of the user's repository. */
function serverSide(place: RemotePlace, program: 'upload-pack' | 'receive-pack'): readonly string[] {
  if (program === 'upload-pack') {
    return isLocalPath(place.url) ? ['--upload-pack=git -c uploadpack.allowFilter=true upload-pack'] : [];
  }
  // No clean-up and no hooks in the user's repository: the engine touches the state's refs there and nothing else.
  return place.isOwnRepository
    ? [
        '--receive-pack=git -c receive.autogc=false -c gc.auto=0 -c maintenance.auto=false -c core.hooksPath=/dev/null receive-pack',
      ]
    : [];
}

function isLocalPath(url: string): boolean {
  return /^(\/|\.|file:\/\/|[A-Za-z]:[\\/]|\\\\)/.test(url);
}
