import { nearestWord } from '../base/nearest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type Environment, type GitExit, gitWords, runGit } from './git-process.ts';

/** The commit that a working tree is compared with. */
export interface LocalBase {
  readonly commit: string;
  /** What it is the merge base with: `origin/main`, or what was asked for. */
  readonly ref: string;
  /** The project's root inside of the repository: `''`, or a path with `/`. */
  readonly folder: string;
}

export interface BaseProblem {
  readonly code: 'no-repository' | 'no-commit' | 'unknown-base' | 'no-default-branch' | 'shallow' | 'no-merge-base';
  readonly message: string;
  readonly help?: string;
}

/** Finds the merge base of what is checked out and a ref, by default the default branch of the remote. Reads only. */
export async function findLocalBase(options: {
  readonly root: string;
  readonly remote: string;
  /** A branch, tag or commit. */
  readonly ref?: string;
  readonly env: Environment;
}): Promise<Result<LocalBase, BaseProblem>> {
  const { root, remote, env } = options;
  const git = (...args: string[]): Promise<GitExit> => runGit({ args, cwd: root, env });
  const top = await git('rev-parse', '--show-toplevel', '--show-prefix');
  if (top.code !== 0) {
    const message = `${root} is not inside of a git repository (git said: ${gitWords(top.stderr)}).`;
    return fail({ code: 'no-repository', message, help: 'Changes are found by comparing with a commit.' });
  }
  const folder = (top.stdout.toString().split('\n')[1] ?? '').replace(/\/$/, '');
  if ((await commitOf('HEAD', git)) === undefined) {
    return fail({ code: 'no-commit', message: 'Nothing is committed here yet, so there is nothing to compare with.' });
  }
  const ref = options.ref === undefined ? await defaultBranch(remote, git) : ok(options.ref);
  if (!ref.ok) return ref;
  const target = await commitOf(ref.value, git);
  if (target === undefined) return fail(await unknownBase(ref.value, remote, git));
  const found = await git('merge-base', 'HEAD', target);
  const commit = found.stdout.toString().trim();
  if (found.code === 0 && commit !== '') return ok({ commit, ref: ref.value, folder });
  return fail(await noMergeBase(ref.value, remote, git));
}

type Git = (...args: string[]) => Promise<GitExit>;

async function commitOf(ref: string, git: Git): Promise<string | undefined> {
  // What begins with `-` would be read as an option; no ref does.
  if (ref === '' || ref.startsWith('-')) return undefined;
  const exit = await git('rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
  return exit.code === 0 ? exit.stdout.toString().trim() : undefined;
}

/** What the remote calls its default branch, as far as this clone knows; else a branch by the usual names. */
async function defaultBranch(remote: string, git: Git): Promise<Result<string, BaseProblem>> {
  const head = await git('symbolic-ref', '--quiet', '--short', `refs/remotes/${remote}/HEAD`);
  const named = head.stdout.toString().trim();
  const candidates = [named, `${remote}/main`, `${remote}/master`, 'main', 'master'];
  for (const candidate of candidates) if ((await commitOf(candidate, git)) !== undefined) return ok(candidate);
  return fail({
    code: 'no-default-branch',
    message: `This clone does not say which branch is the default one of ${remote}, and has neither main nor master.`,
    help: `Name the branch: \`branchline changes --base <branch>\`, or let git ask for it: \`git remote set-head ${remote} --auto\`.`,
  });
}

async function unknownBase(ref: string, remote: string, git: Git): Promise<BaseProblem> {
  const listed = await git('for-each-ref', '--format=%(refname:short)', 'refs/heads', 'refs/remotes', 'refs/tags');
  const near = nearestWord(ref, listed.stdout.toString().split('\n').filter(Boolean));
  const branch = ref.startsWith(`${remote}/`) ? ref.slice(remote.length + 1) : ref;
  return {
    code: 'unknown-base',
    message: `There is no branch, tag or commit \`${ref}\` in this clone.`,
    help:
      near === undefined
        ? `If it exists at ${remote}: \`git fetch ${remote} ${branch}:refs/remotes/${remote}/${branch}\`, then \`--base ${remote}/${branch}\`.`
        : `Did you mean \`${near}\`?`,
  };
}

async function noMergeBase(ref: string, remote: string, git: Git): Promise<BaseProblem> {
  const shallow = await git('rev-parse', '--is-shallow-repository');
  if (shallow.stdout.toString().trim() === 'true') {
    return {
      code: 'shallow',
      message: `This clone is shallow, and its history does not reach back to where HEAD and \`${ref}\` parted.`,
      help: `Fetch the rest: \`git fetch --unshallow ${remote}\` (in a workflow: \`fetch-depth: 0\` under \`with:\` of actions/checkout).`,
    };
  }
  return {
    code: 'no-merge-base',
    message: `HEAD and \`${ref}\` have no commit in common.`,
    help: 'Name another base: `branchline changes --base <branch>`.',
  };
}
