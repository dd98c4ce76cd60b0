import { createHolders, createProcessHolders } from '../../adapters/holders.ts';
import { cancelRuns } from '../../app/cancel.ts';
import type { AppFailure } from '../../app/failure.ts';
import type { PlanningProject } from '../../app/planning.ts';
import type { RunPorts, RunSettings } from '../../app/run-ports.ts';
import { runRequest } from '../../app/run-request.ts';
import { openStateSession, type StateSession } from '../../app/state-session.ts';
import { runTick } from '../../app/tick.ts';
import { cliIdentity } from '../../app/wanted-run.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { BranchlineEvent } from '../../model/events.ts';
import type { EpochMs } from '../../model/instant.ts';
import type { Operations } from '../../model/operations.ts';
import type { Project } from '../../model/project.ts';
import type { ProcessRunner } from '../../ports.ts';
import type { WorkflowJob } from '../../ports-github.ts';
import type { CommitOutcome, Journals, StateStore } from '../../ports-state.ts';
import { createRedactor } from '../../run/redact.ts';
import {
  type Actor,
  createVirtualTime,
  type Random,
  seededRandom,
  type VirtualTime,
} from '../../simulate/virtual-time.ts';
import { fakeOutputFiles } from '../fake-output-files.ts';
import { fakeScratch } from '../fake-process.ts';
import { createFakeStateServer, type FakeStateServer, type StoreFault } from '../fake-store.ts';
import { createFakeJournalDisk, type FakeJournalDisk } from './fake-journals.ts';
import { isFirstLook, quietBreach } from './quiet-heads.ts';

/** A laptop keeps its disk and judges its processes; a runner's disk goes with its job, and GitHub is asked about it. */
export interface SimulatedMachine {
  readonly name: string;
  readonly kind: 'laptop' | 'runner';
  readonly disk: FakeJournalDisk;
  /** Its clock minus the true time, in milliseconds. */
  clockOffsetMs: number;
}

/** A command at work: the real use case over simulated ports. */
export interface SimulatedCommand extends Actor {
  readonly machine: SimulatedMachine;
  readonly pid: number;
  readonly warnings: string[];
  /** Calls of its ports so far. */
  calls: number;
  offlineUntil: EpochMs;
  /** Set when it ended by itself. */
  result?: Result<unknown, AppFailure>;
  endedAt?: EpochMs;
  /** Ctrl-C. */
  readonly interrupt: AbortController;
  /** What it decided though the state said that there is nothing to do. */
  readonly breaches: string[];
  /** Events of its commits that the branch has confirmed to it, commit by commit. */
  readonly acknowledged: BranchlineEvent[][];
}

/** `late`: the line breaks, and the push arrives all the same some time after. */
export type CommitFault = StoreFault | 'late';

/** What befalls the calls of commands. */
export interface Weather {
  /** Told of each call, before it takes effect and after; may change anything. */
  onCall?(command: SimulatedCommand, call: string, side: 'before' | 'after'): void;
  /** Told of each commit just before it reaches the server. */
  faultOf?(command: SimulatedCommand): CommitFault | undefined;
  /** What a script does: how long it takes, its exit code and its last words. */
  script?(text: string): { readonly durationMs: number; readonly code: number; readonly tail: string };
}

export interface World {
  readonly random: Random;
  readonly time: VirtualTime;
  readonly server: FakeStateServer;
  readonly weather: Weather;
  /** True = GitHub refuses to tell about jobs. */
  isApiClosed: boolean;
  readonly commands: readonly SimulatedCommand[];
  /** All lines that journals of laptops took. */
  readonly journaled: Set<string>;
  /** Scripts at work now: text and command. */
  readonly working: ReadonlyMap<string, ReadonlySet<SimulatedCommand>>;
  machine(name: string, kind: SimulatedMachine['kind']): SimulatedMachine;
  /** Starts a command; it goes on while somebody calls `time.until`. */
  start(machine: SimulatedMachine, what: CommandKind, more?: { readonly waitMs?: number }): SimulatedCommand;
  /** Lets time go on until each of the commands has ended or is gone. */
  settle(...commands: readonly SimulatedCommand[]): Promise<void>;
}
export type CommandKind =
  | { readonly kind: 'tick' }
  | { readonly kind: 'run'; readonly selection: string }
  | { readonly kind: 'cancel'; readonly what: string };

