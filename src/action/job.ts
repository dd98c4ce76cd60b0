import { randomBytes } from 'node:crypto';
import { join, relative, sep } from 'node:path';
import { context as event } from '@actions/github';
import { gitHubRest } from '../adapters/github-rest.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import { labelsOfJob } from '../app/job-labels.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Begun } from '../compose/quiet-look.ts';
import { workflowStorage } from '../compose/storage.ts';
import type { Surroundings } from '../compose/surroundings.ts';
import type { Host } from '../ports.ts';
import type { GitHub } from '../ports-github.ts';
import { parseDotenv } from '../run/dotenv.ts';
import { type JobContext, readContext } from './event.ts';
import { createGroupedLog, type GroupedLog } from './grouped-log.ts';
import { type ActionInputs, readInputs, withClick } from './inputs.ts';
import { jobFacts, withSafeDirectory, workflowText } from './job-facts.ts';
import { openRunner, type Runner } from './runner.ts';

/** A job of a workflow, with all that it was told. */
export interface Job {
  readonly inputs: ActionInputs;
  readonly context: JobContext;
  readonly surroundings: Surroundings;
  readonly runner: Runner;
  readonly log: GroupedLog;
  /** When this process began, in milliseconds of the epoch. */
  readonly startedAt: number;
  /** The REST API with the token of the job; its client is loaded with the first call. */
  readonly github?: GitHub;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Reads what the runner hands over, and hides what is secret before anything else is said. */
export function openJob(
  role: 'main' | 'post',
  begun?: Begun,
  startedAt = Date.now(),
): Result<Job, { readonly runner: Runner; readonly failure: AppFailure }> {
  const { env } = process;
  const runner = openRunner();
  const inputs = readInputs(env);
  if (!inputs.ok) return fail({ runner, failure: wrongInputs(inputs.error) });
  const handed = takeSecretEnv(env);
  if (!handed.ok) return fail({ runner, failure: handed.error });
  const { token } = inputs.value;
  const secretEnv = [...inputs.value.secretEnv, ...handed.value];
  for (const value of [token, ...secretEnv.map((name) => env[name])]) if (value) runner.mask(value);
  const context = readContext(env, event.payload);
  if (!context.ok) return fail({ runner, failure: inputFailure('event', context.error) });
  const log = createGroupedLog(
    (text) => process.stdout.write(text),
    () => randomBytes(16).toString('hex'),
  );
  const github =
    token === undefined
      ? undefined
      : gitHubRest({ apiUrl: event.apiUrl, token, repository: context.value.repository, clock: systemClock });
  const surroundings = surroundingsOf({
    inputs: { ...inputs.value, secretEnv },
    context: context.value,
    role,
    env,
    startedAt,
    log,
    github,
    begun,
  });
  return ok({
    inputs:
      context.value.event.kind === 'workflow_dispatch'
        ? withClick(inputs.value, context.value.event.inputs)
        : inputs.value,
    context: context.value,
    surroundings,
    runner,
    log,
    startedAt,
    ...(github === undefined ? {} : { github }),
  });
}

/**
 * A called workflow gets no `env`: what its steps need comes as one secret with a variable a line, each of which is
 * masked. Yields their names.
 */
function takeSecretEnv(env: NodeJS.ProcessEnv): Result<readonly string[], AppFailure> {
  const { BRANCHLINE_SECRET_ENV: text } = env;
  // Steps see their variables, not the whole.
  delete env['BRANCHLINE_SECRET_ENV'];
  const parsed = parseDotenv(text ?? '', true);
  if (!parsed.ok)
    return fail(
      inputFailure(
        'secret-env-lines',
        'The secret `env` of the called workflow cannot be read.',
        'It holds a variable a line: `DATABASE_URL=${{ secrets.DATABASE_URL }}`; values with blanks or `#` stand in quotes.',
      ),
    );
  Object.assign(env, parsed.value);
  return ok(Object.keys(parsed.value));
}

function wrongInputs(problems: readonly { readonly input: string; readonly message: string }[]): AppFailure {
  const lines = problems.map(({ input, message }) => `The input \`${input}\` ${message}.`);
  return inputFailure('inputs', lines.join('\n'), 'Nothing was done. docs/action.md lists the inputs.');
}

/** A canceled job has 10 s from the first signal to the last: steps get a part of them, the record the rest. */
const STEP_GRACE_MS = 4_000;

function surroundingsOf(from: {
  readonly inputs: ActionInputs;
  readonly context: JobContext;
  readonly role: 'main' | 'post';
  readonly env: Env;
  readonly startedAt: number;
  readonly log: GroupedLog;
  readonly github: GitHub | undefined;
  readonly begun: Begun | undefined;
}): Surroundings {
  const { inputs, context, role, env, startedAt, log, github, begun } = from;
  const { workflow, attempt, job, runner, temp, workspace } = context;
  return {
    env,
    gitEnv: withSafeDirectory(env, workspace),
    host: jobHost(log),
    style: { color: false, unicode: true },
    ...(inputs.token === undefined ? {} : { token: inputs.token }),
    // Outside of the checkout, which steps may clean; gone with the job, when all is recorded.
    privateFolder: join(temp, 'branchline'),
    ...(inputs.stateBranch === undefined ? {} : { stateBranch: inputs.stateBranch }),
    secretEnv: inputs.secretEnv,
    ...(context.ref.kind === 'branch' ? { ref: `refs/heads/${context.ref.name}` } : {}),
    ...(begun === undefined ? {} : { begun }),
    workflow: {
      workflow,
      attempt,
      job,
      // What a fan-out claims is carried out by its other jobs.
      ...(inputs.stage !== undefined ? { wholeRun: true } : runner === undefined ? {} : { runner }),
    },
    job: jobFacts(env, startedAt, { isPublic: context.isPublic, labels: once(() => ownLabels(env, context)) }),
    ...(github === undefined ? {} : { github }),
    storage: workflowStorage({ env, clock: systemClock, isPublic: context.isPublic === true }),
    // Jobs of a matrix share their name.
    writer: writerName(`${workflow}-${attempt}-${job}`, role),
    stepGraceMs: STEP_GRACE_MS,
    onStepOutput: (step, text) => log.output(step, text),
  };
}

/** What this job asks for by `runs-on`. */
function ownLabels(env: Env, { workspace, job }: JobContext): readonly string[] {
  const text = workflowText(env, workspace);
  return text === undefined ? [] : labelsOfJob(text, job);
}

function once<T>(read: () => T): () => T {
  let value: { readonly of: T } | undefined;
  return () => {
    value ??= { of: read() };
    return value.of;
  };
}

function writerName(job: string, role: 'main' | 'post'): string {
  const plain = job
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '_')
    .slice(0, 60);
  return `w${plain}-${role === 'post' ? 'post-' : ''}${randomBytes(4).toString('hex')}`;
}

/** The log of a job: everything on one stream, so that lines stay in order, and nothing of it a command. */
function jobHost(log: GroupedLog): Host {
  return {
    interactive: false,
    color: false,
    print: (text) => log.print(text),
    progress: (text) => log.print(text),
    status: () => undefined,
  };
}

/** The project's folder from the root of the repository, with `/`; empty when it is the root. */
export function folderInWorkspace(root: string, workspace: string): string {
  const folder = relative(workspace, root).split(sep).join('/');
  return folder.startsWith('..') ? '' : folder;
}
