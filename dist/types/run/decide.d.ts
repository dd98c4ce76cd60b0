import type { FinalRunState, RunCounts } from '../model/events.js';
import type { EpochMs } from '../model/instant.js';
import type { SkipReason } from '../model/plan.js';
import type { AssetKey } from '../model/project.js';
import { type RunProgress } from './progress.js';
/** What the shell is to do next. Closed. */
export type Command = {
    readonly kind: 'start';
    readonly step: string;
    readonly assets: readonly AssetKey[];
    /** From 1. */
    readonly attempt: number;
    /** Those of its attempts by which it had ended before it was to be made again; absent = none. */
    readonly attemptsBefore?: number;
}
/** A step that waits for its next attempt gets none: it failed. */
 | {
    readonly kind: 'give-up';
    readonly step: string;
    readonly assets: readonly AssetKey[];
} | {
    readonly kind: 'skip';
    readonly step: string;
    readonly assets: readonly AssetKey[];
    readonly reason: SkipReason;
    readonly cause?: string;
} | {
    readonly kind: 'end';
    readonly state: FinalRunState;
    readonly counts: RunCounts;
};
export interface DecideOptions {
    /** Steps at once, at least 1. */
    readonly maxParallel: number;
    readonly failFast: boolean;
    /** What only one step at a time may hold (a DuckDB file's writer), by step id. */
    readonly exclusive: ReadonlyMap<string, string>;
    /** Pools of steps by step id, and the slots that the run was granted of each. */
    readonly pools?: {
        readonly of: ReadonlyMap<string, string>;
        readonly slots: Readonly<Record<string, number>>;
    };
    /** By asset: its direct upstreams. */
    readonly deps: (asset: AssetKey) => readonly AssetKey[];
    /** By asset: names of its blocking checks. What is downstream waits for these, not for the others. */
    readonly blockingChecks: (asset: AssetKey) => readonly string[];
    readonly ignoreBlocking: boolean;
}
/**
 * The next commands of a run: everything that may start now, everything that need not or must not run, or the end.
 * Pure: the same progress at the same instant gives the same commands; only steps that wait for their next attempt look at
 * the instant. Calling it again after each event carries the run to its end,
 * whatever fails.
 */
export declare function decide(progress: RunProgress, options: DecideOptions, now?: EpochMs): Command[];
