import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import { parseGitConfig, settingOf } from './git-config-file.ts';
import {
  absoluteUrl,
  type GitLocation,
  insteadOf,
  noRemote,
  type StateStoreProblem,
  transportOf,
} from './git-place.ts';
import type { GitConfig } from './git-process.ts';
import { readableText } from './readable-files.ts';

/** Folders of the repository around a folder, found by its files. */
export interface GitFolders {
  /** Absolute: of this worktree. */
  readonly gitDir: string;
  /** Absolute: what all worktrees share. */
  readonly commonDir: string;
  /** Absolute; undefined in a bare repository. */
  readonly top: string | undefined;
}

/** Finds `.git` at or above a folder, as git does (gitrepository-layout(5)); undefined outside of any repository. */
export function findGitFolders(folder: string): GitFolders | undefined {
  for (let top = resolve(folder); ; top = dirname(top)) {
    const dotGit = join(top, '.git');
    const stats = statSync(dotGit, { throwIfNoEntry: false });
    if (stats?.isDirectory() && existsSync(join(dotGit, 'HEAD'))) return { gitDir: dotGit, commonDir: dotGit, top };
    if (stats?.isFile()) {
      // A worktree or a submodule: the file says where.
      const named = /^gitdir: (.+?)\s*$/m.exec(readFileSync(dotGit, 'utf8'))?.[1];
      if (named !== undefined) {
        const gitDir = resolve(top, named);
        const common = readableText(join(gitDir, 'commondir'))?.trim();
        return { gitDir, commonDir: common === undefined ? gitDir : resolve(gitDir, common), top };
      }
    }
    const isBare = existsSync(join(top, 'objects')) && existsSync(join(top, 'refs')) && existsSync(join(top, 'HEAD'));
    if (isBare) return { gitDir: top, commonDir: top, top: undefined };
    if (dirname(top) === top) return undefined;
  }
}

/** `locateRepository` for a machine without git: `why` says what is wrong with it, for messages. */
export function locateByFiles(
  projectRoot: string,
  remote: string,
  why: string,
): Result<GitLocation, StateStoreProblem> {
  const folders = findGitFolders(projectRoot);
  if (folders === undefined) {
    return fail({
      code: 'no-repository',
      message: `${projectRoot} is not inside of a git repository. The state of a project lives in git: run git init there, or start branchline in a clone.`,
    });
  }
  const { commonDir, top } = folders;
  const config = parseGitConfig(readableText(join(commonDir, 'config')) ?? '');
  for (const [key, plain] of [
    ['extensions.objectformat', 'sha1'],
    ['extensions.refstorage', 'files'],
  ] as const) {
    const value = settingOf(config, key);
    if (value !== undefined && value.toLowerCase() !== plain)
      return fail({
        code: 'git-missing',
        message: `${why} and the repository of ${projectRoot} can be read by git only (${key} is ${value}): install git 2.31 or newer.`,
      });
  }
  const url = firstUrl(config, remote);
  if (url === undefined && remote !== 'origin') {
    const names = config.map(([key]) => /^remote\.(.+)\.url$/.exec(key)?.[1]).filter((name) => name !== undefined);
    return fail(noRemote(projectRoot, remote, names));
  }
  const remoteUrl = url === undefined ? undefined : absoluteUrl(insteadOf(url, config), top);
  return ok({ access: 'isomorphic', commonDir, top, format: 'sha1', remoteUrl, transport: transportOf(config) });
}

/** The address that git fetches from; one that is empty takes back those before it. */
function firstUrl(config: GitConfig, remote: string): string | undefined {
  const urls = config.flatMap(([key, value]) => (key === `remote.${remote}.url` ? [value] : []));
  return urls[urls.lastIndexOf('') + 1];
}
