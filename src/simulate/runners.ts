import type { EpochMs } from '../model/instant.ts';
import type { JobWork } from './job-work.ts';
import type { ScenarioPlan } from './scenario-plan.ts';
import type { SimulatedJob } from './simulated-job.ts';
import type { Level } from './timeline.ts';
import type { Random, VirtualTime } from './virtual-time.ts';

/** GitHub's runners: jobs that have one, jobs that wait for one, and what is billed. */
export interface Runners {
  /** All jobs that were asked for, in that order: a job's number is its place, from 1. */
  readonly jobs: readonly SimulatedJob[];
  /** Jobs at once. */
  readonly level: Level;
  /** Each job rounded up. */
  readonly minutes: number;
  /** Jobs that were not started since the minutes were used up. */
  readonly refusedJobs: number;
  /** Asks for a job: it starts when there is a runner. Undefined: there are no minutes left. */
  ask(work: JobWork): SimulatedJob | undefined;
  /** Every machine that is at work is lost: whatever it was at ends in the middle. */
  loseAll(): void;
  /** Resolves once no job is at work or waits. */
  allOver(): Promise<void>;
}

/** Machines of one kind, and the jobs that wait for one, in the order in which they were asked for. */
interface Pool {
  readonly most: number;
  atWork: number;
  readonly queue: SimulatedJob[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** `perform`: what a job does on its runner, from its first step on. `onEnd`: told when GitHub says that a job is over. */
export function openRunners(
  { time, random, scenario }: { readonly time: VirtualTime; readonly random: Random; readonly scenario: ScenarioPlan },
  perform: (job: SimulatedJob) => Promise<void>,
  onEnd: (job: SimulatedJob) => void = () => undefined,
): Runners {
  const { github } = scenario;
  const jobs: SimulatedJob[] = [];
  const hosted: Pool = { most: github.runners, atWork: 0, queue: [] };
  const own = new Map(
    [...(scenario.fanOut?.machines ?? [])].map(([name, most]): [string, Pool] => [
      name,
      { most, atWork: 0, queue: [] },
    ]),
  );
  const level = { now: 0, peak: 0, peakAt: time.now() };
  const figures = { minutes: 0, refusedJobs: 0 };
  const going = new Map<SimulatedJob, { readonly over: Promise<void>; readonly end: () => void }>();

  /** Where it waits: a job of a matrix may be for machines of another kind. */
  function poolOf({ work }: SimulatedJob): Pool {
    return (work.kind === 'execute' ? own.get(work.machine) : undefined) ?? hosted;
  }

  function start(job: SimulatedJob): void {
    let end = (): void => undefined;
    const over = new Promise<void>((resolve, reject) => {
      end = resolve;
      carry(job).then(resolve, reject);
    });
    going.set(job, { over, end });
    over.then(
      () => going.delete(job),
      () => undefined,
    );
    if (random() < scenario.lostRunners) void loseLater(job);
  }

  async function carry(job: SimulatedJob): Promise<void> {
    job.startedAt = time.now();
    poolOf(job).atWork++;
    level.now++;
    if (level.now > level.peak) Object.assign(level, { peak: level.now, peakAt: time.now() });
    await time.turn(job, github.setUpMs);
    await perform(job);
    end(job);
    job.isGone = true;
  }

  /** Ends a job for GitHub, well or not, and gives its runner to the next. */
  function end(job: SimulatedJob): void {
    if (job.endedAt !== undefined) return;
    const now = time.now();
    job.endedAt = now;
    figures.minutes += billedMinutes(job.startedAt!, now);
    level.now--;
    const pool = poolOf(job);
    pool.atWork--;
    const next = pool.queue.shift();
    if (next) start(next);
    onEnd(job);
  }

  function lose(job: SimulatedJob): void {
    if (job.endedAt !== undefined || job.startedAt === undefined) return;
    job.isLost = true;
    end(job);
    if (scenario.lostWorkOn > 0 && random() < scenario.lostWorkOn) void workOn(job);
    else job.isGone = true;
    going.get(job)?.end();
  }

  /** Nobody waits for it any more, and it does not know. */
  async function workOn(job: SimulatedJob): Promise<void> {
    await time.turn(job, Math.floor(random() * HOUR_MS));
    job.isGone = true;
  }

  async function loseLater(job: SimulatedJob): Promise<void> {
    // Somewhere in its first hour: short jobs are often over by then, as it is in the world.
    await time.turn(job, Math.floor(random() ** 3 * HOUR_MS));
    lose(job);
  }

  return {
    jobs,
    level,
    get minutes() {
      return figures.minutes;
    },
    get refusedJobs() {
      return figures.refusedJobs;
    },
    ask(work) {
      if (github.minutes !== undefined && figures.minutes >= github.minutes) {
        figures.refusedJobs++;
        return undefined;
      }
      const number = jobs.length + 1;
      const job: SimulatedJob = {
        name: `job ${number}`,
        number,
        work,
        askedAt: time.now(),
        isGone: false,
        isLost: false,
        frozenUntil: 0,
        stop: new AbortController(),
      };
      jobs.push(job);
      const pool = poolOf(job);
      if (pool.atWork < pool.most) start(job);
      else pool.queue.push(job);
      return job;
    },
    loseAll() {
      for (const job of jobs) lose(job);
    },
    async allOver() {
      // Whoever waits has somebody at work before it.
      while (going.size > 0) await Promise.all([...going.values()].map(({ over }) => over));
    },
  };
}

function billedMinutes(from: EpochMs, to: EpochMs): number {
  return Math.ceil((to - from) / MINUTE_MS);
}
