import type { BranchlineEvent, TickedCode } from '../model/events.js';
import type { Timestamp } from '../model/instant.js';
import { type FoldDraft } from './fold-draft.js';
type ScheduleEvent = Extract<BranchlineEvent, {
    type: 'tick.judged' | 'ticks.missed' | 'schedule.adopted' | 'schedule.dropped' | 'schedule.evaluated';
}>;
/** Moves a schedule's cursor; every tick counts once, by its instant. */
export declare function applyScheduleEvent(draft: FoldDraft, event: ScheduleEvent): void;
type ClaimEvent = Extract<BranchlineEvent, {
    type: 'claim.opened' | 'claim.renewed' | 'claim.suspected' | 'claim.closed';
}>;
/** Opens, renews, suspects and closes claims. `recordedAt` is the commit's instant. */
export declare function applyClaimEvent(draft: FoldDraft, event: ClaimEvent, recordedAt: Timestamp): void;
/** The newest code that has ticked, whatever the order in which that is recorded. */
export declare function noteCode(draft: FoldDraft, code: TickedCode | undefined): void;
export {};
