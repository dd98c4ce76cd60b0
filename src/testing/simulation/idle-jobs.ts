import type { BranchlineEvent } from '../../model/events.ts';
import { type EpochMs, epochMs, timestamp } from '../../model/instant.ts';
import type { Simulation, SimulationInput } from '../../simulate/simulate.ts';
import type { SimulatedJob } from '../../simulate/simulated-job.ts';

/** Who has only this to tell has begun nothing and ended nothing. */
const NOTHING_DONE = new Set([
  'run.started',
  'run.requeued',
  'claim.opened',
  'claim.renewed',
  'claim.closed',
  'step.skipped',
  'assets.confirmed',
]);

/** Nobody holds a machine for so long with nothing at work and nobody to wait for. */
const IDLE_MS = 3 * 60_000;
/** Who waits for others looks again so often, and finds out that they are gone. */
const LOOK_MS = 60_000;

interface Span {
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** Jobs that cost minutes and bring nothing: they idle, give back what they took, or start each other for ever. */
export function watchIdleJobs(say: (text: string) => void): {
  readonly onDecision: NonNullable<SimulationInput['onDecision']>;
  readonly onScript: NonNullable<SimulationInput['onScript']>;
  judge(done: Simulation, how: { readonly setUpMs: number; readonly budgetMs: number }): void;
} {
  const told = new Map<SimulatedJob, BranchlineEvent[]>();
  const scripts = new Map<SimulatedJob, { from: EpochMs; to: EpochMs }[]>();
  return {
    onDecision(job, _, decision) {
      if (decision.kind !== 'commit') return;
      told.set(job, [...(told.get(job) ?? []), ...decision.events]);
    },
    onScript(job, _, side, at) {
      const own = scripts.get(job) ?? [];
      scripts.set(job, own);
      if (side === 'begin') own.push({ from: at, to: Number.POSITIVE_INFINITY });
      else own.find(({ to }) => to === Number.POSITIVE_INFINITY)!.to = at;
    },
    judge(done, { setUpMs, budgetMs }) {
      judgeStarted(done, told, say);
      judgeStartedInVain(done, told, say);
      judgeGivenBack(done, { told, scripts }, budgetMs, say);
      // Without an answer of GitHub nobody knows whether who is in the way is still there.
      if (done.requests.refused === 0) judgeIdle(done, { told, scripts }, setUpMs, say);
    },
  };
}

/** The workflow run that a job is of: the number of its first job. */
function workflowOf({ work, number }: SimulatedJob): number {
  return work.kind === 'execute' || work.kind === 'finalize' ? work.of.number : number;
}

/** A workflow run that starts another one has begun something, or ended something, or asked for more. */
function judgeStarted(
  { jobs }: Simulation,
  told: ReadonlyMap<SimulatedJob, readonly BranchlineEvent[]>,
  say: (text: string) => void,
): void {
  const hasDone = new Set(
    jobs.filter((job) => told.get(job)?.some(({ type }) => !NOTHING_DONE.has(type))).map(workflowOf),
  );
  for (const { name, work } of jobs)
    if (work.kind === 'tick' && work.after !== undefined && !hasDone.has(work.after))
      say(`${name} was started by workflow run ${work.after}, which had done nothing`);
}

/** A workflow run that another one has started finds something to do, unless others were there meanwhile. */
function judgeStartedInVain(
  { jobs }: Simulation,
  told: ReadonlyMap<SimulatedJob, readonly BranchlineEvent[]>,
  say: (text: string) => void,
): void {
  for (const job of jobs) {
    const { work, askedAt, endedAt, isLost } = job;
    if (work.kind !== 'tick' || work.after === undefined || isLost || endedAt === undefined || told.has(job)) continue;
    const isAlone = jobs.every(
      (other) =>
        other === job ||
        workflowOf(other) === work.after ||
        other.startedAt === undefined ||
        other.startedAt > endedAt ||
        (other.endedAt ?? endedAt) < askedAt - LOOK_MS,
    );
    if (isAlone) say(`${job.name} was started by workflow run ${work.after}, and found nothing to do`);
  }
}

/** A job that takes a run has begun a step before its time is over. */
function judgeGivenBack(
  { jobs }: Simulation,
  at: {
    readonly told: ReadonlyMap<SimulatedJob, readonly BranchlineEvent[]>;
    readonly scripts: ReadonlyMap<SimulatedJob, readonly Span[]>;
  },
  budgetMs: number,
  say: (text: string) => void,
): void {
  const hasWorked = new Set([...at.scripts.keys()].map(workflowOf));
  for (const job of jobs) {
    if (job.isLost || hasWorked.has(workflowOf(job))) continue;
    // Its time went by while others were in the way.
    if ((job.endedAt ?? 0) - (job.startedAt ?? 0) >= budgetMs) continue;
    const own = at.told.get(job) ?? [];
    // Whose machines were lost is another matter, and so is what a job takes in of others.
    if (own.some(({ type }) => type === 'run.taken-over')) continue;
    const given = own.find((event) => event.type === 'run.requeued' && isForTime(event.reason, job));
    if (given) say(`${job.name} gave run ${given.run} back, and had begun nothing`);
  }
}

/** For want of time, and not since others were lost whose work it took in. */
function isForTime(reason: string, { work }: SimulatedJob): boolean {
  return reason.startsWith(work.kind === 'finalize' ? 'the rest is of the next wave' : 'the time budget');
}

/** Who has a machine is at work, or waits for somebody who is, or for the next attempt of a step. */
function judgeIdle(
  { jobs, endedAt }: Simulation,
  at: {
    readonly told: ReadonlyMap<SimulatedJob, readonly BranchlineEvent[]>;
    readonly scripts: ReadonlyMap<SimulatedJob, readonly Span[]>;
  },
  setUpMs: number,
  say: (text: string) => void,
): void {
  const retries = [...at.told.values()]
    .flat()
    .flatMap((event) =>
      event.type === 'step.attempt-ended' && event.retryAt !== undefined
        ? [{ from: epochMs(event.at), to: epochMs(event.retryAt) }]
        : [],
    );
  for (const job of jobs) {
    if (job.isLost || job.startedAt === undefined || job.endedAt === undefined) continue;
    const others = jobs.filter((other) => other !== job && other.startedAt !== undefined);
    const reasons = [
      { from: job.startedAt, to: job.startedAt + setUpMs },
      ...(at.scripts.get(job) ?? []),
      ...retries,
      ...others.map((other) => ({ from: other.startedAt!, to: (other.endedAt ?? endedAt) + LOOK_MS })),
    ];
    const idle = longestGap({ from: job.startedAt, to: job.endedAt }, reasons);
    if (idle.to - idle.from > IDLE_MS)
      say(`${job.name} idled from ${timestamp(idle.from)} to ${timestamp(idle.to)} with nobody else at work`);
  }
}

/** The longest part of a span that none of the others covers. */
function longestGap(within: Span, spans: readonly Span[]): Span {
  let longest = { from: within.from, to: within.from };
  let free = within.from;
  for (const { from, to } of [...spans, { from: within.to, to: within.to }].sort((a, b) => a.from - b.from)) {
    const end = Math.min(from, within.to);
    if (end - free > longest.to - longest.from) longest = { from: free, to: end };
    free = Math.max(free, to);
  }
  return longest;
}
