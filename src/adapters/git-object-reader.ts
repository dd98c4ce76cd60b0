import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { fail, type Result } from '../base/result.ts';
import type { StoreUnreachable } from '../ports-state.ts';
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
/** How long a git that was asked may send nothing: it reads a disk of this machine, and no more than that. */
export const SILENCE_MS = 120_000;

/** How long it is listened for what came while this process could not. */
const LISTEN_MS = 100;

/** git is there and does not answer: whether an object is here is not known, which is not the same as that it is missing. */
export class GitSilence extends Error {
  constructor(gitDir: string, silenceMs: number) {
    super(
      `git has sent nothing for ${silenceMs / 1000} s when asked for objects of ${gitDir}, and was stopped. Does its disk answer?`,
    );
    this.name = 'GitSilence';
  }
}

/** A hung git has not said that anything is missing: what was asked of the state cannot be had now. */
export async function unlessSilent<T>(
  ask: () => Promise<Result<T, StoreUnreachable>>,
): Promise<Result<T, StoreUnreachable>> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof GitSilence)) throw error;
    return fail({ code: 'unreachable', message: error.message });
  }
}

export interface ReaderOptions {
  readonly gitDir: string;
  readonly env: Environment;
  /** Default: two minutes. */
  readonly silenceMs?: number;
}

type Found = readonly (GitObject | undefined)[];
type Ask = (names: readonly string[]) => Promise<Found>;

/**
 * One `git cat-file --batch` for all that is asked within a short time, in place of a process for each question: to start
 * one costs more than what most ask. It keeps nobody alive who has nothing to ask any more, and ends before who asked does.
 * A question is refused with `GitSilence` where git hangs.
 */
export function openObjectReader(options: ReaderOptions): ObjectReader {
  let asked: Ask | undefined;
  return {
    async read(names) {
      if (names.length === 0) return [];
      asked ??= startReading(options, () => {
        asked = undefined;
      });
      return asked(names);
    },
  };
}

/** `onEnd`: it answers nothing any more. */
function startReading({ gitDir, env, silenceMs = SILENCE_MS }: ReaderOptions, onEnd: () => void): Ask {
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn('git', ['cat-file', '--batch'], {
    env: gitEnvironment(env, [], gitDir),
    stdio: ['pipe', 'pipe', 'ignore'],
    windowsHide: true,
  });
  if (hasNoPipes(child)) {
    child.on('error', () => {});
    return async (names) => {
      onEnd();
      return names.map(() => undefined);
    };
  }
  const questions = openQuestions();
  let isOver = false;
  const end = (silence?: GitSilence): void => {
    if (isOver) return;
    isOver = true;
    patience.stop();
    process.off('beforeExit', leave);
    onEnd();
    child.stdin.end();
    questions.close(silence);
  };
  const patience = startPatience([child, child.stdin as Socket, child.stdout as Socket], {
    silenceMs,
    onSilence: () => {
      // Not waited for: what it waits for may never come.
      child.kill('SIGKILL');
      end(new GitSilence(gitDir, silenceMs));
    },
    onIdle: end,
  });
  // Nothing else is left to do: it is waited for, so that no process outlives the command.
  const leave = (): void => {
    end();
    child.ref();
  };
  process.once('beforeExit', leave);
  const take = answerTaker((object) => questions.answer(object));
  child.stdout.on('data', (piece: Buffer) => {
    take(piece);
    if (isOver) return;
    if (questions.areOpen()) patience.await();
    else patience.rest();
  });
  for (const source of [child.stdin, child]) source.on('error', () => end());
  child.on('close', () => end());
  return (names) => {
    patience.await();
    child.stdin.write(`${names.join('\n')}\n`);
    return questions.add(names.length);
  };
}

interface Patience {
  readonly silenceMs: number;
  readonly onSilence: () => void;
  readonly onIdle: () => void;
}

/** How long a git is waited for that was asked, and kept that was not: that one keeps nobody alive. */
function startPatience(
  handles: readonly { ref(): unknown; unref(): unknown }[],
  { silenceMs, onSilence, onIdle }: Patience,
) {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    for (const handle of handles) handle.unref();
  };
  return {
    stop,
    await(): void {
      clearTimeout(timer);
      for (const handle of handles) handle.ref();
      timer = setTimeout(() => {
        // Where this process could not listen for so long (stopped, or at work), the answer may be here already.
        timer = setTimeout(onSilence, LISTEN_MS);
      }, silenceMs);
    },
    rest(): void {
      stop();
      timer = setTimeout(onIdle, IDLE_MS).unref();
    },
  };
}

