import { randomBytes } from 'node:crypto';
import { appendFileSync, closeSync, mkdirSync, openSync, readSync, rmSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { fail, ok } from '../base/result.ts';
import type { Scratch, StepFolder } from '../ports.ts';

/**
 * Step folders below a private folder, which exists. A folder is used again once its step is over: making and removing
 * seven files would cost a step as much as half a `bash`. Files that are read back get a new name each time, so that
 * nothing which an earlier step left running can write into them.
 */
export function createScratch(folder: string): Scratch {
  const name = randomBytes(4).toString('hex');
  const free: string[] = [];
  let made = 0;
  let given = 0;

  function make(): string {
    const own = path.join(folder, `step-${name}-${made++}`);
    mkdirSync(own, { mode: 0o700 });
    return own;
  }
  function open(): StepFolder {
    const own = free.pop() ?? make();
    const fresh: string[] = [];
    return {
      emptyFile(name) {
        const file = path.join(own, name);
        const size = statSync(file, { throwIfNoEntry: false })?.size;
        if (size === undefined) closeSync(openSync(file, 'a', 0o600));
        else if (size > 0) truncateSync(file);
        return file;
      },
      freshPath(name) {
        const file = path.join(own, `${name}-${given++}`);
        fresh.push(file);
        return file;
      },
      read: readBounded,
      appendLog: (log, text) => appendFileSync(log, text),
      close() {
        for (const file of fresh)
          if (statSync(file, { throwIfNoEntry: false })) rmSync(file, { recursive: true, force: true });
        // A script may have taken its folder away.
        if (statSync(own, { throwIfNoEntry: false })?.isDirectory()) free.push(own);
      },
    };
  }
  return {
    open() {
      try {
        return ok(open());
      } catch (error) {
        return fail({ code: 'infrastructure', message: `no folder for the step: ${(error as Error).message}` });
      }
    },
  };
}

function readBounded(file: string, bytesMax: number): { text: string; isWhole: boolean } {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size === 0) return { text: '', isWhole: true };
  const bytes = new Uint8Array(Math.min(stat.size, bytesMax));
  const fd = openSync(file, 'r');
  try {
    let length = 0;
    for (let more = -1; length < bytes.length && more !== 0; length += more)
      more = readSync(fd, bytes, length, bytes.length - length, length);
    return { text: new TextDecoder().decode(bytes.subarray(0, length)), isWhole: stat.size <= bytesMax };
  } finally {
    closeSync(fd);
  }
}
