import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CodeCommit, checkedOutBranch, checkedOutCode } from '../adapters/checkout.ts';
import type { WorkflowIdentity } from '../adapters/holders.ts';
import { createTerminalHost } from '../adapters/terminal-host.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import type { JobFacts } from '../app/job-meter.ts';
import type { ReportSource } from '../app/report-pages.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Project } from '../model/project.ts';
import type { Host, SourceTree } from '../ports.ts';
import type { GitHub } from '../ports-github.ts';
import type { Style } from '../render/style.ts';
import { parseDotenv } from '../run/dotenv.ts';
import type { Secret } from '../run/redact.ts';
import { type SecretsProject, secretsToMask, type Variables } from '../run/secrets.ts';
import type { Begun } from './quiet-look.ts';
import type { StorageHost } from './storage.ts';

/**
 * What differs between a terminal and a job of a workflow, read once by the host as plain values: below, nothing asks
 * where it runs.
 */
export interface Surroundings {
  /** Variables of this process: expressions and steps get what is theirs of them. */
  readonly env: Variables;
  /** The same for our own git; default: `env`. */
  readonly gitEnv?: Variables;
  readonly host: Host;
  readonly style: Style;
  /** For the state's remote, when it is reached by https. */
  readonly token?: string;
  /** Absolute: where the private folders of projects go; default: inside of the git folder. */
  readonly privateFolder?: string;
  /** Takes the place of `state.branch`. */
  readonly stateBranch?: string;
  /** Names of variables that are secret here, beside those that the project knows of. */
  readonly secretEnv: readonly string[];
  /** The ref that a workflow's job is for, as `refs/heads/main`. */
  readonly ref?: string;
  /** What was opened before, to look whether there is anything to do. */
  readonly begun?: Begun;
  /** The job of a workflow that this is. */
  readonly workflow?: WorkflowIdentity;
  /** The same job as it is billed. */
  readonly job?: JobFacts;
  /** Who is asked about jobs of other workflows. */
  readonly github?: Pick<GitHub, 'jobs'> & Partial<Pick<GitHub, 'workflowRun'>>;
  /** Name of this process as a writer of state: no two processes have the same. */
  readonly writer: string;
  /** How long steps get between TERM and KILL, in milliseconds; default 10 s. */
  readonly stepGraceMs?: number;
  /** Where files are kept when a project does not say, and how the Actions cache is reached; default: as in a terminal. */
  readonly storage?: StorageHost;
  /** Takes what steps print, as it comes; undefined = it is shown with the step's name before each line. */
  readonly onStepOutput?: (step: string, text: string) => void;
}

/** A command on a terminal, or in a script. */
export function terminalSurroundings(): Surroundings {
  const { env } = process;
  const host = createTerminalHost({ output: process.stdout, error: process.stderr, env });
  return {
    env,
    host,
    style: { color: host.color, unicode: true },
    ...(env['BRANCHLINE_TOKEN'] === undefined ? {} : { token: env['BRANCHLINE_TOKEN'] }),
    secretEnv: [],
    writer: `p${randomBytes(6).toString('hex')}`,
  };
}

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

/**
 * All that is masked in what is written. What the host calls secret is masked and no more: which step may see a variable
 * is the project's to say. `project` undefined: its files cannot be read.
 */
export function secretsIn(
  project: SecretsProject | undefined,
  { secretEnv }: Pick<Surroundings, 'secretEnv'>,
  env: Variables,
): Secret[] {
  const { secrets, connections, environments } = project ?? { secrets: [], connections: {}, environments: {} };
  return secretsToMask({ secrets: [...secrets, ...secretEnv], connections, environments }, env);
}

/** The host's variables with those of `.env` below them; `.env` is refused unless git ignores it. */
export function hostEnvironment(opened: {
  readonly root: string;
  readonly tree: SourceTree;
  readonly surroundings: Pick<Surroundings, 'env'>;
}): Result<Variables, AppFailure> {
  const { env } = opened.surroundings;
  const path = join(opened.root, '.env');
  if (!existsSync(path)) return ok({ ...env });
  const parsed = parseDotenv(readFileSync(path, 'utf8'), !opened.tree.files().includes('.env'));
  if (!parsed.ok)
    return fail(
      inputFailure('env-file', parsed.error.map((problem) => `.env:${problem.line}: ${problem.message}`).join('\n')),
    );
  return ok({ ...parsed.value, ...env });
}

/**
 * Why this environment must not be written from here; undefined = it may. `environments.production.branches` names the
 * branches that may, and a workflow's own word counts before the checkout, which has no branch there.
 */
export async function branchRefusal(
  root: string,
  project: Project,
  environment: 'production' | 'local',
  env: Variables,
): Promise<AppFailure | undefined> {
  const branches = environment === 'production' ? project.environments['production']?.branches : undefined;
  if (branches === undefined) return undefined;
  const branch = env['GITHUB_REF_NAME'] ?? (await checkedOutBranch(root, env));
  if (branches.includes(branch)) return undefined;
  const where = branch === '' ? 'no branch is checked out' : `this is \`${branch}\``;
  return inputFailure(
    'not-a-production-branch',
    `Production is written from ${branches.join(', ')} only, and ${where}.`,
    '`environments: { production: { branches: […] } }` in branchline.yaml says so. Without `--environment production` the local environment is used.',
  );
}

/** The commit that is checked out; undefined before the first. */
export function codeCommit(root: string, env: Variables): Promise<CodeCommit | undefined> {
  return checkedOutCode(root, env);
}

/** Ctrl-C stops what runs and records it; a second one ends at once. */
export function interruptSignal(host: Host): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(130);
    host.progress('Stopping: running steps get 10 s to end, what has finished is recorded. Once more ends at once.');
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
