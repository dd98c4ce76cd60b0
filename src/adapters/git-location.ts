import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import { locateByFiles } from './git-location-files.ts';
import {
  absoluteUrl,
  type GitLocation,
  insteadOf,
  noRemote,
  type StateStoreProblem,
  transportOf,
} from './git-place.ts';
import { type Environment, type GitConfig, type GitExit, gitWords, runGit } from './git-process.ts';

/** The oldest git that takes configuration from `GIT_CONFIG_COUNT`. */
const OLDEST_GIT = [2, 31] as const;

/** `BRANCHLINE_GIT`: `system` or `isomorphic`; else the system's git wherever it is new enough. */
export const GIT_VARIABLE = 'BRANCHLINE_GIT';

/** Looks at the repository around a folder; reads only. */
export async function locateRepository(
  projectRoot: string,
  remote: string,
  env: Environment,
): Promise<Result<GitLocation, StateStoreProblem>> {
  const wanted = env[GIT_VARIABLE] || undefined;
  if (wanted !== undefined && wanted !== 'system' && wanted !== 'isomorphic') {
    return fail({
      code: 'unknown-git',
      message: `${GIT_VARIABLE} is \`${wanted}\`; it is \`system\` (the git on PATH) or \`isomorphic\` (the one that Branchline brings), or not set.`,
    });
  }
  if (wanted === 'isomorphic') return locateByFiles(projectRoot, remote, `${GIT_VARIABLE} is \`isomorphic\`,`);
  const found = await locateBySystem(projectRoot, remote, env);
  if (found.ok || wanted === 'system') return found;
  const { code } = found.error;
  if (code === 'git-missing') return locateByFiles(projectRoot, remote, 'git could not be started,');
  if (code === 'git-too-old') return locateByFiles(projectRoot, remote, 'The git on PATH is older than 2.31,');
  return found;
}

async function locateBySystem(
  projectRoot: string,
  remote: string,
  env: Environment,
): Promise<Result<GitLocation, StateStoreProblem>> {
  const run = (...args: string[]) => runGit({ args, cwd: projectRoot, env });
  const settings = await run('config', '--list', '--show-scope', '-z');
  const listed = listedConfig(settings.stdout.toString());
  let place = ordinaryPlace(projectRoot, listed);
  if (place === undefined) {
    const found = await run(
      'rev-parse',
      '--path-format=absolute',
      '--git-common-dir',
      '--show-object-format',
      '--show-toplevel',
    );
    const lines = found.stdout.toString().split('\n');
    // Without a working tree only the last question fails. A git that does not know `--path-format` repeats it.
    if (!lines[0] || !lines[1] || lines[0].startsWith('--')) {
      return fail(await explain(projectRoot, env, found.stderr));
    }
    place = {
      commonDir: lines[0],
      format: lines[1] === 'sha256' ? 'sha256' : 'sha1',
      top: lines[2] || undefined,
    };
  }
  const isPlain = hasNoOtherRemotes(place, listed, remote);
  const url = oneUrlOf(listed, remote) ?? (isPlain ? undefined : await urlByGit(run, remote));
  if (url === undefined && remote !== 'origin') {
    const names = (await run('remote')).stdout.toString().trim().split('\n').filter(Boolean);
    return fail(noRemote(projectRoot, remote, names));
  }
  return ok({
    access: 'system',
    ...place,
    remoteUrl: url === undefined ? undefined : absoluteUrl(url, place.top),
    transport: transportOf(listed.filter(({ scope }) => scope === 'local').map(({ setting }) => setting)),
  });
}

/**
 * What `rev-parse` would say of a repository as `git clone` makes them, by the folder in which `.git` is one: its settings
 * tell that nothing is out of the ordinary, and that git has found it, trusts its owner and is new enough. Else undefined,
 * and git is asked.
 */
function ordinaryPlace(
  projectRoot: string,
  listed: readonly ListedSetting[],
): Pick<GitLocation, 'commonDir' | 'format' | 'top'> | undefined {
  const isOdd = ({ scope, setting: [key, value] }: ListedSetting): boolean =>
    (key.startsWith('extensions.') && key !== 'extensions.partialclone') ||
    key === 'core.worktree' ||
    (key === 'core.bare' && value !== 'false') ||
    scope === 'worktree';
  if (process.platform === 'win32' || listed.some(isOdd)) return undefined;
  const has = (scope: string, wanted: string): boolean =>
    listed.some((entry) => entry.scope === scope && entry.setting[0] === wanted);
  // Of the repository itself, and of what only git 2.31 and newer takes from the environment.
  if (!has('local', 'core.repositoryformatversion') || !has('command', 'core.hookspath')) return undefined;
  for (let folder = realpathSync.native(projectRoot); ; folder = dirname(folder)) {
    const dotGit = join(folder, '.git');
    if (existsSync(dotGit)) return isGitFolder(dotGit) ? { commonDir: dotGit, format: 'sha1', top: folder } : undefined;
    if (isGitFolder(folder) || dirname(folder) === folder) return undefined;
  }
}

function isGitFolder(path: string): boolean {
  return ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(path, name)));
}

/** The address of a remote that is configured with exactly one: what nearly all are, and one call of git less. */
function oneUrlOf(listed: readonly ListedSetting[], remote: string): string | undefined {
  const config = listed.map(({ setting }) => setting);
  const urls = config.filter(([key]) => key === `remote.${remote}.url`);
  return urls.length === 1 && urls[0]![1] !== '' ? insteadOf(urls[0]![1], config) : undefined;
}

/** Nothing of the remote is in the settings, nor where git kept remotes long ago: it has no address. */
function hasNoOtherRemotes(
  { commonDir }: Pick<GitLocation, 'commonDir'>,
  listed: readonly ListedSetting[],
  remote: string,
): boolean {
  const isNamed = listed.some(({ setting: [key] }) => key.startsWith(`remote.${remote}.`));
  return !isNamed && !['remotes', 'branches'].some((folder) => existsSync(join(commonDir, folder, remote)));
}

/** Several addresses, or a remote that stands elsewhere (`.git/remotes`): git says which counts. */
async function urlByGit(run: (...args: string[]) => Promise<GitExit>, remote: string): Promise<string | undefined> {
  const exit = await run('remote', 'get-url', '--', remote);
  return exit.code === 0 ? exit.stdout.toString().trim() : undefined;
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

interface ListedSetting {
  /** `system`, `global`, `local`, `worktree`, `command`. */
  readonly scope: string;
  readonly setting: GitConfig[number];
}

/** What `git config --list --show-scope -z` prints: scopes and settings in turn. A key without a value is true. */
function listedConfig(list: string): ListedSetting[] {
  const parts = list.split('\0');
  const listed: ListedSetting[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const entry = parts[i + 1]!;
    const end = entry.indexOf('\n');
    const setting = end < 0 ? ([entry, 'true'] as const) : ([entry.slice(0, end), entry.slice(end + 1)] as const);
    listed.push({ scope: parts[i]!, setting });
  }
  return listed;
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
