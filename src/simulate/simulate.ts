import type { PlanningProject } from '../app/planning.ts';
import type { RunPorts, RunSettings } from '../app/run-ports.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { ProcessSpec } from '../ports.ts';
import type { StateChange } from '../ports-state.ts';
import { openTimeBudget } from '../run/budget.ts';
import { decodeEventsFiles } from '../state/batch.ts';
import { parseRecentPath } from '../state/layout.ts';
import { type FanOutFigures, openFanOut } from './fan-out.ts';
import { performWork } from './job-work.ts';
import { createMemoryState, type MemoryState, type StateOrigin } from './memory-state.ts';
import { AFTERWARDS_DAYS, openOutside } from './outside.ts';
import { playOf } from './play-scripts.ts';
import { openRate } from './rate.ts';
import { openRunners } from './runners.ts';
import type { ScenarioPlan } from './scenario-plan.ts';
import { onlyWhatIsAskedFor, scriptedPlanning } from './scripted-project.ts';
import { type JobWorld, portsOfJob, type SimulatedJob } from './simulated-job.ts';
import { type Level, openTimeline, type Timeline } from './timeline.ts';
import { createVirtualTime, seededRandom } from './virtual-time.ts';
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
  /** From then on nobody is woken any more once nothing is open; default: never so. */
  readonly quietFrom?: EpochMs;
  /** Whose state it is; default: `production`. */
  readonly environment?: string;
  /** Told of each commit as it lands, whether or not its job hears of it. */
  readonly onLanded?: (change: StateChange) => void;
  /** Told of each commit that a job knows of, for whoever checks what must always hold. */
  readonly onCommit?: (events: readonly BranchlineEvent[], after: StateView, state: MemoryState) => void;
  /** Told of each decision of a job, and of the state that it was made on. */
  readonly onDecision?: JobWorld['onDecision'];
  /** Told when a script begins, and when it is over; never of the end when its runner is lost. */
  readonly onScript?: (job: SimulatedJob, spec: ProcessSpec, side: 'begin' | 'end', at: EpochMs) => void;
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
  /** Of workflow runs that shared their work out; absent = none was to. */
  readonly fanOut?: FanOutFigures;
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
const CUT_OFF = `work went on for ${AFTERWARDS_DAYS} days after the last wake-up, and was not followed any further`;

/**
 * Plays the days of a project: the real use cases, planning, queue and state, on a clock that jumps from event to event.
 * The same input gives the same outcome, to the byte.
 */
export async function simulate(input: SimulationInput): Promise<Simulation> {
  const { scenario, from, until } = input;
  const random = seededRandom(input.seed);
  const time = createVirtualTime(from, random, { turns: TURNS_MAX });
  const state = createMemoryState(() => time.now(), input.origin, input.onLanded);
  const timeline = openTimeline(from);
  const planning = scriptedPlanning(input.planning);
  const asksForNothing = onlyWhatIsAskedFor(planning);
  const { project } = planning;
  const environment = input.environment ?? 'production';
  const reasons = waitReasons(planning);
  const requests = openRate(HOUR_MS, scenario.github.requestsAnHour);
  const pushes = openRate(MINUTE_MS);
  const warnings = new Map<string, number>();
  const refusals = new Map<string, number>();

  const world: JobWorld = {
    time,
    random,
    state,
    environment,
    projectName: project.name,
    operations: project.operations,
    ...(scenario.github.usdPerMinute === undefined ? {} : { usdPerMinute: scenario.github.usdPerMinute }),
    reads: new Map(),
    workflowOf: (job) => ({ number: fanOut?.workflowOf(job) ?? job.number, isShared: fanOut !== undefined }),
    isOver(number) {
      const job = runners.jobs[number - 1];
      return fanOut ? fanOut.isOver(number) : job === undefined || job.endedAt !== undefined;
    },
    mayAsk: () => requests.take(time.now()),
    ...(input.onDecision ? { onDecision: input.onDecision } : {}),
    onCommit(events, after) {
      pushes.take(time.now());
      timeline.take(events, { view: after, waits: reasons(after, time.now()) });
      input.onCommit?.(events, after, state);
    },
    onUnheard: (change) => timeline.take(eventsOf(change)),
    onWarning: (_, text) => count(warnings, text),
    onScript: (job, spec, side) => input.onScript?.(job, spec, side, time.now()),
    play: playOf(project, scenario, random, () => time.now()),
  };
  const fanOut = scenario.fanOut
    ? openFanOut({
        project,
        jobs: scenario.fanOut.jobs,
        ...(world.usdPerMinute === undefined ? {} : { usdPerMinute: world.usdPerMinute }),
        ask: (work) => runners.ask(work),
        mayAsk: () => requests.take(time.now()),
      })
    : undefined;
  const perform = async (job: SimulatedJob): Promise<void> => {
    const ports = portsOfJob(world, job);
    const settings = settingsOf(job, {
      planning: job.askedAt > until ? asksForNothing : planning,
      environment,
      scenario,
    });
    const done = await (fanOut ? fanOut.perform(ports, settings, job) : performAlone(ports, settings, job));
    if (!done.ok) count(refusals, done.error.message);
  };
  const runners = openRunners({ time, random, scenario }, perform, (job) => fanOut?.ended(job));
  const isQuiet = (): boolean =>
    input.quietFrom !== undefined && time.now() >= input.quietFrom && timeline.isQuiet() && runners.level.now === 0;
  const outside = openOutside({ scenario, from, until, time, random, runners, isQuiet });
  const end = await time.until(outside.happened());
  if (end === 'cut-off') count(warnings, CUT_OFF);

  const { jobs, level, minutes, refusedJobs } = runners;
  const endedAt = Math.max(until, ...jobs.map(({ endedAt: at }) => at ?? from));
  timeline.end(endedAt);
  return {
    timeline,
    jobs,
    state,
    endedAt,
    rings: outside.rings,
    runners: level,
    requests: { peak: requests.peak, refused: requests.refused },
    pushesAMinute: pushes.peak,
    ...(fanOut ? { fanOut: fanOut.figures } : {}),
    refusedJobs,
    minutes,
    warnings,
    refusals,
  };
}

/** One job does all that its workflow run is for. */
async function performAlone(ports: RunPorts, settings: RunSettings, job: SimulatedJob): ReturnType<typeof performWork> {
  const { work } = job;
  if (work.kind === 'execute' || work.kind === 'finalize') throw new Error('nothing is shared out here');
  return performWork(ports, settings, job, work);
}

/** The events of a commit, as its files have them. */
function eventsOf({ files }: StateChange): BranchlineEvent[] {
  const own = [...files].flatMap(([path, text]): [string, string][] =>
    text === null || parseRecentPath(path) === undefined ? [] : [[path, text]],
  );
  return [...decodeEventsFiles(own)].flatMap(({ decoded }) =>
    decoded.ok ? decoded.value.batches.flatMap(({ events }) => events) : [],
  );
}

/** How a job of the workflow is set up: what does not fit into its time is left to the next. */
function settingsOf(
  job: SimulatedJob,
  { planning, environment, scenario }: Pick<SimulationInput, 'planning' | 'scenario'> & { environment: string },
): RunSettings {
  return {
    planning,
    environment,
    maxParallel: scenario.maxParallel,
    failFast: false,
    waitMs: 10 * MINUTE_MS,
    givesBack: true,
    budget: openTimeBudget(job.startedAt!, scenario.budgetMs),
  };
}

function count(of: Map<string, number>, text: string): void {
  of.set(text, (of.get(text) ?? 0) + 1);
}
