import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runGit } from '../adapters/git-process.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import type { ReportSource } from '../app/report-pages.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Project } from '../model/project.ts';
import type { SourceTree } from '../ports.ts';
import { parseDotenv } from '../run/dotenv.ts';

/** What the report of a project says of its code: the commit, and where the repository is on the web. */
export function reportSource(
  project: Project,
  codeCommit: string | undefined,
  remoteUrl: string | undefined,
): ReportSource {
  const repository = remoteUrl === undefined ? undefined : webAddressOf(remoteUrl);
  return {
    project,
    ...(codeCommit === undefined ? {} : { codeCommit }),
    ...(repository === undefined ? {} : { repository }),
  };
}

/** `git@host:owner/name.git` and `https://host/owner/name.git` → `https://host/owner/name`; undefined for a path. */
export function webAddressOf(remoteUrl: string): string | undefined {
  const ssh = /^(?:ssh:\/\/)?(?:[^@/\s]+@)([^:/\s]+)[:/](?:\d+\/)?([^\s]+?)(?:\.git)?\/?$/.exec(remoteUrl);
  if (ssh) return `https://${ssh[1]}/${ssh[2]}`;
  const web = /^https?:\/\/(?:[^@/\s]*@)?([^\s]+?)(?:\.git)?\/?$/.exec(remoteUrl);
  return web ? `https://${web[1]}` : undefined;
}

/** Names that stand in every record: a secret of the same text could not be kept. */
export function declaredNames(project: Project): Readonly<Record<string, Iterable<string>>> {
  const assets = Object.values(project.assets);
  return {
    asset: assets.map((asset) => asset.key),
    check: assets.flatMap((asset) => asset.checks.map((check) => check.name)),
    group: assets.flatMap((asset) => asset.group ?? []),
    job: Object.keys(project.jobs),
    schedule: Object.keys(project.schedules),
    connection: Object.keys(project.connections),
    project: [project.name],
  };
}

/** The host's variables with those of `.env` below them; `.env` is refused unless git ignores it. */
export function hostEnvironment(opened: {
  readonly root: string;
  readonly tree: SourceTree;
}): Result<Readonly<Record<string, string | undefined>>, AppFailure> {
  const path = join(opened.root, '.env');
  if (!existsSync(path)) return ok({ ...process.env });
  const parsed = parseDotenv(readFileSync(path, 'utf8'), !opened.tree.files().includes('.env'));
  if (!parsed.ok)
    return fail(
      inputFailure('env-file', parsed.error.map((problem) => `.env:${problem.line}: ${problem.message}`).join('\n')),
    );
  return ok({ ...parsed.value, ...process.env });
}

/**
 * Why this environment must not be written from here; undefined = it may. `environments.production.branches` names the
 * branches that may, and a workflow's own word counts before the checkout, which has no branch there.
 */
export async function branchRefusal(
  root: string,
  project: Project,
  environment: 'production' | 'local',
): Promise<AppFailure | undefined> {
  const branches = environment === 'production' ? project.environments['production']?.branches : undefined;
  if (branches === undefined) return undefined;
  const head = await runGit({ args: ['symbolic-ref', '--short', '--quiet', 'HEAD'], cwd: root, env: process.env });
  const branch = process.env['GITHUB_REF_NAME'] ?? head.stdout.toString().trim();
  if (branches.includes(branch)) return undefined;
  const where = branch === '' ? 'no branch is checked out' : `this is \`${branch}\``;
  return inputFailure(
    'not-a-production-branch',
    `Production is written from ${branches.join(', ')} only, and ${where}.`,
    '`environments: { production: { branches: […] } }` in branchline.yaml says so. Without `--environment production` the local environment is used.',
  );
}

/** The commit that is checked out, with its time; undefined before the first. */
export async function codeCommit(root: string): Promise<{ readonly commit: string; readonly at: string } | undefined> {
  const answer = await runGit({ args: ['log', '-1', '--format=%H %cI'], cwd: root, env: process.env });
  const [commit, at] = answer.stdout.toString().trim().split(' ');
  if (answer.code !== 0 || !commit || !at) return undefined;
  return { commit, at: new Date(at).toISOString() };
}
