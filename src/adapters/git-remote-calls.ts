import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fail, ok, type Result } from '../base/result.ts';
import type { StoreUnreachable } from '../ports-state.ts';
import { fullDiskNote } from './disk-room.ts';
import { type ObjectReader, openObjectReader } from './git-object-reader.ts';
import { type ObjectStore, systemObjects } from './git-objects.ts';
import { ensurePrivateRepository } from './git-private-repository.ts';
import { type GitConfig, type GitExit, gitWords, runGit } from './git-process.ts';
import { hasNoRefFiles, readKnownRefs } from './git-ref-files.ts';
import {
  type PushedRef,
  type RemoteCalls,
  type RemoteHistory,
  type RemotePlace,
  refusedAccess,
  type SeenHead,
} from './git-remote-ref.ts';
import { serverDate } from './git-server-date.ts';
import {
  archivePrefixes,
  archivesOf,
  type ListedRef,
  listRefsArgs,
  type Published,
  parseListedRefs,
  parseRemoteRefs,
} from './git-state-ref.ts';

/** A remote, and how the system's git reaches it. */
export interface SystemRemote extends RemotePlace {
  readonly store: ObjectStore;
  /** Anything git can fetch from: a URL or an absolute path. */
  readonly url: string;
  /** How to reach it: credentials and what the user's repository configures for its remotes. */
  readonly config: GitConfig;
  /** Values that no message may show. */
  readonly secrets: readonly string[];
  /** Where the private repository remembers the branch, below `refs/remote/`; default `state`. */
  readonly tracked?: string;
}

/** One commit and its trees. */
const DEPTH_1 = ['--depth=1', '--filter=blob:none'];
/**
 * The same with its small files, once an earlier head is here: what changed since is mostly wanted, and comes in the
 * same answer. Without an earlier head that would be every small file there is.
 */
const DEPTH_1_WARM = ['--depth=1', '--filter=blob:limit=64k'];
/**
 * All commits, without their trees, and no archive that is none any more. The depth is what `git fetch --unshallow` asks for: of a remote that is a shallow clone
 * itself, the answer says where it ends, and that is kept here. Without it git takes what is not there for something that
 * the remote promised, and looks for it by fetches that look for it by fetches, without end.
 */
const COMMITS = ['--depth=2147483647', '--filter=tree:0', '--prune'];
/** Tries of one fetch against other processes that use the same private repository. */
const FETCH_TRIES = 12;

/** A remote that the system's git reaches. */
export function systemRemote(place: SystemRemote, reader: ObjectReader): RemoteCalls {
  const git = createGitCalls(place, reader);
  return {
    async look() {
      const [seen, serverNow] = await Promise.all([git.look(DEPTH_1, DEPTH_1_WARM), serverDate(place.url)]);
      return seen.ok ? ok({ ...seen.value, serverNow }) : seen;
    },
    list: (patterns) => git.list(patterns),
    push: (refs, atomic) => git.push(refs, atomic),
    bringTrees: async (ids) => (await git.fetch(DEPTH_1, ids)).code === 0,
    async bringBlobs(blobs) {
      const exit = await git.fetch([], blobs, ['fetch.negotiationAlgorithm', 'noop']);
      return exit.code === 0 ? ok(undefined) : fail(git.unreachable(exit));
    },
    history: () => readHistory(place),
  };
}

type Seen = Omit<SeenHead, 'serverNow'>;

