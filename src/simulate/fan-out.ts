import { type AppFailure, outsideFailure } from '../app/failure.ts';
import { finalizeWave, recordedPart } from '../app/finalize-wave.ts';
import { judgeNextWave } from '../app/next-wave.ts';
import type { ClaimedRun, RunPorts, RunSettings } from '../app/run-ports.ts';
import { carryOutShard } from '../app/shard.ts';
import { journalEvents, journalText } from '../app/shard-journal.ts';
import { shareOut, waveText } from '../app/share-out.ts';
import type { StateAt } from '../app/state-reading.ts';
import { type StandingJob, waitingSince } from '../app/waiting-jobs.ts';
import { watchPartitions } from '../app/wanted-run.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Project } from '../model/project.ts';
import type { Wave } from '../model/wave.ts';
import type { OrphanJournal } from '../ports-state.ts';
import { billOf } from '../run/job-bill.ts';
import { type JobWork, performWork, type SimulatedWorkflow, type StartedWork } from './job-work.ts';
import { billedJobOf, NETWORK_MS, type SimulatedJob, workflowName, workflowNumber } from './simulated-job.ts';

/** Workflow runs that share their work out among jobs, as the workflow of `init --fan-out` does. */
export interface FanOut {
  readonly figures: FanOutFigures;
  /** The workflow run that a job is of: the number of its first job. */
  workflowOf(job: SimulatedJob): number;
  /** GitHub says that it is over. */
  isOver(workflow: number): boolean;
  /** What a job does: `plan`, `execute` or `finalize`, by the use cases of the Action. */
  perform(ports: RunPorts, settings: RunSettings, job: SimulatedJob): Promise<Result<undefined, AppFailure>>;
  /** Starts what GitHub starts when a job is over, well or lost. */
  ended(job: SimulatedJob): void;
}

export interface FanOutFigures {
  /** Plans that were shared out. */
  readonly waves: number;
  /** Jobs of the matrix of the widest of them. */
  readonly jobs: number;
  /** Of the longest plan that travelled as an artifact, before it is packed. */
  readonly planBytes: number;
}

interface FanOutInput {
  readonly project: Project;
  /** Jobs of a matrix at the most. */
  readonly jobs: number;
  readonly usdPerMinute?: number;
  readonly ask: (work: JobWork) => SimulatedJob | undefined;
  /** One request to GitHub's API; false = the token has none left. */
  readonly mayAsk: () => boolean;
}

const quiet = { onPlan: () => {}, onEvent: () => {} };

