import { createHash } from 'node:crypto';
import * as files from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LateText } from '../base/late-texts.ts';
import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { BehindChain, KeptBehind, StateChange, StateCommit, StateTreeEntry } from '../ports-state.ts';
import { behindEnd, behindMessage, nestedTrees } from './git-behind.ts';
import { trailersOf } from './git-commits.ts';
import { identity } from './git-ids.ts';
import type { CommitBase, StateObjects } from './git-objects.ts';

type Isomorphic = typeof import('isomorphic-git');

/** Objects of a repository on this machine, without the system's git. */
export interface IsomorphicObjects extends StateObjects {
  /** All objects of these commits that were written here, as a pack; undefined when one was not. */
  packOf(commits: readonly string[]): Promise<Buffer | undefined>;
  /** Takes a pack in that a server sent. */
  addPack(pack: Buffer): Promise<void>;
  /** Time of a commit that is here. */
  committedAt(commit: string): Promise<number | undefined>;
  /** True when the commit and all of its trees are here. */
  isWhole(commit: string): Promise<boolean>;
}

/** `library`: loaded on demand, it takes as long as a start of node. */
export function isomorphicObjects(library: Isomorphic, gitDir: string): IsomorphicObjects {
  // What was read of packs, for the life of this object: equal ids, equal bytes.
  let cache: object = {};
  const written = new Map<string, readonly string[]>();
  const at = () => ({ fs, gitdir: gitDir, cache });

  async function read<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      // An object that is not here, or whose pack another process has just removed.
      if (isMissing(error)) return undefined;
      throw error;
    }
  }
  const commitOf = async (oid: string) => (await read(() => library.readCommit({ ...at(), oid })))?.commit;
  const treeOf = async (oid: string) => (await read(() => library.readTree({ ...at(), oid })))?.tree;

  /** Files below a tree by path; undefined when a tree is missing. */
  async function walk(tree: string, folder: string, prefix: string): Promise<StateTreeEntry[] | undefined> {
    const entries = await treeOf(tree);
    if (entries === undefined) return undefined;
    const found: StateTreeEntry[] = [];
    for (const { path: name, oid, type } of entries) {
      const path = `${folder}${name}`;
      if (type === 'blob' && path.startsWith(prefix)) found.push({ path, blob: oid });
      if (type !== 'tree') continue;
      const isOnTheWay = prefix.startsWith(`${path}/`) || `${path}/`.startsWith(prefix);
      const below = isOnTheWay ? await walk(oid, `${path}/`, prefix) : [];
      if (below === undefined) return undefined;
      found.push(...below);
    }
    return found;
  }
  async function listTree(
    commit: string,
    prefix: string,
    without?: string,
  ): Promise<readonly StateTreeEntry[] | undefined> {
    const found = await commitOf(commit);
    const entries = found && (await walk(found.tree, '', prefix));
    return entries
      ?.filter(({ path }) => without === undefined || !path.startsWith(without))
      .sort((a, b) => byText(a.path, b.path));
  }

  return {
    gitDir,
    // What a push sends is what was written here: nothing else has to be.
    missingCommits: async () => [],
    async writeBehind(chains, when) {
      try {
        const made: KeptBehind[] = [];
        for (const chain of chains) made.push(await writeChain(chain, when));
        return ok(made);
      } catch (error) {
        return fail(error instanceof Error ? error.message : String(error));
      }
    },
    async readTrees(trees) {
      const found = new Map<string, readonly StateTreeEntry[]>();
      for (const tree of new Set(trees)) {
        const entries = await walk(tree, '', '');
        if (entries)
          found.set(
            tree,
            entries.sort((a, b) => byText(a.path, b.path)),
          );
      }
      return found;
    },
    listTree,
    async findBlobs(commit, paths) {
      const wanted = new Set(paths);
      if (wanted.size === 0) return new Map();
      const entries = await listTree(commit, '');
      return entries && new Map(entries.filter(({ path }) => wanted.has(path)).map(({ path, blob }) => [path, blob]));
    },
    async readBlobs(blobs) {
      const texts = new Map<string, LateText>();
      for (const oid of new Set(blobs)) {
        const found = await read(() => library.readBlob({ ...at(), oid }));
        if (found) texts.set(oid, new LateText(Buffer.from(found.blob)));
      }
      return texts;
    },
    async writeCommit(base, change) {
      const made: string[] = [];
      const tree = await baseTree(base);
      if (!tree.ok) return tree;
      try {
        const root = await writeTree(tree.value, nested(change.files), made);
        const before = 'parent' in base && base.parent !== undefined ? [base.parent] : [];
        const behind = change.behind ?? [];
        const object = commitObject(root ?? EMPTY_TREE, [...before, ...behind], change);
        const commit = await library.writeCommit({ ...at(), commit: object });
        if (root === undefined) made.push(await library.writeTree({ ...at(), tree: [] }));
        written.set(commit, [...behind.flatMap((tip) => written.get(tip) ?? []), ...made, commit]);
        return ok(commit);
      } catch (error) {
        return fail(error instanceof Error ? error.message : String(error));
      }
    },
    async readLog(from, limit) {
      const commits: StateCommit[] = [];
      let next: string | undefined = from;
      while (next !== undefined && commits.length < limit) {
        // One that is damaged can be read no more than one that is missing.
        const commit: Awaited<ReturnType<typeof commitOf>> = await commitOf(next).catch(() => undefined);
        if (commit === undefined) break;
        const message = commit.message.trimEnd();
        commits.push({
          commit: next,
          at: commit.committer.timestamp * 1000,
          subject: message.split('\n', 1)[0]!,
          trailers: trailersOf(message),
        });
        next = commit.parent[0];
      }
      return commits.length === 0 ? undefined : { commits, isCut: next !== undefined && commits.length < limit };
    },
    async tidy() {
      const folder = join(gitDir, 'objects', 'pack');
      const names = (await files.readdir(folder).catch(() => [])).filter((name) => name.startsWith(FETCHED));
      if (names.length <= 2 * PACKS_MAX) return;
      // What a server sent can be had again.
      for (const name of names) await files.rm(join(folder, name), { force: true });
      cache = {};
    },
    async packOf(commits) {
      const lists = commits.map((commit) => written.get(commit));
      if (lists.some((list) => list === undefined)) return undefined;
      const oids = [...new Set(lists.flatMap((list) => list ?? []))];
      const { packfile } = await library.packObjects({ ...at(), oids, write: false });
      return packfile && Buffer.from(packfile);
    },
    async addPack(pack) {
      // The name says whose it is; equal bytes have one name, so that two processes write the same.
      const name = `${FETCHED}${createHash('sha1').update(pack).digest('hex')}.pack`;
      const path = join(gitDir, 'objects', 'pack', name);
      if (!(await files.stat(path.replace(/\.pack$/, '.idx')).catch(() => undefined))) {
        await files.mkdir(dirname(path), { recursive: true });
        await writeWhole(path, pack, { sync: false });
        await library.indexPack({ ...at(), dir: gitDir, filepath: `objects/pack/${name}` });
      }
      cache = {};
    },
    async committedAt(commit) {
      const found = await commitOf(commit);
      return found && found.committer.timestamp * 1000;
    },
    isWhole: async (commit) => (await listTree(commit, '')) !== undefined,
  };

  /** Trees of files that may not be here: nobody looks for them. */
  async function writeChain({ tip, groups }: BehindChain, when: number): Promise<KeptBehind> {
    const made: string[] = [];
    const trees = await nestedTrees(
      groups.map(({ entries }) => entries),
      async (level) => {
        const ids: string[] = [];
        for (const lines of level) ids.push(await library.writeTree({ ...at(), tree: treeOfLines(lines) }));
        made.push(...ids);
        return ok(ids);
      },
    );
    if (!trees.ok) throw new Error(trees.error);
    let last = tip;
    const add = async (name: string, tree: string): Promise<void> => {
      const object = commitObject(tree, last === undefined ? [] : [last], { message: behindMessage(name), at: when });
      last = await library.writeCommit({ ...at(), commit: object });
      made.push(last);
    };
    for (const [i, { name }] of groups.entries()) await add(name, trees.value[i]!);
    made.push(await library.writeTree({ ...at(), tree: [] }));
    await add(behindEnd(groups), EMPTY_TREE);
    written.set(last!, made);
    return { tip: last!, trees: trees.value };
  }

  async function baseTree(base: CommitBase): Promise<Result<string | undefined, string>> {
    const from = 'treeOf' in base ? base.treeOf : base.parent;
    if (from === undefined) return ok(undefined);
    const found = await commitOf(from);
    return found ? ok(found.tree) : fail(`there is no commit ${from} here`);
  }

  /** The tree with the changes; undefined when nothing is left in it. */
  async function writeTree(oid: string | undefined, changes: Changes, made: string[]): Promise<string | undefined> {
    const before = oid === undefined ? [] : await library.readTree({ ...at(), oid }).then(({ tree }) => tree);
    const entries = new Map(before.map((entry) => [entry.path, { ...entry }]));
    for (const [name, change] of changes) {
      const known = entries.get(name);
      if (change instanceof Map) {
        const below = await writeTree(known?.type === 'tree' ? known.oid : undefined, change, made);
        if (below !== undefined) entries.set(name, { mode: '040000', path: name, oid: below, type: 'tree' });
        else if (known?.type === 'tree') entries.delete(name);
      } else if (change === null) {
        if (known?.type === 'blob') entries.delete(name);
      } else {
        const blob = await library.writeBlob({ ...at(), blob: Buffer.from(change) });
        made.push(blob);
        entries.set(name, { mode: '100644', path: name, oid: blob, type: 'blob' });
      }
    }
    if (entries.size === 0) return undefined;
    const tree = await library.writeTree({ ...at(), tree: [...entries.values()] });
    made.push(tree);
    return tree;
  }
}

