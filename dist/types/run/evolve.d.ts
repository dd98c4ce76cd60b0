import type { BranchlineEvent, RunRequested } from '../model/events.js';
import type { RunRecord, RunStepRecord } from '../model/state.js';
/** Events that change a run's record once the run exists. */
export type RunEvent = Extract<BranchlineEvent, {
    readonly type: 'run.started' | 'run.requeued' | 'run.taken-over' | 'run.ended' | 'step.started' | 'step.attempt-ended' | 'step.ended' | 'step.skipped' | 'asset.materialized' | 'assets.confirmed' | 'check.judged' | 'cancel.requested';
}>;
export declare function isRunEvent(event: BranchlineEvent): event is RunEvent;
export declare function isFinal(record: Pick<RunRecord, 'state'>): boolean;
/** Epoch that an event was written in: its own field, else the one in its stream `<run>.<epoch>[.<shard>]`. */
export declare function epochOf(event: BranchlineEvent): number | undefined;
/** Late events count for their asset and no more for the run: it has ended, or somebody else has taken it over. */
export declare function isLate(record: Pick<RunRecord, 'state' | 'epoch'>, event: BranchlineEvent): boolean;
export declare function initialRun(event: RunRequested, environment: string): RunRecord;
/** A run's record that is being changed: its steps in a map, so that an event's price does not grow with the plan. */
export interface RunDraft {
    run: Omit<RunRecord, 'steps'>;
    readonly steps: Map<string, RunStepRecord>;
}
export declare function draftRun(record: RunRecord): RunDraft;
export declare function finishDraft(draft: RunDraft): RunRecord;
/** The run after one more event; a late event changes nothing. For many events, draft once and `applyToRun` each. */
export declare function evolveRun(record: RunRecord, event: RunEvent): RunRecord;
/** Changes the draft by an event that is not late. */
export declare function applyToRun(draft: RunDraft, event: RunEvent): void;
