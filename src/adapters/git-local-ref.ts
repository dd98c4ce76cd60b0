import { join } from 'node:path';
import { ok, type Result } from '../base/result.ts';
import type { StateHead, StoreUnreachable } from '../ports-state.ts';
import { zeroId } from './git-ids.ts';
import type { ObjectReader } from './git-object-reader.ts';
import { type ObjectStore, systemObjects } from './git-objects.ts';
import { gitWords, runGit } from './git-process.ts';
import { hasNoRefFiles, readKnownRefs } from './git-ref-files.ts';
import {
  archiveName,
  archivesOf,
  type ListedRef,
  listRefsArgs,
  type Published,
  parseListedRefs,
  type StateRef,
} from './git-state-ref.ts';
import { readableNames } from './readable-files.ts';

const REF = 'refs/branchline/local';
const WITNESS = 'refs/branchline/local-witness';
const ARCHIVES = 'refs/branchline/local-archive/';

// Nothing else keeps the laptop's own state, and its journal goes once the commit is confirmed: it must be on disk.
const DURABLE = [
  ['core.fsync', 'committed'],
  ['core.fsyncMethod', 'batch'],
] as const;

/** The `local` environment: a ref of the private repository that is never pushed. */
export function createLocalRef(store: ObjectStore, reader: ObjectReader): StateRef {
  let witnessed = false;
  const list = async (...refs: string[]): Promise<Result<readonly ListedRef[], StoreUnreachable>> => {
    const exit = await runGit({ args: [...listRefsArgs, ...refs], ...store });
    return exit.code === 0
      ? ok(parseListedRefs(exit.stdout.toString()))
      : { ok: false, error: unreadable(store, exit.stderr) };
  };
  const archives = async () => {
    const refs = await list(ARCHIVES);
    return refs.ok ? ok(archivesOf(refs.value)) : refs;
  };
  const update = (lines: readonly string[]) =>
    runGit({
      args: ['update-ref', '--stdin'],
      ...store,
      config: DURABLE,
      input: `start\n${lines.join('\n')}\nprepare\ncommit\n`,
    });
  return {
    label: 'the local state of this repository',
    isShared: false,
    async read(): Promise<Result<StateHead, StoreUnreachable>> {
      // A repository that cannot be read looks as if it had none: git says what is wrong.
      const isNew = readableNames(join(store.gitDir, 'refs')).length > 0 && hasNoRefFiles(store.gitDir);
      const known = isNew ? [] : await readKnownRefs(store.gitDir, reader, [REF, WITNESS]);
      const refs = known ? ok(known) : await list(REF, WITNESS);
      if (!refs.ok) return refs;
      const head = refs.value.find(({ ref }) => ref === REF);
      witnessed = refs.value.some(({ ref }) => ref === WITNESS);
      return ok({ commit: head?.id, committedAt: head?.committedAt, witness: witnessed });
    },
    async publish(commit, expected, archived): Promise<Published> {
      const lines = [`update ${REF} ${commit} ${expected ?? zeroId(store.format)}`];
      if (!witnessed) lines.push(`update ${WITNESS} ${commit}`);
      if (archived) {
        const taken = await list(ARCHIVES);
        lines.push(`update ${ARCHIVES}${archiveName(archived, taken.ok ? taken.value : [])} ${archived.commit}`);
      }
      const exit = await update(lines);
      return exit.code === 0 ? { kind: 'published' } : { kind: 'unanswered', words: gitWords(exit.stderr) };
    },
    async publishWith(commit, expected, refs) {
      const zero = zeroId(store.format);
      const lines = refs.map((move) => `update ${move.ref} ${move.commit} ${move.expected ?? zero}`);
      lines.push(`update ${REF} ${commit} ${expected ?? zero}`);
      if (!witnessed) lines.push(`update ${WITNESS} ${commit}`);
      const exit = await update(lines);
      return exit.code === 0 ? { kind: 'published' } : { kind: 'unanswered', words: gitWords(exit.stderr) };
    },
    async whereabouts(refs) {
      const found = await list(...refs);
      return found.ok ? ok(new Map(found.value.map(({ ref, id }) => [ref, id]))) : found;
    },
    archives,
    async dropArchives(dropped) {
      if (dropped.length === 0) return ok([]);
      const exit = await update(dropped.map(({ ref, commit }) => `delete ${ref} ${commit}`));
      return exit.code === 0 ? ok(dropped) : { ok: false, error: unreadable(store, exit.stderr) };
    },
    bringTrees: async () => ok(false),
    bringBlobs: async () => ok(undefined),
    async history() {
      const [head, older] = await Promise.all([list(REF), archives()]);
      if (!head.ok) return head;
      if (!older.ok) return older;
      const tips = [...head.value.map(({ id }) => id), ...older.value.map(({ commit }) => commit)];
      return ok({ objects: systemObjects(store, reader), tips });
    },
    async advice(words) {
      return `git could not write the local state in ${store.gitDir} (it said: ${words}). Is the disk full, or the folder not writable?`;
    },
  };
}

function unreadable(store: ObjectStore, stderr: string): StoreUnreachable {
  return { code: 'unreachable', message: `git could not read ${store.gitDir}: ${gitWords(stderr)}` };
}
