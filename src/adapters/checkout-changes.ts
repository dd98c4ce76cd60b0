import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceTree } from '../ports.ts';
import { GIT_VARIABLE } from './git-location.ts';
import { findGitFolders } from './git-location-files.ts';
import { type Environment, runGit } from './git-process.ts';

interface Checkout {
  /** The project's root, in a working tree. */
  readonly root: string;
  readonly env: Environment;
  readonly tree: Pick<SourceTree, 'files' | 'isTracked'>;
  /** A folder that is ours. */
  readonly scratch: string;
}

/**
 * Files below the root that are not as they are in `commit`: what `git diff` finds, and what git lists without tracking it.
 * Without git, nothing is known and nothing is told.
 */
export async function findChangedFiles(
  { root, env, tree, scratch }: Checkout,
  commit: string,
): Promise<readonly string[]> {
  const gitDir = env[GIT_VARIABLE] === 'isomorphic' ? undefined : findGitFolders(root)?.gitDir;
  if (gitDir === undefined) return [];
  // In the index git notes what it found, also where it is told to take no locks, and the one in the repository is the user's.
  const indexFile = join(scratch, 'index');
  try {
    await copyFile(join(gitDir, 'index'), indexFile);
    const options = ['--name-only', '-z', '--relative', '--no-renames', '--no-ext-diff', '--ignore-submodules'];
    const exit = await runGit({ args: ['diff', ...options, commit, '--', '.'], cwd: root, indexFile, env });
    if (exit.code !== 0) return [];
    const changed = exit.stdout.toString().split('\0').filter(Boolean);
    return [...changed, ...tree.files().filter((path) => tree.isTracked?.(path) === false)];
  } catch {
    // No index, or no room for a copy of it.
    return [];
  } finally {
    await rm(indexFile, { force: true });
  }
}
