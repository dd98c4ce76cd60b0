import { parse } from 'yaml';
import type { TokenPermissions } from '../github/repository-model.ts';

/** A workflow file as the rig plays it. Whatever it does not know is refused by name, so that nothing is played half. */
export interface WorkflowDocument {
  /** Events by name, with what stands under them. */
  readonly on: Readonly<Record<string, EventDocument>>;
  readonly permissions: TokenPermissions;
  readonly jobs: ReadonlyMap<string, JobDocument | CallDocument>;
}

export interface EventDocument {
  readonly branches?: readonly string[];
  readonly inputs: Readonly<Record<string, InputDocument>>;
  /** Of a called workflow: names, and whether it cannot do without. */
  readonly secrets: Readonly<Record<string, { readonly required: boolean }>>;
}
export interface InputDocument {
  readonly type: 'string' | 'boolean' | 'number' | 'choice';
  readonly default?: string | boolean | number;
  readonly options?: readonly string[];
}

interface JobHead {
  readonly needs: readonly string[];
  readonly if?: string;
  readonly permissions?: TokenPermissions;
}
/** A job with steps. */
export interface JobDocument extends JobHead {
  readonly kind: 'job';
  readonly runsOn: unknown;
  readonly container?: unknown;
  readonly environment?: unknown;
  readonly timeoutMinutes: number;
  readonly outputs: Readonly<Record<string, string>>;
  readonly strategy?: { readonly maxParallel: unknown; readonly matrix: unknown };
  readonly steps: readonly StepDocument[];
}
/** A job that is another workflow. */
export interface CallDocument extends JobHead {
  readonly kind: 'call';
  readonly uses: string;
  readonly with: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, string>>;
}
export interface StepDocument {
  readonly id?: string;
  readonly if?: string;
  /** Empty where it is a script. */
  readonly uses: string;
  readonly run?: string;
  readonly with: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, unknown>>;
}

type Mapping = Readonly<Record<string, unknown>>;

/** Reads a workflow that GitHub's parser takes. Throws by name for each construct that the rig does not play. */
export function readWorkflow(text: string): WorkflowDocument {
  const file = mapping('the workflow', parse(text), ['name', 'on', 'permissions', 'jobs']);
  const on = mapping('on', file['on'], ['schedule', 'push', 'workflow_dispatch', 'workflow_call']);
  const jobs = Object.entries(mapping('jobs', file['jobs']));
  return {
    on: Object.fromEntries(Object.entries(on).map(([name, value]) => [name, eventOf(name, value)])),
    permissions: (file['permissions'] ?? {}) as TokenPermissions,
    jobs: new Map(jobs.map(([id, job]) => [id, jobOf(`jobs.${id}`, mapping(`jobs.${id}`, job))])),
  };
}