/** Packs that are kept before those that can be had again are removed. */
const PACKS_MAX = 64;
const FETCHED = 'pack-fetched-';
const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** By folder: text to write, null to delete. */
type Changes = Map<string, string | null | Changes>;

function nested(changed: StateChange['files']): Changes {
  const root: Changes = new Map();
  for (const [path, text] of changed) {
    const parts = path.split('/');
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      const next = folder.get(part);
      const made = next instanceof Map ? next : (new Map() as Changes);
      if (made !== next) folder.set(part, made);
      folder = made;
    }
    folder.set(parts.at(-1)!, text);
  }
  return root;
}

function treeOfLines(lines: string) {
  return lines
    .split('\0')
    .filter((line) => line !== '')
    .map((line) => {
      const [, mode, type, oid, path] = /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line)!;
      return { mode: mode!, path: path!, oid: oid!, type: type as 'blob' | 'tree' };
    });
}

function commitObject(tree: string, parent: string[], change: Pick<StateChange, 'message' | 'at'>) {
  const [, name = '', email = ''] = /^(.*) <(.*)>$/.exec(identity) ?? [];
  const who = { name, email, timestamp: Math.floor(change.at / 1000), timezoneOffset: 0 };
  return { tree, parent, author: who, committer: who, message: change.message };
}

function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'NotFoundError' || code === 'ENOENT';
}

let asides = 0;

/** Writes a file so that it is there whole or not at all, also after a crash. */
export async function writeWhole(
  path: string,
  bytes: string | Uint8Array,
  { sync, mode = 0o444 }: { readonly sync: boolean; readonly mode?: number },
): Promise<void> {
  const aside = join(dirname(path), `.new-${process.pid}-${++asides}`);
  const file = await files.open(aside, 'wx', mode);
  try {
    await file.writeFile(bytes);
    if (sync) await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(aside, path);
}

// The library writes a file in place and takes one that is there for whole: cut off in between, it would never be written.
const fs = {
  promises: {
    ...files,
    writeFile: (path: string, bytes: string | Uint8Array) => writeWhole(path, bytes, { sync: true }),
  },
};
