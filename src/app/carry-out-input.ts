import type { BranchlineEvent, Claim, EventDraft, FinalRunState, RunCounts } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import type { Clock } from '../ports.ts';
import type { Journals } from '../ports-state.ts';
import type { TimeBudget } from '../run/budget.ts';
import type { DecideOptions } from '../run/decide.ts';
import type { ResumedRun } from '../run/resume.ts';
import type { ConnectionSaver } from './connection-saver.ts';
import type { ExecuteInput, StepRunner } from './execute.ts';
import type { JobMeter } from './job-meter.ts';
import type { PagesOf } from './state-ports.ts';
import type { StateSession } from './state-session.ts';
import type { StepPlaces } from './step-places.ts';

/** A run with its claim committed: it may be carried out. */
export interface CarryOutInput {
  readonly plan: Plan;
  readonly claim: Claim;
  /** Stream of its events; absent = that of the claim's run and epoch. */
  readonly stream?: string;
  /** Events of the run's stream that the claim's commit brought, in order; the last that is committed comes last. */
  readonly opening: readonly BranchlineEvent[];
  readonly options: DecideOptions;
  readonly budget?: TimeBudget;
  /** See `ExecuteInput`. */
  readonly requeueAfterMs?: number;
  readonly resumed?: ResumedRun;
  readonly places?: StepPlaces;
  readonly decideRetry?: ExecuteInput['decideRetry'];
  /** How long it may be at work, since when. */
  readonly maxRuntime?: { readonly ms: number; readonly since: EpochMs };
  readonly clock: Clock;
  readonly session: StateSession;
  readonly journals: Journals;
  readonly writer: string;
  readonly redact: (text: string) => string;
  readonly runStep: StepRunner;
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal;
  /** Told of each event as it is recorded. */
  readonly onEvent: (event: EventDraft) => void;
  readonly warn: (text: string) => void;
  /** Subject and trailers of the commits. */
  readonly message: (drafts: readonly EventDraft[], end: RunEnd | undefined) => string;
  readonly pages: PagesOf;
  readonly meter?: JobMeter;
  /** Saves database files that are kept between runs. */
  readonly saver: Pick<ConnectionSaver, 'pause' | 'finish'>;
}

/** How it stands with a run when we let go of it: over, or `QUEUED` because our time was: the next tick carries it on. */
export interface RunEnd {
  readonly state: FinalRunState | 'QUEUED';
  readonly counts: RunCounts;
  readonly durationMs: number;
}
