import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Holder, ProcessIdentity } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Clock } from '../ports.ts';
import type { GitHub, WorkflowJob } from '../ports-github.ts';
import type { Holders, Liveness } from '../ports-state.ts';

/** A process of some machine, as claims and journals name it. */
export type ProcessHolder = Extract<Holder, { kind: 'process' }>;

/**
 * What the system says about processes; `''` = it does not say. A pid alone is not enough: it is used again, also
 * after a restart, so the time that the process started and the boot go with it.
 */
export interface ProcessTable {
  /** Digest that tells machines, containers and their pid spaces apart. */
  readonly machine: string;
  readonly boot: string;
  isRunning(pid: number): boolean;
  startOf(pid: number): string;
}

/** Processes of this machine, judged at once: journals need no more. */
export interface ProcessHolders {
  readonly self: ProcessHolder;
  judge(holder: ProcessIdentity): Liveness;
}

/** Who this process is, and what the system says of the others. */
export function createProcessHolders(table: ProcessTable = systemProcessTable(), pid = process.pid): ProcessHolders {
  const { machine, boot } = table;
  return {
    self: { kind: 'process', machine, boot, pid, start: table.startOf(pid) },
    judge(holder) {
      if (holder.machine !== machine || holder.boot !== boot) return 'unknown';
      if (!table.isRunning(holder.pid)) return 'gone';
      const start = table.startOf(holder.pid);
      if (start === '' || holder.start === '') return 'unknown';
      return start === holder.start ? 'alive' : 'gone';
    },
  };
}

/** The job of a workflow that a command runs in, as the runner's environment names it. */
export interface WorkflowIdentity {
  /** `GITHUB_RUN_ID`. */
  readonly workflow: string;
  /** `GITHUB_RUN_ATTEMPT`, from 1. */
  readonly attempt: number;
  /** `GITHUB_JOB`: the job's key in the workflow file. */
  readonly job: string;
  /** `RUNNER_NAME`. */
  readonly runner?: string;
  /** Other jobs of the workflow run carry out what this one claims. */
  readonly wholeRun?: true;
}

export interface HoldersOptions {
  readonly processes: ProcessHolders;
  /** Set inside of a workflow: claims are then held by the job, with this process in it. */
  readonly workflow?: WorkflowIdentity;
  /** Who is asked about other workflow runs; without it they are judged by their silence. */
  readonly github?: Pick<GitHub, 'jobs'> & Partial<Pick<GitHub, 'workflowRun'>>;
  readonly clock: Pick<Clock, 'now'>;
}

/** A self-hosted machine that lost contact may go on working after GitHub gave its job up. */
const SELF_HOSTED_MS = 10 * 60_000;
/** How long an answer of GitHub counts: a command that waits for a claim asks once a minute, not at each look. */
const ANSWER_MS = 60_000;

/**
 * Who this command is as a holder of claims, and what can be found out about the others (state-branch.md, "Claims").
 * On a laptop: `createHolders({ processes: createProcessHolders(), clock })`. In a workflow with `workflow` and
 * `github` as well: an earlier attempt of the same workflow run is gone; a job of another run is looked up, at most once
 * a minute for a run's attempt, and is alive until GitHub calls it completed, however silent it is. Where GitHub gives
 * no answer (no `actions: read`, a rate limit, an error of its own) the holder is `unknown`.
 */
export function createHolders(options: HoldersOptions): Holders {
  const { processes, workflow } = options;
  const { kind: _kind, ...process } = processes.self;
  const ask = askOncePerAttempt(options);
  return {
    self:
      workflow === undefined
        ? processes.self
        : { kind: 'workflow', ...workflow, ...(workflow.wholeRun ? {} : { process }) },
    async liveness(holder) {
      if (holder.kind === 'process') return processes.judge(holder);
      const here = holder.process === undefined ? 'unknown' : processes.judge(holder.process);
      if (here !== 'unknown') return here;
      if (holder.workflow === workflow?.workflow && holder.attempt < workflow.attempt) return 'gone';
      if (holder.wholeRun) return judgeRun(holder, options.github);
      const jobs = await ask(holder.workflow, holder.attempt);
      return jobs === undefined ? 'unknown' : judgeJobs(jobsOf(holder, jobs), options.clock.now());
    },
  };
}

