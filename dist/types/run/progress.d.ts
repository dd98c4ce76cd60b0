import type { CheckStatus, EventDraft, FinalRunState, RunCounts } from '../model/events.js';
import type { Plan, PlannedStep, SkipReason } from '../model/plan.js';
import type { AssetKey, Severity } from '../model/project.js';
/** How a planned step stands while its run is carried out. */
export type StepProgress = {
    readonly kind: 'waiting';
} | {
    readonly kind: 'running';
    readonly attempt: number;
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
    readonly dataVersion: string;
    readonly materialization: string;
} | {
    readonly kind: 'failed';
} | {
    readonly kind: 'skipped';
    readonly reason: SkipReason;
};
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
    readonly checks: readonly JudgedCheck[];
    readonly canceled: boolean;
}
/** A run at its start: what the plan skips is skipped already. */
export declare function initialProgress(plan: Plan): RunProgress;
/** Applies an event of the run. Events of other kinds change nothing. Pure. */
export declare function evolveProgress(progress: RunProgress, event: EventDraft): RunProgress;
/** The step of a plan by id. Throws for an id that is not in the plan (a bug of ours). */
export declare function plannedStep(plan: Plan, id: string): PlannedStep;
/** True when a result makes the run a failure: a blocking error, or a check that could not judge (semantics.md 7). */
export declare function failsRun(check: JudgedCheck): boolean;
/** The final state of a run whose steps have all ended, and what it counted. */
export declare function conclude(progress: RunProgress): {
    readonly state: FinalRunState;
    readonly counts: RunCounts;
};
