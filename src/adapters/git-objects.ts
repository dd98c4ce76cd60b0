import { LateText } from '../base/late-texts.ts';
import type { Result } from '../base/result.ts';
import type { BehindChain, KeptBehind, StateChange, StateCommit, StateTreeEntry } from '../ports-state.ts';
import { writeBehind } from './git-behind.ts';
import { readLog, writeCommit } from './git-commits.ts';
import type { FoundText } from './git-many-objects.ts';
import { type ObjectReader, type TreeEntry, treeEntries } from './git-object-reader.ts';
import { type ObjectFormat, tidyPrivateRepository } from './git-private-repository.ts';
import { type Environment, runGit } from './git-process.ts';

/** A private repository and how to call git in it. The calls here never reach for a remote. */
export interface ObjectStore {
  readonly gitDir: string;
  readonly format: ObjectFormat;
  readonly env: Environment;
}

/** The objects of one private repository: what a state store asks of them, whoever reads and writes them. */
export interface StateObjects {
  /** Absolute: the repository. */
  readonly gitDir: string;
  /** Those of the commits that a push would need here and that are not. */
  missingCommits(commits: readonly string[]): Promise<readonly string[]>;
  /** Writes chains of trees (`StateStore.keepBehind`), or says why not. */
  writeBehind(chains: readonly BehindChain[], at: number): Promise<Result<readonly KeptBehind[], string>>;
  /** All blobs of those of the trees that are here with all trees below, sorted. */
  readTrees(trees: readonly string[]): Promise<ReadonlyMap<string, readonly StateTreeEntry[]>>;
  /**
   * All blobs of a commit whose path starts with the prefix, sorted, but those of a folder at its top that is to be left out;
   * undefined when the commit is not here.
   */
  listTree(commit: string, prefix: string, without?: string): Promise<readonly StateTreeEntry[] | undefined>;
  /** The blob of each of the paths that exists; undefined when the commit is not here. */
  findBlobs(commit: string, paths: readonly string[]): Promise<ReadonlyMap<string, string> | undefined>;
  /** The texts of those of the blobs that are here. */
  readBlobs(blobs: Iterable<string>): Promise<ReadonlyMap<string, LateText>>;
  /** Writes a commit and gives its id, or why not; no ref is written. */
  writeCommit(base: CommitBase, change: StateChange): Promise<Result<string, string>>;
  /** Commits from `from` backwards; undefined when `from` is not here. */
  readLog(from: string, limit: number): Promise<CommitLog | undefined>;
  /** Called after a commit has landed: keeps the repository small. */
  tidy(): Promise<void>;
}

/** Commits, newest first, each followed by the one that it continues. */
export interface CommitLog {
  readonly commits: readonly StateCommit[];
  /** The last one continues another, which is not here. */
  readonly isCut: boolean;
}

/** What a commit is made on: a parent (undefined: nothing), or the tree of a commit that is to be no parent. */
export type CommitBase = { readonly parent: string | undefined } | { readonly treeOf: string };

/** Trees that are remembered: the head, the one before it, and what a try that lost was based on. */
const TREES_MAX = 4;
/** Texts that are remembered, in bytes. Most of what a transaction reads, the one before it has read. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024;

/** So many files of a state are some megabytes, and worth a git of their own. */
const MANY_FROM = 256;

/** Objects by the system's git. An object never changes: what was read once is not asked of git again. */
export function systemObjects(store: ObjectStore, reader: ObjectReader): StateObjects {
  const trees = new Map<string, KnownTree>();
  const texts = new Map<string, LateText>();
  let textBytes = 0;
  return {
    gitDir: store.gitDir,
    async listTree(commit, prefix, without) {
      const before = trees.get(commit);
      // The folder that was left out, and no more than that.
      if (before?.without !== undefined && prefix === before.without)
        return readFolder(reader, store.format, commit, prefix);
      const known =
        before !== undefined && (before.without === undefined || before.without === without)
          ? before
          : await readTree(reader, store.format, commit, without);
      if (known === undefined) return undefined;
      trees.delete(commit);
      trees.set(commit, known);
      for (const oldest of trees.keys()) if (trees.size > TREES_MAX) trees.delete(oldest);
      const isLeftOut = (path: string): boolean => without !== undefined && path.startsWith(without);
      return prefix === '' && known.without === without
        ? known.entries
        : known.entries.filter(({ path }) => path.startsWith(prefix) && !isLeftOut(path));
    },
    async findBlobs(commit, paths) {
      const tree = trees.get(commit);
      if (tree === undefined || paths.some((path) => tree.without !== undefined && path.startsWith(tree.without)))
        return findBlobs(store, commit, paths);
      const wanted = new Set(paths);
      return new Map(tree.entries.filter(({ path }) => wanted.has(path)).map(({ path, blob }) => [path, blob]));
    },
    async readBlobs(blobs) {
      const found = new Map<string, LateText>();
      const missing: string[] = [];
      for (const blob of blobs) {
        const text = texts.get(blob);
        if (text === undefined) missing.push(blob);
        else found.set(blob, text);
      }
      const wanted = [...new Set(missing)];
      for (const { id, type, text } of await readObjects(store, reader, wanted)) {
        if (type !== 'blob') continue;
        found.set(id, text);
        texts.set(id, text);
        textBytes += text.length;
      }
      for (const [oldest, { length }] of texts) {
        if (textBytes <= TEXT_BYTES_MAX) break;
        texts.delete(oldest);
        textBytes -= length;
      }
      return found;
    },
    readTrees: (ids) => readTrees(reader, store.format, ids),
    async missingCommits(commits) {
      const found = commits.length === 0 ? [] : await reader.read(commits);
      return commits.filter((_, i) => found[i]?.type !== 'commit');
    },
    writeBehind: (chains, at) => writeBehind(store, chains, at),
    writeCommit: (base, change) => writeCommit(store, base, change),
    readLog: (from, limit) => readLog(store, reader, from, limit),
    async tidy() {
      await tidyPrivateRepository(store.gitDir, store.env);
    },
  };
}

