import type { StateStore } from '../ports-state.ts';
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
    // Few commands ask for the past.
    log: async (limit, from) => (await import('./git-store-history.ts')).readLog(ref, limit, from),
    resolve: async (at) => (await import('./git-store-history.ts')).resolveCommit(ref, at),
  };
}
