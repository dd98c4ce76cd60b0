import { type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../adapters/cache-folder.ts';
import { readChunksFrom } from '../adapters/compiled-chunks.ts';
import type { Environment } from '../adapters/git-process.ts';

/**
 * Keeps what Node makes of this program's code beside other things that can be had anew: a short command is mostly
 * parsing and compiling. Where nothing can be kept, all goes on without. Each command has a folder of its own, because what
 * is kept is the functions that were run.
 */
export function keepCompiledCode(env: Environment, command: string | undefined): void {
  // What is measured by line is to be what was read, and Node's own switch is for its own cache, which asks the same.
  if (env['NODE_V8_COVERAGE'] || env['NODE_DISABLE_COMPILE_CACHE']) return;
  const folder = compiledFolder(env);
  if (folder === undefined) return;
  const name = command !== undefined && /^[a-z][a-z-]{0,40}$/.test(command) ? command : 'other';
  readChunksFrom(join(folder, `node-${process.versions.node}-${process.arch}`, name));
}

/**
 * Where compiled code is kept. V8 runs what it finds there without a look at the source, so it is nowhere that others could
 * have put something: undefined where the folder, or the one that it would be made in, is another user's or open to all.
 */
export function compiledFolder(env: Environment): string | undefined {
  try {
    const folder = join(cacheFolder(env), 'compiled');
    return isOwn(nearestStats(folder)) ? folder : undefined;
  } catch {
    // No home, or no folder by that name.
    return undefined;
  }
}

/** Of the folder itself, or of the first above it that is there. */
function nearestStats(folder: string): Stats {
  const above = dirname(folder);
  return statSync(folder, { throwIfNoEntry: above === folder }) ?? nearestStats(above);
}

const WRITABLE_BY_ALL = 0o002;

function isOwn({ uid, mode }: Stats): boolean {
  // Windows has rights of another kind, and gives each user a folder of their own.
  return process.getuid === undefined || (uid === process.getuid() && (mode & WRITABLE_BY_ALL) === 0);
}
