import type { PlanningProject } from '../app/planning.ts';
import { cliIdentity, type RunSettings } from '../app/run.ts';
import { runRequest } from '../app/run-request.ts';
import { runTick } from '../app/tick.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { ProcessSpec } from '../ports.ts';
import { nextTick } from '../time/cron.ts';
import { createMemoryState, type MemoryState, type StateOrigin } from './memory-state.ts';
import { playOf } from './play-scripts.ts';
import { type ScenarioPlan, type StartedByHand, sampleSpread } from './scenario-plan.ts';
import { scriptedPlanning } from './scripted-project.ts';
import { type JobWorld, portsOfJob, type SimulatedJob } from './simulated-job.ts';
import { type Level, openTimeline, type Timeline } from './timeline.ts';
import { type Actor, createVirtualTime, seededRandom } from './virtual-time.ts';
import { waitReasons } from './waits.ts';

export interface SimulationInput {
  readonly planning: PlanningProject;
  /** The state that it begins with; undefined = none. */
  readonly origin?: StateOrigin;
  readonly scenario: ScenarioPlan;
  readonly from: EpochMs;
  /** The last instant at which somebody is woken; what is at work then goes on to its end. */
  readonly until: EpochMs;
  readonly seed: number;
  /** Whose state it is; default: `production`. */
  readonly environment?: string;
  /** Told of each commit, for whoever checks what must always hold. */
  readonly onCommit?: (events: readonly BranchlineEvent[], after: StateView, state: MemoryState) => void;
  /** Told when a script begins, and when it is over; never of the end when its runner is lost. */
  readonly onScript?: (job: SimulatedJob, spec: ProcessSpec, side: 'begin' | 'end') => void;
}

