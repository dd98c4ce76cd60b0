import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import { ok } from '../base/result.ts';
import { parseGitConfig, settingOf } from './git-config-file.ts';
import { moveRefFiles, readRefFiles } from './git-ref-files.ts';
import type { PushedRef, RemoteCalls, RemotePlace } from './git-remote-ref.ts';
import {
  archiveName,
  archivePrefixes,
  archivesOf,
  type ListedRef,
  type Published,
  type StateRef,
} from './git-state-ref.ts';
import type { IsomorphicObjects } from './isomorphic-objects.ts';
import { readableNames, readableText } from './readable-files.ts';

/** A repository on this machine: its objects and refs are read and written in place. */
export interface FolderPlace extends RemotePlace {
  readonly gitDir: string;
  readonly objects: IsomorphicObjects;
}

/** A remote that is a path, or the user's own repository, without the system's git. */
export function folderRemote(place: FolderPlace): RemoteCalls {
  const { gitDir, objects, branch } = place;
  const branchRef = `refs/heads/${branch}`;
  const dated = (refs: readonly ListedRef[]) => Promise.all(refs.map((ref) => withTime(objects, ref)));
  return {
    async look() {
      const refs = readRefFiles(gitDir);
      const head = refs.find(({ ref }) => ref === branchRef);
      return ok({
        head: head && (await withTime(objects, head)),
        witness: refs.some(({ ref }) => ref === place.witness),
        serverNow: undefined,
        isFirst: false,
      });
    },
    async list(patterns) {
      return ok(readRefFiles(gitDir).filter(({ ref }) => patterns.some((pattern) => matches(ref, pattern))));
    },
    async push(refs, atomic): Promise<Published> {
      const denied = await denial(place, refs);
      if (denied !== undefined) return { kind: 'refused', words: denied };
      for (const part of atomic ? [refs] : refs.map((ref) => [ref])) {
        const moved = await moveRefFiles(gitDir, part);
        if (!moved.ok) return { kind: 'refused', words: moved.error };
      }
      return { kind: 'published' };
    },
    bringTrees: async () => false,
    bringBlobs: async () => ok(undefined),
    async history() {
      const refs = readRefFiles(gitDir);
      const { hidden, branches } = archivePrefixes(branch);
      const kept = refs.filter(({ ref }) => ref.startsWith(hidden) || ref.startsWith(branches));
      const head = refs.find(({ ref }) => ref === branchRef);
      return ok({ objects: historyOf(place), head, archives: archivesOf(await dated(kept)) });
    },
  };
}

/** Objects of a folder whose history may end only where the folder says that it is a shallow clone. */
function historyOf({ gitDir, objects }: FolderPlace): IsomorphicObjects {
  return {
    ...objects,
    async readLog(from, limit) {
      const log = await objects.readLog(from, limit);
      const last = log?.isCut ? log.commits.at(-1)?.commit : undefined;
      if (last === undefined) return log;
      const ends = (readableText(join(gitDir, 'shallow')) ?? '').split('\n');
      return ends.includes(last) ? log : undefined;
    },
  };
}

/** What git would not let through there. */
async function denial(place: FolderPlace, refs: readonly PushedRef[]): Promise<string | undefined> {
  const { gitDir } = place;
  const config = parseGitConfig(readableText(join(gitDir, 'config')) ?? '');
  const isBare = settingOf(config, 'core.bare') === 'true';
  for (const { ref, from, to } of refs) {
    if (!isBare && checkedOut(gitDir).has(ref)) return `${ref} is checked out`;
    if (place.isOwnRepository || from === undefined || to === undefined || !ref.startsWith('refs/heads/')) continue;
    if (settingOf(config, 'receive.denynonfastforwards') !== 'true') continue;
    const log = await place.objects.readLog(to, 2);
    if (log?.commits[1]?.commit !== from) return `${ref}: receive.denyNonFastForwards is set`;
  }
  if (place.isOwnRepository) return undefined;
  const hook = ['pre-receive', 'update', 'reference-transaction'].find((name) =>
    isExecutable(join(gitDir, 'hooks', name)),
  );
  return hook && `its hook ${hook} can be asked by git only: install git 2.31 or newer`;
}

