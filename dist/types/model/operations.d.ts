import type { FailureClass } from './failure.js';
/** Which runs may be in progress at once. */
export interface RunQueue {
    /** -1: without limit; 0: nothing leaves the queue. Default 10. */
    readonly maxConcurrentRuns: number;
    readonly tagLimits: readonly TagLimit[];
}
/** A limit on runs that carry a tag. */
export interface TagLimit {
    readonly key: string;
    /** `any`: all values of the key together; `each`: every value for itself; otherwise this value. */
    readonly value: {
        readonly kind: 'any';
    } | {
        readonly kind: 'each';
    } | {
        readonly kind: 'equals';
        readonly text: string;
    };
    readonly limit: number;
}
/** How failed runs are tried again. */
export interface RunRetries {
    readonly enabled: boolean;
    /** Automatic retries of one root run. */
    readonly maxRetries: number;
    /** False: a run that failed by a step is not tried again, only one that its runner failed. */
    readonly onStepFailure: boolean;
    readonly strategy: RetryStrategy;
    /** A step retry that waits longer than this gives the runner back. Milliseconds. */
    readonly requeueAfterMs: number;
}
export type RetryStrategy = 'FROM_FAILURE' | 'ALL_STEPS';
/** When a run has been at it for too long. All in milliseconds; undefined = no limit. */
export interface RunMonitoring {
    readonly enabled: boolean;
    readonly maxRuntimeMs: number | undefined;
    /** How long the jobs of a run may wait for a machine before anything of it has begun. */
    readonly startTimeoutMs: number | undefined;
    readonly cancelTimeoutMs: number;
    /** How often a run whose runner was lost is taken up again. */
    readonly maxResumeAttempts: number;
}
/** How a failed attempt of a step is repeated. */
export interface RetryPolicy {
    readonly maxRetries: number;
    /** Milliseconds; undefined = at once. */
    readonly delayMs: number | undefined;
    readonly backoff: 'none' | 'linear' | 'exponential';
    readonly jitter: 'none' | 'full' | 'plus_minus';
    /** Milliseconds; undefined = no cap. */
    readonly maxDelayMs: number | undefined;
    /** Only failures of these classes are repeated. */
    readonly classes: readonly FailureClass[];
}
/** The operations layer of a project. */
export interface Operations {
    readonly queue: RunQueue;
    /** Steps at once, by pool. */
    readonly pools: Readonly<Record<string, number>>;
    readonly retries: RunRetries;
    readonly monitoring: RunMonitoring;
}
/** Failures that are repeated when a policy names no classes: everything that a person did not ask for. */
export declare const retriedClasses: readonly FailureClass[];
/** What a Dagster user gets without a section of their own (`run_queue`, `run_monitoring` of the Dagster manual). */
export declare const defaultQueue: RunQueue;
export declare const defaultRetries: RunRetries;
export declare const defaultMonitoring: RunMonitoring;
export declare const defaultOperations: Operations;
