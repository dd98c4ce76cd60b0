import { takenText } from '../app/queue-text.ts';
import { triggerText } from '../app/run-message.ts';
import { byText } from '../base/order.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { Peak, SimulatedBackfillReport, SimulatedRunReport, SimulationReport } from '../model/simulation.ts';
import { formatInstant } from '../time/format.ts';
import type { Simulation, SimulationInput } from './simulate.ts';
import { inOrder, type Level, type SimulatedBackfill, type SimulatedRun, type WaitStretch } from './timeline.ts';

/** All that a simulation found, as plain data. */
export function reportSimulation(input: SimulationInput, done: Simulation): SimulationReport {
  const { scenario, planning } = input;
  const { timeline, jobs } = done;
  const runs = inOrder(timeline.runs).map((run) => runReport(run, done.endedAt));
  const ended = inOrder(timeline.runs).flatMap(({ endedAt }) => endedAt ?? []);
  const first = inOrder(timeline.runs)[0]?.requestedAt;
  const of = (outcome: SimulatedRunReport['outcome']): number => runs.filter((run) => run.outcome === outcome).length;
  const lateness = [...timeline.lateness].sort((a, b) => a - b);
  const { minutes: minutesLimit, usdPerMinute: price } = scenario.github;
  return {
    version: 1,
    project: planning.project.name,
    seed: input.seed,
    from: timestamp(input.from),
    until: timestamp(input.until),
    endedAt: timestamp(done.endedAt),
    makespanMs: first === undefined || ended.length === 0 ? 0 : Math.max(...ended) - first,
    wakeUps: done.rings,
    ticks: {
      judged: timeline.counts.ticks,
      missed: timeline.counts.missedTicks,
      ...(lateness.length === 0
        ? {}
        : { latenessP50Ms: quantile(lateness, 0.5), latenessP99Ms: quantile(lateness, 0.99) }),
    },
    totals: {
      runs: runs.length,
      succeeded: of('SUCCESS'),
      failed: of('FAILURE'),
      canceled: of('CANCELED'),
      left: of('QUEUED') + of('STARTED'),
      materialized: timeline.counts.materialized,
      failedAttempts: timeline.counts.failedAttempts,
      checks: timeline.counts.checks,
    },
    waits: sumWaits(runs),
    peaks: { running: peakOf(timeline.working), waiting: peakOf(timeline.waiting), runners: peakOf(done.runners) },
    github: {
      jobs: jobs.filter(({ startedAt }) => startedAt !== undefined).length,
      lostRunners: jobs.filter(({ isLost }) => isLost).length,
      refusedJobs: done.refusedJobs,
      minutes: done.minutes,
      ...(minutesLimit === undefined ? {} : { minutesLimit }),
      ...(price === undefined ? {} : { usd: usdOf(done.minutes, price) }),
      requestsAnHour: done.requests.peak,
      requestsAnHourLimit: scenario.github.requestsAnHour,
      refusedRequests: done.requests.refused,
      pushesAMinute: done.pushesAMinute,
    },
    ...(done.fanOut ? { fanOut: { ...done.fanOut } } : {}),
    state: { commits: done.state.commits, bytesWritten: done.state.bytesWritten },
    runs,
    backfills: [...timeline.backfills.values()]
      .sort((a, b) => a.requestedAt - b.requestedAt || byText(a.backfill, b.backfill))
      .map((backfill) => backfillReport(backfill, timeline.runs, price)),
    notices: [...noticesOf('refusal', done.refusals), ...noticesOf('warning', done.warnings)],
  };
}

function noticesOf(
  kind: 'warning' | 'refusal',
  texts: ReadonlyMap<string, number>,
): SimulationReport['notices'][number][] {
  return [...texts]
    .map(([text, times]) => ({ kind, text, times }))
    .sort((a, b) => b.times - a.times || byText(a.text, b.text));
}

function peakOf({ peak, peakAt }: Level): Peak {
  return { peak, at: timestamp(peakAt) };
}

function backfillReport(
  { backfill, selection, partitions, requestedAt, endedAt, state, counts }: SimulatedBackfill,
  all: ReadonlyMap<string, SimulatedRun>,
  price: number | undefined,
): SimulatedBackfillReport {
  const runs = [...all.values()].filter((run) => run.backfill === backfill);
  const minutes = runs.reduce((sum, run) => sum + run.minutes, 0);
  return {
    backfill,
    selection,
    ...(partitions === '' ? {} : { partitions }),
    requestedAt: timestamp(requestedAt),
    ...(endedAt === undefined ? {} : { endedAt: timestamp(endedAt), durationMs: endedAt - requestedAt }),
    state,
    ...counts,
    runs: runs.length,
    minutes,
    ...(price === undefined ? {} : { usd: usdOf(minutes, price) }),
  };
}