export interface Simulation {
  readonly timeline: Timeline;
  readonly jobs: readonly SimulatedJob[];
  readonly state: MemoryState;
  /** When the last job ended. */
  readonly endedAt: EpochMs;
  readonly rings: { readonly rung: number; readonly lost: number };
  /** Jobs at once on runners; and those that waited for one. */
  readonly runners: Level;
  /** Requests to GitHub's API: of the busiest hour, and those that were refused. */
  readonly requests: { readonly peak: number; readonly refused: number };
  readonly pushesAMinute: number;
  /** Jobs that were not started since the minutes were used up. */
  readonly refusedJobs: number;
  readonly minutes: number;
  /** What commands said that a person should know, each once, with how often. */
  readonly warnings: ReadonlyMap<string, number>;
  /** Refusals of commands, each once, with how often. */
  readonly refusals: ReadonlyMap<string, number>;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const TURNS_MAX = 50_000_000;
/** A simulation does not wait for work that goes on so long after its end. */
const AFTERWARDS_MS = 14 * 24 * HOUR_MS;

/**
 * Plays the days of a project: the real use cases, planning, queue and state, on a clock that jumps from event to event.
 * The same input gives the same outcome, to the byte.
 */
export async function simulate(input: SimulationInput): Promise<Simulation> {
  const { scenario, from, until } = input;
  const random = seededRandom(input.seed);
  const time = createVirtualTime(from, random, TURNS_MAX);
  const state = createMemoryState(() => time.now(), input.origin);
  const timeline = openTimeline(from);
  const planning = scriptedPlanning(input.planning);
  const reasons = waitReasons(planning);
  const jobs: SimulatedJob[] = [];
  const queue: (() => void)[] = [];
  const runners = { now: 0, peak: 0, peakAt: from };
  const asked: EpochMs[] = [];
  const pushed: EpochMs[] = [];
  const warnings = new Map<string, number>();
  const refusals = new Map<string, number>();
  const figures = { refusedRequests: 0, refusedJobs: 0, minutes: 0, requestsPeak: 0, pushesPeak: 0, rung: 0, lost: 0 };
  const count = (of: Map<string, number>, text: string): void => void of.set(text, (of.get(text) ?? 0) + 1);

  const world: JobWorld = {
    time,
    random,
    state,
    environment: input.environment ?? 'production',
    projectName: planning.project.name,
    operations: planning.project.operations,
    reads: new Map(),
    job: (number) => jobs[number - 1],
    mayAsk() {
      keepNewer(asked, time.now() - HOUR_MS);
      if (asked.length >= scenario.github.requestsAnHour) {
        figures.refusedRequests++;
        return false;
      }
      asked.push(time.now());
      figures.requestsPeak = Math.max(figures.requestsPeak, asked.length);
      return true;
    },
    onCommit(events, after) {
      keepNewer(pushed, time.now() - MINUTE_MS);
      pushed.push(time.now());
      figures.pushesPeak = Math.max(figures.pushesPeak, pushed.length);
      timeline.take(events, after, reasons(after, time.now()));
      input.onCommit?.(events, after, state);
    },
    onWarning: (_, text) => count(warnings, text),
    onScript: (job, spec, side) => input.onScript?.(job, spec, side),
    play: playOf(planning.project, scenario, random, () => time.now()),
  };

  const settings = (job: SimulatedJob): RunSettings => ({
    planning,
    environment: world.environment,
    maxParallel: scenario.maxParallel,
    failFast: false,
    waitMs: 10 * MINUTE_MS,
    givesBack: true,
    budget: { endsAt: job.startedAt! + scenario.budgetMs, totalMs: scenario.budgetMs },
  });

  /** Ends a job, well or not, and gives its runner to the next. */
  function end(job: SimulatedJob): void {
    if (job.isGone) return;
    const now = time.now();
    job.isGone = true;
    job.endedAt = now;
    figures.minutes += Math.ceil((now - job.startedAt!) / MINUTE_MS);
    runners.now--;
    queue.shift()?.();
  }

  async function carry(job: SimulatedJob, what: StartedByHand | undefined): Promise<void> {
    job.startedAt = time.now();
    runners.now++;
    if (runners.now > runners.peak) Object.assign(runners, { peak: runners.now, peakAt: time.now() });
    await time.turn(job, scenario.github.setUpMs);
    const ports = portsOfJob(world, job);
    const observer = { onPlan: () => {}, onEvent: () => {}, onRun: () => {}, onRunEnd: () => {} };
    const outcome =
      what === undefined
        ? await runTick(ports, settings(job), { dryRun: false, nowWasGiven: false }, observer)
        : await runRequest(ports, settings(job), requestOf(what, job), observer);
    if (!outcome.ok) count(refusals, outcome.error.message);
    end(job);
  }

  const work = new Set<Promise<void>>();
  /** Asks for a job: it starts when there is a runner. */
  function ask(purpose: string, what?: StartedByHand): void {
    const { minutes } = scenario.github;
    if (minutes !== undefined && figures.minutes >= minutes) {
      figures.refusedJobs++;
      return;
    }
    const number = jobs.length + 1;
    const job: SimulatedJob = {
      name: `job ${number}`,
      number,
      purpose,
      askedAt: time.now(),
      isGone: false,
      isLost: false,
      frozenUntil: 0,
      stop: new AbortController(),
    };
    jobs.push(job);
    const start = (): void => {
      const going = new Promise<void>((resolve, reject) => {
        gone.set(job, resolve);
        carry(job, what).then(resolve, reject);
      });
      work.add(going);
      going.then(
        () => work.delete(going),
        () => undefined,
      );
      if (random() < scenario.lostRunners) void loseLater(job);
    };
    if (runners.now < scenario.github.runners) start();
    else queue.push(start);
  }
  const gone = new Map<SimulatedJob, () => void>();

  /** Its machine is lost: whatever it was at ends in the middle. */
  function lose(job: SimulatedJob): void {
    if (job.isGone || job.startedAt === undefined) return;
    job.isLost = true;
    end(job);
    gone.get(job)?.();
  }
  async function loseLater(job: SimulatedJob): Promise<void> {
    // Somewhere in its first hour: short jobs are often over by then, as it is in the world.
    await time.turn(job, Math.floor(random() ** 3 * HOUR_MS));
    lose(job);
  }

  const outside: Actor = { name: 'the world outside', isGone: false, frozenUntil: 0 };
  async function ring(): Promise<void> {
    for (let at = nextTick(scenario.wakeUps, 'UTC', from); at !== undefined && at <= until; ) {
      await time.turn(outside, at - time.now());
      if (random() < scenario.lostRings) figures.lost++;
      else void ringLate();
      at = nextTick(scenario.wakeUps, 'UTC', at);
    }
  }
  async function ringLate(): Promise<void> {
    await time.turn(outside, sampleSpread(scenario.lateness, random));
    if (time.now() > until) return;
    figures.rung++;
    ask('tick');
  }
  async function startByHand(what: StartedByHand): Promise<void> {
    await time.turn(outside, Math.max(0, what.at - time.now()));
    ask(`run ${what.selection}`, what);
  }
  async function crash(at: EpochMs): Promise<void> {
    await time.turn(outside, Math.max(0, at - time.now()));
    for (const job of jobs) lose(job);
  }
  const script = [
    ring(),
    ...scenario.started.filter(({ at }) => at <= until).map(startByHand),
    ...scenario.crashes.filter((at) => at <= until).map(crash),
  ];
  await time.until(
    (async () => {
      await Promise.all(script);
      const last = time.turn(outside, Math.max(0, until - time.now()));
      await last;
      const giveUp = time.turn(outside, AFTERWARDS_MS).then(() => 'given up' as const);
      while (work.size > 0 || queue.length > 0) {
        const still = Promise.all(work).then(() => undefined);
        if ((await Promise.race([still, giveUp])) === 'given up') break;
      }
    })(),
  );
  const endedAt = Math.max(until, ...jobs.map(({ endedAt: at }) => at ?? from));
  timeline.end(endedAt);
  return {
    timeline,
    jobs,
    state,
    endedAt,
    rings: { rung: figures.rung, lost: figures.lost },
    runners,
    requests: { peak: figures.requestsPeak, refused: figures.refusedRequests },
    pushesAMinute: figures.pushesPeak,
    refusedJobs: figures.refusedJobs,
    minutes: figures.minutes,
    warnings,
    refusals,
  };
}

function requestOf(what: StartedByHand, job: SimulatedJob): Parameters<typeof runRequest>[2] {
  return {
    kind: 'cli',
    ...cliIdentity(job.askedAt, `${job.number}`.padStart(20, '0')),
    selection: what.selection,
    mode: 'all',
    withUpstream: what.withUpstream,
    ignoreBlocking: false,
    ...(what.partitions === undefined ? {} : { partitions: what.partitions }),
  };
}

/** Drops what is older from the front of a list in order of time. */
function keepNewer(times: EpochMs[], than: EpochMs): void {
  while (times.length > 0 && times[0]! <= than) times.shift();
}
