import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { ActionEnd } from '../action-rig.ts';
import type { TokenPermissions } from '../github/repository-model.ts';
import type { SetUpScript } from '../github/set-up.ts';
import { readCompositeAction } from './composite-action.ts';
import type { JobDocument, StepDocument } from './document.ts';
import { asText, evaluateAll, evaluateText, holdsIf, type Scope } from './expressions.ts';
import type { JobResult, PlayedJob, WorkflowScope } from './play.ts';

/** A job with steps, and what it sees. */
export interface JobPlace {
  readonly scope: WorkflowScope;
  /** Its key under `jobs`. */
  readonly id: string;
  /** With those that called it. */
  readonly name: string;
  readonly job: JobDocument;
  readonly permissions: TokenPermissions;
  /** Of the job: `needs` and the workflow's own. */
  readonly expressions: Scope;
}

type Leg = Readonly<Record<string, unknown>>;
type Outputs = Readonly<Record<string, string>>;

const CHECKOUT = /^actions\/checkout@[0-9a-f]{40}$/;
/** Sub-actions of the repository of the workflow itself, and as others name them. */
const OURS = /^(?:\$|[\w.-]+\/branchline)\/(plan|execute|finalize)(?:@[0-9a-f]{40})?$/;

/** An action of the repository that is checked out. */
const LOCAL = /^\.\/([\w./-]+)$/;

/**
 * Plays one job, of a matrix that with `leg`: a checkout, steps of the repository's own actions, steps whose condition does
 * not hold, and one step with the Action.
 */
export async function playJob(place: JobPlace, leg: Leg): Promise<PlayedJob & { readonly outputs: Outputs }> {
  const { scope, id, name, job, permissions, expressions } = place;
  const { rig, play, event } = scope;
  const own: Scope = { ...expressions, contexts: { ...expressions.contexts, matrix: leg, strategy: {}, env: {} } };
  const steps = wantedSteps(place, own);
  if (steps.length > 0 && steps.every(({ run }) => run !== undefined)) return playScripts(place, steps, leg);
  const action = steps.find(({ uses }) => OURS.test(uses));
  const isCheckedOut = steps.some(({ uses }) => CHECKOUT.test(uses));
  const setUp = setUpSteps(steps, action);
  const odd = steps.find((step) => step !== action && !CHECKOUT.test(step.uses) && !setUp.includes(step));
  if (action === undefined || odd) throw new Error(`the rig does not play \`uses: ${odd?.uses}\` of job ${name}`);
  const labels = [evaluateAll(job.runsOn, own)].flat() as string[];
  const container = containerOf(evaluateAll(job.container, own));
  const secrets = Object.values(scope.contexts['secrets'] as Outputs);
  const started = rig.start({
    event: () => event,
    action: OURS.exec(action.uses)![1]!,
    run: play.run,
    attempt: play.attempt ?? 1,
    job: id,
    jobName: nameOf(name, leg),
    runnerName: nameOf(`${name} ${play.run}`, leg),
    labels,
    isSelfHosted: labels.includes('self-hosted'),
    isFollowed: true,
    permissions,
    with: texts(action.with, own),
    env: texts(action.env, own),
    secrets,
    setUp: setUp.flatMap((step) => scriptsOf(scope, step)),
    ...(isCheckedOut ? {} : { checkout: 'none' }),
  });
  const leave = scope.canceling.join(() => holdsIf(job.if, expressions), started);
  await play.onJob?.({ name, matrix: leg }, started, scope.canceling);
  const end = await rig.end(started);
  leave();
  const environment = evaluateAll(job.environment, own);
  const outputs = outputsOf(place, own, action, end);
  return {
    name,
    matrix: leg,
    result: end.outcome satisfies JobResult,
    permissions,
    runsOn: labels,
    ...(container === undefined ? {} : { ignoredContainer: container }),
    ...(environment === undefined ? {} : { environment }),
    end,
    outputs,
  };
}

/** A job of scripts alone, which has neither files nor rights: the first that fails ends it. */
function playScripts({ name, job, permissions, expressions }: JobPlace, steps: readonly StepDocument[], leg: Leg) {
  const runsOn = [evaluateAll(job.runsOn, expressions)].flat() as string[];
  const isWell = steps.every(({ run }) => spawnSync('bash', ['-e', '-c', run!]).status === 0);
  const result: JobResult = isWell ? 'success' : 'failure';
  return { name, matrix: leg, result, permissions, runsOn, outputs: {} };
}

/** Actions of the repository that stand before the Action, behind a checkout. */
function setUpSteps(steps: readonly StepDocument[], action: StepDocument | undefined): readonly StepDocument[] {
  const checkout = steps.findIndex(({ uses }) => CHECKOUT.test(uses));
  const own = steps.filter(({ uses }) => LOCAL.test(uses));
  for (const { uses } of own) {
    const at = steps.findIndex((step) => step.uses === uses);
    if (checkout < 0 || at < checkout || action === undefined || at > steps.indexOf(action))
      throw new Error(`the rig does not play \`uses: ${uses}\` there`);
  }
  return own;
}

function scriptsOf({ rig, event }: WorkflowScope, { uses, with: given, env }: StepDocument): readonly SetUpScript[] {
  if (Object.keys(given).length + Object.keys(env).length > 0)
    throw new Error(`the rig does not play \`with\` or \`env\` of \`uses: ${uses}\``);
  const file = `${LOCAL.exec(uses)![1]!}/action.yml`;
  return readCompositeAction(file, rig.github.show(event.sha, file));
}

/** Steps whose condition holds. All before the Action have done well, or the rig has refused them. */
function wantedSteps({ scope, job }: JobPlace, own: Scope): StepDocument[] {
  const functions = {
    always: () => true,
    success: () => true,
    failure: () => false,
    cancelled: () => false,
    hashFiles: (pattern: string) => hashOf(scope, pattern),
  };
  return job.steps.filter((step) => holdsIf(step.if, { ...own, functions }));
}

function hashOf({ rig, event }: WorkflowScope, pattern: string): string {
  if (/[*?[\]!]/.test(pattern)) throw new Error(`the rig does not play the pattern of hashFiles('${pattern}')`);
  const { sandbox, origin } = rig.github;
  const blob = sandbox.git(origin, 'ls-tree', event.sha, '--', pattern).split(/\s/)[2];
  return blob === undefined ? '' : createHash('sha256').update(blob).digest('hex');
}

/** Outputs of the job. One that holds a masked value is dropped, as GitHub does without a word to the other jobs. */
function outputsOf({ job }: JobPlace, own: Scope, { id = '' }: StepDocument, end: ActionEnd): Outputs {
  const kept = Object.entries(end.outputs).filter(([name]) => !end.droppedOutputs.includes(name));
  const steps = { [id]: { outputs: Object.fromEntries(kept), outcome: end.outcome, conclusion: end.outcome } };
  return texts(job.outputs, { ...own, contexts: { ...own.contexts, steps } });
}

function texts(values: Leg, scope: Scope): Outputs {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const text = typeof value === 'string' ? evaluateText(value, scope) : value;
      return [name, asText(text)] as const;
    }),
  );
}

/** Its image; an empty text is none. */
function containerOf(container: unknown): string | undefined {
  if (container === undefined || container === null || container === '') return undefined;
  return typeof container === 'string' ? container : asText((container as { readonly image?: unknown }).image);
}

function nameOf(name: string, leg: Leg): string {
  return leg['shard'] === undefined ? name : `${name} (${asText(leg['shard'])})`;
}
