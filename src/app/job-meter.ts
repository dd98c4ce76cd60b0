import { type RunnerMachine, runnerLabel, usdPerMinute } from '../insights/prices.ts';
import type { Billed } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import { type BilledJob, billOf } from '../run/job-bill.ts';

/** A job on a runner, as its host sees it. */
export interface JobFacts {
  /** When the job began on its runner, or as early as is known. */
  readonly startedAt: EpochMs;
  /** Of the job, as far as they are known. Read when somebody asks. */
  readonly labels: () => readonly string[];
  readonly machine: RunnerMachine;
  readonly isSelfHosted: boolean;
  /** Undefined = not known. */
  readonly isPublic?: boolean;
}

/** The job with its price: the project's `prices` over GitHub's. */
export function billedJob(job: JobFacts, prices: Readonly<Record<string, number>>): BilledJob {
  const { isSelfHosted, isPublic } = job;
  const labels = job.labels();
  // What a machine of one's own is called is not known, but that it is none of GitHub's.
  const known = isSelfHosted && labels.length === 0 ? ['self-hosted'] : labels;
  const runner = runnerLabel(known, job.machine, prices);
  const price = usdPerMinute({ runner, isSelfHosted, ...(isPublic === undefined ? {} : { isPublic }) }, prices);
  return { startedAt: job.startedAt, runner, ...(price === undefined ? {} : { usdPerMinute: price }) };
}

/** Shares the billed minutes of this job among its runs. */
export interface JobMeter {
  /** What a run has cost when it ends (or gives its place back) now. Asking again for the same run counts once. */
  billed(run: string, now: EpochMs): Billed;
}

/** A meter for the job that this process runs in; a laptop has none. */
export function createJobMeter(job: BilledJob): JobMeter {
  const minutes = new Map<string, number>();
  return {
    billed(run, now) {
      minutes.delete(run);
      const others = [...minutes.values()].reduce((sum, each) => sum + each, 0);
      const billed = billOf(job, now, others);
      minutes.set(run, billed.minutes);
      return billed;
    },
  };
}
