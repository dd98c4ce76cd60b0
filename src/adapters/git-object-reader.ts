import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import type { ObjectFormat } from './git-private-repository.ts';
import { type Environment, gitEnvironment } from './git-process.ts';

/** An object of a repository as git keeps it. */
export interface GitObject {
  readonly id: string;
  readonly type: string;
  readonly bytes: Buffer;
}

/** Reads objects of one repository, never from a remote. */
export interface ObjectReader {
  /** The object of each name (an id, or `<commit>^{tree}`), in their order; undefined where there is none here. */
  readonly read: (names: readonly string[]) => Promise<readonly (GitObject | undefined)[]>;
}

/** How long a git that nobody asks anything stays: a command's questions come within fractions of that. */
const IDLE_MS = 2_000;

interface Question {
  readonly count: number;
  readonly found: (GitObject | undefined)[];
  readonly answer: (found: readonly (GitObject | undefined)[]) => void;
}

/**
 * One `git cat-file --batch` for all that is asked within a short time, in place of a process for each question: to start
 * one costs more than what most ask. It keeps nobody alive who has nothing to ask any more, and ends before who asked does.
 */
export function openObjectReader(store: { readonly gitDir: string; readonly env: Environment }): ObjectReader {
  let asked: ((names: readonly string[]) => Promise<readonly (GitObject | undefined)[]>) | undefined;
  return {
    async read(names) {
      if (names.length === 0) return [];
      asked ??= startReading(store, () => {
        asked = undefined;
      });
      return asked(names);
    },
  };
}

/** `onEnd`: it answers nothing any more. */
function startReading(store: { readonly gitDir: string; readonly env: Environment }, onEnd: () => void) {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn('git', ['cat-file', '--batch'], {
    env: gitEnvironment(store.env, [], store.gitDir),
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  if (hasNoPipes(child)) {
    child.on('error', () => {});
    return async (names: readonly string[]) => {
      onEnd();
      return names.map(() => undefined);
    };
  }
  const open: Question[] = [];
  const handles = [child, child.stdin as Socket, child.stdout as Socket];
  let buffer: Buffer = Buffer.alloc(0);
  let isOver = false;
  let idle: NodeJS.Timeout | undefined;
  const settle = (): void => {
    while (open.length > 0 && open[0]!.found.length === open[0]!.count) {
      const done = open.shift()!;
      done.answer(done.found);
    }
    if (open.length > 0 || isOver) return;
    for (const handle of handles) handle.unref();
    idle = setTimeout(end, IDLE_MS).unref();
  };
  const end = (): void => {
    if (isOver) return;
    isOver = true;
    clearTimeout(idle);
    process.off('beforeExit', leave);
    onEnd();
    child.stdin.end();
    for (const { count, found, answer } of open.splice(0)) {
      while (found.length < count) found.push(undefined);
      answer(found);
    }
  };
  // Nothing else is left to do: it is waited for, so that no process outlives the command.
  const leave = (): void => {
    child.ref();
    end();
  };
  process.once('beforeExit', leave);
  // A large object comes in many pieces, which are put together once.
  let pieces: Buffer[] = [];
  let awaited = 0;
  child.stdout.on('data', (piece: Buffer) => {
    pieces.push(piece);
    awaited -= piece.length;
    if (awaited > 0) return;
    buffer = Buffer.concat([buffer, ...pieces]);
    pieces = [];
    while (open.length > 0) {
      const taken = takeObject(buffer);
      if (typeof taken === 'number') {
        awaited = taken;
        break;
      }
      buffer = buffer.subarray(taken.end);
      open.find(({ count, found }) => found.length < count)?.found.push(taken.object);
      if (buffer.length === 0) break;
    }
    settle();
  });
  child.stdin.on('error', end);
  child.on('error', end);
  child.on('close', end);
  return (names: readonly string[]) =>
    new Promise<readonly (GitObject | undefined)[]>((answer) => {
      clearTimeout(idle);
      for (const handle of handles) handle.ref();
      open.push({ count: names.length, found: [], answer });
      child.stdin.write(`${names.join('\n')}\n`);
    });
}

/** Where this process may open no more files there is no git, nor what the types of a process that was started promise. */
function hasNoPipes(child: { readonly stdin: Writable | undefined }): boolean {
  return child.stdin === undefined;
}

/** The first answer of a text; a number = it is not whole, and lacks at least as many bytes. */
function takeObject(buffer: Buffer): { readonly object: GitObject | undefined; readonly end: number } | number {
  // `<id> SP <type> SP <size> LF <bytes> LF`, or `<name> SP missing LF`
  const line = buffer.indexOf(10);
  if (line < 0) return 1;
  const [id, type, size] = buffer.toString('latin1', 0, line).split(' ');
  if (size === undefined) return { object: undefined, end: line + 1 };
  const end = line + 1 + Number(size) + 1;
  if (buffer.length < end) return end - buffer.length;
  return { object: { id: id!, type: type!, bytes: buffer.subarray(line + 1, end - 1) }, end };
}

/** When a commit was made, in milliseconds of the epoch. */
export function committedAt({ bytes }: GitObject): number | undefined {
  const text = bytes.toString('latin1');
  const seconds = /^committer .*> (\d+) [+-]\d{4}$/m.exec(text.slice(0, text.indexOf('\n\n') + 1))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** An entry of a tree. */
export interface TreeEntry {
  readonly kind: 'blob' | 'tree' | 'other';
  readonly name: string;
  readonly id: string;
}

/** What a tree object lists: `<mode> SP <name> NUL <id in bytes>`, again and again. */
export function treeEntries({ bytes }: GitObject, format: ObjectFormat): TreeEntry[] {
  const idLength = format === 'sha1' ? 20 : 32;
  const entries: TreeEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(32, at);
    const nul = bytes.indexOf(0, blank);
    const mode = bytes.toString('latin1', at, blank);
    at = nul + 1 + idLength;
    entries.push({
      // Files and links are blobs; another repository inside of this one is neither.
      kind: mode === '40000' ? 'tree' : mode.startsWith('1') && mode !== '160000' ? 'blob' : 'other',
      name: bytes.toString('utf8', blank + 1, nul),
      id: bytes.toString('hex', nul + 1, at),
    });
  }
  return entries;
}