export function openFanOut(input: FanOutInput): FanOut {
  const { project, ask, mayAsk } = input;
  const workflows = new Map<number, SimulatedWorkflow>();
  const figures = { waves: 0, jobs: 0, planBytes: 0 };

  async function plan(
    ports: RunPorts,
    settings: RunSettings,
    job: SimulatedJob,
    work: StartedWork,
  ): Promise<Result<undefined, AppFailure>> {
    const claimed: ClaimedRun[] = [];
    const handing: RunSettings = {
      ...settings,
      // Of a pool its jobs could use so many slots.
      maxParallel: input.jobs * settings.maxParallel,
      waitMs: 1,
      handOver: (run) => claimed.push(run),
    };
    const takeInLost = (claims: readonly Claim[]) => takeIn(ports, settings, claims);
    const waitingRuns = (claims: readonly Claim[]) => askWaiting(ports, claims);
    const asked = await performWork({ ...ports, takeInLost, waitingRuns }, handing, job, work);
    if (!asked.ok || claimed.length === 0) return asked;
    const by = { workflow: workflowName(job.number), attempt: 1, jobsMax: input.jobs };
    const text = waveText(shareOut(project, claimed, by));
    await ports.clock.sleep(NETWORK_MS);
    const wave = JSON.parse(text) as Wave;
    figures.waves++;
    figures.jobs = Math.max(figures.jobs, wave.shards.length);
    figures.planBytes = Math.max(figures.planBytes, Buffer.byteLength(text));
    workflows.get(job.number)!.wave = wave;
    return asked;
  }

  async function execute(
    ports: RunPorts,
    settings: RunSettings,
    { of, shard: id }: Extract<JobWork, { kind: 'execute' }>,
  ): Promise<Result<undefined, AppFailure>> {
    const wave = of.wave!;
    const shard = wave.shards.find((each) => each.id === id)!;
    watchPartitions(ports, settings, wave.runs.find((run) => run.plan.runId === shard.run)!.plan.request);
    const upload = async (events: readonly BranchlineEvent[]): Promise<Result<void, AppFailure>> => {
      await ports.clock.sleep(NETWORK_MS);
      of.journals.set(id, events);
      return ok(undefined);
    };
    const carried = await carryOutShard(
      { run: ports, readState: () => stateNow(ports), upload },
      settings,
      wave,
      shard,
      quiet,
    );
    return carried.ok ? ok(undefined) : carried;
  }

  async function finalize(
    ports: RunPorts,
    settings: RunSettings,
    job: SimulatedJob,
    of: SimulatedWorkflow,
  ): Promise<Result<undefined, AppFailure>> {
    const wave = of.wave!;
    for (const run of wave.runs) watchPartitions(ports, settings, run.plan.request);
    // The job `plan` had a minute of its own.
    const billed = billOf(billedJobOf(job, input.usdPerMinute), ports.clock.now(), -1);
    const taken = await finalizeWave(ports, project, { wave, journals: uploadedIn(of), billed });
    if (!taken.ok) return taken;
    const next = await judgeNextWave(ports, settings, taken.value.value);
    if (!next.ok) return next;
    of.isMore = next.value === 'more';
    return ok(undefined);
  }

  /** Takes in what workflow runs left behind whose last job was lost: what any job does that finds one. */
  async function takeIn(
    ports: RunPorts,
    settings: RunSettings,
    claims: readonly Claim[],
  ): Promise<Result<readonly OrphanJournal[], AppFailure>> {
    const state = await stateNow(ports);
    if (!state.ok) return state;
    const names = new Set(claims.map(({ holder }) => (holder.kind === 'workflow' ? holder.workflow : '')));
    for (const name of names) {
      const of = workflows.get(workflowNumber(name) ?? 0);
      // The list of what was uploaded, and each of its archives.
      const requests = 2 + (of?.journals.size ?? 0);
      const wave = of?.wave && recordedPart(state.value.read.view, of.wave);
      if (of === undefined || wave === undefined) continue;
      // Nobody says what was uploaded: nothing counts as lost, and the next job looks again.
      if (!askOften(requests)) return fail(outsideFailure('no-artifacts', `${name}: no requests are left`));
      for (const run of wave.runs) watchPartitions(ports, settings, run.plan.request);
      const taken = await finalizeWave(ports, project, { wave, journals: uploadedIn(of) });
      if (!taken.ok) return taken;
    }
    // Its single jobs lose what they did with their machine: they upload nothing.
    return ok([]);
  }

  /** As the jobs of the workflow runs stand now, and their plans say whose they are. */
  async function askWaiting(ports: RunPorts, claims: readonly Claim[]): Promise<ReadonlyMap<string, EpochMs>> {
    const waiting = new Map<string, EpochMs>();
    for (const { claim, run, holder } of claims) {
      const of = workflows.get((holder.kind === 'workflow' ? workflowNumber(holder.workflow) : undefined) ?? 0);
      // The jobs, what was uploaded, and the plan in it.
      if (of?.wave === undefined || !askOften(3)) continue;
      const jobs = [...of.jobs].map(
        ([shard, { askedAt, startedAt }]): StandingJob => ({
          name: `execute (${shard})`,
          status: startedAt === undefined ? 'queued' : 'in_progress',
          createdAt: askedAt,
        }),
      );
      const since = waitingSince(of.wave, run, jobs);
      // What the answer says is that old when it arrives.
      await ports.clock.sleep(NETWORK_MS);
      if (since !== undefined) waiting.set(claim, since);
    }
    return waiting;
  }

  function askOften(times: number): boolean {
    for (let n = 0; n < times; n++) if (!mayAsk()) return false;
    return true;
  }

  function shareAmongJobs(of: SimulatedWorkflow): void {
    const shards = of.wave?.shards ?? [];
    of.open = shards.length;
    // For those that there are no minutes for, it is as if they were lost.
    of.jobs.clear();
    for (const { id, runner } of shards) {
      const job = ask({ kind: 'execute', of, shard: id, machine: runner });
      if (job) of.jobs.set(id, job);
      else of.open--;
    }
    if (of.open === 0) close(of);
  }

  /** All jobs of the matrix are over. */
  function close(of: SimulatedWorkflow): void {
    if (of.wave === undefined || !ask({ kind: 'finalize', of })) of.isOver = true;
  }

  const workflowAt = (job: SimulatedJob): SimulatedWorkflow => {
    if (job.work.kind === 'execute' || job.work.kind === 'finalize') return job.work.of;
    const known = workflows.get(job.number);
    const of = known ?? {
      number: job.number,
      journals: new Map(),
      jobs: new Map(),
      open: 0,
      isOver: false,
      isMore: false,
    };
    workflows.set(job.number, of);
    return of;
  };

  return {
    figures,
    workflowOf: (job) => workflowAt(job).number,
    isOver: (workflow) => workflows.get(workflow)?.isOver ?? true,
    perform(ports, settings, job) {
      const { work } = job;
      switch (work.kind) {
        case 'execute':
          return execute(ports, settings, work);
        case 'finalize':
          return finalize(ports, settings, job, work.of);
        case 'tick':
        case 'run':
        case 'backfill':
          return plan(ports, settings, job, work);
      }
    },
    ended(job) {
      const of = workflowAt(job);
      switch (job.work.kind) {
        case 'execute':
          of.open--;
          if (of.open === 0) close(of);
          return;
        case 'finalize':
          of.isOver = true;
          if (job.isLost) return;
          of.wave = undefined;
          of.journals.clear();
          if (of.isMore && mayAsk()) ask({ kind: 'tick', after: of.number });
          return;
        case 'tick':
        case 'run':
        case 'backfill':
          if (job.isLost) of.isOver = true;
          else shareAmongJobs(of);
      }
    },
  };
}

/** The state as it is now, for who only reads it. */
async function stateNow({ session }: RunPorts): Promise<Result<StateAt, AppFailure>> {
  const read = await session.transact<StateAt>(async (state) => ({ kind: 'nothing', value: state }));
  return read.ok ? ok(read.value.value) : read;
}

/** The journals of the shards, as they come out of their archives. */
function uploadedIn({ journals }: SimulatedWorkflow): ReadonlyMap<string, readonly BranchlineEvent[]> {
  return new Map(
    [...journals].map(([shard, events]) => {
      const read = journalEvents(journalText(events), shard);
      if (!read.ok) throw new Error(`the journal of ${shard}: ${read.error}`);
      return [shard, read.value];
    }),
  );
}
