import { cancelRuns } from '../../app/cancel.ts';
import type { AppFailure } from '../../app/failure.ts';
import type { PlanningProject } from '../../app/planning.ts';
import type { RunPorts, RunSettings } from '../../app/run-ports.ts';
import { runRequest } from '../../app/run-request.ts';
import { runTick } from '../../app/tick.ts';
import { cliIdentity } from '../../app/wanted-run.ts';
import { fail, type Result } from '../../base/result.ts';
import type { EpochMs } from '../../model/instant.ts';
import { type Actor, createVirtualTime, seededRandom } from '../../simulate/virtual-time.ts';
import { createFakeStateServer } from '../fake-store.ts';
import { createFakeJournalDisk } from './fake-journals.ts';
import { portsOf } from './simulated-ports.ts';
import type { CommandKind, SimulatedCommand, Weather, World } from './simulated-world.ts';

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
