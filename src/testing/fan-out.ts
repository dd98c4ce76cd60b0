import type { ActionEnd, ActionRig, EventOf } from './action-rig.ts';
import { modelJob, type TokenPermissions } from './github/repository-model.ts';
import type { JobStart, StartedJob } from './github/workflow-sandbox.ts';

/** What the three jobs may do, as `init --fan-out` writes it. */
const PLAN: TokenPermissions = { contents: 'write', actions: 'read' };
const EXECUTE: TokenPermissions = { contents: 'read' };
const FINALIZE: TokenPermissions = { contents: 'write', actions: 'write' };

export interface WaveOptions {
  readonly event: EventOf;
  /** Id of the workflow run. */
  readonly run: number;
  readonly attempt?: number;
  readonly plan?: Readonly<Record<string, string>>;
  /** Inputs of the jobs of the matrix, beside those that a matrix gives. */
  readonly execute?: Readonly<Record<string, string>>;
  /** Variables of the jobs of the matrix. */
  readonly env?: Readonly<Record<string, string>>;
  /** Jobs at work at the same time; default 4. */
  readonly atOnce?: number;
  /** Called when a job of the matrix has begun: it may be killed there. */
  readonly onShard?: (shard: string, job: StartedJob) => Promise<void> | void;
  /** How long a job of the matrix has when it is canceled. */
  readonly cancelMs?: JobStart['cancelMs'];
  /** False: the machine of the last job is gone before it begins. */
  readonly finalizes?: boolean;
  /** Jobs of the matrix for which there is no machine: GitHub has them wait, and the last job with them. */
  readonly waiting?: readonly string[];
}

export interface WaveEnd {
  readonly plan: ActionEnd;
  readonly shards: ReadonlyMap<string, ActionEnd>;
  readonly matrix: readonly {
    readonly shard: string;
    readonly 'runs-on': readonly string[];
    readonly container: unknown;
  }[];
  /** Absent when there was nothing to do, or it was lost. */
  readonly finalize?: ActionEnd;
}

/** One workflow run with its three kinds of jobs, as GitHub runs the workflow that `init --fan-out` writes. */
export async function runWave(rig: ActionRig, options: WaveOptions): Promise<WaveEnd> {
  const { event, run, attempt = 1, atOnce = 4 } = options;
  const common = { event, run, attempt };
  const plan = await rig.run({
    ...common,
    action: 'plan',
    job: 'plan',
    permissions: PLAN,
    runnerName: `plan ${run}`,
    isFollowed: true,
    ...(options.plan ? { with: options.plan } : {}),
  });
  const { include } = JSON.parse(plan.outputs['matrix'] || '{"include":[]}') as { include: WaveEnd['matrix'] };
  const digest = plan.outputs['plan-digest'] ?? '';
  const shards = new Map<string, ActionEnd>();
  if (plan.outputs['has-work'] !== 'true') return { plan, shards, matrix: include };
  const { waiting = [] } = options;
  for (const { shard, 'runs-on': labels } of include)
    if (waiting.includes(shard)) noteWaiting(rig, run, attempt, shard, labels);
  const left = include.filter(({ shard }) => !waiting.includes(shard));
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { shard } = next;
      const job = rig.start({
        ...common,
        action: 'execute',
        job: 'execute',
        permissions: EXECUTE,
        runnerName: `${shard} ${run}`,
        isFollowed: true,
        with: { ...options.execute, shard, 'plan-digest': digest },
        ...(options.env ? { env: options.env } : {}),
        ...(options.cancelMs ? { cancelMs: options.cancelMs } : {}),
      });
      await options.onShard?.(shard, job);
      shards.set(shard, await rig.end(job));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  if (options.finalizes === false || waiting.length > 0) return { plan, shards, matrix: include };
  const finalize = await rig.run({
    ...common,
    action: 'finalize',
    job: 'finalize',
    permissions: FINALIZE,
    runnerName: `finalize ${run}`,
    with: { 'plan-digest': digest },
  });
  return { plan, shards, matrix: include, finalize };
}

/** A job of the matrix as GitHub lists it while no machine has taken it: named by its values. */
function noteWaiting(rig: ActionRig, run: number, attempt: number, shard: string, labels: readonly string[]): void {
  const { model } = rig.github;
  const name = `execute (${[shard, ...labels].join(', ')})`;
  const { runner: _, startedAt: __, ...job } = modelJob(run, { id: model.nextId++, name, attempt, status: 'queued' });
  const createdAt = rig.github.git.date.getTime();
  model.jobs.push({ ...job, createdAt, labels, isSelfHosted: true });
}
