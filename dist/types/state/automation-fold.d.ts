import type { AutomationAdopted, AutomationDropped, StepStarted } from '../model/events.js';
import type { RunRequest } from '../model/plan.js';
import { type FoldDraft } from './fold-draft.js';
/** Keys of partitions that a request of automation is about, by asset. */
export declare function keysAskedFor(request: RunRequest): readonly (readonly [asset: string, keys: readonly string[]])[];
/** A run that automation asks for: its assets are handled for what there is to read now. */
export declare function addAsked(draft: FoldDraft, run: string, request: RunRequest): void;
/** A run begins to make assets that are made by themselves: whoever asked for it, and however it ends. */
export declare function addBegun(draft: FoldDraft, event: StepStarted, isLate: boolean): void;
/** Since when ticks of assets count. */
export declare function applyAutomationEvent(draft: FoldDraft, event: AutomationAdopted | AutomationDropped): void;
