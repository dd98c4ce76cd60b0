import { sha256 } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import { indexPath, isInIndex, isInRecent } from '../model/landing.ts';
import type {
  CommitOutcome,
  StateChange,
  StateCommit,
  StateStore,
  StateTreeEntry,
  StoreUnreachable,
} from '../ports-state.ts';
import { decodeHistory, treesOf, withOlderDays } from '../state/older-days.ts';

/** The state that a simulation begins with: read where it is, never written. */
export interface StateOrigin {
  readonly store: Pick<StateStore, 'load' | 'listBehind' | 'loadBlobs'>;
  readonly commit: string;
  /** All of its tree. */
  readonly entries: readonly StateTreeEntry[];
}

/** A state branch in memory. */
export interface MemoryState {
  open(): StateStore;
  /** Files of the head and of older days, of those that were written or read here. */
  files(): ReadonlyMap<string, string>;
  readonly commits: number;
  /** Of all files that commits changed, in bytes: what would have to be pushed, before git packs it. */
  readonly bytesWritten: number;
}

interface Kept {
  readonly blob: string;
  /** Undefined = only the origin has it, and nobody has asked yet. */
  readonly text?: string;
}
interface Commit extends StateCommit {
  readonly files: ReadonlyMap<string, Kept>;
  /** What it wrote. */
  readonly bytes: number;
}

/** Trees that readers may still be at: nobody reads a head for longer than a few commits of others. */
const TREES_MAX = 64;
/** Trees of large projects hold hundreds of megabytes each: beyond so much only the newest stay. */
const HELD_BYTES_MAX = 256 * 1024 * 1024;
const TREES_MIN = 8;
const UNREACHABLE: StoreUnreachable = { code: 'unreachable', message: 'the simulated state has forgotten this commit' };

