import type { ActionEnd, ActionRig } from '../action-rig.ts';
import { scheduleEvent, type WorkflowEvent, workflowDispatchEvent } from '../github/events.ts';
import type { TokenPermissions } from '../github/repository-model.ts';
import type { StartedJob } from '../github/workflow-sandbox.ts';
import { type CalledOf, calledBy, givenInputs, givenSecrets, refuseCalls } from './called-workflow.ts';
import { type Canceling, createCanceling } from './canceling.ts';
import {
  type CallDocument,
  type EventDocument,
  type JobDocument,
  readWorkflow,
  type WorkflowDocument,
} from './document.ts';
import { asText, evaluateAll, holdsIf, type Scope } from './expressions.ts';
import { type JobPlace, playJob } from './play-job.ts';

/** What wakes a workflow. */
export type Trigger =
  | { readonly kind: 'schedule' }
  | { readonly kind: 'workflow_dispatch'; readonly inputs: Readonly<Record<string, string>> };

export interface WorkflowPlay {
  /** Text of the workflow file. */
  readonly text: string;
  readonly trigger: Trigger;
  /** Id of the workflow run. */
  readonly run: number;
  readonly attempt?: number;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  /** Text of a workflow that a job is, by its `uses`. */
  readonly called?: CalledOf;
  /** Jobs of a matrix at work at the same time, whatever the workflow allows; default 4. */
  readonly atOnce?: number;
  /** Called when a job has begun: it may be killed or canceled there. */
  readonly onJob?: (job: JobName, started: StartedJob, workflow: Canceling) => Promise<void> | void;
}

export interface JobName {
  /** Its key, after those of the jobs that called it: `branchline / execute`. */
  readonly name: string;
  readonly matrix: Readonly<Record<string, unknown>>;
}

export type JobResult = 'success' | 'failure' | 'cancelled' | 'skipped';

/** A job that was played, or left out. */
export interface PlayedJob extends JobName {
  readonly result: JobResult;
  /** What its token might do. */
  readonly permissions: TokenPermissions;
  readonly runsOn?: readonly string[];
  /** Image of a container that it asks for. The rig has none: its steps run on the machine itself. */
  readonly ignoredContainer?: string;
  readonly environment?: unknown;
  /** Of its step with the Action; absent when it was left out. */
  readonly end?: ActionEnd;
}

export interface PlayEnd {
  readonly jobs: readonly PlayedJob[];
  readonly conclusion: 'success' | 'failure' | 'cancelled';
  /** The only job of a name. */
  job(name: string): PlayedJob;
  /** Those of a name, of a matrix. */
  all(name: string): readonly PlayedJob[];
}

/** What the jobs of one workflow file have in common. */
export interface WorkflowScope {
  readonly rig: ActionRig;
  readonly play: WorkflowPlay;
  readonly event: WorkflowEvent;
  /** Contexts `github`, `inputs`, `secrets` and `vars`. */
  readonly contexts: Readonly<Record<string, unknown>>;
  /** Before the names of its jobs: `branchline / `. */
  readonly prefix: string;
  readonly canceling: Canceling;
}

