import { existsSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fail, ok, type Result } from '../base/result.ts';
import { committedAt, type ObjectReader } from './git-object-reader.ts';
import type { PushedRef } from './git-remote-ref.ts';
import { blockingRef, type ListedRef } from './git-state-ref.ts';
import { readableEntries, readableText } from './readable-files.ts';

/** All refs of a repository on this machine, by its files: loose ones win over packed ones (gitrepository-layout(5)). */
export function readRefFiles(gitDir: string): ListedRef[] {
  const refs = new Map(packedRefs(gitDir));
  const walk = (folder: string): void => {
    for (const entry of readableEntries(join(gitDir, folder))) {
      const ref = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(ref);
      else if (!ref.endsWith('.lock')) {
        const id = readId(join(gitDir, ref));
        if (id !== undefined) refs.set(ref, id);
      }
    }
  };
  walk('refs');
  return [...refs].map(([ref, id]) => ({ ref, id }));
}

/** A repository that is new: no ref, and nothing but files to keep one in. */
export function hasNoRefFiles(gitDir: string): boolean {
  return !existsSync(join(gitDir, 'reftable')) && readRefFiles(gitDir).length === 0;
}

const LOCK_TRIES = 250;
const LOCK_PAUSE_MS = 20;

/**
 * Moves refs as git does: each is locked by a file beside it, compared, and renamed into place. All or none, as far as
 * one machine goes. The error is a sentence.
 */
export async function moveRefFiles(gitDir: string, moves: readonly PushedRef[]): Promise<Result<void, string>> {
  const held: string[] = [];
  try {
    // In one order, so that two writers never wait for each other.
    for (const move of [...moves].sort((a, b) => (a.ref < b.ref ? -1 : 1))) {
      const locked = await lock(gitDir, move.ref);
      if (!locked.ok) return locked;
      held.push(locked.value);
      const current = readRef(gitDir, move.ref);
      if (current !== move.from)
        return fail(`${move.ref} is at ${current ?? 'no commit'}, not at ${move.from ?? 'none'}`);
      if (move.to === undefined) continue;
      const others = readRefFiles(gitDir).map(({ ref }) => ref);
      const blocking = blockingRef(
        move.ref,
        others.filter((ref) => ref !== move.ref),
      );
      if (blocking !== undefined) return fail(`${blocking} is in the way of ${move.ref}`);
      await write(locked.value, `${move.to}\n`);
    }
    for (const { ref, to } of moves) {
      if (to === undefined) await remove(gitDir, ref);
      else {
        removeEmptyFolder(join(gitDir, ref));
        const path = `${join(gitDir, ref)}.lock`;
        await rename(path, join(gitDir, ref));
        // From now on a lock of that name is another's.
        held.splice(held.indexOf(path), 1);
      }
    }
    return ok(undefined);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  } finally {
    for (const path of held) rmSync(path, { force: true });
  }
}

async function lock(gitDir: string, ref: string): Promise<Result<string, string>> {
  const path = `${join(gitDir, ref)}.lock`;
  for (let tries = 1; ; tries++) {
    try {
      await mkdir(dirname(path), { recursive: true });
      await (await open(path, 'wx', 0o644)).close();
      return ok(path);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'ENOTDIR' || (code === 'EEXIST' && !existsSync(path)))
        return fail(`another ref is in the way of ${ref}`);
      if (code !== 'EEXIST' && code !== 'ENOENT') throw error;
      if (tries === LOCK_TRIES) return fail(`${path} is held by another process; if none is at work, delete that file`);
      await delay(LOCK_PAUSE_MS);
    }
  }
}

async function write(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function remove(gitDir: string, ref: string): Promise<void> {
  if (packedRefs(gitDir).some(([name]) => name === ref)) {
    const path = join(gitDir, 'packed-refs');
    const locked = await lock(gitDir, 'packed-refs');
    if (!locked.ok) throw new Error(locked.error);
    const lines = readFileSync(path, 'utf8').split('\n');
    const kept = lines.filter((line, i) => {
      // A line with ^ belongs to the one before.
      const owner = line.startsWith('^') ? lines[i - 1]! : line;
      return !owner.endsWith(` ${ref}`);
    });
    await write(locked.value, kept.join('\n'));
    await rename(locked.value, path);
  }
  await rm(join(gitDir, ref), { force: true });
}

/** Where one ref is; undefined when there is none, or it stands for another one, or its file is damaged. */
export function readRef(gitDir: string, ref: string): string | undefined {
  const loose = readableText(join(gitDir, ref));
  // Whatever its file says counts, and not what was packed before.
  return loose === undefined ? packedRefs(gitDir).find(([name]) => name === ref)?.[1] : idOf(loose);
}

/**
 * Where these refs of a private repository are, with the time of their commits, by its files; undefined unless all are
 * there and are commits. That one is missing, or cannot be read, is for git to say.
 */
export async function readKnownRefs(
  gitDir: string,
  reader: ObjectReader,
  refs: readonly string[],
): Promise<readonly ListedRef[] | undefined> {
  if (existsSync(join(gitDir, 'reftable'))) return undefined;
  const ids = refs.map((ref) => readRef(gitDir, ref));
  if (ids.some((id) => id === undefined)) return undefined;
  const commits = await reader.read(ids as string[]);
  const known = commits.flatMap((commit, index): ListedRef[] => {
    const at = commit?.type === 'commit' ? committedAt(commit) : undefined;
    return at === undefined ? [] : [{ ref: refs[index]!, id: ids[index]!, committedAt: at }];
  });
  return known.length === refs.length ? known : undefined;
}

function packedRefs(gitDir: string): (readonly [string, string])[] {
  const refs: (readonly [string, string])[] = [];
  for (const line of readableText(join(gitDir, 'packed-refs'))?.split('\n') ?? []) {
    const match = /^([0-9a-f]{40,64}) (refs\/.+)$/.exec(line);
    if (match) refs.push([match[2]!, match[1]!]);
  }
  return refs;
}

function readId(path: string): string | undefined {
  return idOf(readableText(path) ?? '');
}

function idOf(text: string): string | undefined {
  return /^([0-9a-f]{40,64})\s*$/.exec(text)?.[1];
}

/** A folder that deleted refs left. */
function removeEmptyFolder(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // It is a file, or not there, or in use: the rename says so.
  }
}