/** Makes a branch, empty or on top of a real one. `now`: the server's clock. `onLanded`: told of each commit, at once. */
export function createMemoryState(
  now: () => EpochMs,
  origin?: StateOrigin,
  onLanded: (change: StateChange) => void = () => {},
): MemoryState {
  const trees = new Map<string, Commit>();
  const history: StateCommit[] = [];
  let commits = 0;
  let bytesWritten = 0;
  let held = 0;
  let head: Commit | undefined;
  const texts = new Map<string, string>();
  /** Trees of files that left the head's here; older ones are the origin's. */
  const behind = new Map<string, readonly StateTreeEntry[]>();
  if (origin) {
    const files = new Map(origin.entries.map(({ path, blob }): [string, Kept] => [path, { blob }]));
    head = { commit: origin.commit, at: now(), subject: '', trailers: {}, files, bytes: 0 };
    trees.set(head.commit, head);
  }

  function add(change: StateChange, seq?: number): string {
    const files = new Map(head?.files);
    let bytes = 0;
    for (const [path, text] of change.files) {
      if (text === null) files.delete(path);
      else {
        const blob = sha256(text).slice(0, 40);
        const before = files.get(path);
        // What a commit writes as it was is no new object, here as in git.
        if (before?.blob === blob) continue;
        files.set(path, { blob, text });
        bytes += Buffer.byteLength(text);
      }
    }
    commits++;
    bytesWritten += bytes;
    held += bytes;
    // What is in it follows from the parent and from who wrote it: nobody asks for more of an id.
    const id = sha256(`${head?.commit} ${change.writer} ${change.tx} ${change.at} ${seq ?? ''}`).slice(0, 40);
    const at = Math.floor(change.at / 1000) * 1000;
    const own: Commit = { commit: id, at, subject: change.message.split('\n')[0]!, trailers: {}, files, bytes };
    head = own;
    trees.set(id, own);
    history.unshift({ commit: id, at, subject: own.subject, trailers: {} });
    for (const [name, old] of trees) {
      if (trees.size <= (held > HELD_BYTES_MAX ? TREES_MIN : TREES_MAX)) break;
      trees.delete(name);
      held -= old.bytes;
    }
    onLanded(change);
    return id;
  }

  function commit(expected: string | undefined, change: StateChange, seq?: number): CommitOutcome {
    if (head?.commit === expected) return { kind: 'landed', commit: add(change, seq) };
    const index = head?.files.get(indexPath)?.text;
    const isThere = head !== undefined && (isInRecent(head.files.keys(), change) || isInIndex(index, change));
    return isThere ? { kind: 'landed', commit: head!.commit } : { kind: 'conflict' };
  }

  async function load(
    id: string,
    paths: readonly string[],
  ): Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>> {
    const files = trees.get(id)?.files;
    if (files === undefined) return fail(UNREACHABLE);
    const found = new Map<string, string>();
    const missing: string[] = [];
    for (const path of paths) {
      const kept = files.get(path);
      if (kept === undefined) continue;
      const text = kept.text ?? texts.get(kept.blob);
      if (text === undefined) missing.push(path);
      else found.set(path, text);
    }
    if (missing.length === 0) return ok(found);
    const loaded = await origin!.store.load(origin!.commit, missing);
    if (!loaded.ok) return loaded;
    for (const [path, text] of loaded.value) {
      texts.set(files.get(path)!.blob, text);
      found.set(path, text);
    }
    return ok(found);
  }

  const store: StateStore = {
    label: 'the simulated state',
    read: async () =>
      ok({
        commit: head?.commit,
        ...(head ? { committedAt: head.at } : {}),
        serverNow: now(),
        witness: head !== undefined,
      }),
    async list(id, prefix, without) {
      const files = trees.get(id)?.files;
      if (files === undefined) return fail(UNREACHABLE);
      const entries: StateTreeEntry[] = [];
      for (const [path, { blob }] of files)
        if (path.startsWith(prefix) && !(without !== undefined && path.startsWith(without)))
          entries.push({ path, blob });
      return ok(entries.sort((a, b) => byText(a.path, b.path)));
    },
    load,
    async listBehind(wanted) {
      const older = wanted.filter((tree) => !behind.has(tree));
      const found = older.length === 0 ? ok([]) : ((await origin?.store.listBehind(older)) ?? fail(UNREACHABLE));
      if (!found.ok) return found;
      const all = [...found.value, ...wanted.flatMap((tree) => behind.get(tree) ?? [])];
      return ok([...new Map(all.map((entry) => [entry.path, entry])).values()].sort((a, b) => byText(a.path, b.path)));
    },
    async loadBlobs(wanted) {
      const missing = wanted.filter((blob) => !texts.has(blob));
      const loaded = missing.length === 0 ? ok(new Map()) : ((await origin?.store.loadBlobs(missing)) ?? ok(new Map()));
      if (!loaded.ok) return loaded;
      for (const [blob, text] of loaded.value) texts.set(blob, text);
      return ok(new Map(wanted.flatMap((blob) => (texts.has(blob) ? [[blob, texts.get(blob)!]] : []))));
    },
    async keepBehind(chains, at) {
      return ok(
        chains.map(({ tip, groups }) => {
          const made = groups.map(({ entries }) => {
            for (const { path, blob } of entries) {
              const text = head?.files.get(path)?.text;
              if (text !== undefined) texts.set(blob, text);
            }
            const id = sha256(JSON.stringify(entries)).slice(0, 40);
            behind.set(id, entries);
            return id;
          });
          return { tip: sha256(JSON.stringify([tip, made, at])).slice(0, 40), trees: made };
        }),
      );
    },
    commit: async (expected, change) => commit(expected, change),
    compact: async (expected, seq, change) => commit(expected, change, seq),
    // What a compact leaves behind is not looked at in a simulation.
    archives: async () => ok([]),
    dropArchives: async () => ok([]),
    async log(limit, from) {
      const start = from === undefined ? 0 : history.findIndex((entry) => entry.commit === from);
      return ok(start < 0 ? [] : history.slice(start, start + limit));
    },
    resolve: async (at) =>
      ok(history.find((entry) => entry.commit.startsWith(at) || entry.at <= Date.parse(at))?.commit),
  };
  return {
    open: () => store,
    files() {
      const all = new Map<string, string>();
      for (const [path, { text, blob }] of head?.files ?? []) {
        const known = text ?? texts.get(blob);
        if (known !== undefined) all.set(path, known);
      }
      const entries = [...(head?.files ?? [])].map(([path, { blob }]) => ({ path, blob }));
      const older = treesOf(decodeHistory(all, [])).flatMap((tree) => behind.get(tree) ?? []);
      for (const { path, blob } of withOlderDays(entries, older)) {
        const text = texts.get(blob);
        if (!all.has(path) && text !== undefined) all.set(path, text);
      }
      return all;
    },
    get commits() {
      return commits;
    },
    get bytesWritten() {
      return bytesWritten;
    },
  };
}
