import { canonicalJson } from '../base/json.ts';
import type { Plan } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import type { Wave, WaveRun, WaveShard } from '../model/wave.ts';
import type { ShardStep } from '../plan/shard-pieces.ts';
import { packWave, SHARDS_MAX, UNKNOWN_STEP_MS } from '../plan/shards.ts';
import { fileConnections } from './connections.ts';
import type { ClaimedRun } from './run-ports.ts';

/** Shares the runs of a workflow run out among at most so many jobs. */
export function shareOut(
  project: Project,
  claimed: readonly ClaimedRun[],
  by: { readonly workflow: string; readonly attempt: number; readonly codeCommit?: string; readonly jobsMax: number },
): Wave {
  const { jobsMax, ...identity } = by;
  const shards: WaveShard[] = [];
  const most = Math.min(jobsMax, SHARDS_MAX);
  for (const [index, { plan, claim, resumed }] of claimed.entries()) {
    // What one run does not need is there for those after it.
    const fair = Math.max(1, Math.floor((most - shards.length) / (claimed.length - index)));
    const jobs = Math.min(fair, most - shards.length);
    const packed = packWave(openSteps(project, plan, resumed?.settled), jobs, claim.slots);
    for (const shard of packed.shards) shards.push({ id: shardId(shards.length), run: plan.runId, ...shard });
  }
  return {
    format: 1,
    ...identity,
    runs: claimed.map(({ plan, claim, lost }): WaveRun => ({ plan, claim, lost: Object.fromEntries(lost) })),
    shards,
  };
}

/** The first wave of a plan that nobody has claimed, for who wants to see it before: pools count as free. */
export function previewWave(
  project: Project,
  plan: Plan,
  jobsMax: number,
): Pick<Wave, 'shards'> & { readonly later: readonly string[] } {
  const { shards, later } = packWave(openSteps(project, plan, undefined), jobsMax, project.operations.pools);
  return { shards: shards.map((shard, index) => ({ id: shardId(index), run: plan.runId, ...shard })), later };
}

/** Steps of the plan that are left to do, as sharing them out sees them. */
function openSteps(project: Project, plan: Plan, settled: ReadonlySet<string> | undefined): ShardStep[] {
  return plan.steps
    .filter(({ id, verdict }) => verdict !== 'skip' && !settled?.has(id))
    .map(({ id, step, runner, after }) => {
      const estimate = plan.estimates[id];
      const pool = project.steps[step]?.pool;
      return {
        id,
        runner: runner ?? '',
        expectedMs: estimate === undefined || estimate.samples === 0 ? UNKNOWN_STEP_MS : estimate.p50Ms,
        exclusive: fileConnections(project, [project.steps[step]?.connection]),
        ...(pool === undefined ? {} : { pool }),
        after,
      };
    });
}

function shardId(index: number): string {
  return `s${String(index).padStart(3, '0')}`;
}

/** The text of a wave that its digest is of. */
export function waveText(wave: Wave): string {
  return `${canonicalJson(wave)}\n`;
}

/** The wave of such a text; undefined where a stranger wrote something else. Of its plans, whose digest tells, only the ids are looked at. */
export function waveOf(text: string): Wave | undefined {
  let wave: unknown;
  try {
    wave = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isText = (value: unknown): boolean => typeof value === 'string';
  const { format, workflow, attempt, runs, shards } = (isObject(wave) ? wave : {}) as Partial<Wave>;
  const isRun = ({ plan, claim }: Partial<WaveRun>): boolean =>
    isObject(plan) && isText(plan.runId) && Array.isArray(plan.steps) && isObject(claim) && isText(claim.claim);
  const isShard = ({ id, run, steps }: Partial<WaveShard>): boolean =>
    isText(id) && isText(run) && Array.isArray(steps) && steps.every(isText);
  const isWave =
    format === 1 &&
    isText(workflow) &&
    Number.isSafeInteger(attempt) &&
    Array.isArray(runs) &&
    runs.length > 0 &&
    runs.every((run) => isObject(run) && isRun(run)) &&
    Array.isArray(shards) &&
    shards.every((shard) => isObject(shard) && isShard(shard));
  return isWave ? (wave as Wave) : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Stream of the events of a shard: no other wave of the run has the same. */
export function shardStream(wave: Pick<Wave, 'workflow' | 'attempt'>, run: WaveRun, shard: string): string {
  return `${run.claim.claim}.${wave.workflow}-${wave.attempt}-${shard}`;
}

/** The matrix of a wave: what GitHub needs to find machines, and nothing that may be secret. */
export function matrixOf(
  project: Project,
  wave: Wave,
  standard: readonly string[],
): { readonly include: MatrixEntry[] } {
  return {
    include: wave.shards.map(({ id, runner }) => {
      const own = project.runners[runner];
      return {
        shard: id,
        'runs-on': own?.runsOn ?? standard,
        container: own?.container ?? '',
        environment: own?.environment ?? '',
      };
    }),
  };
}

export interface MatrixEntry {
  readonly shard: string;
  readonly 'runs-on': readonly string[];
  /** Empty = none, as in a workflow. */
  readonly container: '' | { readonly image: string; readonly options?: string };
  /** Empty = the workflow's own. */
  readonly environment: string;
}
