import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type GitObject, type ReaderOptions, SILENCE_MS, takeObject } from './git-object-reader.ts';
import { gitEnvironment } from './git-process.ts';

let asked = 0;

/**
 * The object of each name, in their order, as `ObjectReader.read` gives them, for so many that their answer is large: a pipe
 * hands over ten megabytes in a thousand pieces, each with a call and memory of its own, and to read them from a file takes
 * less than half of that. Undefined where it did not come to an answer, whatever the reason: then they are to be read one way or the
 * other. The repository is a private one; the file is gone before anybody could see it.
 */
export async function readManyObjects(
  { gitDir, env, silenceMs = SILENCE_MS }: ReaderOptions,
  names: readonly string[],
): Promise<readonly (GitObject | undefined)[] | undefined> {
  // What a process that was killed leaves here, git takes away when it tidies up.
  const file = join(gitDir, 'objects', 'pack', `tmp_answer_${process.pid}_${++asked}`);
  let to: number | undefined;
  try {
    to = openSync(file, 'wx+', 0o600);
    const isWhole = await writeAnswer({ gitDir, env, silenceMs }, names, to);
    return isWhole ? answersIn(wholeOf(to), names.length) : undefined;
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

function wholeOf(file: number): Buffer {
  const whole = Buffer.allocUnsafeSlow(fstatSync(file).size);
  let at = 0;
  while (at < whole.length) {
    const count = readSync(file, whole, at, whole.length - at, at);
    if (count === 0) break;
    at += count;
  }
  return whole.subarray(0, at);
}

/** Undefined where it is cut. */
function answersIn(whole: Buffer, count: number): readonly (GitObject | undefined)[] | undefined {
  const found: (GitObject | undefined)[] = [];
  for (let at = 0; at < whole.length; ) {
    const taken = takeObject(whole, at);
    if (typeof taken === 'number') return undefined;
    found.push(taken.object);
    at = taken.end;
  }
  return found.length === count ? found : undefined;
}
