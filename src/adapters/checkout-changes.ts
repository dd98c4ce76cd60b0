import type { SourceTree } from '../ports.ts';
import { GIT_VARIABLE } from './git-location.ts';
import { type Environment, runGit } from './git-process.ts';

/**
 * Files below `root` that are not as they are in `commit`: what `git diff` finds, and what git lists without tracking it.
 * Without git, nothing is known and nothing is told.
 */
export async function findChangedFiles(
  root: string,
  env: Environment,
  commit: string,
  tree: Pick<SourceTree, 'files' | 'isTracked'>,
): Promise<readonly string[]> {
  if (env[GIT_VARIABLE] === 'isomorphic') return [];
  const options = ['--name-only', '-z', '--relative', '--no-renames', '--no-ext-diff', '--ignore-submodules'];
  const exit = await runGit({ args: ['diff', ...options, commit, '--', '.'], cwd: root, env });
  if (exit.code !== 0) return [];
  const changed = exit.stdout.toString().split('\0').filter(Boolean);
  return [...changed, ...tree.files().filter((path) => tree.isTracked?.(path) === false)];
}
