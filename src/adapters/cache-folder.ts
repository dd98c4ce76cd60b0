import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './git-process.ts';

/** Where things live that can be had anew: `BRANCHLINE_CACHE`, else `branchline` in the user's cache folder. */
export function cacheFolder(env: Environment): string {
  if (env['BRANCHLINE_CACHE']) return env['BRANCHLINE_CACHE'];
  if (process.platform === 'win32')
    return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'branchline');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'branchline');
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'branchline');
}