function eventOf(name: string, value: unknown): EventDocument {
  const place = `on.${name}`;
  // When it rings is the server's to know.
  if (name === 'schedule') return { inputs: {}, secrets: {} };
  const event = mapping(place, value ?? {}, name === 'push' ? ['branches'] : ['inputs', 'secrets']);
  const inputs = Object.entries(mapping(`${place}.inputs`, event['inputs'] ?? {})).map(([input, declared]) => {
    const known = mapping(`${place}.inputs.${input}`, declared, ['type', 'default', 'options', 'description']);
    return [input, { type: 'string', ...known } as InputDocument] as const;
  });
  const secrets = Object.entries(mapping(`${place}.secrets`, event['secrets'] ?? {})).map(([secret, declared]) => {
    const known = mapping(`${place}.secrets.${secret}`, declared ?? {}, ['required', 'description']);
    return [secret, { required: known['required'] === true }] as const;
  });
  const { branches } = event as { readonly branches?: readonly string[] };
  if (branches?.some((branch) => /[*?![]/.test(branch))) throw unknown(`a pattern in ${place}.branches`);
  return {
    ...(branches ? { branches } : {}),
    inputs: Object.fromEntries(inputs),
    secrets: Object.fromEntries(secrets),
  };
}

const HEAD = ['needs', 'if', 'permissions'];
const JOB = ['runs-on', 'container', 'environment', 'timeout-minutes', 'outputs', 'strategy', 'steps'];

function jobOf(place: string, job: Mapping): JobDocument | CallDocument {
  const needs = job['needs'] ?? [];
  const head: JobHead = {
    needs: (Array.isArray(needs) ? needs : [needs]) as string[],
    ...(job['if'] === undefined ? {} : { if: scalar(job['if']) }),
    ...(job['permissions'] === undefined
      ? {}
      : { permissions: mapping(`${place}.permissions`, job['permissions']) as TokenPermissions }),
  };
  if (job['uses'] !== undefined) {
    mapping(place, job, [...HEAD, 'uses', 'with', 'secrets']);
    return {
      ...head,
      kind: 'call',
      uses: scalar(job['uses']),
      with: mapping(`${place}.with`, job['with'] ?? {}),
      secrets: mapping(`${place}.secrets`, job['secrets'] ?? {}) as Readonly<Record<string, string>>,
    };
  }
  mapping(place, job, [...HEAD, ...JOB]);
  return {
    ...head,
    kind: 'job',
    runsOn: job['runs-on'],
    ...(job['container'] === undefined ? {} : { container: job['container'] }),
    ...(job['environment'] === undefined ? {} : { environment: job['environment'] }),
    // GitHub's own, when the job says nothing.
    timeoutMinutes: (job['timeout-minutes'] as number | undefined) ?? 360,
    outputs: mapping(`${place}.outputs`, job['outputs'] ?? {}) as Readonly<Record<string, string>>,
    ...(job['strategy'] === undefined ? {} : { strategy: strategyOf(`${place}.strategy`, job['strategy']) }),
    steps: stepsOf(`${place}.steps`, job['steps'] as readonly unknown[]),
  };
}

function strategyOf(place: string, value: unknown): NonNullable<JobDocument['strategy']> {
  const strategy = mapping(place, value, ['fail-fast', 'max-parallel', 'matrix']);
  // It would end the others at the first failure, which the rig does not do.
  if (strategy['fail-fast'] !== false) throw unknown(`${place} without \`fail-fast: false\``);
  return { maxParallel: strategy['max-parallel'] ?? 256, matrix: strategy['matrix'] };
}

function stepsOf(place: string, values: readonly unknown[]): StepDocument[] {
  const steps = values.map((step, index) => stepOf(`${place}[${index}]`, step));
  const script = steps.findIndex(({ run }) => run !== undefined);
  // Jobs of scripts alone are played, and jobs of actions alone.
  if (script >= 0 && steps.some(({ run }) => run === undefined))
    throw unknown(`\`run\` of ${place}[${script}] beside other steps`);
  return steps;
}

function stepOf(place: string, value: unknown): StepDocument {
  const step = mapping(place, value, ['id', 'name', 'if', 'uses', 'run', 'with', 'env']);
  return {
    ...(step['id'] === undefined ? {} : { id: scalar(step['id']) }),
    ...(step['if'] === undefined ? {} : { if: scalar(step['if']) }),
    ...(step['run'] === undefined ? { uses: scalar(step['uses']) } : { uses: '', run: scalar(step['run']) }),
    with: mapping(`${place}.with`, step['with'] ?? {}),
    env: mapping(`${place}.env`, step['env'] ?? {}),
  };
}

/** A mapping with none but these keys. */
function mapping(place: string, value: unknown, keys?: readonly string[]): Mapping {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unknown(`${place} that is no mapping`);
  for (const key of Object.keys(value)) if (keys && !keys.includes(key)) throw unknown(`\`${key}\` of ${place}`);
  return value as Mapping;
}

function scalar(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return String(value);
  throw unknown(`the value ${JSON.stringify(value)}`);
}

function unknown(what: string): Error {
  return new Error(`the rig does not play ${what}`);
}
