import { type CheckStatus, type EventDraft, type FinalRunState, type RunCounts } from '../model/events.js';
import type { Failure } from '../model/failure.js';
import { type EpochMs } from '../model/instant.js';
import type { Plan, SkipReason } from '../model/plan.js';
import type { AssetKey, Severity } from '../model/project.js';
import { type Agenda } from './agenda.js';
/** How a planned step stands while its run is carried out. */
export type StepProgress = {
    readonly kind: 'waiting';
} | {
    readonly kind: 'running';
    readonly attempt: number;
}
/** Its attempt failed; the next one begins when it is due. */
 | {
    readonly kind: 'retrying';
    readonly attempt: number;
    readonly due: EpochMs;
    readonly failure?: Failure;
} | {
    readonly kind: 'ended';
    readonly outcome: 'success' | 'failure' | 'canceled';
} | {
    readonly kind: 'skipped';
    readonly reason: SkipReason;
    readonly cause?: string;
};
/** What this run did to an asset so far. */
export type AssetOutcome = {
    readonly kind: 'materialized';
    /** Of a partitioned asset: of each partition that was made so far. */
    readonly versions: string | ReadonlyMap<string, string>;
    readonly materialization: string;
} | {
    readonly kind: 'failed';
} | {
    readonly kind: 'skipped';
    readonly reason: SkipReason;
};
type MadeOutcome = Extract<AssetOutcome, {
    kind: 'materialized';
}>;
/** A check result as far as deciding needs it. */
export interface JudgedCheck {
    readonly asset: AssetKey;
    readonly check: string;
    readonly status: CheckStatus;
    /** Of an ERRORED result: `warn` when `on_error: warn` softened it. */
    readonly severity: Severity;
    readonly blocking: boolean;
}
/** A plan being carried out: all that `decide` needs, folded from the run's own events. */
export interface RunProgress {
    readonly plan: Plan;
    readonly steps: ReadonlyMap<string, StepProgress>;
    readonly assets: ReadonlyMap<AssetKey, AssetOutcome>;
    readonly checks: ReadonlyMap<AssetKey, readonly JudgedCheck[]>;
    /** Attempts of each step so far. */
    readonly attempts: ReadonlyMap<string, number>;
    /** Of steps that are made again: those of their attempts by which they had ended before. */
    readonly attemptsBefore: ReadonlyMap<string, number>;
    readonly canceled: boolean;
    /** A step has failed, or a check that makes the run a failure. */
    readonly hasFailure: boolean;
    readonly agenda: Agenda;
}
/** Progress that is being changed: an event's price does not grow with the plan. Belongs to one owner. */
export interface ProgressDraft extends RunProgress {
    readonly steps: Map<string, StepProgress>;
    readonly assets: Map<AssetKey, AssetOutcome>;
    readonly checks: Map<AssetKey, JudgedCheck[]>;
    readonly attempts: Map<string, number>;
    readonly attemptsBefore: Map<string, number>;
    canceled: boolean;
    hasFailure: boolean;
}
/** A run at its start: what the plan skips is skipped already. */
export declare function initialProgress(plan: Plan): ProgressDraft;
/** The progress after one more event. */
export declare function evolveProgress(progress: RunProgress, event: EventDraft): RunProgress;
/** Changes the draft by an event of the run. Events of other kinds change nothing. */
export declare function applyToProgress(draft: ProgressDraft, event: EventDraft): void;
/** How many partitions of an asset a run made; 0 of one without partitions. */
export declare function partitionsMade({ versions }: MadeOutcome): number;
/**
 * The data version that a run made of an asset: one for all of its partitions so far. Worked out when it is asked for, since
 * a run may make thousands of partitions of an asset.
 */
export declare function madeVersion({ versions }: MadeOutcome): string;
/**
 * Assets that the next attempt of a step makes: of one that runs for part of its assets those that it owes, else all of
 * them.
 */
export declare function assetsToRetry(progress: RunProgress, step: string): AssetKey[];
/** Assets of a step that it has neither made nor skipped. */
export declare function assetsOwed(progress: RunProgress, step: string): AssetKey[];
/** Changes how a step stands, and what may be done next with it. */
export declare function setStep(draft: ProgressDraft, id: string, step: StepProgress): void;
/** True when a result makes the run a failure: a blocking error, or a check that could not judge (semantics.md 7). */
export declare function failsRun(check: JudgedCheck): boolean;
/** A result that did not pass and is no more than a warning: a failure of that severity, or an error that `on_error: warn` softened. */
export declare function isOnlyWarning({ status, severity, blocking }: Omit<JudgedCheck, 'asset' | 'check'>): boolean;
/** The final state of a run whose steps have all ended, and what it counted. */
export declare function conclude(progress: RunProgress): {
    readonly state: FinalRunState;
    readonly counts: RunCounts;
};
export {};
