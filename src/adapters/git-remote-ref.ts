import { ok, type Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import type { StateArchive, StateHead, StoreUnreachable } from '../ports-state.ts';
import type { StateObjects } from './git-objects.ts';
import {
  archiveName,
  archivePrefixes,
  blockingRef,
  type ListedRef,
  type Published,
  type StateRef,
} from './git-state-ref.ts';

/** A repository somewhere else that holds the state branch. */
export interface RemotePlace {
  /** For messages: `origin`, or `this repository`. */
  readonly name: string;
  /** Branch name without `refs/heads/`. */
  readonly branch: string;
  /** The ref that tells a deleted branch from one that never was. */
  readonly witness: string;
  /** The user's own repository: only the state's refs may change there, and nothing of theirs may start. */
  readonly isOwnRepository: boolean;
  /** Called where a person should know something though nothing failed. */
  readonly onNotice: (text: string) => void;
}

/** A server that answers with 401, 403 or 404 shows this account nothing, now and in a minute. `words`: the server's or git's. */
export function refusedAccess(
  { name, branch }: Pick<RemotePlace, 'name' | 'branch'>,
  status: number | undefined,
  words: string,
): StoreUnreachable | undefined {
  if (status !== 401 && status !== 403 && status !== 404) return undefined;
  const why = {
    401: 'it wants to know who asks (HTTP 401)',
    403: 'this account may not read it (HTTP 403)',
    404: 'there is no such repository, or not for this account (HTTP 404)',
  }[status];
  return { code: 'no-access', message: `${name} gives no access to ${branch}: ${why}. It said: ${words}` };
}

/** One ref of a push: it is moved only if it is where it is expected. */
export interface PushedRef {
  readonly ref: string;
  /** Undefined: there must be none. */
  readonly from: string | undefined;
  /** Undefined: it is deleted. */
  readonly to: string | undefined;
}

/** What a look at the remote's refs found; the head's commit and trees are here then. */
export interface SeenHead {
  readonly head: ListedRef | undefined;
  readonly witness: boolean;
  /** From the server's `Date` header. */
  readonly serverNow: EpochMs | undefined;
  /** Nothing of the remote was here before. */
  readonly isFirst: boolean;
}

export interface RemoteHistory {
  readonly objects: StateObjects;
  readonly head: ListedRef | undefined;
  /** Newest first. */
  readonly archives: readonly StateArchive[];
}

/** The calls that reach a remote. */
export interface RemoteCalls {
  look(): Promise<Result<SeenHead, StoreUnreachable>>;
  /** Refs by their whole names, or by patterns that end in `*`. */
  list(patterns: readonly string[]): Promise<Result<readonly ListedRef[], StoreUnreachable>>;
  /** `atomic`: all or none. */
  push(refs: readonly PushedRef[], atomic?: boolean): Promise<Published>;
  /** Brings commits, or trees, with all trees below; false when that did not work. */
  bringTrees(ids: readonly string[]): Promise<boolean>;
  bringBlobs(blobs: readonly string[]): Promise<Result<void, StoreUnreachable>>;
  history(): Promise<Result<RemoteHistory, StoreUnreachable>>;
}

/** Production: a branch of another repository, seen through the private one. */
export function createRemoteRef(place: RemotePlace, remote: RemoteCalls): StateRef {
  const { name, branch } = place;
  const branchRef = `refs/heads/${branch}`;
  let needsWitness = false;
  let isCold = false;

  return {
    label: `${branch} at ${name}`,
    isShared: true,
    async read(): Promise<Result<StateHead, StoreUnreachable>> {
      const seen = await remote.look();
      if (!seen.ok) return seen;
      const { head, witness, serverNow, isFirst } = seen.value;
      needsWitness = !witness;
      isCold = isCold || isFirst;
      return ok({ commit: head?.id, committedAt: head?.committedAt, serverNow, witness });
    },
    async publish(commit, expected, archived): Promise<Published> {
      const state = { ref: branchRef, from: expected, to: commit };
      if (archived) return publishArchived(remote, place, state, archived);
      const witness = { ref: place.witness, from: undefined, to: commit };
      if (expected !== undefined) {
        // A witness that is missing beside a branch is made good, at most once a read.
        const refs = needsWitness ? [state, witness] : [state];
        needsWitness = false;
        return remote.push(refs);
      }
      if (!needsWitness) return remote.push([state]);
      // Both or none: a witness without a branch would say that the branch was deleted.
      const both = await remote.push([state, witness], true);
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
    async publishWith(commit, expected, refs) {
      const state = { ref: branchRef, from: expected, to: commit };
      const data = refs.map((move) => ({ ref: move.ref, from: move.expected, to: move.commit }));
      const together = await remote.push([...data, state], true);
      if (together.kind === 'published') {
        // The witness is no part of it: a server may take no refs but branches.
        if (needsWitness) await remote.push([{ ref: place.witness, from: undefined, to: commit }]);
        needsWitness = false;
        return together;
      }
      if (together.kind === 'refused') return together;
      // No word about any ref: the line broke, or several cannot be pushed at once. Did anything move?
      const now = await remote.list([...data, state].map(({ ref }) => ref));
      const idOf = (ref: string): string | undefined =>
        now.ok ? now.value.find((listed) => listed.ref === ref)?.id : undefined;
      if (!now.ok || [...data, state].some(({ ref, from }) => idOf(ref) !== from)) return together;
      const ahead = await remote.push(data);
      return ahead.kind === 'published' ? this.publish(commit, expected) : ahead;
    },
    async whereabouts(refs) {
      const found = await remote.list(refs);
      return found.ok ? ok(new Map(found.value.map(({ ref, id }) => [ref, id]))) : found;
    },
    bringTrees: async (ids) => {
      if (await remote.bringTrees(ids)) return ok(true);
      // The server refuses an id that it does not know; is it there at all?
      const refs = await remote.list([branchRef]);
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
      return remote.bringBlobs(blobs);
    },
    async history() {
      const seen = await remote.history();
      if (!seen.ok) return seen;
      const { objects, head, archives } = seen.value;
      const tips = [...(head === undefined ? [] : [head.id]), ...archives.map(({ commit }) => commit)];
      return ok({ objects, tips });
    },
    remote: name,
    notice: place.onNotice,
    async archives() {
      const seen = await remote.history();
      return seen.ok ? ok(seen.value.archives) : seen;
    },
    async dropArchives(dropped) {
      if (dropped.length === 0) return ok([]);
      await remote.push(dropped.map(({ ref, commit }) => ({ ref, from: commit, to: undefined })));
      // What is true is found by looking.
      const left = await remote.list(dropped.map(({ ref }) => ref));
      if (!left.ok) return left;
      return ok(dropped.filter(({ ref }) => !left.value.some((listed) => listed.ref === ref)));
    },
    async advice(words, isForced) {
      const parts = branch.split('/');
      const prefixes = parts.slice(1).map((_, i) => `refs/heads/${parts.slice(0, i + 1).join('/')}`);
      const refs = await remote.list([...prefixes, `${branchRef}/*`]);
      const blocking = refs.ok
        ? blockingRef(
            branchRef,
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
  remote: RemoteCalls,
  place: RemotePlace,
  state: PushedRef,
  archived: Pick<StateArchive, 'seq' | 'commit'>,
): Promise<Published> {
  const { hidden, branches } = archivePrefixes(place.branch);
  const taken = await remote.list([`${hidden}*`, `${branches}*`]);
  if (!taken.ok) return { kind: 'unanswered', words: taken.error.message };
  const name = archiveName(archived, taken.value);
  const kept = (prefix: string): PushedRef => {
    const ref = `${prefix}${name}`;
    return { ref, from: taken.value.find((listed) => listed.ref === ref)?.id, to: archived.commit };
  };
  const both = await remote.push([kept(hidden), state], true);
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
