import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LateText } from '../base/late-texts.ts';
import { type ReaderOptions, SILENCE_MS } from './git-object-reader.ts';
import { gitEnvironment } from './git-process.ts';

/** An object of a repository, whose bytes are no text yet. */
export interface FoundText {
  readonly id: string;
  readonly type: string;
  readonly text: LateText;
}

let asked = 0;

/**
 * The object of each name, in their order, like those that `ObjectReader.read` gives, for so many that their answer is large: a pipe
 * hands over ten megabytes in a thousand pieces, each with a call and memory of its own, and to read them from a file takes
 * less than half of that. Undefined where it did not come to an answer, whatever the reason: then they are to be read one way or the
 * other. The repository is a private one; the file is gone before anybody could see it.
 */
export async function readManyObjects(
  { gitDir, env, silenceMs = SILENCE_MS }: ReaderOptions,
  names: readonly string[],
): Promise<readonly (FoundText | undefined)[] | undefined> {
  // What a process that was killed leaves here, git takes away when it tidies up.
  const file = join(gitDir, 'objects', 'pack', `tmp_answer_${process.pid}_${++asked}`);
  let to: number | undefined;
  try {
    to = openSync(file, 'wx+', 0o600);
    const isWhole = await writeAnswer({ gitDir, env, silenceMs }, names, to);
    return isWhole ? answersIn(to, names.length) : undefined;
  } catch {
    return undefined;
  } finally {
    if (to !== undefined) closeSync(to);
    rmSync(file, { force: true });
  }
}

/** True when git has written all that it has to say. */
function writeAnswer(
  { gitDir, env, silenceMs }: Required<ReaderOptions>,
  names: readonly string[],
  to: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('git', ['cat-file', '--batch', '--buffer'], {
      env: gitEnvironment(env, [], gitDir),
      stdio: ['pipe', to, 'ignore'],
      windowsHide: true,
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), silenceMs);
    const end = (isWhole: boolean): void => {
      clearTimeout(timer);
      resolve(isWhole);
    };
    child.on('error', () => end(false));
    child.on('close', (code) => end(code === 0));
    child.stdin?.on('error', () => {});
    child.stdin?.end(`${names.join('\n')}\n`);
  });
}

/**
 * So much is read at once. Of a text of 1 MB and more V8 keeps the characters outside of its heap: they are neither copied
 * as that is tidied up, nor do they make it grow.
 */
const BLOCK_BYTES = 2 * 1024 * 1024;

/** Undefined where it is cut. */
function answersIn(file: number, count: number): readonly (FoundText | undefined)[] | undefined {
  const { size } = fstatSync(file);
  const found: (FoundText | undefined)[] = [];
  let block = Buffer.allocUnsafeSlow(Math.min(BLOCK_BYTES, size));
  for (let at = 0; at < size; ) {
    const length = readSync(file, block, 0, block.length, at);
    const end = takeAnswers(block.toString('latin1', 0, length), found);
    at += end;
    if (end > 0) continue;
    // The file ends here, or what comes next is longer than a block.
    if (at + length >= size) return undefined;
    block = Buffer.allocUnsafeSlow(Math.min(2 * block.length, size));
  }
  return found.length === count ? found : undefined;
}

/** Takes what is whole; gives where the rest begins. */
function takeAnswers(characters: string, found: (FoundText | undefined)[]): number {
  for (let at = 0; ; ) {
    const line = characters.indexOf('\n', at);
    if (line < 0) return at;
    // `<id> SP <type> SP <size> LF <bytes> LF`, or `<name> SP missing LF`
    const [id, type, size] = characters.slice(at, line).split(' ');
    const end = line + 1 + (size === undefined ? 0 : Number(size) + 1);
    if (!(end <= characters.length)) return at;
    found.push(
      size === undefined
        ? undefined
        : { id: id!, type: type!, text: new LateText(characters.slice(line + 1, end - 1)) },
    );
    at = end;
  }
}