/** Branches that are checked out, here and in other worktrees. */
function checkedOut(gitDir: string): Set<string> {
  const worktrees = readableNames(join(gitDir, 'worktrees')).map((name) => join(gitDir, 'worktrees', name));
  const heads = [gitDir, ...worktrees].map(
    (folder) => /^ref: (\S+)/.exec(readableText(join(folder, 'HEAD')) ?? '')?.[1],
  );
  return new Set(heads.filter((ref) => ref !== undefined));
}

const REF = 'refs/branchline/local';
const WITNESS = 'refs/branchline/local-witness';
const ARCHIVES = 'refs/branchline/local-archive/';

/** The `local` environment without the system's git: the same refs of the same private repository. */
export function folderLocalRef(gitDir: string, objects: IsomorphicObjects): StateRef {
  const list = (prefix: string): ListedRef[] => readRefFiles(gitDir).filter(({ ref }) => ref.startsWith(prefix));
  const archives = async () => archivesOf(await Promise.all(list(ARCHIVES).map((ref) => withTime(objects, ref))));
  const publishedBy = async (moves: readonly PushedRef[]): Promise<Published> => {
    const moved = await moveRefFiles(gitDir, moves);
    return moved.ok ? { kind: 'published' } : { kind: 'unanswered', words: moved.error };
  };
  return {
    label: 'the local state of this repository',
    isShared: false,
    async read() {
      const refs = list('refs/branchline/');
      const head = refs.find(({ ref }) => ref === REF);
      const seen = head && (await withTime(objects, head));
      const witness = refs.some(({ ref }) => ref === WITNESS);
      return ok({
        commit: seen?.id,
        ...(seen?.committedAt === undefined ? {} : { committedAt: seen.committedAt }),
        witness,
      });
    },
    async publish(commit, expected, archived): Promise<Published> {
      const moves: PushedRef[] = [{ ref: REF, from: expected, to: commit }];
      if (list(WITNESS).length === 0) moves.push({ ref: WITNESS, from: undefined, to: commit });
      if (archived) {
        const ref = `${ARCHIVES}${archiveName(archived, list(ARCHIVES))}`;
        const from = list(ref).find((known) => known.ref === ref)?.id;
        moves.push({ ref, from, to: archived.commit });
      }
      return publishedBy(moves);
    },
    async publishWith(commit, expected, refs) {
      const others = refs.map((move): PushedRef => ({ ref: move.ref, from: move.expected, to: move.commit }));
      const witness = list(WITNESS).length === 0 ? [{ ref: WITNESS, from: undefined, to: commit }] : [];
      return publishedBy([...others, { ref: REF, from: expected, to: commit }, ...witness]);
    },
    whereabouts: async (refs) =>
      ok(new Map(list('refs/').flatMap(({ ref, id }) => (refs.includes(ref) ? [[ref, id]] : [])))),
    bringTrees: async () => ok(false),
    bringBlobs: async () => ok(undefined),
    archives: async () => ok(await archives()),
    async dropArchives(dropped) {
      const moved = await moveRefFiles(
        gitDir,
        dropped.map(({ ref, commit }) => ({ ref, from: commit, to: undefined })),
      );
      return ok(moved.ok ? dropped : []);
    },
    async history() {
      const head = list(REF).find(({ ref }) => ref === REF);
      const older = await archives();
      return ok({ objects, tips: [...(head ? [head.id] : []), ...older.map(({ commit }) => commit)] });
    },
    async advice(words) {
      return `The local state in ${gitDir} could not be written (${words}). Is the disk full, or the folder not writable?`;
    },
  };
}

async function withTime(objects: IsomorphicObjects, ref: ListedRef): Promise<ListedRef> {
  const committedAt = await objects.committedAt(ref.id);
  return committedAt === undefined ? ref : { ...ref, committedAt };
}

function matches(ref: string, pattern: string): boolean {
  return pattern.endsWith('*') ? ref.startsWith(pattern.slice(0, -1)) : ref === pattern;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
