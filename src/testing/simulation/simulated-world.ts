import type { AppFailure } from '../../app/failure.ts';
import type { Result } from '../../base/result.ts';
import type { BranchlineEvent } from '../../model/events.ts';
import type { EpochMs } from '../../model/instant.ts';
import type { Actor, Random, VirtualTime } from '../../simulate/virtual-time.ts';
import type { FakeStateServer, StoreFault } from '../fake-store.ts';
import type { FakeJournalDisk } from './fake-journals.ts';

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

/** All that there is: one state, the machines at it, and what befalls them. */
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

/** What a command does. */
export type CommandKind =
  | { readonly kind: 'tick' }
  | { readonly kind: 'run'; readonly selection: string }
  | { readonly kind: 'cancel'; readonly what: string };
