import { createJobMeter } from '../app/job-meter.ts';
import type { RunPorts } from '../app/run-ports.ts';
import type { StateDecision } from '../app/state-ports.ts';
import type { StateAt } from '../app/state-reading.ts';
import { openStateSession, type StateSession } from '../app/state-session.ts';
import type { BranchlineEvent, Holder } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Operations } from '../model/operations.ts';
import type { StateView } from '../model/state.ts';
import type { OutputFiles, ProcessExit, ProcessSpec, Scratch } from '../ports.ts';
import type { CommitOutcome, Journals, Liveness, StateChange } from '../ports-state.ts';
import type { BilledJob } from '../run/job-bill.ts';
import { createRedactor } from '../run/redact.ts';
import type { StateRead } from '../state/read.ts';
import type { JobWork } from './job-work.ts';
import type { MemoryState } from './memory-state.ts';
import type { Actor, Random, VirtualTime } from './virtual-time.ts';

/** A job of a workflow: the process of one command on a runner of its own. */
export interface SimulatedJob extends Actor {
  readonly number: number;
  readonly work: JobWork;
  /** When it was asked for; when it got a runner; when GitHub says that it ended, well or lost. */
  readonly askedAt: EpochMs;
  startedAt?: EpochMs;
  endedAt?: EpochMs;
  /** Its runner was lost: GitHub says that it is over. One that is not gone works on without knowing it. */
  isLost: boolean;
  readonly stop: AbortController;
}

/** What the ports of jobs share. */
export interface JobWorld {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly state: MemoryState;
  readonly environment: string;
  readonly projectName: string;
  readonly operations: Operations;
  /** Of a runner; undefined = not known. */
  readonly usdPerMinute?: number;
  /** What was read of the newest heads: all jobs are in one process. */
  readonly reads: Map<string, StateRead>;
  /** The workflow run that a job is of, by the number of its first job; `isShared`: others of it hold its claims too. */
  workflowOf(job: SimulatedJob): { readonly number: number; readonly isShared: boolean };
  /** GitHub says that a workflow run is over, or knows of none. */
  isOver(workflow: number): boolean;
  /** One request to GitHub's API; false = the token has none left. */
  mayAsk(): boolean;
  /** Told of each decision, whether or not it lands. */
  onDecision?(job: SimulatedJob, state: StateAt, decision: StateDecision<unknown>): void;
  /** Told of each commit that landed. */
  onCommit(events: readonly BranchlineEvent[], after: StateView): void;
  /** Told of a commit that landed after its runner was lost: nobody else tells of it. */
  onUnheard(change: StateChange): void;
  onWarning(job: SimulatedJob, text: string): void;
  onScript(job: SimulatedJob, spec: ProcessSpec, side: 'begin' | 'end'): void;
  /** How a script goes: when it ends and how. */
  play(spec: ProcessSpec): { readonly durationMs: number; readonly code: number };
}

/** A push or a read of the state takes so long. */
export const NETWORK_MS = 700;
const NEVER = new Promise<never>(() => undefined);
const SIMULATED = 'simulated';

/** The name of a workflow run in claims, and its number in such a name: those of the world outside have none. */
export function workflowName(number: number): string {
  return `${SIMULATED}-${number}`;
}

export function workflowNumber(name: string): number | undefined {
  return name.startsWith(`${SIMULATED}-`) ? Number(name.slice(SIMULATED.length + 1)) : undefined;
}

/** The job as it is billed. */
export function billedJobOf(job: SimulatedJob, usdPerMinute: number | undefined): BilledJob {
  return {
    startedAt: job.startedAt!,
    runner: SIMULATED,
    ...(usdPerMinute === undefined ? {} : { usdPerMinute }),
  };
}

/** The ports of a job: the state in memory, scripts that are played, a clock that is ours. */
export function portsOfJob(world: JobWorld, job: SimulatedJob): RunPorts {
  const writer = `j${job.number}`;
  const workflow = world.workflowOf(job);
  const clock = world.time.clockOf(job);
  const partitions = new Set<string>();
  const warn = (text: string): void => {
    if (!job.isGone) world.onWarning(job, text);
  };
  const session = openStateSession({
    partitionsOf: () => partitions,
    reads: world.reads,
    store: slowStore(world, job),
    clock,
    random: world.random,
    environment: world.environment,
    projectName: world.projectName,
    writer,
    writerBegan: clock.now(),
    redact: (text) => text,
    warn,
  });
  return {
    clock,
    random: world.random,
    operations: world.operations,
    session: watched(session, world, job),
    journals: runnerJournals(),
    holders: {
      self: {
        kind: 'workflow',
        workflow: workflowName(workflow.number),
        attempt: 1,
        job: 'run',
        ...(workflow.isShared ? { wholeRun: true } : {}),
      },
      liveness: (holder) => livenessOf(world, holder),
    },
    sql: {
      open: () => Promise.reject(new Error('nothing of a simulation is made by SQL')),
      exclusive: async () => () => {},
      end: async () => {},
    },
    outputs: () => noFiles,
    keptFile: () => undefined,
    meter: createJobMeter(billedJobOf(job, world.usdPerMinute)),
    processes: { run: (spec, signal) => runScripted(world, job, spec, signal) },
    endLeftovers: async () => {},
    scratch: emptyScratch,
    writer,
    redactor: createRedactor([]),
    secretNames: [],
    env: {},
    root: '/project',
    logFolder: '/logs',
    signal: job.stop.signal,
    warn,
    say: () => {},
    findLost: async () => new Map(),
    prepareEngines: async () => undefined,
    pages: () => new Map(),
    partitions,
  };
}

