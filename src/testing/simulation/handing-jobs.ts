import type { PlanningProject } from '../../app/planning.ts';
import type { ClaimedRun, RunPorts, RunSettings } from '../../app/run-ports.ts';
import type { ProcessSpec } from '../../ports.ts';
import { createMemoryState, type MemoryState } from '../../simulate/memory-state.ts';
import { scriptedPlanning } from '../../simulate/scripted-project.ts';
import { portsOfJob, type SimulatedJob } from '../../simulate/simulated-job.ts';
import { createVirtualTime, seededRandom, type VirtualTime } from '../../simulate/virtual-time.ts';
import { planningOf } from './played.ts';

/** A job with what it claimed, if it hands it over as the job `plan` of a workflow does. */
export interface HandingJob {
  readonly ports: RunPorts;
  readonly settings: RunSettings;
  readonly claimed: readonly ClaimedRun[];
}

export interface HandingJobs {
  readonly time: VirtualTime;
  readonly state: MemoryState;
  readonly planning: PlanningProject;
  /** `claims`: it hands over what it claims; else it carries out. */
  readonly job: (does: 'claims' | 'works') => HandingJob;
}

export const unseen = { onPlan: () => {}, onEvent: () => {}, onRun: () => {}, onRunEnd: () => {} };
const START = Date.UTC(2036, 10, 30);

/**
 * Jobs of workflows on a state in memory, one after the other, for who does by hand what a simulation does by itself.
 * `play` gives the exit code of a script, `durationMsOf` how long it takes.
 */
export function handingJobs(
  manifest: string,
  play: (spec: ProcessSpec) => number = () => 0,
  durationMsOf: (spec: ProcessSpec) => number = () => 1000,
): HandingJobs {
  const random = seededRandom(1);
  const time = createVirtualTime(START, random, { turns: 100_000 });
  const state = createMemoryState(() => time.now());
  const planning = scriptedPlanning(planningOf(manifest));
  let jobs = 0;
  return {
    time,
    state,
    planning,
    job(does) {
      jobs++;
      const number = jobs;
      const own: SimulatedJob = {
        name: `job ${number}`,
        number,
        work: { kind: 'tick' },
        askedAt: time.now(),
        startedAt: time.now(),
        isGone: false,
        isLost: false,
        frozenUntil: 0,
        stop: new AbortController(),
      };
      const claimed: ClaimedRun[] = [];
      const ports = portsOfJob(
        {
          time,
          random,
          state,
          environment: 'production',
          projectName: 'by hand',
          operations: planning.project.operations,
          reads: new Map(),
          workflowOf: () => ({ number, isShared: true }),
          isOver: () => true,
          mayAsk: () => true,
          onCommit: () => {},
          onUnheard: () => {},
          onWarning: (_, text) => {
            throw new Error(text);
          },
          onScript: () => {},
          play: (spec) => ({ durationMs: durationMsOf(spec), code: play(spec) }),
        },
        own,
      );
      const settings: RunSettings = {
        planning,
        environment: 'production',
        maxParallel: 256,
        failFast: false,
        waitMs: 1,
        givesBack: true,
        ...(does === 'claims' ? { handOver: (run: ClaimedRun) => void claimed.push(run) } : {}),
      };
      return { ports, settings, claimed };
    },
  };
}
