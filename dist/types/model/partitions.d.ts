/** How an asset is cut into partitions (semantics.md 4). Two assets share a definition when these values are equal. */
export type PartitionsDef = TimePartitions | StaticPartitions | DynamicPartitions | MultiPartitions;
export type SinglePartitions = Exclude<PartitionsDef, MultiPartitions>;
/** One partition a window of time: from one tick of a rule to the next. */
export interface TimePartitions {
    readonly kind: 'time';
    /** The rule that windows begin by: five fields. */
    readonly cron: string;
    /** IANA zone in which the rule, `start` and the keys are read. */
    readonly timezone: string;
    /** Wall time (`2026-01-01`, `2026-01-01T06:00`): the first window is the first one on or after it. */
    readonly start: string;
    /** Wall time after which no window ends; absent = they go on. */
    readonly end?: string;
    /** `strftime` directives of the key: `%Y-%m-%d`. */
    readonly format: string;
    /** So many windows beyond the last complete one exist as well; negative: so many of the last do not. */
    readonly endOffset: number;
}
/** Named once, in the order of the definition. */
export interface StaticPartitions {
    readonly kind: 'static';
    readonly keys: readonly string[];
}
/** Keys that come and go by commands and by what steps report; in the order in which they came. */
export interface DynamicPartitions {
    readonly kind: 'dynamic';
    readonly name: string;
}
/** The product of dimensions; keys join one key of each, dimensions in alphabetical order, with `|`. */
export interface MultiPartitions {
    readonly kind: 'multi';
    readonly dimensions: Readonly<Record<string, SinglePartitions>>;
}
/** A window of time: half open. */
export interface TimeWindow {
    readonly key: string;
    /** Milliseconds since 1970. */
    readonly start: number;
    readonly end: number;
}
/** How a backfill cuts the partitions of a step into runs (semantics.md 5). */
export type BackfillPolicy = {
    readonly kind: 'per_partition';
} | {
    readonly kind: 'multi_run';
    readonly partitionsMax: number;
} | {
    readonly kind: 'single_run';
};
/** How partitions of a downstream asset depend on those of an upstream one. */
export type PartitionMapping = {
    readonly kind: 'default';
} | {
    readonly kind: 'identity';
} | {
    readonly kind: 'all';
} | {
    readonly kind: 'last';
} | {
    readonly kind: 'specific';
    readonly keys: readonly string[];
}
/** By downstream key: the upstream keys that it reads. */
 | {
    readonly kind: 'static';
    readonly keys: Readonly<Record<string, readonly string[]>>;
}
/** Moves both ends of the window by so many upstream windows. */
 | {
    readonly kind: 'time_window';
    readonly startOffset: number;
    readonly endOffset: number;
};
/** What is shown of a partition, in this order of precedence (semantics.md 4). */
export declare const PARTITION_STATUSES: readonly ['in_progress', 'failed', 'materialized', 'missing'];
export type PartitionStatus = (typeof PARTITION_STATUSES)[number];
/** The partitions of an asset, counted. */
export interface PartitionsSummary {
    readonly asset: string;
    readonly total: number;
    readonly counts: Readonly<Record<PartitionStatus, number>>;
    /** Keys of each status as ranges in the definition's order: `a`, or `a...c`. */
    readonly ranges: Readonly<Record<PartitionStatus, readonly string[]>>;
    /** The last key that was ever made. */
    readonly newest?: string;
}
/** The partitions of an asset, counted as its events come, so that a report need not read them. */
export interface PartitionTally {
    /** Keys that are made, and those of which the last attempt failed. */
    readonly made: number;
    readonly failed: number;
    /** The last of both in the order of their text, at most 60. */
    readonly newest: readonly string[];
    /** Those of `newest` that failed. */
    readonly failing: readonly string[];
    /** Keys that were made and whose data is gone, whether or not they failed since; none of them is `made`. Absent = none. */
    readonly lost?: number;
    /** Those of `newest` that are lost; absent = none. */
    readonly losing?: readonly string[];
}