/** Questions that wait for their answers, which come in the order in which they were asked. */
function openQuestions() {
  const open: {
    readonly count: number;
    readonly found: (GitObject | undefined)[];
    readonly resolve: (found: Found) => void;
    readonly reject: (why: GitSilence) => void;
  }[] = [];
  return {
    areOpen: () => open.length > 0,
    add: (count: number) =>
      new Promise<Found>((resolve, reject) => {
        open.push({ count, found: [], resolve, reject });
      }),
    /** The next answer. */
    answer(object: GitObject | undefined): void {
      const [first] = open;
      first?.found.push(object);
      if (first?.found.length === first?.count) open.shift()?.resolve(first!.found);
    },
    /** There will be no more: the rest is not here, or not known where git was silent. */
    close(silence: GitSilence | undefined): void {
      for (const { count, found, resolve, reject } of open.splice(0)) {
        if (silence) reject(silence);
        else resolve([...found, ...Array<undefined>(count - found.length)]);
      }
    },
  };
}

/** Takes git's output in pieces. A large object comes in many, which are put together once. */
function answerTaker(onAnswer: (object: GitObject | undefined) => void): (piece: Buffer) => void {
  let buffer: Buffer = Buffer.alloc(0);
  let pieces: Buffer[] = [];
  let awaited = 0;
  return (piece) => {
    pieces.push(piece);
    awaited -= piece.length;
    if (awaited > 0) return;
    let at = 0;
    buffer = Buffer.concat([buffer, ...pieces]);
    pieces = [];
    while (at < buffer.length) {
      const taken = takeObject(buffer, at);
      if (typeof taken === 'number') {
        awaited = taken;
        break;
      }
      at = taken.end;
      onAnswer(taken.object);
    }
    buffer = buffer.subarray(at);
  };
}

/** Where this process may open no more files there is no git, nor what the types of a process that was started promise. */
function hasNoPipes(child: { readonly stdin: Writable | undefined }): boolean {
  return child.stdin === undefined;
}

/** The answer that begins at `at`; a number = it is not whole, and lacks at least as many bytes. */
export function takeObject(
  buffer: Buffer,
  at: number,
): { readonly object: GitObject | undefined; readonly end: number } | number {
  // `<id> SP <type> SP <size> LF <bytes> LF`, or `<name> SP missing LF`
  const line = buffer.indexOf(10, at);
  if (line < 0) return 1;
  const [id, type, size] = buffer.toString('latin1', at, line).split(' ');
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

/** What a commit says. */
export interface CommitText {
  /** The first one, as it is written, whether or not it is here. */
  readonly parent: string | undefined;
  readonly message: string;
}

/** The message of a commit, and what it follows. */
export function commitTextOf({ bytes }: GitObject): CommitText {
  const text = bytes.toString('utf8');
  const end = text.indexOf('\n\n');
  return { parent: /^parent ([0-9a-f]+)$/m.exec(text.slice(0, end))?.[1], message: text.slice(end + 2) };
}

/** An entry of a tree. */
export interface TreeEntry {
  readonly kind: 'blob' | 'tree' | 'other';
  readonly name: string;
  readonly id: string;
}

const BEYOND_ASCII = /[\x80-\xff]/;

/** What a tree object lists: `<mode> SP <name> NUL <id in bytes>`, again and again. */
export function treeEntries({ bytes }: GitObject, format: ObjectFormat): TreeEntry[] {
  const idLength = format === 'sha1' ? 20 : 32;
  // As two texts of the whole: of a state of years, a call for each name and id is most of what its trees cost.
  const text = bytes.toString('latin1');
  const digits = bytes.toString('hex');
  const entries: TreeEntry[] = [];
  for (let at = 0; at < text.length; ) {
    const blank = text.indexOf(' ', at);
    const nul = text.indexOf('\0', blank);
    const mode = text.slice(at, blank);
    const name = text.slice(blank + 1, nul);
    at = nul + 1 + idLength;
    entries.push({
      // Files and links are blobs; another repository inside of this one is neither.
      kind: mode === '40000' ? 'tree' : mode.startsWith('1') && mode !== '160000' ? 'blob' : 'other',
      name: BEYOND_ASCII.test(name) ? bytes.toString('utf8', blank + 1, nul) : name,
      id: digits.slice(2 * (nul + 1), 2 * at),
    });
  }
  return entries;
}