/** The process was killed in the middle of a synchronous call. */
class Killed extends Error {}

const NEVER = new Promise<never>(() => undefined);
const LOST = { code: 'unreachable', message: 'the line is down' } as const;

/** A state branch, machines and commands whose ports are played by chance. */
export function createWorld(options: {
  readonly seed: number;
  readonly start: EpochMs;
  readonly planning: PlanningProject;
  readonly weather?: Weather;
  /** Commits of one history before it is begun anew. */
  readonly compactAfter?: number;
  /** Whole days that are older leave the branch with that. */
  readonly retentionMs?: number;
}): World {
  const random = seededRandom(options.seed);
  const time = createVirtualTime(options.start, random);
  const server = createFakeStateServer();
  const commands: SimulatedCommand[] = [];
  const working = new Map<string, Set<SimulatedCommand>>();
  let writers = 0;
  const world: World = {
    random,
    time,
    server,
    weather: options.weather ?? {},
    isApiClosed: false,
    commands,
    journaled: new Set(),
    working,
    machine: (name, kind) => ({ name, kind, disk: createFakeJournalDisk(), clockOffsetMs: 0 }),
    start(machine, what, more) {
      const pid = commands.length + 1;
      const command: SimulatedCommand = {
        name: `${machine.name}:${pid}`,
        machine,
        pid,
        warnings: [],
        calls: 0,
        isGone: false,
        frozenUntil: 0,
        offlineUntil: 0,
        interrupt: new AbortController(),
        breaches: [],
        acknowledged: [],
      };
      commands.push(command);
      void carryCommand(world, command, {
        what,
        ports: portsOf(world, command, {
          working,
          writer: `w${++writers}`,
          operations: options.planning.project.operations,
          ticks: what.kind === 'tick' ? options.planning.project : undefined,
          ...(options.compactAfter === undefined ? {} : { compactAfter: options.compactAfter }),
          ...(options.retentionMs === undefined ? {} : { retentionMs: options.retentionMs }),
        }),
        settings: settingsOf(options.planning, more?.waitMs ?? 0),
      });
      return command;
    },
    async settle(...some) {
      const idle: Actor = { name: 'observer', isGone: false, frozenUntil: 0 };
      const isOver = ({ isGone }: SimulatedCommand): boolean => isGone;
      const watch = async (): Promise<void> => {
        while (!some.every(isOver)) await time.turn(idle, 1_000);
      };
      await time.until(watch());
    },
  };
  return world;
}

function settingsOf(planning: PlanningProject, waitMs: number): RunSettings {
  return { planning, environment: 'production', maxParallel: 2, failFast: false, waitMs };
}

async function carryCommand(
  world: World,
  command: SimulatedCommand,
  { what, ports, settings }: { readonly what: CommandKind; readonly ports: RunPorts; readonly settings: RunSettings },
): Promise<void> {
  const observer = { onPlan: () => {}, onEvent: () => {}, onRun: () => {}, onRunEnd: () => {} };
  let result: Result<unknown, AppFailure>;
  try {
    if (what.kind === 'tick') {
      result = await runTick(ports, settings, { dryRun: false, nowWasGiven: false }, observer);
    } else if (what.kind === 'cancel') {
      result = await cancelRuns(ports, settings.planning, what.what, { reason: 'by hand' });
    } else {
      const identity = cliIdentity(ports.clock.now(), `${command.pid}`.padStart(20, '0'));
      const request = { kind: 'cli', ...identity, selection: what.selection, mode: 'all' } as const;
      result = await runRequest(ports, settings, { ...request, withUpstream: true, ignoreBlocking: false }, observer);
    }
  } catch (error) {
    if (command.isGone) return;
    // A bug: it must not be taken for an orderly end.
    result = fail({ exit: 3, code: 'bug', message: (error as Error).stack ?? String(error) });
  }
  if (command.isGone) return;
  command.result = result;
  end(world, command);
}

/** Its process is not there any more; what it had started goes with it. */
export function end(world: World, command: SimulatedCommand): void {
  command.isGone = true;
  command.endedAt = world.time.now();
  for (const workers of world.working.values()) (workers as Set<SimulatedCommand>).delete(command);
}

