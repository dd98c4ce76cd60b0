import { sha256 } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import { fail, ok } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import { indexPath, isInIndex, isInRecent } from '../model/landing.ts';
import type { CommitOutcome, StateArchive, StateChange, StateCommit, StateStore } from '../ports-state.ts';
import { decodeHistory, treesOf, withOlderDays } from '../state/older-days.ts';

/**
 * What befalls a commit: `lose-reply` = it lands and the answer is lost; `lose-all` = it lands, and the head cannot
 * be read afterwards either; `lose-request` = it never arrives, and the head cannot be read; `deny` = refused.
 */
export type StoreFault = 'lose-reply' | 'lose-all' | 'lose-request' | 'deny';

/** A state ref in memory, for several writers. */
export interface FakeStateServer {
  /** A writer's view. */
  open(): StateStore;
  /** Faults of the next commits, in order; commits after them go well. */
  faults: StoreFault[];
  isRefusing: boolean;
  isConnected: boolean;
  serverNow: EpochMs | undefined;
  /** Called before each commit is judged: lets another writer in between. */
  beforeCommit: ((change: StateChange) => void | Promise<void>) | undefined;
  /** True = this change is refused, as a rule or a scanner of the server would. */
  refuses: ((change: StateChange) => boolean) | undefined;
  deleteRef(): void;
  /** Somebody moves the ref by force, to a commit that was there before. */
  forceTo(commit: string): void;
  /** Heads that the ref had, oldest first. */
  readonly heads: readonly string[];
  /** Ends of chains that a commit has behind it. */
  behindOf(commit: string): readonly string[];
  /** Files of a commit. */
  filesOf(commit: string): ReadonlyMap<string, string>;
  /** All files of the head, with those of older days that left its tree. */
  files(): ReadonlyMap<string, string>;
}

/** Files by path, as a chain keeps them. */
type FakeTree = ReadonlyMap<string, string>;

interface FakeCommit extends StateCommit {
  readonly parent: string | undefined;
  readonly files: ReadonlyMap<string, string>;
  readonly behind: readonly string[];
}

const blobOf = (text: string): string => sha256(text).slice(0, 40);
const LOST = { code: 'unreachable', message: 'the fake store is disconnected' } as const;