interface JobEnd {
  readonly result: JobResult;
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Plays a workflow file as GitHub runs it: events and their inputs, jobs by their needs and conditions, outputs, a matrix,
 * tokens with the rights that are written, called workflows. What it does not play it refuses by name.
 */
export async function playWorkflow(rig: ActionRig, play: WorkflowPlay): Promise<PlayEnd> {
  const { github } = rig;
  const document = readWorkflow(play.text);
  refuseCalls(play.called, document, '');
  const declared = document.on[play.trigger.kind];
  if (declared === undefined) throw new Error(`the workflow is not woken by ${play.trigger.kind}`);
  const sha = github.head('refs/heads/main')!;
  const event = eventOf(play.trigger, declared, sha);
  const contexts = {
    github: githubContext(event, play),
    inputs: play.trigger.kind === 'schedule' ? {} : typedInputs(declared, play.trigger.inputs),
    secrets: play.secrets ?? {},
    vars: play.vars ?? {},
  };
  const jobs: PlayedJob[] = [];
  const ends = await playJobs({ rig, play, event, contexts, prefix: '', canceling: createCanceling() }, document, jobs);
  const conclusion = resultOf([...ends.values()].map(({ result }) => result));
  const run = github.model.runs.get(play.run);
  if (run) github.model.runs.set(play.run, { ...run, status: 'completed', conclusion });
  const all = (name: string): readonly PlayedJob[] => jobs.filter((job) => job.name === name);
  return {
    jobs,
    conclusion,
    all,
    job(name) {
      const [job, ...others] = all(name);
      if (job === undefined || others.length > 0) throw new Error(`there are ${all(name).length} jobs ${name}`);
      return job;
    },
  };
}

/** Plays what the workflow runs of before have started by a click, each as the next workflow run; gives their ends. */
export async function playDispatched(rig: ActionRig, play: Omit<WorkflowPlay, 'trigger'>): Promise<readonly PlayEnd[]> {
  const { dispatches } = rig.github.model;
  const ends: PlayEnd[] = [];
  for (let next = dispatches.shift(), run = play.run; next !== undefined; next = dispatches.shift(), run++)
    ends.push(await playWorkflow(rig, { ...play, run, trigger: { kind: 'workflow_dispatch', inputs: next.inputs } }));
  return ends;
}

function eventOf(trigger: Trigger, declared: EventDocument, sha: string): WorkflowEvent {
  if (trigger.kind === 'schedule') return scheduleEvent({ sha });
  const unknown = Object.keys(trigger.inputs).filter((name) => declared.inputs[name] === undefined);
  if (unknown.length > 0) throw new Error(`422 Unexpected inputs provided: ${unknown.join(', ')}`);
  const filled = Object.entries(declared.inputs).map(([name, input]) => {
    const value = trigger.inputs[name] ?? asText(input.default);
    if (input.options && !input.options.includes(value))
      throw new Error(`422 ${name} is none of ${input.options.join(', ')}`);
    return [name, value] as const;
  });
  return workflowDispatchEvent({ sha, branch: 'main', inputs: Object.fromEntries(filled) });
}

/** Text as it comes with a click, by the types that the workflow says. */
function typedInputs({ inputs }: EventDocument, given: Readonly<Record<string, string>>): Record<string, unknown> {
  const entries = Object.entries(inputs).map(([name, { type, default: standard }]) => {
    const text = given[name] ?? asText(standard);
    return [name, type === 'boolean' ? text === 'true' : type === 'number' ? Number(text) : text] as const;
  });
  return Object.fromEntries(entries);
}

function githubContext(event: WorkflowEvent, { run, attempt = 1 }: WorkflowPlay): Readonly<Record<string, unknown>> {
  const { name, payload, ref, sha, actor } = event;
  return {
    event_name: name,
    event: payload,
    ref,
    ref_name: ref.replace(/^refs\/heads\//, ''),
    sha,
    actor,
    repository: 'acme/shop',
    run_id: String(run),
    run_attempt: String(attempt),
  };
}

/** Jobs of one file, each as soon as what it needs is over. */
async function playJobs(
  scope: WorkflowScope,
  document: WorkflowDocument,
  played: PlayedJob[],
): Promise<ReadonlyMap<string, JobEnd>> {
  const ends = new Map<string, Promise<JobEnd>>();
  const start = (id: string): Promise<JobEnd> => {
    const known = ends.get(id);
    if (known) return known;
    const job = document.jobs.get(id);
    if (job === undefined) throw new Error(`there is no job ${id}`);
    const end = (async (): Promise<JobEnd> => {
      const needs = new Map<string, JobEnd>();
      for (const need of job.needs) needs.set(need, await start(need));
      return playOne(scope, document, { id, job, needs }, played);
    })();
    ends.set(id, end);
    return end;
  };
  const all = await Promise.all([...document.jobs.keys()].map(async (id) => [id, await start(id)] as const));
  return new Map(all);
}

interface Turn {
  readonly id: string;
  readonly job: JobDocument | CallDocument;
  readonly needs: ReadonlyMap<string, JobEnd>;
}

async function playOne(
  scope: WorkflowScope,
  document: WorkflowDocument,
  { id, job, needs }: Turn,
  played: PlayedJob[],
): Promise<JobEnd> {
  const { canceling } = scope;
  const before = [...needs.values()].map(({ result }) => result);
  const expressions: Scope = {
    contexts: { ...scope.contexts, needs: Object.fromEntries(needs) },
    functions: {
      always: () => true,
      success: () => !canceling.isCanceled() && before.every((result) => result === 'success'),
      failure: () => before.includes('failure'),
      // Of the workflow run: a job before this one that ran out of time is `cancelled` and makes nothing else so.
      cancelled: () => canceling.isCanceled(),
    },
  };
  const permissions = job.permissions ?? document.permissions;
  const name = scope.prefix + id;
  if (!holdsIf(job.if, expressions)) {
    played.push({ name, matrix: {}, result: 'skipped', permissions });
    return { result: 'skipped', outputs: {} };
  }
  if (job.kind === 'call') return playCall(scope, { job, name, expressions }, played);
  const place: JobPlace = { scope, id, name, job, permissions, expressions };
  const [result, outputs] = await playMatrix(place, played);
  return { result, outputs };
}

async function playMatrix(place: JobPlace, played: PlayedJob[]): Promise<[JobResult, JobEnd['outputs']]> {
  const { job, expressions, scope } = place;
  if (job.strategy === undefined) {
    const { outputs, ...end } = await playJob(place, {});
    played.push(end);
    return [end.result, outputs];
  }
  const legs = legsOf(evaluateAll(job.strategy.matrix, expressions));
  const most = Number(evaluateAll(job.strategy.maxParallel, expressions));
  const ends: PlayedJob[] = [];
  const left = [...legs];
  const worker = async (): Promise<void> => {
    for (let leg = left.shift(); leg !== undefined; leg = left.shift()) {
      if (!holdsIf(job.if, expressions)) {
        ends.push({ name: place.name, matrix: leg, result: 'cancelled', permissions: place.permissions });
        continue;
      }
      const { outputs: _, ...end } = await playJob(place, leg);
      ends.push(end);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, scope.play.atOnce ?? 4) }, worker));
  played.push(...ends);
  return [resultOf(ends.map(({ result }) => result)), {}];
}

