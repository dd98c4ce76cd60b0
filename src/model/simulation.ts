import type { FinalRunState } from './events.ts';
import type { Timestamp } from './instant.ts';
import type { BackfillRecord } from './state.ts';

/** What a run waits for: the limits of the queue, a time, somebody who holds what it would write, or the next wake-up. */
export type SimulatedWaitKind = 'all-places' | 'not-due' | 'tag' | 'pool' | 'held' | 'no-wake-up';

export interface SimulatedWait {
  readonly kind: SimulatedWaitKind;
  /** In words: `the only place of database=redshift is taken`. */
  readonly text: string;
  readonly from: Timestamp;
  readonly to: Timestamp;
}

/** A run of a simulation. */
export interface SimulatedRunReport {
  readonly run: string;
  /** What asked for it. */
  readonly trigger: string;
  readonly partitions?: string;
  readonly requestedAt: Timestamp;
  /** Absent = it never started, or never ended. */
  readonly startedAt?: Timestamp;
  readonly endedAt?: Timestamp;
  /** `QUEUED`: it still waits at the end. `STARTED`: nobody has ended it. */
  readonly outcome: FinalRunState | 'QUEUED' | 'STARTED';
  readonly failure?: string;
  /** Steps that ended, and attempts of them. */
  readonly steps: number;
  readonly attempts: number;
  /** When somebody was at work on it: several times when it was given back, or its runner was lost. */
  readonly work: readonly { readonly from: Timestamp; readonly to: Timestamp }[];
  readonly waits: readonly SimulatedWait[];
  /** The backfill that it is of; absent = of none. */
  readonly backfill?: string;
}

/** A backfill of a simulation. */
export interface SimulatedBackfillReport {
  readonly backfill: string;
  readonly selection: string;
  /** As it was written; absent = nothing that is selected has partitions. */
  readonly partitions?: string;
  readonly requestedAt: Timestamp;
  /** Absent = it is not over when the simulation is. */
  readonly endedAt?: Timestamp;
  readonly state: BackfillRecord['state'];
  /** Partitions of all its assets. */
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly leftOut: number;
  /** Its runs, retries among them, and what those cost: minutes of lost runners are nobody's. */
  readonly runs: number;
  readonly minutes: number;
  readonly usd?: number;
  /** From its request to its end; absent while it is not over. */
  readonly durationMs?: number;
}

export interface Peak {
  readonly peak: number;
  readonly at: Timestamp;
}

/** The outcome of `branchline simulate`, as `--json` prints it (docs/json.md). Times in milliseconds. */
export interface SimulationReport {
  readonly version: 1;
  readonly project: string;
  readonly seed: number;
  readonly from: Timestamp;
  readonly until: Timestamp;
  /** When the last job was over. */
  readonly endedAt: Timestamp;
  /** From the first request to the last end. */
  readonly makespanMs: number;
  readonly wakeUps: { readonly rung: number; readonly lost: number };
  readonly ticks: {
    readonly judged: number;
    readonly missed: number;
    /** Of those that asked for something. */
    readonly latenessP50Ms?: number;
    readonly latenessP99Ms?: number;
  };
  readonly totals: {
    readonly runs: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly canceled: number;
    /** Neither ended nor given up when the simulation was over. */
    readonly left: number;
    readonly materialized: number;
    readonly failedAttempts: number;
    readonly checks: number;
  };
  /** What was waited for, the longest in all first. */
  readonly waits: readonly {
    readonly kind: SimulatedWaitKind;
    readonly text: string;
    readonly runs: number;
    readonly totalMs: number;
    readonly longestMs: number;
  }[];
  readonly peaks: { readonly running: Peak; readonly waiting: Peak; readonly runners: Peak };
  readonly github: {
    readonly jobs: number;
    readonly lostRunners: number;
    /** Jobs that did not start since the minutes were used up. */
    readonly refusedJobs: number;
    /** Each job rounded up, as it is billed. */
    readonly minutes: number;
    readonly minutesLimit?: number;
    /** US dollars; absent = no price is known. */
    readonly usd?: number;
    readonly requestsAnHour: number;
    readonly requestsAnHourLimit: number;
    readonly refusedRequests: number;
    readonly pushesAMinute: number;
  };
  /** Workflow runs that shared their work out among jobs; absent = one job did all. */
  readonly fanOut?: {
    readonly waves: number;
    /** Of the widest wave. */
    readonly jobs: number;
    /** Of the longest plan that travelled as an artifact, before it is packed. */
    readonly planBytes: number;
  };
  readonly state: { readonly commits: number; readonly bytesWritten: number };
  readonly runs: readonly SimulatedRunReport[];
  readonly backfills: readonly SimulatedBackfillReport[];
  /** What commands told a person, and what they refused, each once with how often. */
  readonly notices: readonly { readonly kind: 'warning' | 'refusal'; readonly text: string; readonly times: number }[];
}