/** Makes an empty one. */
export function createFakeStateServer(): FakeStateServer {
  const commits = new Map<string, FakeCommit>();
  /** Trees of files that left the head's, and the ends of their chains. */
  const behind = new Map<string, FakeTree>();
  const tips = new Set<string>();
  const blobs = new Map<string, string>();
  let head: string | undefined;
  let witness = false;

  const heads: string[] = [];
  const server: FakeStateServer = {
    faults: [],
    isRefusing: false,
    isConnected: true,
    serverNow: undefined,
    beforeCommit: undefined,
    refuses: undefined,
    heads,
    deleteRef() {
      head = undefined;
    },
    forceTo(commit) {
      head = commit;
    },
    behindOf: (commit) => commits.get(commit)!.behind,
    filesOf: (commit) => commits.get(commit)!.files,
    files() {
      const own = head === undefined ? new Map<string, string>() : commits.get(head)!.files;
      const trees = treesOf(decodeHistory(own, [])).map((tree) => behind.get(tree)!);
      const older = trees.flatMap((tree) => [...tree].map(([path, blob]) => ({ path, blob })));
      if (older.length === 0) return own;
      const entries = [...own].map(([path, text]) => ({ path, blob: blobOf(text) }));
      return new Map(withOlderDays(entries, older).map(({ path, blob }) => [path, own.get(path) ?? blobs.get(blob)!]));
    },
    open: () => store,
  };

  const archives: StateArchive[] = [];

  function add(expected: string | undefined, change: StateChange, seq?: number): string {
    const files = new Map(expected === undefined ? [] : commits.get(expected)!.files);
    for (const tip of change.behind ?? []) if (!tips.has(tip)) throw new Error(`no commit ${tip} is behind`);
    for (const [path, text] of change.files) {
      if (text === null) files.delete(path);
      else files.set(path, text);
      if (text !== null) blobs.set(blobOf(text), text);
    }
    // The tree follows from the parent and the change.
    const id = sha256(JSON.stringify([expected ?? '', change.message, change.at, seq ?? 0, [...change.files]])).slice(
      0,
      40,
    );
    const [subject, ...rest] = change.message.split('\n');
    const trailers: Record<string, string> = {};
    for (const line of rest) {
      const match = /^([A-Za-z0-9-]+): (.*)$/.exec(line);
      if (match !== null) trailers[match[1]!] = match[2]!;
    }
    const at = Math.floor(change.at / 1000) * 1000;
    const parent = seq === undefined ? expected : undefined;
    if (seq !== undefined && expected !== undefined) {
      const { at: committedAt } = commits.get(expected)!;
      archives.unshift({ seq, commit: expected, committedAt, ref: `refs/branchline/archive/${seq}` });
    }
    commits.set(id, { commit: id, parent, files, behind: change.behind ?? [], at, subject: subject!, trailers });
    head = id;
    heads.push(id);
    witness = true;
    return id;
  }

  function judge(expected: string | undefined, change: StateChange, own: string | undefined): CommitOutcome {
    if (head === undefined) return expected === undefined ? denied : { kind: 'gone' };
    const files = commits.get(head)!.files;
    if (head !== expected && (isInRecent(files.keys(), change) || isInIndex(files.get(indexPath), change))) {
      return { kind: 'landed', commit: own ?? head };
    }
    return head === expected ? denied : { kind: 'conflict' };
  }
  const denied = { kind: 'denied', message: 'the fake store refuses' } as const;
  const unreachable = { kind: 'unreachable', message: LOST.message } as const;

  function history(from: string | undefined): FakeCommit[] {
    const list: FakeCommit[] = [];
    for (let at = from; at !== undefined; at = commits.get(at)?.parent) {
      const commit = commits.get(at);
      if (commit !== undefined) list.push(commit);
    }
    return list;
  }

  async function commit(
    expected: string | undefined,
    change: StateChange,
    archivedSeq?: number,
  ): Promise<CommitOutcome> {
    await server.beforeCommit?.(change);
    if (!server.isConnected) return unreachable;
    const isRefused = server.isRefusing || server.refuses?.(change) === true;
    const fault = isRefused ? 'deny' : server.faults.shift();
    if (fault === 'deny') return judge(expected, change, undefined);
    if (fault === 'lose-request') return unreachable;
    if (head !== expected) return judge(expected, change, undefined);
    const own = add(expected, change, archivedSeq);
    if (fault === 'lose-all') return unreachable;
    return fault === 'lose-reply' ? judge(expected, change, own) : { kind: 'landed', commit: own };
  }

  /** Newest first: of the branch, then of its archives. */
  function wholeHistory(): FakeCommit[] {
    return [...new Set([head, ...archives.map((archive) => archive.commit)].flatMap(history))];
  }

  const store: StateStore = {
    label: 'the fake state',
    async read() {
      if (!server.isConnected) return fail(LOST);
      const committedAt = head === undefined ? undefined : commits.get(head)!.at;
      return ok({ commit: head, committedAt, serverNow: server.serverNow, witness });
    },
    async list(commit, prefix, without) {
      const found = commits.get(commit);
      if (!server.isConnected || found === undefined) return fail(LOST);
      const paths = [...found.files.keys()]
        .filter((path) => path.startsWith(prefix) && !(without !== undefined && path.startsWith(without)))
        .sort();
      return ok(paths.map((path) => ({ path, blob: blobOf(found.files.get(path)!) })));
    },
    async load(commit, paths) {
      const found = commits.get(commit);
      if (!server.isConnected || found === undefined) return fail(LOST);
      return ok(new Map(paths.filter((path) => found.files.has(path)).map((path) => [path, found.files.get(path)!])));
    },
    async listBehind(trees) {
      if (!server.isConnected || trees.some((tree) => !behind.has(tree))) return fail(LOST);
      const all = new Map(trees.flatMap((tree) => [...behind.get(tree)!]));
      return ok([...all].map(([path, blob]) => ({ path, blob })).sort((a, b) => byText(a.path, b.path)));
    },
    async loadBlobs(wanted) {
      if (!server.isConnected) return fail(LOST);
      return ok(new Map(wanted.flatMap((blob) => (blobs.has(blob) ? [[blob, blobs.get(blob)!]] : []))));
    },
    async keepBehind(chains, at) {
      if (!server.isConnected) return fail(LOST);
      return ok(
        chains.map(({ tip, groups }) => {
          if (tip !== undefined && !tips.has(tip)) throw new Error(`no chain ends at ${tip}`);
          const trees = groups.map(({ entries }) => {
            const files = new Map(entries.map(({ path, blob }) => [path, blob]));
            const id = sha256(JSON.stringify([...files])).slice(0, 40);
            behind.set(id, files);
            return id;
          });
          const end = sha256(JSON.stringify([tip, trees, at])).slice(0, 40);
          tips.add(end);
          return { tip: end, trees };
        }),
      );
    },
    commit: (expected, change) => commit(expected, change),
    compact: (expected, seq, change) => commit(expected, change, seq),
    archives: async () => (server.isConnected ? ok([...archives]) : fail(LOST)),
    async dropArchives(dropped) {
      if (!server.isConnected) return fail(LOST);
      for (const archive of dropped) archives.splice(archives.indexOf(archive), 1);
      return ok(dropped);
    },
    async log(limit, from) {
      if (!server.isConnected) return fail(LOST);
      return ok(
        (from === undefined
          ? wholeHistory()
          : wholeHistory().slice(wholeHistory().findIndex((entry) => entry.commit === from))
        )
          .slice(0, limit)
          .map(({ commit, at, subject, trailers }) => ({ commit, at, subject, trailers })),
      );
    },
    async resolve(at) {
      if (!server.isConnected) return fail(LOST);
      const all = wholeHistory();
      if (/^[0-9a-f]{4,40}$/.test(at)) {
        const matches = all.filter(({ commit }) => commit.startsWith(at));
        return ok(matches.length === 1 ? matches[0]!.commit : undefined);
      }
      const instant = Date.parse(at);
      return ok(all.find((commit) => commit.at <= instant)?.commit);
    },
  };
  return server;
}
