import type { BranchlineEvent } from '../../model/events.ts';
import { timestamp } from '../../model/instant.ts';
import { type Batch, decodeEventsFile } from '../../state/batch.ts';
import { readCut } from '../../state/checkpoint.ts';
import { parseRecentPath, parseSegmentPath } from '../../state/layout.ts';
import type { FakeStateServer } from '../fake-store.ts';
import type { Fault, FaultSchedule } from './faults.ts';
import { simulatedProject } from './project.ts';
import type { CommandKind, SimulatedCommand, SimulatedMachine, World } from './simulated-world.ts';
import { createWorld, end } from './world.ts';

/** Before midnight: the day ends while commands are at work, so that there are seals and folds among them. */
const START = Date.parse('2026-11-22T22:20:00Z');
const MINUTE = 60_000;
/** What a failing script prints, and a scanner takes for a secret. */
const TOKEN = 'ghp_0123456789abcdef';
const planning = simulatedProject();

/** What came of a schedule, for whoever judges it. */
export interface Played {
  readonly schedule: FaultSchedule;
  readonly world: World;
  /** Ids of events that a forced push took out of history: nobody promises them. */
  readonly forgotten: ReadonlySet<string>;
  /** Scripts that two commands ran at once though neither had been taken for dead. */
  readonly doubleWork: readonly string[];
  /** The commands that came after all was mended; all of them must have ended well. */
  readonly last: readonly SimulatedCommand[];
  readonly machines: readonly SimulatedMachine[];
}

/** All events of a tree, in the order of commits. */
export function eventsOf(files: ReadonlyMap<string, string>): BranchlineEvent[] {
  return batchesOf(files).flatMap((batch) => batch.events);
}

/** The same with those that a retention let go: the archive has them. */
export function everRecorded(server: FakeStateServer, files = server.files()): BranchlineEvent[] {
  return everCommitted(server, files).flatMap((batch) => batch.events);
}

function everCommitted(server: FakeStateServer, files: ReadonlyMap<string, string>): Batch[] {
  const cut = readCut(files, []);
  const begun = [...files].find(([path]) => path.startsWith('compacted/'));
  if (cut === undefined || begun === undefined) return batchesOf(files);
  const { archive } = JSON.parse(begun[1]) as { readonly archive: string };
  const dropped = everCommitted(server, server.filesOf(archive)).filter(({ seq }) => seq <= cut.seq);
  return [...dropped, ...batchesOf(files)];
}

function batchesOf(files: ReadonlyMap<string, string>): Batch[] {
  const paths = [...files.keys()].filter((path) => parseSegmentPath(path) || parseRecentPath(path));
  const batches = paths.flatMap((path) => {
    const decoded = decodeEventsFile(path, files.get(path)!);
    if (!decoded.ok) throw new Error(`${path}: ${JSON.stringify(decoded.error)}`);
    return decoded.value.batches;
  });
  return batches.sort(
    (a, b) => a.seq - b.seq || (a.part ?? Number.POSITIVE_INFINITY) - (b.part ?? Number.POSITIVE_INFINITY),
  );
}

/** Plays a schedule to its end: the commands with their faults, then fresh commands once everything is mended. */
export async function play(schedule: FaultSchedule): Promise<Played> {
  const due = new Set<Fault>(schedule.faults);
  const forgotten = new Set<string>();
  const doubleWork: string[] = [];
  const own: SimulatedCommand[] = [];
  let commits = 0;
  const world = createWorld({
    seed: schedule.seed,
    start: START,
    planning,
    ...(schedule.compactAfter === undefined ? {} : { compactAfter: schedule.compactAfter }),
    ...(schedule.retentionMinutes === undefined ? {} : { retentionMs: schedule.retentionMinutes * MINUTE }),
    weather: {
      onCall(command, call, side) {
        if (call.startsWith('process ')) watchWork(world, command, call, doubleWork);
        for (const fault of due) strike(world, own, due, { fault, command, side });
      },
      faultOf() {
        commits++;
        let answer: Extract<Fault, { kind: 'commit' }>['fault'] | undefined;
        for (const fault of due) {
          if (!('commit' in fault) || fault.commit > commits) continue;
          due.delete(fault);
          if (fault.kind === 'commit') answer = fault.fault;
          else strikeServer(world, fault, forgotten);
        }
        return answer;
      },
      script(text) {
        const fails = world.random() < 0.15;
        const durationMs = Math.floor(world.random() ** 3 * 12 * MINUTE);
        return { durationMs, code: fails ? 1 : 0, tail: fails ? `${text} says ${TOKEN}\n` : '' };
      },
    },
  });
  world.isApiClosed = schedule.isApiClosed;
  keepServerClock(world, schedule);
  if (schedule.hasScanner)
    world.server.refuses = ({ files, message }) => `${[...files.values()].join('')}${message}`.includes(TOKEN);
  const machines = schedule.machines.map((kind, i) => world.machine(`m${i}`, kind));
  for (const { machine, what, afterMinutes, waitMinutes } of schedule.commands) {
    await passTime(world, afterMinutes * MINUTE);
    const place = machines[machine]!;
    // A runner is new for each job.
    const on = place.kind === 'laptop' ? place : world.machine(`${place.name}-${own.length}`, 'runner');
    own.push(world.start(on, kindOf(what), { waitMs: waitMinutes * MINUTE }));
  }
  await world.settle(...own);
  due.clear();
  const last = await mend(world, machines);
  return { schedule, world, forgotten, doubleWork, last, machines };
}

