import { parseDuration } from '../time/duration.ts';
import { beyondAnyJob, beyondHosted, isHosted, OWN_JOB_MINUTES } from '../time/hosted.ts';
import type { Finding } from './finding.ts';
import { finding } from './job-finding.ts';
import { isComputed, type OurJob, ourJobs, partOf } from './workflow-parts.ts';

/** The longest maximum of a run. */
export interface LongestRun {
  readonly ms: number;
  /** The setting or tag that says so, with the thing that has it. */
  readonly where: string;
  /** Labels of each machine that steps of the project name, and undefined where some name none; absent = not known. */
  readonly machines?: readonly (readonly string[] | undefined)[];
}

const MINUTE_MS = 60_000;
/** The engine's default, and what GitHub gives a job that says nothing, and any job on a machine of its own. */
const BUDGET_MINUTES = 300;
const JOB_MINUTES = 360;
/** To let the running steps end, and to record them. */
const GAP_MINUTES = 20;

/** Does the job live long enough for what the engine starts in it to end and be recorded? */
export function time(job: OurJob): Finding[] {
  const written = job.action.inputs['time-budget'];
  const limit = job.value['timeout-minutes'];
  // What an expression yields is not known here.
  if ((limit !== undefined && typeof limit !== 'number') || isComputed(written)) return [];
  const parsed = typeof written === 'string' ? parseDuration(written) : undefined;
  const budget = parsed === undefined ? BUDGET_MINUTES : parsed.ok ? parsed.value / MINUTE_MS : undefined;
  // More than GitHub lets any job have is not had, whatever is written.
  const most = isOfGitHub(job.value['runs-on']) ? JOB_MINUTES : OWN_JOB_MINUTES;
  const minutes = Math.min(limit ?? JOB_MINUTES, most);
  if (budget === undefined || minutes - budget >= GAP_MINUTES) return [];
  const isBudget = limit === undefined || limit > most;
  const path = isBudget ? [...job.action.path, 'with', 'time-budget'] : [...job.path, 'timeout-minutes'];
  return [
    finding(job, path, {
      code: 'budget-too-long',
      severity: minutes <= budget ? 'error' : 'warning',
      message: `the job is stopped after ${minutes} min, and the engine starts work for ${budget} min (\`time-budget\`): what is under way at the end is cut off instead of waiting for the next ring`,
      help: `write \`time-budget: ${Math.max(1, minutes - GAP_MINUTES)}m\`${budget + GAP_MINUTES > most ? '' : `, or \`timeout-minutes: ${budget + GAP_MINUTES}\``}`,
    }),
  ];
}

/** A maximum that the machines of the job, GitHub's own or any, never let a run reach. */
export function hostedTime(job: OurJob, { ms, where, machines }: LongestRun): Finding[] {
  const written = job.value['runs-on'];
  const isOfMatrix = job.isShard && typeof written === 'string' && /\bmatrix\.runs-on\b/.test(written);
  const standard = (): unknown => standardMachine(job);
  const all = isOfMatrix ? (machines ?? []).map((labels) => labels ?? standard()) : [written];
  const beyond = all.length > 0 && all.every(isOfGitHub) ? beyondHosted(ms, where) : beyondAnyJob(ms, where);
  if (beyond === undefined) return [];
  return [finding(job, [...job.path, 'runs-on'], { code: 'maximum-too-long', severity: 'error', ...beyond })];
}

/**
 * Whether GitHub's name of the job tells its shard, which is all by which a job that waits for a machine can be told from
 * another. GitHub puts the values of the matrix behind a name that has none of them, and nothing behind one that has any.
 */
export function shardName(job: OurJob): Finding[] {
  const { name } = job.value;
  const used = typeof name === 'string' ? [...name.matchAll(/\$\{\{(.*?)\}\}/gs)].map(([, text]) => text!) : [];
  const isOfMatrix = used.some((text) => /\bmatrix\b/i.test(text));
  const hasShard = used.some((text) => /\bmatrix\s*(?:\.\s*shard\b|\[\s*'shard'\s*\]|(?!\s*[.[\w]))/i.test(text));
  if (!isOfMatrix || hasShard) return [];
  return [
    finding(job, [...job.path, 'name'], {
      code: 'shard-not-named',
      severity: 'warning',
      message:
        'the name of the job does not tell which shard it has, so nobody can tell which jobs wait for a machine: `start_timeout_seconds` is never judged',
      help: `add it: \`name: ${String(name).trim()} \${{ matrix.shard }}\`; without \`name:\` GitHub puts the shard into it by itself`,
    }),
  ];
}

/** More than one label is of a machine of somebody's own; so is a group. What an expression yields is not known. */
function isOfGitHub(runsOn: unknown): boolean {
  const [label, ...others] = [runsOn].flat();
  return typeof label === 'string' && others.length === 0 && isHosted(label);
}

/** Where steps run that name no machine: the job \`plan\` of the workflow says so. */
function standardMachine(job: OurJob): unknown {
  const plan = ourJobs(job.workflow, true).find(({ action }) => partOf(action) === 'plan');
  const { 'runs-on': given = 'ubuntu-latest' } = plan?.action.inputs ?? {};
  return typeof given === 'string' ? given.trim().split(/[\s,]+/) : given;
}