/** To the millionth. */
function usdOf(minutes: number, price: number): number {
  return Math.round(minutes * price * 1e6) / 1e6;
}

/** What asked for a run, without its partitions: those stand beside it. */
function triggerOf(request: RunRequest): string {
  if (request.kind === 'backfill') return `backfill ${request.selection}`;
  if (request.kind === 'retry') return `retry ${request.number} of ${triggerOf(request.original)}`;
  if (request.kind !== 'automation') return triggerText(request);
  const { partitions: _partitions, ...rest } = request;
  return triggerText(rest);
}

function runReport(run: SimulatedRun, end: EpochMs): SimulatedRunReport {
  const { request } = run;
  const partitions = 'partitions' in request ? request.partitions : undefined;
  const began = run.work[0]?.from;
  return {
    run: run.run,
    trigger: triggerOf(request),
    ...(partitions === undefined || partitions === '' ? {} : { partitions }),
    requestedAt: timestamp(run.requestedAt),
    ...(began === undefined ? {} : { startedAt: timestamp(began) }),
    ...(run.endedAt === undefined ? {} : { endedAt: timestamp(run.endedAt) }),
    outcome: run.outcome ?? (run.work.at(-1)?.to === undefined && run.work.length > 0 ? 'STARTED' : 'QUEUED'),
    ...(run.failure === undefined ? {} : { failure: run.failure }),
    steps: run.steps,
    attempts: run.attempts,
    ...(run.backfill === undefined ? {} : { backfill: run.backfill }),
    work: run.work.map(({ from, to }) => ({ from: timestamp(from), to: timestamp(to ?? end) })),
    waits: run.waits
      .map(({ from, to, wait }) => ({ kind: wait.kind, text: waitText(wait), from, to: Math.min(to, end) }))
      .filter(({ from, to }) => to > from)
      .map((wait) => ({ ...wait, from: timestamp(wait.from), to: timestamp(wait.to) })),
  };
}

/** What a wait is for, in words, without who holds it: that changes while one waits. */
export function waitText(wait: WaitStretch['wait']): string {
  switch (wait.kind) {
    case 'no-wake-up':
      return 'nothing is in its way: it waits for the next wake-up';
    case 'all-places':
      return wait.limit === 0
        ? 'nothing leaves the queue (`max_concurrent_runs: 0`)'
        : takenText(wait.limit, 'place', '`run_queue`');
    case 'not-due':
      return `it may go on at ${formatInstant(wait.due)}`;
    case 'tag':
      if (wait.limit === 0) return `no run with ${tagText(wait)} may start (limit 0)`;
      return takenText(wait.limit, 'place', tagText(wait));
    case 'pool':
      return takenText(wait.limit, 'slot', `pool ${wait.pool}`);
    case 'held':
      return `another run holds ${wait.what}`;
  }
}

function tagText({ key, value }: { readonly key: string; readonly value?: string }): string {
  return value === undefined ? `the tag ${key}` : `${key}=${value}`;
}

function sumWaits(runs: readonly SimulatedRunReport[]): SimulationReport['waits'] {
  const sums = new Map<
    string,
    { kind: SimulationReport['waits'][number]['kind']; runs: Set<string>; total: number; longest: number }
  >();
  for (const { run, waits } of runs)
    for (const { kind, text, from, to } of waits) {
      // Each has its own time: in a sum they are one reason.
      const name = kind === 'not-due' ? 'its next attempt is not due yet' : text;
      const sum = sums.get(name) ?? { kind, runs: new Set(), total: 0, longest: 0 };
      const ms = Date.parse(to) - Date.parse(from);
      sum.runs.add(run);
      sum.total += ms;
      sum.longest = Math.max(sum.longest, ms);
      sums.set(name, sum);
    }
  return [...sums]
    .map(([text, { kind, runs: of, total, longest }]) => ({
      kind,
      text,
      runs: of.size,
      totalMs: total,
      longestMs: longest,
    }))
    .sort((a, b) => b.totalMs - a.totalMs || byText(a.text, b.text));
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}
