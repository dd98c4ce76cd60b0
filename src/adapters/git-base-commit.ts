import { realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { SourceTree } from '../ports.ts';
import { openCommitTree } from './git-commit-tree.ts';
import { basicAuthorization, tokenConfig } from './git-credentials.ts';
import type { GitLocation } from './git-place.ts';
import { ensurePrivateRepository } from './git-private-repository.ts';
import { type Environment, type GitConfig, type GitExit, gitWords, runGit } from './git-process.ts';

export interface BaseCommitOptions {
  /** Absolute. */
  readonly projectRoot: string;
  readonly location: GitLocation;
  /** 40 or 64 hex digits. */
  readonly commit: string;
  /** The head: what it holds with the same bytes is not fetched. */
  readonly beside: SourceTree;
  /** Absolute folder of the project's private repositories. */
  readonly privateFolder: string;
  readonly token?: string;
  readonly env: Environment;
}

/**
 * The files of a commit that the checkout does not have: that one commit and its trees are fetched into a private
 * repository, then in one go the blobs that differ from the head, so that a shallow checkout is enough and stays as it is.
 */
export async function fetchCommitTree(options: BaseCommitOptions): Promise<Result<SourceTree, string>> {
  const { projectRoot, location, commit, beside, env, token } = options;
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return fail(`${commit.slice(0, 80)} is no id of a commit`);
  const folder = relative(realpathSync(location.top ?? projectRoot), realpathSync(projectRoot))
    .split(sep)
    .join('/');
  const { remoteUrl } = location;
  // Without a remote the repository itself is all there is.
  if (remoteUrl === undefined) return openCommitTree({ cwd: projectRoot, env, commit, folder, beside });
  const gitDir = join(options.privateFolder, 'base.git');
  const made = ensurePrivateRepository(gitDir, location.format);
  if (!made.ok) return fail(`the private repository ${gitDir} could not be made: ${made.error}`);
  const config: GitConfig = [
    ...location.transport,
    ...tokenConfig(remoteUrl, token),
    ['remote.base.url', remoteUrl],
    ['remote.base.promisor', 'true'],
    ['remote.base.partialclonefilter', 'blob:none'],
  ];
  const secrets = token === undefined ? [] : [token, basicAuthorization(token)];
  const fetch = (args: readonly string[], wanted: readonly string[], extra: GitConfig = []): Promise<GitExit> =>
    runGit({
      args: [
        'fetch',
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        '--no-auto-maintenance',
        ...args,
        '--stdin',
        'base',
      ],
      gitDir,
      env,
      config: [...config, ...extra],
      input: `${wanted.join('\n')}\n`,
    });
  const fetched = await fetch(['--depth=1', '--filter=blob:none'], [commit]);
  if (fetched.code !== 0) return fail(gitWords(fetched.stderr, secrets) || 'no answer');
  return openCommitTree({
    gitDir,
    env,
    config,
    commit,
    folder,
    beside,
    bring: async (blobs) => {
      const brought = await fetch([], blobs, [['fetch.negotiationAlgorithm', 'noop']]);
      return brought.code === 0 ? ok(undefined) : fail(gitWords(brought.stderr, secrets) || 'no answer');
    },
  });
}
