import { type FoldDraft, type OpenRun } from './fold-draft.js';
/**
 * Adds what a run cost to the sums of the day: all of it to the project, and to each asset its share. A step's share is
 * that of its time in the time of all steps, so what no step is to blame for (setting up, waiting) goes to all of them;
 * assets of one step share alike. Shares are whole and add up to the run's.
 */
export declare function addBilled(draft: FoldDraft, open: OpenRun): void;
