import { ACTION_INPUTS, type ActionPart } from '../model/action-inputs.ts';
import { isRecord, type Path, type WorkflowText } from './workflow-file.ts';

/** A step of a job. */
export interface StepPart {
  readonly path: Path;
  readonly uses?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, unknown>>;
}

export interface JobPart {
  readonly name: string;
  readonly path: Path;
  readonly value: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepPart[];
}

/** A job that calls the Action. */
export interface OurJob extends JobPart {
  readonly workflow: WorkflowText;
  /** Names of the events that start the workflow. */
  readonly events: readonly string[];
  readonly action: StepPart;
  /**
   * `run`: writes production. `changes`: looks at a pull request, and is what can be required before a merge. `comment`:
   * the second stage, for forks. `share`: the first or last job where the work is shared out.
   */
  readonly kind: 'run' | 'changes' | 'comment' | 'share';
  /** Carries out a part of what is shared out, and may not push. */
  readonly isShard: boolean;
}

/** The Action, whoever keeps the copy that is called. */
const OURS = /^[\w.-]+\/branchline(?:\/[a-z]+)?@/;
/** In its own repository it may be called by path. */
const OURS_HERE = /^\.\/(?:[a-z]+\/?)?$/;

export function jobsOf(workflow: WorkflowText): JobPart[] {
  const { jobs } = workflow.value;
  if (!isRecord(jobs)) return [];
  return Object.entries(jobs).flatMap(([name, value]) =>
    isRecord(value) ? [{ name, path: ['jobs', name], value, steps: stepsOf(value, ['jobs', name, 'steps']) }] : [],
  );
}

function stepsOf(job: Readonly<Record<string, unknown>>, path: Path): StepPart[] {
  const { steps } = job;
  if (!Array.isArray(steps)) return [];
  return steps.flatMap((step: unknown, i) => {
    if (!isRecord(step)) return [];
    const { uses } = step;
    return [
      {
        path: [...path, i],
        ...(typeof uses === 'string' ? { uses } : {}),
        inputs: isRecord(step['with']) ? step['with'] : {},
        env: isRecord(step['env']) ? step['env'] : {},
      },
    ];
  });
}

/** `on: push`, `on: [push]` and `on: { push: … }`. YAML 1.1 would read the key as true; GitHub does not. */
export function eventsOf(workflow: WorkflowText): string[] {
  const { on } = workflow.value;
  if (typeof on === 'string') return [on];
  if (Array.isArray(on)) return on.filter((event) => typeof event === 'string');
  return isRecord(on) ? Object.keys(on) : [];
}

/** Jobs of a workflow that call the Action; `isItsRepository`: the repository is the Action's own. */
export function ourJobs(workflow: WorkflowText, isItsRepository: boolean): OurJob[] {
  const events = eventsOf(workflow);
  return jobsOf(workflow).flatMap((job) => {
    const action = job.steps.find(
      ({ uses }) => uses !== undefined && (OURS.test(uses) || (isItsRepository && OURS_HERE.test(uses))),
    );
    if (!action) return [];
    return [{ ...job, workflow, events, action, kind: kindOf(action, events), isShard: partOf(action) === 'execute' }];
  });
}

const PULL_REQUEST_EVENTS = new Set(['pull_request', 'merge_group']);

function kindOf(action: StepPart, events: readonly string[]): OurJob['kind'] {
  const { command } = action.inputs;
  const part = partOf(action);
  if (command === 'comment' || part === 'comment') return 'comment';
  if (part === 'plan' || part === 'finalize') return 'share';
  if (command === 'changes' || events.every((event) => PULL_REQUEST_EVENTS.has(event))) return 'changes';
  return 'run';
}

/** Which part of the Action a step calls. */
export function partOf({ uses = '' }: StepPart): ActionPart {
  const name = /\/([a-z]+)\/?(?:@|$)/.exec(uses)?.[1] ?? 'main';
  return Object.hasOwn(ACTION_INPUTS, name) ? (name as ActionPart) : 'main';
}

/** The permissions that a job has: its own, else the workflow's; undefined = whatever the repository's setting says. */
export function permissionsOf(job: OurJob): { readonly value: unknown; readonly path: Path } | undefined {
  if (job.value['permissions'] !== undefined)
    return { value: job.value['permissions'], path: [...job.path, 'permissions'] };
  const { permissions } = job.workflow.value;
  return permissions === undefined ? undefined : { value: permissions, path: ['permissions'] };
}

/** A mapping that holds another one under a name. */
export function isRecordOf<K extends string>(
  value: unknown,
  name: K,
): value is Readonly<Record<K, Readonly<Record<string, unknown>>>> {
  return isRecord(value) && isRecord(value[name]);
}

/** What an expression yields is known to nobody before the workflow runs. */
export function isComputed(value: unknown): boolean {
  return typeof value === 'string' && value.includes('${{');
}
