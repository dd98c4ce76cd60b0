import { type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../adapters/cache-folder.ts';
import type { Environment } from '../adapters/git-process.ts';

/**
 * A folder of the user's cache in which nobody else could have put something: undefined where it, or the one that it would
 * be made in, is another user's or open to all.
 */
export function ownFolder(env: Environment, name: string): string | undefined {
  try {
    const folder = join(cacheFolder(env), name);
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

const WRITABLE = 0o200;
const WRITABLE_BY_ALL = 0o002;

function isOwn({ uid, mode }: Stats): boolean {
  // Windows has rights of another kind, and gives each user a folder of their own.
  if (process.getuid === undefined) return true;
  // In a folder of the system that takes nothing (`/proc`) Node's `mkdirSync` would try for ever.
  return uid === process.getuid() && (mode & WRITABLE) !== 0 && (mode & WRITABLE_BY_ALL) === 0;
}