function kindOf(what: string): CommandKind {
  return what === 'tick' ? { kind: 'tick' } : { kind: 'run', selection: what };
}

/** The server's clock is the true one. */
function keepServerClock(world: World, schedule: FaultSchedule): void {
  const now = { get: () => (schedule.hasServerClock ? world.time.now() : undefined), enumerable: true };
  Object.defineProperty(world.server, 'serverNow', now);
}

async function passTime(world: World, ms: number): Promise<void> {
  const idle = { name: 'a pause', isGone: false, frozenUntil: 0 };
  await world.time.until(world.time.turn(idle, ms));
}

/** Two at work on the same script: right only if one of them was out of reach long enough to be given up. */
function watchWork(world: World, command: SimulatedCommand, call: string, found: string[]): void {
  const workers = [...(world.working.get(call.slice('process '.length)) ?? [])];
  const others = workers.filter((other) => other !== command && !other.isGone);
  if (others.length > 0 && others.every((other) => world.time.now() >= other.frozenUntil && !wasGivenUp(world, other)))
    found.push(
      `${call}: ${command.name} and ${others.map(({ name }) => name).join(', ')} at ${timestamp(world.time.now())}`,
    );
}

/** Something was done to it or to the branch after which others may hold its assets. */
function wasGivenUp(world: World, command: SimulatedCommand): boolean {
  return command.frozenUntil > 0 || command.offlineUntil > 0 || world.server.heads.length === 0 || damaged.has(world);
}
const damaged = new WeakSet<World>();

function strike(
  world: World,
  own: readonly SimulatedCommand[],
  due: Set<Fault>,
  at: { readonly fault: Fault; readonly command: SimulatedCommand; readonly side: 'before' | 'after' },
): void {
  const { fault, command, side } = at;
  if (!('call' in fault) || own[fault.command] !== command || command.calls < fault.call) return;
  if (fault.kind === 'kill' && fault.side !== side) return;
  due.delete(fault);
  const now = world.time.now();
  switch (fault.kind) {
    case 'kill':
      end(world, command);
      return;
    case 'freeze':
      command.frozenUntil = now + fault.minutes * MINUTE;
      return;
    case 'interrupt':
      command.interrupt.abort();
      return;
    case 'offline':
      command.offlineUntil = now + fault.minutes * MINUTE;
      return;
    case 'disk-full':
      command.machine.disk.isFull = true;
      return;
    case 'clock':
      command.machine.clockOffsetMs += fault.minutes * MINUTE;
      return;
  }
}

function strikeServer(
  world: World,
  fault: Exclude<Extract<Fault, { commit: number }>, { kind: 'commit' }>,
  forgotten: Set<string>,
): void {
  const { server, time } = world;
  const idle = { name: 'the operator', isGone: false, frozenUntil: 0 };
  switch (fault.kind) {
    case 'refuse':
      server.isRefusing = true;
      void time.turn(idle, fault.minutes * MINUTE).then(() => {
        server.isRefusing = false;
      });
      return;
    case 'down':
      damaged.add(world);
      server.isConnected = false;
      void time.turn(idle, fault.minutes * MINUTE).then(() => {
        server.isConnected = true;
      });
      return;
    case 'delete-ref':
      if (server.files().size === 0) return;
      damaged.add(world);
      server.deleteRef();
      return;
    case 'force-back': {
      if (server.files().size === 0 || server.heads.length <= fault.by) return;
      damaged.add(world);
      const before = everRecorded(server);
      server.forceTo(server.heads.at(-1 - fault.by)!);
      const kept = new Set(everRecorded(server).map(({ id }) => id));
      for (const { id } of before) if (!kept.has(id)) forgotten.add(id);
      return;
    }
  }
}

/** Restores the branch as the messages say, and lets fresh commands come; gives those after every silence was judged. */
async function mend(world: World, machines: readonly SimulatedMachine[]): Promise<SimulatedCommand[]> {
  const { server } = world;
  await passTime(world, 2 * MINUTE);
  server.isRefusing = false;
  server.isConnected = true;
  server.refuses = undefined;
  if (server.files().size === 0 && server.heads.length > 0) server.forceTo(server.heads.at(-1)!);
  const last: SimulatedCommand[] = [];
  const fresh = world.machine('fresh', 'laptop');
  for (const machine of machines) {
    machine.disk.isFull = false;
    machine.clockOffsetMs = 0;
  }
  // A clock that was ahead may have left a commit of the day after tomorrow: time never runs back on the branch.
  for (const [round, pause] of [0, 16, 16, 61].entries()) {
    await passTime(world, pause * MINUTE);
    for (const machine of [...machines.filter(({ kind }) => kind === 'laptop'), fresh]) {
      const command = world.start(machine, { kind: 'tick' }, { waitMs: 10 * MINUTE });
      await world.settle(command);
      // Before the silences have been judged, a claim may still be in the way.
      if (round >= 2) last.push(command);
    }
  }
  return last;
}