/** The state as a runner reaches it: each call takes its time, and whoever is gone gets no answer. */
function slowStore(world: JobWorld, job: SimulatedJob): ReturnType<MemoryState['open']> {
  const inner = world.state.open();
  const called = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
    await world.time.turn(job, ms);
    const answer = await work();
    // Its runner may have been lost while the request was on its way: what landed has landed.
    return job.isGone ? NEVER : answer;
  };
  const heard = async (change: StateChange, sent: Promise<CommitOutcome>): Promise<CommitOutcome> => {
    const outcome = await sent;
    if (job.isGone && outcome.kind === 'landed') world.onUnheard(change);
    return outcome;
  };
  return {
    ...inner,
    read: () => called(NETWORK_MS, () => inner.read()),
    commit: (expected, change) => called(NETWORK_MS, () => heard(change, inner.commit(expected, change))),
    compact: (expected, seq, change) => called(NETWORK_MS, () => heard(change, inner.compact(expected, seq, change))),
  };
}

/** A session whose commits are seen. */
function watched(session: StateSession, world: JobWorld, job: SimulatedJob): StateSession {
  return {
    async transact(decide, options) {
      let events: readonly BranchlineEvent[] = [];
      const outcome = await session.transact(async (state) => {
        const decision = await decide(state);
        world.onDecision?.(job, state, decision);
        events = decision.kind === 'commit' ? decision.events : [];
        return decision;
      }, options);
      if (outcome.ok && outcome.value.commit !== undefined) world.onCommit(events, outcome.value.after.view);
      return outcome;
    },
  };
}

/** A runner's disk goes with its job: nobody ever finds a journal. */
function runnerJournals(): Journals {
  return {
    open: (name) => ({
      place: name,
      append: () => {},
      synced: async () => {},
      confirm: () => {},
      close: () => {},
    }),
    adopt: () => [],
    setAside: (name) => name,
  };
}

async function livenessOf(world: JobWorld, holder: Holder): Promise<Liveness> {
  const number = holder.kind === 'workflow' ? workflowNumber(holder.workflow) : undefined;
  if (number === undefined) return 'gone';
  if (!world.mayAsk()) return 'unknown';
  return world.isOver(number) ? 'gone' : 'alive';
}

async function runScripted(
  world: JobWorld,
  job: SimulatedJob,
  spec: ProcessSpec,
  signal: AbortSignal,
): Promise<ProcessExit> {
  const { durationMs, code } = world.play(spec);
  world.onScript(job, spec, 'begin');
  const isTooLong = spec.timeoutMs !== undefined && durationMs > spec.timeoutMs;
  const startedAt = world.time.now();
  if (durationMs > 0) await world.time.turn(job, isTooLong ? spec.timeoutMs : durationMs, signal);
  const lasted = world.time.now() - startedAt;
  world.onScript(job, spec, 'end');
  if (signal.aborted) return { kind: 'canceled', durationMs: lasted, tail: '' };
  if (isTooLong) return { kind: 'timed-out', durationMs: lasted, tail: '' };
  return { kind: 'exited', code, durationMs: lasted, tail: '' };
}

const noFiles: OutputFiles = {
  looks: 'local',
  find: async () => ({ ok: true, value: [] }),
  save: async (files) => ({ ok: true, value: files }),
  restore: async (files) => files.map(() => ({ kind: 'unchanged' })),
  holds: async (files) => files.map(() => ({ kind: 'present' })),
  holdsEach: async (each) => each.map((files) => files.map(() => ({ kind: 'present' }))),
  remove: async () => {},
};

/** Scripted processes write nothing. */
const emptyScratch: Scratch = {
  open: () => ({
    ok: true,
    value: {
      emptyFile: (name) => `/scratch/${name}`,
      freshPath: (name) => `/scratch/${name}`,
      read: () => ({ text: '', isWhole: true }),
      appendLog: () => {},
      close: () => {},
    },
  }),
};