/** One call of a port: its turn comes, then what befalls it, then its effect, then the answer's way back. */
async function called<T>(world: World, command: SimulatedCommand, call: string, work: () => Promise<T>): Promise<T> {
  await world.time.turn(command, Math.floor(world.random() * 200));
  notice(world, command, call, 'before');
  if (command.isGone) return NEVER;
  const answer = await work();
  notice(world, command, call, 'after');
  if (command.isGone) return NEVER;
  await world.time.turn(command, Math.floor(world.random() * 50));
  return answer;
}

function notice(world: World, command: SimulatedCommand, call: string, side: 'before' | 'after'): void {
  if (side === 'before') command.calls++;
  world.weather.onCall?.(command, call, side);
}

/** The same for calls that do not wait. */
function calledAtOnce<T>(world: World, command: SimulatedCommand, call: string, work: () => T): T {
  if (command.isGone) throw new Killed();
  notice(world, command, call, 'before');
  if (command.isGone) throw new Killed();
  const answer = work();
  notice(world, command, call, 'after');
  if (command.isGone) throw new Killed();
  return answer;
}

function storeOf(world: World, command: SimulatedCommand): StateStore {
  const inner = world.server.open();
  const isOffline = (): boolean => world.time.now() < command.offlineUntil;
  const push = (call: string, isFirst: boolean, land: () => Promise<CommitOutcome>): Promise<CommitOutcome> =>
    called(world, command, call, async () => {
      if (isOffline()) return { kind: 'unreachable', message: LOST.message };
      const fault = world.weather.faultOf?.(command);
      if (fault === 'late') {
        const line: Actor = { name: 'a slow line', isGone: false, frozenUntil: 0 };
        // A first push that arrives once the branch was there and is gone would begin it anew: nobody promises that.
        const arrive = (): void => void (isFirst && world.server.heads.length > 0 ? undefined : land());
        void world.time.turn(line, Math.floor(world.random() * 90_000)).then(arrive);
        return { kind: 'unreachable', message: LOST.message };
      }
      world.server.faults = fault === undefined ? [] : [fault];
      return land();
    });
  return {
    ...inner,
    read: () => called(world, command, 'store.read', async () => (isOffline() ? fail(LOST) : inner.read())),
    list: (commit, prefix) =>
      called(world, command, 'store.list', async () => (isOffline() ? fail(LOST) : inner.list(commit, prefix))),
    load: (commit, paths) =>
      called(world, command, 'store.load', async () => (isOffline() ? fail(LOST) : inner.load(commit, paths))),
    commit: (expected, change) => push('store.commit', expected === undefined, () => inner.commit(expected, change)),
    compact: (expected, seq, change) => push('store.compact', false, () => inner.compact(expected, seq, change)),
  };
}

function journalsOf(world: World, command: SimulatedCommand): Journals {
  const { machine } = command;
  const inner = machine.disk.open(() => command.isGone);
  const at = <T>(call: string, work: () => T): T => calledAtOnce(world, command, call, work);
  return {
    open(writer) {
      const journal = inner.open(writer);
      return {
        place: journal.place,
        append: (lines, sync) =>
          at('journal.append', () => {
            journal.append(lines, sync);
            if (machine.kind === 'laptop') for (const line of lines) world.journaled.add(line);
          }),
        synced: () => called(world, command, 'journal.synced', () => journal.synced()),
        confirm: (lines) => at('journal.confirm', () => journal.confirm(lines)),
        close: () => at('journal.close', () => journal.close()),
      };
    },
    adopt: () =>
      at('journals.adopt', () =>
        inner.adopt().map((orphan) => ({
          ...orphan,
          discard: () => at('orphan.discard', () => orphan.discard()),
          release: () => at('orphan.release', () => orphan.release()),
        })),
      ),
    setAside: (writer, lines) => at('journals.set-aside', () => inner.setAside(writer, lines)),
  };
}

function processesOf(
  world: World,
  command: SimulatedCommand,
  working: Map<string, Set<SimulatedCommand>>,
): ProcessRunner {
  return {
    async run(spec, signal) {
      const plays = world.weather.script?.(spec.script) ?? { durationMs: 60_000, code: 0, tail: '' };
      const workers = working.get(spec.script) ?? new Set();
      working.set(spec.script, workers.add(command));
      notice(world, command, `process ${spec.script}`, 'before');
      if (command.isGone) return NEVER;
      const startedAt = world.time.now();
      await world.time.turn(command, plays.durationMs, signal);
      workers.delete(command);
      const durationMs = world.time.now() - startedAt;
      if (signal.aborted) return { kind: 'canceled', durationMs, tail: '' };
      return { kind: 'exited', code: plays.code, durationMs, tail: plays.tail };
    },
  };
}

