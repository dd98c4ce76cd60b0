import { unreachable } from '../../base/result.ts';
import type { Random } from '../../simulate/virtual-time.ts';
import type { CommitFault } from './simulated-world.ts';

/** One thing that goes wrong in a schedule. `call` counts the calls of a command, `commit` those of all to the server. */
export type Fault =
  /** kill -9 before a call has an effect, or after it and before its answer. */
  | { readonly kind: 'kill'; readonly command: number; readonly call: number; readonly side: 'before' | 'after' }
  /** Its machine sleeps, and others may take it for dead. */
  | { readonly kind: 'freeze'; readonly command: number; readonly call: number; readonly minutes: number }
  | { readonly kind: 'interrupt'; readonly command: number; readonly call: number }
  | { readonly kind: 'offline'; readonly command: number; readonly call: number; readonly minutes: number }
  | { readonly kind: 'disk-full'; readonly command: number; readonly call: number }
  /** Also of the whole machine: its clock jumps. */
  | { readonly kind: 'clock'; readonly command: number; readonly call: number; readonly minutes: number }
  | { readonly kind: 'commit'; readonly commit: number; readonly fault: CommitFault }
  /** A rule refuses everything for a while. */
  | { readonly kind: 'refuse'; readonly commit: number; readonly minutes: number }
  | { readonly kind: 'down'; readonly commit: number; readonly minutes: number }
  | { readonly kind: 'delete-ref'; readonly commit: number }
  | { readonly kind: 'force-back'; readonly commit: number; readonly by: number };

export interface FaultSchedule {
  readonly seed: number;
  /** What is started, and how long after the one before. */
  readonly commands: readonly {
    readonly machine: number;
    /** `tick`, or the selection of a run. */
    readonly what: string;
    readonly afterMinutes: number;
    readonly waitMinutes: number;
  }[];
  /** Kind of each machine. */
  readonly machines: readonly ('laptop' | 'runner')[];
  readonly faults: readonly Fault[];
  /** The server's scanner refuses pushes with the words that a failing script prints. */
  readonly hasScanner: boolean;
  /** The server gives no `Date`: everybody has only their own clock. */
  readonly hasServerClock: boolean;
  readonly isApiClosed: boolean;
  /** History is begun anew after so many commits, in the middle of whatever others do. */
  readonly compactAfter?: number;
  /** Whole days that are so much older leave the branch then, behind a checkpoint. */
  readonly retentionMinutes?: number;
}

const SELECTIONS = ['*', 'key:mid/c+', 'key:raw/a+', 'key:lone/f', 'key:raw/b', 'key:out/e'];
const COMMIT_FAULTS: readonly CommitFault[] = ['lose-reply', 'lose-all', 'lose-request', 'deny', 'late'];
/** Kinds as often as they are named. */
const KINDS = [
  'kill',
  'kill',
  'kill',
  'commit',
  'commit',
  'commit',
  'freeze',
  'interrupt',
  'offline',
  'disk-full',
  'clock',
  'refuse',
  'down',
  'delete-ref',
  'force-back',
] as const;

/** The schedule of a seed: some commands, and up to five faults among them. */
export function faultScheduleOf(seed: number, random: Random): FaultSchedule {
  const below = (bound: number): number => Math.floor(random() * bound);
  const oneOf = <T>(items: readonly T[]): T => items[below(items.length)]!;
  const machines = Array.from({ length: 1 + below(3) }, () => oneOf(['laptop', 'laptop', 'runner'] as const));
  const commands = Array.from({ length: 2 + below(4) }, () => ({
    machine: below(machines.length),
    what: random() < 0.5 ? 'tick' : oneOf(SELECTIONS),
    afterMinutes: oneOf([0, 0, 0, 1, 4, 20, 70]),
    waitMinutes: oneOf([0, 10]),
  }));
  const faults = Array.from({ length: below(6) }, (): Fault => {
    const kind = oneOf(KINDS);
    const at = { command: below(commands.length), call: 1 + below(random() < 0.5 ? 25 : 120) };
    const commit = 1 + below(14);
    switch (kind) {
      case 'kill':
        return { kind, ...at, side: oneOf(['before', 'after'] as const) };
      case 'freeze':
        return { kind, ...at, minutes: oneOf([3, 20, 90, 150]) };
      case 'offline':
        return { kind, ...at, minutes: oneOf([1, 3, 8, 15]) };
      case 'clock':
        return { kind, ...at, minutes: oneOf([-2880, -90, -7, 7, 90, 1500, 2880]) };
      case 'interrupt':
      case 'disk-full':
        return { kind, ...at };
      case 'commit':
        return { kind, commit, fault: oneOf(COMMIT_FAULTS) };
      case 'refuse':
      case 'down':
        return { kind, commit, minutes: oneOf([1, 5, 30]) };
      case 'force-back':
        return { kind, commit, by: 1 + below(4) };
      case 'delete-ref':
        return { kind, commit };
      default:
        return unreachable(kind);
    }
  });
  // Who is asleep is taken for dead only by those who come twice meanwhile, from somewhere else.
  if (faults.some((fault) => fault.kind === 'freeze')) {
    machines.push('laptop');
    const passerBy = { machine: machines.length - 1, what: 'key:lone/f', afterMinutes: 17, waitMinutes: 0 };
    commands.push(passerBy, passerBy, { ...passerBy, what: '*', waitMinutes: 10 });
  }
  return {
    seed,
    machines,
    commands,
    faults,
    hasScanner: random() < 0.3,
    hasServerClock: random() < 0.7,
    isApiClosed: random() < 0.3,
    ...(random() < 0.5 ? { compactAfter: 2 + below(12), ...retentionOf(random) } : {}),
  };
}

/** The days of a schedule are short, so a retention is as well: what is there before midnight goes soon after. */
function retentionOf(random: Random): Pick<FaultSchedule, 'retentionMinutes'> {
  return random() < 0.5 ? { retentionMinutes: random() < 0.5 ? 1 : 40 } : {};
}
