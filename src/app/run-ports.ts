import type { EventDraft } from '../model/events.ts';
import type { Operations } from '../model/operations.ts';
import type { Plan } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { Clock, ProcessRunner, Scratch, SqlPool } from '../ports.ts';
import type { Holders, Journals } from '../ports-state.ts';
import type { TimeBudget } from '../run/budget.ts';
import type { Redactor } from '../run/redact.ts';
import type { StateRead } from '../state/read.ts';
import type { RunEnd } from './carry-out-input.ts';
import type { ClaimDecision, ClaimInput } from './claim-run.ts';
import type { KeptFileOf } from './connection-files.ts';
import type { FindLost } from './find-lost.ts';
import type { JobMeter } from './job-meter.ts';
import type { PlanningProject } from './planning.ts';
import type { RecoverPorts } from './recover.ts';
import type { PagesOf } from './state-ports.ts';
import type { StateSession } from './state-session.ts';
import type { OutputsOf } from './step-context.ts';
import type { StepPlaces } from './step-places.ts';
import type { ChangedFiles } from './uncommitted.ts';

/** The world of a command that runs something. */
export interface RunPorts {
  readonly clock: Clock;
  /** In [0, 1): spreads retries of steps. */
  readonly random: () => number;
  readonly session: StateSession;
  readonly journals: Journals;
  readonly holders: Holders;
  /** Policies of the project, for what becomes of runs whose holder is gone. */
  readonly operations: Operations;
  readonly sql: SqlPool;
  readonly outputs: OutputsOf;
  /** Database files that are kept between runs. */
  readonly keptFile: KeptFileOf;
  readonly processes: ProcessRunner;
  /** Ends processes on this machine that steps of a run left behind whose engine was killed. */
  readonly endLeftovers: (run: string) => Promise<void>;
  /** Takes in what the jobs of workflow runs uploaded whose last job is lost; absent where nobody can. */
  readonly takeInLost?: RecoverPorts['takeInLost'];
  /** Tells of which runs of workflow runs no job has begun; absent where nobody can. */
  readonly waitingRuns?: RecoverPorts['waitingRuns'];
  readonly scratch: Scratch;
  readonly writer: string;
  readonly redactor: Redactor;
  readonly secretNames: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute folders: the project's, and for logs of steps. */
  readonly root: string;
  readonly logFolder: string;
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
  readonly say: (text: string) => void;
  /** The same for what many runs of one command would say. */
  readonly sayOnce?: (text: string) => void;
  readonly onOutput?: (step: string, text: string) => void;
  readonly findLost: FindLost;
  readonly changedFiles?: ChangedFiles;
  readonly prepareEngines: ClaimInput['prepareEngines'];
  readonly pages: PagesOf;
  /** Assets whose partitions transactions read; grows with what is asked for. */
  readonly partitions: Set<AssetKey>;
  /** In a job whose minutes are billed. */
  readonly meter?: JobMeter;
}

export interface RunSettings {
  readonly planning: PlanningProject;
  readonly environment: string;
  readonly codeCommit?: string;
  readonly maxParallel: number;
  readonly failFast: boolean;
  /** How long to wait for another run of the same assets, in milliseconds. */
  readonly waitMs: number;
  /** Nothing new is started after that; what is left waits for the next tick. Undefined = all the time in the world. */
  readonly budget?: TimeBudget;
  /**
   * Somebody wakes up later and carries on what is given back: a long wait for the next attempt of a step then holds no
   * process. False = it is waited for.
   */
  readonly givesBack?: boolean;
  /** Places of steps that several runs of this process share; absent = the run has `maxParallel` to itself. */
  readonly places?: StepPlaces;
  /** Other jobs carry out what is claimed here. */
  readonly handOver?: (claimed: ClaimedRun) => void;
  /** Of a part of a run: the stream of its events. */
  readonly stream?: string;
}

/** A run whose claim is committed. */
export type ClaimedRun = Extract<ClaimDecision, { kind: 'claimed' }>;

/** What came of one run, whether or not anything had to be done. */
export interface RunOutcome extends RunEnd {
  readonly kind: 'carried-out';
  readonly plan: Plan;
  readonly drafts: readonly EventDraft[];
  /** Commit of the state that records it. */
  readonly commit?: string;
  readonly after: StateRead;
}

/** Told when a run's plan is settled, before its first step, and of each event. */
export interface RunObserver {
  onPlan(plan: Plan): void;
  onEvent(event: EventDraft): void;
}
