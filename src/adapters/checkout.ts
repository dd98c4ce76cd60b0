import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { headCommit, headText } from './checkout-head.ts';
import { fromTop, listByFiles } from './checkout-listing.ts';
import { readIndexPaths } from './git-index-file.ts';
import { GIT_VARIABLE } from './git-location.ts';
import { findGitFolders } from './git-location-files.ts';
import { type Environment, type GitExit, runGit } from './git-process.ts';

/**
 * What is checked out around a folder: asked of git, or read from the repository's files where there is no git to ask, or
 * it is not wanted.
 */
async function ask(root: string, env: Environment, args: readonly string[]): Promise<GitExit | undefined> {
  if (env[GIT_VARIABLE] === 'isomorphic') return undefined;
  const exit = await runGit({ args, cwd: root, env });
  return exit.code === undefined && exit.pid === undefined ? undefined : exit;
}

/** The branch that is checked out; empty when there is none. */
export async function checkedOutBranch(root: string, env: Environment): Promise<string> {
  const exit = await ask(root, env, ['symbolic-ref', '--short', '--quiet', 'HEAD']);
  if (exit) return exit.stdout.toString().trim();
  const folders = findGitFolders(root);
  return /^ref: refs\/heads\/(\S+)/.exec((folders && headText(folders)) ?? '')?.[1] ?? '';
}

/** A commit of the code, whose time is asked for where somebody needs it. */
export interface CodeCommit {
  readonly commit: string;
  /** Its commit time (RFC 3339, UTC); undefined when git cannot say. */
  at(): Promise<string | undefined>;
}

/** The commit that is checked out, by the repository's files where they tell; undefined before the first. */
export async function checkedOutCode(root: string, env: Environment): Promise<CodeCommit | undefined> {
  const folders = findGitFolders(root);
  const commit = folders && headCommit(folders);
  if (commit === undefined) {
    const asked = await checkedOutCommit(root, env);
    return asked && { commit: asked.commit, at: async () => asked.at };
  }
  let asked: Promise<string | undefined> | undefined;
  const ask = async (): Promise<string | undefined> => (await checkedOutCommit(root, env, commit))?.at;
  return { commit, at: () => (asked ??= ask()) };
}

/** A commit with its time, of what is checked out where none is named; undefined before the first. */
export async function checkedOutCommit(
  root: string,
  env: Environment,
  wanted?: string,
): Promise<{ readonly commit: string; readonly at: string } | undefined> {
  const exit = await ask(root, env, ['log', '-1', '--format=%H %cI', ...(wanted === undefined ? [] : [wanted])]);
  if (exit) {
    const [commit, at] = exit.stdout.toString().trim().split(' ');
    return exit.code !== 0 || !commit || !at ? undefined : { commit, at: new Date(at).toISOString() };
  }
  const folders = findGitFolders(root);
  const commit = wanted ?? (folders && headCommit(folders));
  if (!folders || commit === undefined) return undefined;
  const library = await import('isomorphic-git');
  const fs = await import('node:fs');
  try {
    const read = await library.readCommit({ fs, gitdir: folders.commonDir, oid: commit });
    return { commit, at: new Date(read.commit.committer.timestamp * 1000).toISOString() };
  } catch {
    // Objects that the library cannot reach (alternates): the commit alone is of no use for "newest".
    return undefined;
  }
}

/**
 * Tells of files (paths from `root`) whether git tracks them. They are asked for together, and anew when the index has
 * changed: a run of a thousand partitions has thousands of files, and a process for each takes longer than making them.
 */
export function openTracking(root: string, env: Environment): (file: string) => Promise<boolean> {
  let known: { readonly index: string; readonly tracked: Promise<ReadonlySet<string> | undefined> } | undefined;
  return async (file) => {
    const index = indexStamp(root);
    if (index === undefined || file.startsWith('../')) return isTracked(root, env, file);
    if (known?.index !== index) known = { index, tracked: trackedBelow(root, env) };
    return (await known.tracked)?.has(file) ?? isTracked(root, env, file);
  };
}

/** Which index it is: another one after each change, since git puts a new file in its place. */
function indexStamp(root: string): string | undefined {
  const folders = findGitFolders(root);
  if (folders === undefined) return undefined;
  const found = statSync(join(folders.gitDir, 'index'), { bigint: true, throwIfNoEntry: false });
  return found === undefined ? 'none' : `${found.ino} ${found.size} ${found.mtimeNs}`;
}

/** Undefined where the list cannot be had. */
async function trackedBelow(root: string, env: Environment): Promise<ReadonlySet<string> | undefined> {
  const exit = await ask(root, env, ['ls-files', '-z']);
  if (exit === undefined) return listByFiles(root, env)?.tracked;
  return exit.code === 0 ? new Set(exit.stdout.toString().split('\0')) : undefined;
}

/** Does git track this file (path from `root`)? */
export async function isTracked(root: string, env: Environment, file: string): Promise<boolean> {
  const exit = await ask(root, env, ['ls-files', '--error-unmatch', '--', file]);
  if (exit) return exit.code === 0;
  const folders = findGitFolders(root);
  const tracked = folders && readIndexPaths(join(folders.gitDir, 'index'));
  return folders?.top !== undefined && (tracked ?? []).includes(fromTop(folders.top, resolve(root, file)));
}