function createGitCalls(place: SystemRemote, reader: ObjectReader) {
  const { store, branch } = place;
  const ref = `refs/heads/${branch}`;
  const tracked = `refs/remote/${place.tracked ?? 'state'}`;
  const trackedWitness = place.witness.replace('refs/branchline/', 'refs/remote/');
  const config = [
    ...remoteConfig(place),
    ['remote.state.promisor', 'true'],
    ['remote.state.partialclonefilter', 'blob:none'],
    ['remote.state.fetch', `+${ref}:${tracked}`],
  ] as const;
  let hasRead = false;

  const unreachable = ({ stderr, httpStatus }: GitExit): StoreUnreachable => {
    const words = gitWords(stderr, place.secrets) || 'no answer';
    return (
      refusedAccess(place, httpStatus, words) ?? {
        code: 'unreachable',
        message: `${place.name} cannot be reached for ${branch}: ${words}${fullDiskNote(store.gitDir)}`,
      }
    );
  };
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
      watchesHttp: /^https?:/i.test(place.url),
    });
    return exit.code === 0 ? ok(parseRemoteRefs(exit.stdout.toString())) : fail(unreachable(exit));
  };
  const here = async (refs: readonly string[]) => {
    const exit = await runGit({ args: [...listRefsArgs, ...refs], ...store });
    return parseListedRefs(exit.stdout.toString());
  };
  // An earlier head that can be read tells it by files, and by the git that is asked for what it has anyway.
  const isNew = async (): Promise<boolean> =>
    hasNoRefFiles(store.gitDir) ||
    ((await readKnownRefs(store.gitDir, reader, [tracked])) === undefined && (await here([])).length === 0);

  return {
    unreachable,
    fetch,
    list,
    here,
    async push(refs: readonly PushedRef[], atomic = false): Promise<Published> {
      const leases = refs.map(({ ref: pushed, from }) => `--force-with-lease=${pushed}:${from ?? ''}`);
      const refspecs = refs.map(({ ref: pushed, to }) => `${to ?? ''}:${pushed}`);
      // Not thin: a delta against a file that was never fetched would have to fetch it first.
      const args = [
        'push',
        '--porcelain',
        '--no-verify',
        '--no-thin',
        ...(atomic ? ['--atomic'] : []),
        ...serverSide(place, 'receive-pack'),
        ...leases,
      ];
      const exit = await runGit({ args: [...args, 'state', ...refspecs], ...store, config });
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
    /** Fetches the head, and `more` with it. What went wrong with a fetch is found out by listing the remote's refs. */
    async look(
      cold: readonly string[],
      warm = cold,
      more: readonly string[] = [],
    ): Promise<Result<Seen, StoreUnreachable>> {
      const isFirst = !hasRead && (await isNew());
      const depth = isFirst ? cold : warm;
      let last: GitExit | undefined;
      for (let tries = 1; tries <= FETCH_TRIES; tries++) {
        // The witness as a pattern: that one is missing is no failure.
        const exit = await fetch(depth, [`+${ref}:${tracked}`, `+${place.witness}*:${trackedWitness}*`, ...more]);
        if (exit.code === 0) {
          hasRead = true;
          const wanted = [tracked, trackedWitness];
          const refs = (await readKnownRefs(store.gitDir, reader, wanted)) ?? (await here(wanted));
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

/**
 * The whole history in a repository of its own, commits only (a few hundred bytes each): fetched there, it makes
 * neither the reads nor the pushes of the other one slower.
 */
async function readHistory(place: SystemRemote): Promise<Result<RemoteHistory, StoreUnreachable>> {
  // Nothing here is ever missing but files, which nobody asks for.
  const env = { ...place.store.env, GIT_NO_LAZY_FETCH: '1' };
  const folder = join(place.store.gitDir, '..');
  const store = { ...place.store, env, gitDir: join(folder, 'log.git') };
  // An older Branchline kept it there, of a shallow clone without a word of where it ends.
  rmSync(join(folder, 'history.git'), { recursive: true, force: true });
  const made = ensurePrivateRepository(store.gitDir, store.format);
  if (!made.ok) return fail({ code: 'unreachable', message: `git could not make ${store.gitDir}: ${made.error}` });
  const reader = openObjectReader(store);
  const remote = createGitCalls({ ...place, store }, reader);
  const { hidden, branches } = archivePrefixes(place.branch);
  const here = ['refs/remote/archives/', 'refs/remote/archive-branches/'] as const;
  const archived = [`+${hidden}*:${here[0]}*`, `+${branches}*:${here[1]}*`];
  const seen = await remote.look(COMMITS, COMMITS, archived);
  if (!seen.ok) return seen;
  if (seen.value.head === undefined) {
    // A branch that was deleted: archives may be left. A fetch of none is an error of git's.
    const left = await remote.list([`${hidden}*`, `${branches}*`]);
    if (!left.ok) return left;
    const exit = left.value.length === 0 ? undefined : await remote.fetch(COMMITS, archived);
    if (exit === undefined) return ok({ objects: systemObjects(store, reader), head: undefined, archives: [] });
    if (exit.code !== 0) return fail(remote.unreachable(exit));
  }
  const nameOf = (ref: string): string => ref.replace(here[0], hidden).replace(here[1], branches);
  const archives = archivesOf(await remote.here(here), nameOf);
  return ok({ objects: systemObjects(store, reader), head: seen.value.head, archives });
}

function remoteConfig(place: SystemRemote): GitConfig {
  return [...place.config, ['remote.state.url', place.url]];
}

function fetchArgs(place: SystemRemote): readonly string[] {
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
function serverSide(place: SystemRemote, program: 'upload-pack' | 'receive-pack'): readonly string[] {
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