/** Wraps a session so that what it confirms is known. */
function watched(session: StateSession, command: SimulatedCommand, project: Project | undefined): StateSession {
  const firstSeen = new WeakMap<object, number>();
  return {
    async transact(decide) {
      let events: readonly BranchlineEvent[] = [];
      const outcome = await session.transact(async (state) => {
        const decision = await decide(state);
        const isJudged = project && isFirstLook(firstSeen, command, state);
        const breach = isJudged ? quietBreach(project, state, decision) : undefined;
        if (breach !== undefined) command.breaches.push(breach);
        events = decision.kind === 'commit' ? decision.events : [];
        return decision;
      });
      if (outcome.ok && outcome.value.commit !== undefined) command.acknowledged.push([...events]);
      return outcome;
    },
  };
}

function portsOf(
  world: World,
  command: SimulatedCommand,
  own: {
    readonly working: Map<string, Set<SimulatedCommand>>;
    readonly writer: string;
    readonly operations: Operations;
    /** Of a wake-up: the project. */
    readonly ticks: Project | undefined;
    readonly compactAfter?: number;
    readonly retentionMs?: number;
  },
): RunPorts {
  const { machine } = command;
  const { working, writer, compactAfter, retentionMs } = own;
  const clock = world.time.clockOf(command, () => machine.clockOffsetMs);
  const warn = (text: string): void => {
    if (!command.isGone) command.warnings.push(text);
  };
  const session = openStateSession({
    store: storeOf(world, command),
    clock,
    random: world.random,
    environment: 'production',
    projectName: 'simulated',
    writer,
    writerBegan: clock.now(),
    ...(compactAfter === undefined ? {} : { compactAfter }),
    ...(retentionMs === undefined ? {} : { retentionMs }),
    redact: (text) => text,
    warn,
  });
  const files = fakeOutputFiles();
  return {
    partitions: new Set(),
    clock,
    random: world.random,
    session: watched(session, command, own.ticks),
    journals: journalsOf(world, command),
    holders: holdersOf(world, command, clock),
    operations: own.operations,
    sql: { open: never, exclusive: never, end: async () => {} },
    outputs: () => files,
    keptFile: () => undefined,
    processes: processesOf(world, command, working),
    endLeftovers: async () => {},
    scratch: fakeScratch(),
    writer,
    redactor: createRedactor([]),
    secretNames: [],
    env: {},
    root: '/project',
    logFolder: '/logs',
    signal: command.interrupt.signal,
    warn,
    say: () => {},
    findLost: async () => new Map(),
    prepareEngines: async () => undefined,
    pages: ({ after }) => new Map([['README.md', `commit ${after.view.seq}\n`]]),
  };
}

function never(): never {
  throw new Error('no asset of a simulation is made by SQL');
}

function holdersOf(world: World, command: SimulatedCommand, clock: RunPorts['clock']): RunPorts['holders'] {
  const { machine } = command;
  const processes = createProcessHolders(
    {
      machine: machine.name,
      boot: 'b1',
      isRunning: (pid) => world.commands.some((other) => other.pid === pid && !other.isGone),
      startOf: String,
    },
    command.pid,
  );
  if (machine.kind === 'laptop') return createHolders({ processes, clock });
  const jobs = async (run: number): Promise<Result<readonly WorkflowJob[], { code: 'not-found'; message: string }>> => {
    await world.time.turn(command, Math.floor(world.random() * 300));
    const holder = world.commands.find((other) => other.pid === run);
    if (world.isApiClosed || holder === undefined) return fail({ code: 'not-found', message: '404' });
    const base = { id: run, name: 'tick', attempt: 1, labels: [], isSelfHosted: false };
    if (!holder.isGone) return ok([{ ...base, status: 'in_progress' }]);
    return ok([
      { ...base, status: 'completed', ...(holder.endedAt === undefined ? {} : { completedAt: holder.endedAt }) },
    ]);
  };
  const workflow = { workflow: String(command.pid), attempt: 1, job: 'tick' };
  return createHolders({ processes, workflow, github: { jobs }, clock });
}