/** A matrix that is a list of what each job has. */
function legsOf(matrix: unknown): Readonly<Record<string, unknown>>[] {
  const { include, ...axes } = matrix as { readonly include?: readonly Readonly<Record<string, unknown>>[] };
  if (Object.keys(axes).length > 0)
    throw new Error(`the rig does not play the axes of a matrix: ${Object.keys(axes).join(', ')}`);
  if (include === undefined || include.length === 0) throw new Error('a matrix without any job is an error on GitHub');
  if (include.length > 256) throw new Error(`a matrix holds 256 jobs at most, not ${include.length}`);
  return [...include];
}

interface Call {
  readonly job: CallDocument;
  readonly name: string;
  readonly expressions: Scope;
}

async function playCall(scope: WorkflowScope, call: Call, played: PlayedJob[]): Promise<JobEnd> {
  const { job, name, expressions } = call;
  const { document, declared } = calledBy(scope.play.called, job);
  const inner: WorkflowScope = {
    ...scope,
    prefix: `${name} / `,
    contexts: {
      ...scope.contexts,
      inputs: givenInputs(declared, evaluateAll(job.with, expressions) as Readonly<Record<string, unknown>>),
      secrets: givenSecrets(declared, job, expressions),
    },
  };
  const ends = await playJobs(inner, document, played);
  return { result: resultOf([...ends.values()].map(({ result }) => result)), outputs: {} };
}

/** Of several jobs together. */
function resultOf(results: readonly JobResult[]): Exclude<JobResult, 'skipped'> {
  if (results.includes('failure')) return 'failure';
  return results.includes('cancelled') ? 'cancelled' : 'success';
}
