// Where a user's repository and its remote are, in words that are the same however they were found: by git, or by files.

import { resolve } from 'node:path';
import type { ObjectFormat } from './git-private-repository.ts';
import type { GitConfig } from './git-process.ts';

/** Why there is no state store: `message` says what is missing and what to do. */
export interface StateStoreProblem {
  readonly code: 'git-missing' | 'git-too-old' | 'unknown-git' | 'no-repository' | 'no-remote' | 'private-repository';
  readonly message: string;
}

/** The user's repository, as far as a state store needs to know it. */
export interface GitLocation {
  /** Who reads and writes there: the system's git, or `isomorphic-git` where that is missing, too old or not wanted. */
  readonly access: 'system' | 'isomorphic';
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

/** The refusal where a project names a remote that its repository does not have. */
export function noRemote(projectRoot: string, remote: string, names: readonly string[]): StateStoreProblem {
  const known = names.length === 0 ? 'This repository has no remotes.' : `Its remotes: ${names.join(', ')}.`;
  return {
    code: 'no-remote',
    message: `state.remote is ${remote}, and the repository of ${projectRoot} has no remote of that name. ${known} Add it with git remote add ${remote} <url>, or correct state.remote in branchline.yaml.`,
  };
}

/** git reads a relative path from the top of the working tree. */
export function absoluteUrl(url: string, top: string | undefined): string {
  if (!/^\.{1,2}([\\/]|$)/.test(url) && !/^[^:/\\]+[\\/][^:]*$/.test(url)) return url;
  return top === undefined ? url : resolve(top, url);
}

/** Keys of the user's repository that say how servers are reached: proxies, certificates, headers, helpers, ssh. */
export function transportOf(config: GitConfig): GitConfig {
  return config.filter(([key]) => /^(http\.|credential\.|ssh\.|url\.|core\.(sshcommand|askpass|gitproxy)$)/.test(key));
}

/** `url.<base>.insteadOf`: the longest that fits wins. */
export function insteadOf(url: string, config: GitConfig): string {
  let best: readonly [base: string, prefix: string] | undefined;
  for (const [key, prefix] of config) {
    const base = /^url\.(.+)\.insteadof$/.exec(key)?.[1];
    if (base === undefined || !url.startsWith(prefix) || prefix.length <= (best?.[1].length ?? 0)) continue;
    best = [base, prefix];
  }
  return best ? `${best[0]}${url.slice(best[1].length)}` : url;
}
