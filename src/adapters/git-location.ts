import { join, resolve } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { ObjectFormat } from './git-private-repository.ts';
import { type Environment, type GitConfig, gitWords, runGit } from './git-process.ts';

/** Why there is no state store: `message` says what is missing and what to do. */
export interface StateStoreProblem {
  readonly code: 'git-missing' | 'git-too-old' | 'no-repository' | 'no-remote' | 'private-repository';
  readonly message: string;
}

/** The user's repository, as far as a state store needs to know it. */
export interface GitLocation {
  /** Absolute: what all worktrees of the repository share. */
  readonly commonDir: string;
  /** Absolute: the top of the working tree; undefined in a bare repository. */
  readonly top: string | undefined;
  readonly format: ObjectFormat;
  /** Where the remote is; undefined when the repository has no remote `origin`: its own state branch is used. */
  readonly remoteUrl: string | undefined;
  /** What the repository configures for reaching remotes; a private repository does not see it by itself. */
  readonly transport: GitConfig;
}

/** The oldest git that takes configuration from `GIT_CONFIG_COUNT`. */
const OLDEST_GIT = [2, 31] as const;

/** Looks at the repository around a folder; reads only. */
export async function locateRepository(
  projectRoot: string,
  remote: string,
  env: Environment,
): Promise<Result<GitLocation, StateStoreProblem>> {
  const run = (...args: string[]) => runGit({ args, cwd: projectRoot, env });
  const [found, url, local] = await Promise.all([
    run('rev-parse', '--path-format=absolute', '--git-common-dir', '--show-object-format', '--show-toplevel'),
    run('remote', 'get-url', '--', remote),
    run('config', '--local', '--list', '-z'),
  ]);
  const lines = found.stdout.toString().split('\n');
  // Without a working tree only the last question fails. A git that does not know `--path-format` repeats it.
  if (!lines[0] || !lines[1] || lines[0].startsWith('--')) {
    return fail(await explain(projectRoot, env, found.stderr));
  }
  if (url.code !== 0 && remote !== 'origin') {
    const names = (await run('remote')).stdout.toString().trim().split('\n').filter(Boolean);
    const known = names.length === 0 ? 'This repository has no remotes.' : `Its remotes: ${names.join(', ')}.`;
    return fail({
      code: 'no-remote',
      message: `state.remote is ${remote}, and the repository of ${projectRoot} has no remote of that name. ${known} Add it with git remote add ${remote} <url>, or correct state.remote in branchline.yaml.`,
    });
  }
  const top = lines[2] || undefined;
  return ok({
    commonDir: lines[0],
    top,
    format: lines[1] === 'sha256' ? 'sha256' : 'sha1',
    remoteUrl: url.code === 0 ? absoluteUrl(url.stdout.toString().trim(), top) : undefined,
    transport: transportOf(local.stdout.toString()),
  });
}

async function explain(projectRoot: string, env: Environment, stderr: string): Promise<StateStoreProblem> {
  const version = await runGit({ args: ['version'], env });
  if (version.code !== 0) {
    return {
      code: 'git-missing',
      message:
        'git could not be started. The state of a project lives in git: install git 2.31 or newer and make sure that it is on PATH.',
    };
  }
  const text = version.stdout.toString().trim();
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  if (Number(major) < OLDEST_GIT[0] || (Number(major) === OLDEST_GIT[0] && Number(minor) < OLDEST_GIT[1])) {
    return {
      code: 'git-too-old',
      message: `This is ${text}. Branchline needs git 2.31 or newer (older ones ignore configuration in the environment, by which it reaches the state branch): install a newer git.`,
    };
  }
  return {
    code: 'no-repository',
    message: `${projectRoot} is not inside of a git repository (git said: ${gitWords(stderr)}). The state of a project lives in git: run git init there, or start branchline in a clone.`,
  };
}

/** git reads a relative path from the top of the working tree. */
function absoluteUrl(url: string, top: string | undefined): string {
  if (!/^\.{1,2}([\\/]|$)/.test(url) && !/^[^:/\\]+[\\/][^:]*$/.test(url)) return url;
  return top === undefined ? url : resolve(top, url);
}

/** Keys of the user's repository that say how servers are reached: proxies, certificates, headers, helpers, ssh. */
function transportOf(list: string): GitConfig {
  const pairs: (readonly [string, string])[] = [];
  for (const entry of list.split('\0')) {
    const end = entry.indexOf('\n');
    const key = end < 0 ? entry : entry.slice(0, end);
    if (/^(http\.|credential\.|ssh\.|url\.|core\.(sshcommand|askpass|gitproxy)$)/.test(key)) {
      // A key without a value is true.
      pairs.push([key, end < 0 ? 'true' : entry.slice(end + 1)]);
    }
  }
  return pairs;
}

/** Folder of a project's private repository and journals inside of the user's git folder. */
export function privateFolder(commonDir: string, projectName: string): string {
  return projectFolder(join(commonDir, 'branchline'), projectName);
}

/** Folder of one project among others. */
export function projectFolder(parent: string, projectName: string): string {
  return join(parent, folderName(projectName));
}

/** `[A-Za-z0-9_-]` and inner dots stay, any other byte becomes `%XX`: no name leaves the folder. */
function folderName(name: string): string {
  const encoded = [...Buffer.from(name)]
    .map((byte) => String.fromCharCode(byte))
    .map((char) =>
      /[A-Za-z0-9_.-]/.test(char) ? char : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
  return encoded.replace(/^\./, '%2E') || '_';
}
