import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { BehindChain, KeptBehind, StateTreeEntry } from '../ports-state.ts';
import { BEHIND_TRAILER, identity, zeroId } from './git-ids.ts';
import type { ObjectStore } from './git-objects.ts';
import { gitWords, runGit } from './git-process.ts';

// A chain of files that left the tree: for each group a commit with its files, and at the end one without any. Only that
// one has to be here for the chain to go on, or for a branch that begins anew to keep it: a push sends what its commits
// have and the head has not, and of an empty tree that is nothing.

interface Folder {
  readonly files: Map<string, string>;
  readonly folders: Map<string, Folder>;
  id?: string;
}

/**
 * The tree of each list of files. `write` is asked for one level of folders at a time, the deepest first: for each folder
 * what `git mktree` reads, and gives their ids.
 */
export async function nestedTrees(
  lists: readonly (readonly StateTreeEntry[])[],
  write: (level: readonly string[]) => Promise<Result<readonly string[], string>>,
): Promise<Result<readonly string[], string>> {
  const roots = lists.map(nested);
  const levels: Folder[][] = [];
  const place = (folder: Folder, depth: number): void => {
    levels[depth] ??= [];
    levels[depth].push(folder);
    for (const below of folder.folders.values()) place(below, depth + 1);
  };
  for (const root of roots) place(root, 0);
  for (const level of levels.reverse()) {
    const made = await write(level.map(linesOf));
    if (!made.ok) return made;
    for (const [i, folder] of level.entries()) folder.id = made.value[i]!;
  }
  return ok(roots.map(({ id }) => id!));
}

function nested(entries: readonly StateTreeEntry[]): Folder {
  const root: Folder = { files: new Map(), folders: new Map() };
  for (const { path, blob } of entries) {
    const parts = path.split('/');
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      const next = folder.folders.get(part) ?? { files: new Map(), folders: new Map() };
      folder.folders.set(part, next);
      folder = next;
    }
    folder.files.set(parts.at(-1)!, blob);
  }
  return root;
}

/** `<mode> SP <type> SP <id> TAB <name> NUL`, in any order. */
function linesOf({ files, folders }: Folder): string {
  const blobs = [...files].map(([name, id]) => `100644 blob ${id}\t${name}\0`);
  return [...blobs, ...[...folders].map(([name, { id }]) => `040000 tree ${id}\t${name}\0`)].join('');
}

/** The message of a commit of a chain. */
export function behindMessage(name: string): string {
  return `· left the tree: ${name}\n\n${BEHIND_TRAILER}: ${name}\n`;
}

/** Trees first, a level of folders at a time, then the commits of all chains in one process. */
export async function writeBehind(
  store: ObjectStore,
  chains: readonly BehindChain[],
  at: number,
): Promise<Result<readonly KeptBehind[], string>> {
  const groups = chains.flatMap((chain) => chain.groups);
  const trees = await nestedTrees(
    groups.map(({ entries }) => entries),
    async (level) => {
      // `missing`: files that were never fetched are the remote's, and stay there.
      const made = await runGit({ args: ['mktree', '-z', '--missing', '--batch'], ...store, input: level.join('\0') });
      return made.code === 0 ? ok(made.stdout.toString().trim().split('\n')) : fail(gitWords(made.stderr));
    },
  );
  if (!trees.ok) return trees;
  const input = behindStream(chains, trees.value, { at, zero: zeroId(store.format) });
  const exit = await runGit({ args: ['fast-import', '--quiet', '--done', '--date-format=raw'], ...store, input });
  const ids = exit.stdout.toString().trim().split('\n');
  if (exit.code === 0 && ids.length === chains.length) {
    let next = 0;
    return ok(chains.map(({ groups: own }, i) => ({ tip: ids[i]!, trees: own.map(() => trees.value[next++]!) })));
  }
  if (exit.pid !== undefined) rmSync(join(store.gitDir, `fast_import_crash_${exit.pid}`), { force: true });
  return fail(gitWords(exit.stderr));
}

/** What the end of a chain is called. */
export function behindEnd(groups: BehindChain['groups']): string {
  return `up to ${groups.at(-1)?.name ?? 'nothing'}`;
}

/** What `fast-import` reads to write the commits of chains; it prints the id of each chain's end. */
function behindStream(
  chains: readonly BehindChain[],
  trees: readonly string[],
  by: { readonly at: number; readonly zero: string },
): string {
  const parts: string[] = [];
  const when = `${Math.floor(by.at / 1000)} +0000`;
  let mark = 0;
  let next = 0;
  const ends: number[] = [];
  const add = (name: string, from: string | undefined, tree?: string): void => {
    const text = behindMessage(name);
    parts.push(`commit refs/pending\nmark :${++mark}\nauthor ${identity} ${when}\ncommitter ${identity} ${when}\n`);
    parts.push(`data ${Buffer.byteLength(text)}\n${text}\n`);
    if (from !== undefined) parts.push(`from ${from}\n`);
    parts.push('deleteall\n', tree === undefined ? '\n' : `M 040000 ${tree} ""\n\n`);
  };
  for (const { tip, groups } of chains) {
    // Else the first commit of a chain would continue the one before it in the stream.
    parts.push(`reset refs/pending\nfrom ${by.zero}\n\n`);
    let from = tip;
    for (const { name } of groups) {
      add(name, from, trees[next++]!);
      from = `:${mark}`;
    }
    add(behindEnd(groups), from);
    ends.push(mark);
  }
  for (const end of ends) parts.push(`get-mark :${end}\n`);
  parts.push(`reset refs/pending\nfrom ${by.zero}\n\ndone\n`);
  return parts.join('');
}
