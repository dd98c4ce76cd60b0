import { fail, ok, type Result } from '../base/result.ts';
import type { StateCommit, StateStore, StoreUnreachable } from '../ports.ts';
import { BEHIND_TRAILER } from './git-ids.ts';
import { unlessSilent } from './git-object-reader.ts';
import type { StateObjects } from './git-objects.ts';
import type { StateRef } from './git-state-ref.ts';
import { keepBehind, listBehind } from './git-store-behind.ts';
import { tryCommit } from './git-store-commit.ts';
import { list, load, loadBlobs } from './git-store-reading.ts';

/** A state store of a ref and of the private repository that its objects are brought to. */
export function createStateStore(store: StateObjects, ref: StateRef): StateStore {
  return {
    label: ref.label,
    read: () => unlessSilent(() => ref.read()),
    list: (commit, prefix) => unlessSilent(() => list(store, ref, commit, prefix)),
    load: (commit, paths) => unlessSilent(() => load(store, ref, commit, paths)),
    listBehind: (trees) => unlessSilent(() => listBehind(store, ref, trees)),
    loadBlobs: (blobs) => unlessSilent(() => loadBlobs(store, ref, blobs)),
    keepBehind: (chains, at) => unlessSilent(() => keepBehind(store, ref, chains, at)),
    commit: (expected, change) => tryCommit(store, ref, { expected, change, base: { parent: expected } }),
    compact: (expected, seq, change) =>
      tryCommit(store, ref, { expected, change, base: { treeOf: expected }, archived: { seq, commit: expected } }),
    archives: () => ref.archives(),
    dropArchives: (archives) => ref.dropArchives(archives),
    async log(limit, from) {
      const history = await readHistory(ref, from === undefined ? limit : HISTORY_MAX);
      if (!history.ok || from === undefined) return history;
      const start = history.value.findIndex((entry) => entry.commit === from);
      return ok(start < 0 ? [] : history.value.slice(start, start + limit));
    },
    async resolve(at) {
      const history = await readHistory(ref, HISTORY_MAX);
      return history.ok ? ok(findCommit(history.value, at)) : history;
    },
  };
}

/** Commits newest first: of the branch, then of its archives. */
async function readHistory(ref: StateRef, limit: number): Promise<Result<readonly StateCommit[], StoreUnreachable>> {
  const history = await unlessSilent(() => ref.history());
  if (!history.ok) return history;
  const { objects, tips } = history.value;
  const commits = new Map<string, StateCommit>();
  for (const tip of tips) {
    // The head of a compact that did not land is kept as an archive, and is part of the branch as well.
    if (commits.size >= limit || commits.has(tip)) continue;
    const log = await objects.readLog(tip, limit - commits.size);
    if (log === undefined) return fail(brokenHistory(tip));
    for (const entry of log) {
      // Behind a history that was begun anew there is only what left its tree.
      if (entry.trailers[BEHIND_TRAILER] !== undefined) break;
      commits.set(entry.commit, entry);
    }
  }
  return ok([...commits.values()]);
}

function brokenHistory(tip: string): StoreUnreachable {
  return {
    code: 'unreachable',
    message: `The history of the state cannot be read back from commit ${tip.slice(0, 12)}: a commit before it is missing. If the repository that it is in is a shallow clone, \`git fetch --unshallow\` there brings what is missing.`,
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