/** Between two jobs of a workflow run there is a time with none at work, so the run itself is asked. */
async function judgeRun({ workflow, attempt }: WorkflowHolder, github: HoldersOptions['github']): Promise<Liveness> {
  const run = await github?.workflowRun?.(Number(workflow));
  if (!run?.ok) return 'unknown';
  if (run.value.attempt > attempt) return 'gone';
  return run.value.status === 'completed' ? 'gone' : 'alive';
}

type WorkflowHolder = Extract<Holder, { kind: 'workflow' }>;
type Ask = (workflow: string, attempt: number) => Promise<readonly WorkflowJob[] | undefined>;

function askOncePerAttempt({ github, clock }: HoldersOptions): Ask {
  const answers = new Map<string, { readonly at: EpochMs; readonly jobs: ReturnType<Ask> }>();
  return (workflow, attempt) => {
    const run = Number(workflow);
    if (github === undefined || !Number.isSafeInteger(run)) return Promise.resolve(undefined);
    const key = `${workflow}#${attempt}`;
    const known = answers.get(key);
    if (known !== undefined && clock.now() - known.at < ANSWER_MS) return known.jobs;
    const jobs = github.jobs(run, attempt).then((answer) => (answer.ok ? answer.value : undefined));
    answers.set(key, { at: clock.now(), jobs });
    return jobs;
  };
}

/**
 * The jobs that may be the holder's: those on its runner, else those of its name (a matrix and a called workflow put
 * theirs around it), else all: a job can be given any name.
 */
function jobsOf(holder: WorkflowHolder, jobs: readonly WorkflowJob[]): readonly WorkflowJob[] {
  const { job, runner } = holder;
  const onRunner = jobs.filter((candidate) => runner !== undefined && candidate.runner === runner);
  if (onRunner.length > 0) return onRunner;
  const named = jobs.filter(({ name }) => {
    const own = name.split(' / ').at(-1)!;
    return own === job || own.startsWith(`${job} (`);
  });
  return named.length > 0 ? named : jobs;
}

function judgeJobs(jobs: readonly WorkflowJob[], now: EpochMs): Liveness {
  if (jobs.length === 0) return 'unknown';
  let liveness: Liveness = 'gone';
  for (const job of jobs) {
    if (job.status !== 'completed') return 'alive';
    if (!job.isSelfHosted) continue;
    if (job.completedAt === undefined) liveness = 'unknown';
    else if (now - job.completedAt < SELF_HOSTED_MS) return 'alive';
  }
  return liveness;
}

/** The process table of this machine: /proc on Linux, `ps` and `sysctl` on macOS, elsewhere only whether a pid runs. */
export function systemProcessTable(): ProcessTable {
  const isLinux = process.platform === 'linux';
  const bootId = isLinux ? read('/proc/sys/kernel/random/boot_id') : run('sysctl', ['-n', 'kern.bootsessionuuid']);
  return {
    machine: machineDigest(),
    boot: bootId,
    isRunning(pid) {
      try {
        process.kill(pid, 0);
        // Ended, and nobody has asked for its exit code: in a container whose first process asks for none, for good.
        return !isLinux || linuxStat(pid)[0] !== 'Z';
      } catch (error) {
        // EPERM: it runs, as somebody else.
        return (error as NodeJS.ErrnoException).code === 'EPERM';
      }
    },
    startOf: isLinux ? linuxStart : (pid) => run('ps', ['-o', 'lstart=', '-p', String(pid)]),
  };
}

function machineDigest(): string {
  // Containers of one machine share its boot id, and may share its machine id and even the host name: the pid
  // namespace is what makes a pid mean the same process.
  let space = '';
  try {
    space = readlinkSync('/proc/self/ns/pid');
  } catch {
    space = userInfo().username;
  }
  const parts = [read('/etc/machine-id'), hostname(), process.platform, space];
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 16);
}

/** Field 22 of /proc/<pid>/stat: clock ticks after boot. */
function linuxStart(pid: number): string {
  return linuxStat(pid)[19] ?? '';
}

/** /proc/<pid>/stat from its third field on, the state. The name before it may hold spaces and parentheses. */
function linuxStat(pid: number): readonly string[] {
  const stat = read(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function run(program: string, args: readonly string[]): string {
  if (process.platform === 'win32') return '';
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5_000,
    }).trim();
  } catch {
    return '';
  }
}
