import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runGit } from '../adapters/git-process.ts';
import type { WorkflowPlace } from '../app/workflow-values.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { PinnedAction } from '../render/workflows/pinned-action.ts';
import { version } from '../version.ts';
import { webAddressOf } from './surroundings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The repository around a project, as a workflow in it needs to know it. */
export interface RepositoryPlace extends Omit<WorkflowPlace, 'action'> {
  /** Absolute: the folder that `.github` belongs into. */
  readonly top: string;
  /** False before `git init`. */
  readonly isRepository: boolean;
  /** Where the REST API of the remote's server is. */
  readonly apiUrl?: string;
}

/** Looks at the repository around a folder: its top, its name on GitHub, its default branch. */
export async function repositoryPlace(root: string, remote: string, env: Environment): Promise<RepositoryPlace> {
  const git = gitIn(root, env);
  const [top, url, defaultRef, branch] = await Promise.all([
    git('rev-parse', '--show-toplevel'),
    git('remote', 'get-url', '--', remote),
    git('symbolic-ref', '--short', '--quiet', `refs/remotes/${remote}/HEAD`),
    git('symbolic-ref', '--short', '--quiet', 'HEAD'),
  ]);
  const repository = url === undefined ? undefined : repositoryNameOf(url);
  const prefix = top === undefined ? undefined : await git('rev-parse', '--show-prefix');
  const folder = prefix?.replace(/\/$/, '');
  return {
    top: top ?? root,
    isRepository: top !== undefined,
    version,
    defaultBranch: defaultRef?.slice(remote.length + 1) ?? branch ?? 'main',
    ...(repository === undefined ? {} : { repository, apiUrl: apiUrlOf(url!) }),
    ...(folder ? { folder } : {}),
  };
}

/** `owner/name` of a remote on a server; undefined for a path and for deeper addresses. */
export function repositoryNameOf(url: string): string | undefined {
  const path = webAddressOf(url)?.replace(/^https:\/\/[^/]+\//, '');
  return path !== undefined && /^[\w.-]+\/[\w.-]+$/.test(path) ? path : undefined;
}

/** The API of a server: github.com and ghe.com have a host of their own for it, GitHub Enterprise Server a path. */
export function apiUrlOf(remoteUrl: string): string {
  const host = new URL(webAddressOf(remoteUrl) ?? remoteUrl).host;
  if (host === 'github.com' || host.endsWith('.ghe.com')) return `https://api.${host}`;
  return `https://${host}/api/v3`;
}

/** Why it is not known which Action a workflow should call. */
export interface NoAction {
  readonly message: string;
  readonly help: string;
}

const HOW = 'Say which: `--action OWNER/REPO@COMMIT`, with the 40 digits of the commit of the release that you want.';

/**
 * The Action that a written workflow calls. Said by `--action`; otherwise this program's own repository at the commit
 * that is checked out there, when it is a clone of one. In that repository itself it is `./`.
 */
export async function actionPin(
  said: string | undefined,
  projectTop: string,
  env: Environment,
  own = dirname(fileURLToPath(import.meta.url)),
): Promise<Result<PinnedAction, NoAction>> {
  if (said !== undefined) return parsePin(said);
  const home = actionFolder(own);
  const git = gitIn(home ?? own, env);
  const top = home === undefined ? undefined : await git('rev-parse', '--show-toplevel');
  // Installed into a project, it lies in that project's repository, which is not its own.
  if (home === undefined || top === undefined || relative(top, home) !== '')
    return fail({
      message: 'This Branchline is installed, not cloned, so it cannot tell the repository and commit of its Action.',
      help: HOW,
    });
  if (relative(top, projectTop) === '') return ok({ name: './', commit: '', version: '' });
  const [url, commit, tags] = await Promise.all([
    git('remote', 'get-url', '--', 'origin'),
    git('rev-parse', 'HEAD'),
    git('tag', '--points-at', 'HEAD'),
  ]);
  const name = url === undefined ? undefined : repositoryNameOf(url);
  if (name === undefined || commit === undefined)
    return fail({ message: `The clone of Branchline in ${top} has no remote on a server.`, help: HOW });
  const isRelease = tags?.split('\n').includes(`v${version}`) === true;
  return ok({ name, commit, version: isRelease ? `v${version}` : `v${version}+${commit.slice(0, 7)}` });
}

/** `owner/name@<40 digits>`, with `#v1.2.3` behind it if wanted. */
export function parsePin(text: string): Result<PinnedAction, NoAction> {
  const found = /^([\w.-]+\/[\w.-]+)@([0-9a-f]{40})(?:#(v\d+\.\d+\.\d+))?$/.exec(text);
  if (found) return ok({ name: found[1]!, commit: found[2]!, version: found[3] ?? `v${version}` });
  const byTag = /^[\w.-]+\/[\w.-]+@/.test(text);
  return fail({
    message: byTag
      ? `\`${text}\` is no commit: a tag or a branch can be moved to other code, and that code gets your secrets.`
      : `\`${text}\` is not OWNER/REPO@COMMIT.`,
    help: byTag ? `\`git ls-remote https://github.com/${text.replace('@', ' ')}\` prints the commit.` : HOW,
  });
}

/**
 * The folder of Branchline that this file is part of: that of its package. A `package.json` on the way up that names
 * no package is none: the one of dist only says which kind of modules lie there.
 */
function actionFolder(own: string): string | undefined {
  for (let folder = own; dirname(folder) !== folder; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (!existsSync(file)) continue;
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { readonly name?: string };
    if (name !== undefined) return name === 'branchline' ? folder : undefined;
  }
  return undefined;
}

/** Runs git in a folder; undefined when it fails or says nothing. */
function gitIn(cwd: string, env: Environment): (...args: string[]) => Promise<string | undefined> {
  return async (...args) => {
    const answer = await runGit({ args, cwd, env });
    return (answer.code === 0 && answer.stdout.toString().trim()) || undefined;
  };
}
