import { fail, ok } from '../base/result.ts';
import type { StateCommit, StateStore } from '../ports.ts';
import { unlessSilent } from './git-object-reader.ts';
import type { StateObjects } from './git-objects.ts';
import type { StateRef } from './git-state-ref.ts';
import { keepBehind, listBehind } from './git-store-behind.ts';
import { tryCommit } from './git-store-commit.ts';
import { HISTORY_MAX, readHistory } from './git-store-history.ts';
import { list, load, loadBlobs } from './git-store-reading.ts';

/** A state store of a ref and of the private repository that its objects are brought to. */
export function createStateStore(store: StateObjects, ref: StateRef): StateStore {
  return {
    label: ref.label,
    read: () => unlessSilent(() => ref.read()),
    list: (commit, prefix, without) =>
      unlessSilent(() => list(store, ref, { commit, prefix, ...(without === undefined ? {} : { without }) })),
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
      if (!history.ok) return history;
      const { commits, note } = history.value;
      const start = from === undefined ? 0 : commits.findIndex((entry) => entry.commit === from);
      const asked = start < 0 ? [] : commits.slice(start, start + limit);
      if (note !== undefined && asked.length < limit) ref.notice?.(note);
      return ok(asked);
    },
    async resolve(at) {
      const history = await readHistory(ref, HISTORY_MAX);
      if (!history.ok) return history;
      const { commits, note } = history.value;
      const found = findCommit(commits, at);
      // Whether there is such a commit cannot be known here.
      return found === undefined && note !== undefined ? fail({ code: 'unreachable', message: note }) : ok(found);
    },
  };
}

function findCommit(newestFirst: readonly StateCommit[], at: string): string | undefined {
  if (/^[0-9a-f]{4,64}$/.test(at)) {
    const matches = newestFirst.filter(({ commit }) => commit.startsWith(at));
    return matches.length === 1 ? matches[0]!.commit : undefined;
  }
  const instant = Date.parse(at);
  return newestFirst.find((commit) => commit.at <= instant)?.commit;
}