/** Those of the objects that are here, few or many. */
async function readObjects(
  store: ObjectStore,
  reader: ObjectReader,
  wanted: readonly string[],
): Promise<readonly FoundText[]> {
  const many =
    wanted.length < MANY_FROM
      ? undefined
      : await (await import('./git-many-objects.ts')).readManyObjects(store, wanted);
  const found = many ?? (await reader.read(wanted)).map((one) => one && { ...one, text: new LateText(one.bytes) });
  return found.filter((one) => one !== undefined);
}

/** The blobs of a commit by their paths; `without`: but those of that folder. */
interface KnownTree {
  readonly entries: readonly StateTreeEntry[];
  readonly without: string | undefined;
}

/** The blobs of a commit by their paths; undefined when it is not here. */
async function readTree(
  reader: ObjectReader,
  format: ObjectFormat,
  commit: string,
  without: string | undefined,
): Promise<KnownTree | undefined> {
  const root = `${commit}^{tree}`;
  const entries = (await readTrees(reader, format, [root], without)).get(root);
  return entries && { entries, without };
}

/** The blobs of a folder at the top of a commit that is here, by their paths; undefined where it is not whole here. */
async function readFolder(
  reader: ObjectReader,
  format: ObjectFormat,
  commit: string,
  folder: string,
): Promise<readonly StateTreeEntry[] | undefined> {
  const name = `${commit}:${folder.slice(0, -1)}`;
  if ((await reader.read([name]))[0] === undefined) return [];
  const found = (await readTrees(reader, format, [name])).get(name);
  return found?.map(({ path, blob }) => ({ path: `${folder}${path}`, blob }));
}

/**
 * All blobs of trees by their paths, one question for each level of folders; none of a tree that is not whole here.
 * `without`: a folder at the top of each that is not looked into.
 */
async function readTrees(
  reader: ObjectReader,
  format: ObjectFormat,
  roots: readonly string[],
  without?: string,
): Promise<Map<string, readonly StateTreeEntry[]>> {
  const trees = new Map<string, readonly TreeEntry[]>();
  let level = [...new Set(roots)];
  while (level.length > 0) {
    const next = new Set<string>();
    for (const [index, tree] of (await reader.read(level)).entries()) {
      if (tree?.type !== 'tree') continue;
      const all = treeEntries(tree, format);
      const isCut = without !== undefined && roots.includes(level[index]!);
      const entries = isCut ? all.filter(({ kind, name }) => kind !== 'tree' || `${name}/` !== without) : all;
      trees.set(level[index]!, entries);
      for (const { kind, id } of entries) if (kind === 'tree') next.add(id);
    }
    level = [...next].filter((id) => !trees.has(id));
  }
  const found = new Map<string, readonly StateTreeEntry[]>();
  for (const root of roots) {
    const blobs: StateTreeEntry[] = [];
    if (!addBlobs(blobs, trees, { tree: root, folder: '' })) continue;
    // They are in order already, but for characters beyond 16 bits, and that they are is soon found out.
    found.set(
      root,
      blobs.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)),
    );
  }
  return found;
}

/** Folder by folder, as git keeps them: that is the order of the bytes of their paths. False where a tree is not here. */
function addBlobs(
  blobs: StateTreeEntry[],
  trees: ReadonlyMap<string, readonly TreeEntry[]>,
  { tree, folder }: { readonly tree: string; readonly folder: string },
): boolean {
  const entries = trees.get(tree);
  if (entries === undefined) return false;
  for (const { kind, name, id } of entries) {
    if (kind === 'tree' && !addBlobs(blobs, trees, { tree: id, folder: `${folder}${name}/` })) return false;
    if (kind === 'blob') blobs.push({ path: `${folder}${name}`, blob: id });
  }
  return true;
}

// Command lines are limited (32 kB on Windows): with more paths than this the whole tree is cheaper than many calls.
const PATHS_BYTES_MAX = 24_000;

/** The blob of each of the paths that exists; undefined when the commit is not here. */
async function findBlobs(
  store: ObjectStore,
  commit: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, string> | undefined> {
  const wanted = new Set(paths);
  if (wanted.size === 0) return new Map();
  const bytes = paths.reduce((sum, path) => sum + Buffer.byteLength(path) + 1, 0);
  const entries =
    bytes > PATHS_BYTES_MAX ? await lsTree(store, commit, ['-r'], []) : await lsTree(store, commit, [], [...wanted]);
  if (entries === undefined) return undefined;
  return new Map(entries.filter((entry) => wanted.has(entry.path)).map((entry) => [entry.path, entry.blob]));
}

async function lsTree(
  store: ObjectStore,
  commit: string,
  options: readonly string[],
  paths: readonly string[],
): Promise<StateTreeEntry[] | undefined> {
  const exit = await runGit({ args: ['ls-tree', '--full-tree', '-z', ...options, commit, '--', ...paths], ...store });
  if (exit.code !== 0) return undefined;
  const entries: StateTreeEntry[] = [];
  for (const line of exit.stdout.toString().split('\0')) {
    // `<mode> SP <type> SP <id> TAB <path>`
    const tab = line.indexOf('\t');
    const [, type, blob] = line.slice(0, Math.max(tab, 0)).split(' ');
    if (type === 'blob' && blob !== undefined) entries.push({ path: line.slice(tab + 1), blob });
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
