import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LateText } from '../base/late-texts.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { StateChange, StateCommit, StateTreeEntry } from '../ports.ts';
import { type ObjectReader, type TreeEntry, treeEntries } from './git-object-reader.ts';
import { type ObjectFormat, tidyPrivateRepository } from './git-private-repository.ts';
import { type Environment, gitWords, runGit } from './git-process.ts';

/** A private repository and how to call git in it. The calls here never reach for a remote. */
export interface ObjectStore {
  readonly gitDir: string;
  readonly format: ObjectFormat;
  readonly env: Environment;
}

/** The id that stands for no object. */
export function zeroId(format: ObjectFormat): string {
  return '0'.repeat(format === 'sha1' ? 40 : 64);
}

/** Author and committer of every state commit: GitHub's own bot, so that its pages show a known face. */
export const identity = 'github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>';

/** The objects of one private repository: what a state store asks of them, whoever reads and writes them. */
export interface StateObjects {
  /** Absolute: the repository. */
  readonly gitDir: string;
  /** All blobs of a commit whose path starts with the prefix, sorted; undefined when the commit is not here. */
  listTree(commit: string, prefix: string): Promise<readonly StateTreeEntry[] | undefined>;
  /** The blob of each of the paths that exists; undefined when the commit is not here. */
  findBlobs(commit: string, paths: readonly string[]): Promise<ReadonlyMap<string, string> | undefined>;
  /** The texts of those of the blobs that are here. */
  readBlobs(blobs: Iterable<string>): Promise<ReadonlyMap<string, LateText>>;
  /** Writes a commit and gives its id, or why not; no ref is written. */
  writeCommit(base: CommitBase, change: StateChange): Promise<Result<string, string>>;
  /** Commits from `from` backwards, newest first; undefined when `from` is not here. */
  readLog(from: string, limit: number): Promise<readonly StateCommit[] | undefined>;
  /** Called after a commit has landed: keeps the repository small. */
  tidy(): Promise<void>;
}

/** What a commit is made on: a parent (undefined: nothing), or the tree of a commit that is to be no parent. */
export type CommitBase = { readonly parent: string | undefined } | { readonly treeOf: string };

/** Trees that are remembered: the head, the one before it, and what a try that lost was based on. */
const TREES_MAX = 4;
/** Texts that are remembered, in bytes. Most of what a transaction reads, the one before it has read. */
const TEXT_BYTES_MAX = 16 * 1024 * 1024;

/** Objects by the system's git. An object never changes: what was read once is not asked of git again. */
export function systemObjects(store: ObjectStore, reader: ObjectReader): StateObjects {
  const trees = new Map<string, readonly StateTreeEntry[]>();
  const texts = new Map<string, LateText>();
  let textBytes = 0;
  return {
    gitDir: store.gitDir,
    async listTree(commit, prefix) {
      const known = trees.get(commit) ?? (await readTree(reader, store.format, commit));
      if (known === undefined) return undefined;
      trees.delete(commit);
      trees.set(commit, known);
      for (const oldest of trees.keys()) if (trees.size > TREES_MAX) trees.delete(oldest);
      return prefix === '' ? known : known.filter((entry) => entry.path.startsWith(prefix));
    },
    async findBlobs(commit, paths) {
      const tree = trees.get(commit);
      if (tree === undefined) return findBlobs(store, commit, paths);
      const wanted = new Set(paths);
      return new Map(tree.filter(({ path }) => wanted.has(path)).map(({ path, blob }) => [path, blob]));
    },
    async readBlobs(blobs) {
      const found = new Map<string, LateText>();
      const missing: string[] = [];
      for (const blob of blobs) {
        const text = texts.get(blob);
        if (text === undefined) missing.push(blob);
        else found.set(blob, text);
      }
      for (const object of await reader.read([...new Set(missing)])) {
        if (object?.type !== 'blob') continue;
        const { id, bytes } = object;
        const text = new LateText(bytes);
        found.set(id, text);
        texts.set(id, text);
        textBytes += bytes.length;
      }
      for (const [oldest, { bytes }] of texts) {
        if (textBytes <= TEXT_BYTES_MAX) break;
        texts.delete(oldest);
        textBytes -= bytes.length;
      }
      return found;
    },
    writeCommit: (base, change) => writeCommit(store, base, change),
    readLog: (from, limit) => readLog(store, from, limit),
    async tidy() {
      await tidyPrivateRepository(store.gitDir, store.env);
    },
  };
}

