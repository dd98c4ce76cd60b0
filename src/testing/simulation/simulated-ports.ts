import { createHolders, createProcessHolders } from '../../adapters/holders.ts';
import type { RunPorts } from '../../app/run-ports.ts';
import { openStateSession, type StateSession } from '../../app/state-session.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { BranchlineEvent } from '../../model/events.ts';
import type { Operations } from '../../model/operations.ts';
import type { Project } from '../../model/project.ts';
import type { ProcessRunner } from '../../ports.ts';
import type { WorkflowJob } from '../../ports-github.ts';
import type { CommitOutcome, Journals, StateStore } from '../../ports-state.ts';
import { createRedactor } from '../../run/redact.ts';
import type { Actor } from '../../simulate/virtual-time.ts';
import { fakeOutputFiles } from '../fake-output-files.ts';
import { fakeScratch } from '../fake-process.ts';
import { called, calledAtOnce, NEVER, notice } from './port-calls.ts';
import { isFirstLook, quietBreach } from './quiet-heads.ts';
import type { SimulatedCommand, World } from './simulated-world.ts';

const LOST = { code: 'unreachable', message: 'the line is down' } as const;

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

/** The ports of one command, played by its world. */
export function portsOf(
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