/** All blobs of a commit by their paths, one question for each level of folders; undefined when it is not here. */
async function readTree(
  reader: ObjectReader,
  format: ObjectFormat,
  commit: string,
): Promise<StateTreeEntry[] | undefined> {
  const root = `${commit}^{tree}`;
  const trees = new Map<string, readonly TreeEntry[]>();
  let level = [root];
  while (level.length > 0) {
    const next = new Set<string>();
    for (const [index, tree] of (await reader.read(level)).entries()) {
      if (tree?.type !== 'tree') return undefined;
      const entries = treeEntries(tree, format);
      trees.set(level[index]!, entries);
      for (const { kind, id } of entries) if (kind === 'tree') next.add(id);
    }
    level = [...next].filter((id) => !trees.has(id));
  }
  const blobs: StateTreeEntry[] = [];
  addBlobs(blobs, trees, { tree: root, folder: '' });
  // They are in order already, but for characters beyond 16 bits, and that they are is soon found out.
  return blobs.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

/** Folder by folder, as git keeps them: that is the order of the bytes of their paths. */
function addBlobs(
  blobs: StateTreeEntry[],
  trees: ReadonlyMap<string, readonly TreeEntry[]>,
  { tree, folder }: { readonly tree: string; readonly folder: string },
): void {
  for (const { kind, name, id } of trees.get(tree) ?? []) {
    if (kind === 'tree') addBlobs(blobs, trees, { tree: id, folder: `${folder}${name}/` });
    else if (kind === 'blob') blobs.push({ path: `${folder}${name}`, blob: id });
  }
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

/** One process, and one more of git's own that stores the objects. */
async function writeCommit(store: ObjectStore, base: CommitBase, change: StateChange): Promise<Result<string, string>> {
  let start = 'parent' in base && base.parent !== undefined ? `from ${base.parent}\n` : '';
  if ('treeOf' in base) {
    const tree = await runGit({ args: ['rev-parse', '--verify', '--quiet', `${base.treeOf}^{tree}`], ...store });
    if (tree.code !== 0) return fail(`there is no commit ${base.treeOf} here`);
    start = `M 040000 ${tree.stdout.toString().trim()} ""\n`;
  }
  const exit = await runGit({
    args: ['fast-import', '--quiet', '--done', '--date-format=raw'],
    ...store,
    input: importStream(start, change, zeroId(store.format)),
  });
  const commit = exit.stdout.toString().trim();
  if (exit.code === 0 && commit !== '') return ok(commit);
  // git leaves a report of its failure in the repository; what it says is in stderr as well.
  if (exit.pid !== undefined) rmSync(join(store.gitDir, `fast_import_crash_${exit.pid}`), { force: true });
  return fail(gitWords(exit.stderr));
}

function importStream(start: string, change: StateChange, zero: string): Buffer {
  const parts: string[] = [];
  const data = (text: string) => parts.push(`data ${Buffer.byteLength(text)}\n`, text, '\n');
  const when = `${Math.floor(change.at / 1000)} +0000`;
  parts.push(`commit refs/pending\nmark :1\nauthor ${identity} ${when}\ncommitter ${identity} ${when}\n`);
  data(change.message.endsWith('\n') ? change.message : `${change.message}\n`);
  parts.push(start);
  for (const [path, text] of change.files) {
    if (text === null) {
      parts.push(`D ${quoted(path)}\n`);
    } else {
      parts.push(`M 100644 inline ${quoted(path)}\n`);
      data(text);
    }
  }
  // The mark's id goes to stdout; the ref that fast-import insists on is dropped before it is ever written.
  parts.push(`get-mark :1\nreset refs/pending\nfrom ${zero}\n\ndone\n`);
  return Buffer.from(parts.join(''));
}

function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

/** Commits from `from` backwards, newest first; undefined when `from` is not here. */
async function readLog(store: ObjectStore, from: string, limit: number): Promise<readonly StateCommit[] | undefined> {
  const args = ['log', '-z', `--max-count=${limit}`, '--format=%H%x00%ct%x00%B', '--end-of-options', from, '--'];
  const exit = await runGit({ args, ...store });
  if (exit.code !== 0) return undefined;
  const fields = exit.stdout.toString().split('\0');
  const commits: StateCommit[] = [];
  for (let i = 0; i + 2 < fields.length; i += 3) {
    const message = fields[i + 2]!.trimEnd();
    commits.push({
      commit: fields[i]!,
      at: Number(fields[i + 1]) * 1000,
      subject: message.split('\n', 1)[0]!,
      trailers: trailersOf(message),
    });
  }
  return commits;
}

/** `Key: value` lines of the last paragraph, when all of its lines are such and it is not the subject. */
export function trailersOf(message: string): Readonly<Record<string, string>> {
  const paragraphs = message.trimEnd().split(/\n{2,}/);
  if (paragraphs.length < 2) return {};
  const trailers: Record<string, string> = {};
  for (const line of paragraphs.at(-1)!.split('\n')) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*): ?(.*)$/.exec(line);
    if (match === null) return {};
    trailers[match[1]!] = match[2]!;
  }
  return trailers;
}
