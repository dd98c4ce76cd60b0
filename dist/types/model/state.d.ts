import type { Spans } from '../base/spans.js';
import type { BackfillCounts, BackfillGroup, Billed, CheckStatus, Claim, FinalBackfillState, RetryDecision, RunCounts, RunState, ScheduleRule, Uncommitted } from './events.js';
import type { Failure } from './failure.js';
import type { EpochMs, Timestamp } from './instant.js';
import type { PartitionTally } from './partitions.js';
import type { RunReason, RunRequest, SkipReason } from './plan.js';
import type { AssetKey, Severity } from './project.js';
/**
 * Whose turn it was, for order without clocks: [rank of the run among the runs of this asset, epoch]. A run that starts
 * after another one on the same asset has the higher rank, so a late fact never replaces a newer one.
 */
export type Turn = readonly [rank: number, epoch: number];
/** What is known of an asset: `snapshot/<shard>.json` holds these. */
export interface AssetRecord {
    readonly asset: AssetKey;
    /** Its group when a run last started on it. */
    readonly group?: string;
    /** The newest run that started on it, and that run's rank. */
    readonly turn?: {
        readonly run: string;
        readonly rank: number;
    };
    /** Newest materialization; undefined = never. */
    readonly materialized?: MaterializationRecord;
    /** Newest attempt's end, whatever its outcome. */
    readonly attempt?: {
        readonly run: string;
        readonly at: Timestamp;
        readonly outcome: 'success' | 'failure' | 'canceled';
        readonly failure?: Failure /** Attempts in a row that failed, 0 after a success. */;
        readonly failuresInRow: number /** When the row of failures began. */;
        readonly failingSince?: Timestamp;
        readonly turn?: Turn;
    };
    /** Newest confirmation that it is up to date. */
    readonly confirmedAt?: Timestamp;
    /** What is gone from storage: cleared by the next materialization. */
    readonly lost?: {
        readonly at: Timestamp;
        readonly message: string;
    };
    /** Newest result of each check, by name. */
    readonly checks: Readonly<Record<string, CheckRecord>>;
    /** Last 14 successful durations, oldest first, in milliseconds. */
    readonly durationsMs: readonly number[];
    /** When those successes were, in step with `durationsMs`. */
    readonly succeededAt?: readonly EpochMs[];
    /** The row of failures since the newest success, by turn, oldest first: `failuresInRow` is its sum. */
    readonly failing?: readonly {
        readonly turn: Turn;
        readonly count: number;
        readonly since: Timestamp;
    }[];
    /** Turn of the newest success. */
    readonly succeeded?: Turn;
    /** What was last done about it by itself or by a run that began on it; only of assets with `automation`, without partitions. */
    readonly handled?: HandledRecord;
    /** Since when ticks of its `on_cron` count, and the newest that it was asked for. */
    readonly onCron?: {
        readonly from: Timestamp;
        readonly rule: ScheduleRule;
        readonly asked?: Timestamp;
    };
    /** Newest observation of an asset that others make. */
    readonly observed?: {
        readonly at: Timestamp;
        readonly dataVersion: string;
        readonly updatedAt?: Timestamp;
    };
    /** Absent = none of its partitions was ever made or failed. */
    readonly partitions?: PartitionTally;
    /** Newest first, at most 10: for the asset's page. */
    readonly history: readonly HistoryEntry[];
}
/**
 * An asset with `automation`, or one of its partitions, was asked for, or a run began to make it, and it was not made since:
 * it is not asked for again for the same versions of what it reads. The newest by turn, whatever came first.
 */
export interface HandledRecord {
    readonly at: Timestamp;
    readonly run: string;
    /** Digest over the versions of what it reads. */
    readonly versions: string;
    /** Of who only asked: before the first epoch of the run that comes next. */
    readonly turn: Turn;
}
export interface MaterializationRecord {
    readonly id: string;
    readonly run: string;
    readonly at: Timestamp;
    readonly codeVersion: string;
    readonly codeParts: Readonly<Record<string, string>>;
    readonly codeCommit?: string;
    readonly dataVersion: string;
    readonly upstream: Readonly<Record<AssetKey, {
        readonly dataVersion: string;
        readonly materialization?: string;
    }>>;
    readonly files?: Readonly<Record<string, {
        readonly digest: string;
        readonly bytes: number;
        readonly blob?: string;
    }>>;
    readonly rows?: number;
    readonly durationMs: number;
    readonly turn?: Turn;
}
export interface CheckRecord {
    readonly status: CheckStatus;
    readonly severity: Severity;
    readonly blocking: boolean;
    readonly stage: 'audit' | 'published';
    readonly run: string;
    readonly at: Timestamp;
    readonly materialization?: string;
    readonly value?: number;
    readonly of?: number;
    readonly message: string;
    readonly turn?: Turn;
    /** An audit's copy that was published afterwards: the result speaks of the data that is there. */
    readonly published?: true;
    /**
     * Older results down to the one in force, newest first, when the newest judged a copy that was not published: what was
     * said of the published data stays in force (semantics.md 7). Ask `checkInForce` of state/ rather than this.
     */
    readonly earlier?: readonly Omit<CheckRecord, 'earlier'>[];
}
export interface HistoryEntry {
    readonly at: Timestamp;
    readonly run: string;
    readonly outcome: 'success' | 'failure' | 'canceled';
    readonly durationMs: number;
    readonly rows?: number;
    /** Once it was folded as `citedVersion` of model/versions cuts it. */
    readonly dataVersion?: string;
    readonly message?: string;
}
/**
 * What is known of one partition. A join of what its events say: the newest of each kind by turn, whatever came first,
 * so that a failed attempt takes no older success away (semantics.md 4).
 */
export interface PartitionRecord {
    readonly materialized?: PartitionMaterialization;
    /** Newest attempt that ended without producing it. */
    readonly failed?: {
        readonly run: string;
        readonly at: Timestamp;
        readonly turn: Turn;
    };
    /** What was last done about it; only of assets with `automation`. */
    readonly handled?: HandledRecord;
    /** Newest look that found its data gone, or back again after that; until it is made anew. */
    readonly lost?: LostRecord;
    /** Newest result of each blocking check about the published data: whether it holds what is downstream. */
    readonly checks?: Readonly<Record<string, {
        readonly holds: boolean;
        readonly turn: Turn;
    }>>;
}
/** A look for the published data of a partition. */
export interface LostRecord {
    readonly at: Timestamp;
    /** Of the materialization that was looked for. */
    readonly turn: Turn;
    /** How often it was found gone, or back: the newest look has the highest number, whatever the clocks say. */
    readonly times: number;
    /** What was found; absent = it is there again. */
    readonly message?: string;
}
/** What status and staleness of a partition are told from: a part of a record, so a record is one too. */
export interface PartitionFacts {
    readonly materialized?: Pick<PartitionMaterialization, 'codeVersion' | 'dataVersion' | 'used'> | undefined;
    readonly failed?: PartitionRecord['failed'] | undefined;
    readonly lost?: LostRecord | undefined;
    readonly checks?: PartitionRecord['checks'] | undefined;
}
export interface PartitionMaterialization {
    readonly run: string;
    readonly at: Timestamp;
    readonly codeVersion: string;
    /** The data version, or a digest of 12 characters of a longer one. */
    readonly dataVersion: string;
    /** Digest of 12 characters over the upstream data versions that were read. */
    readonly used: string;
    readonly rows?: number;
    readonly files?: Readonly<Record<string, {
        readonly digest: string;
        readonly bytes: number;
    }>>;
    readonly turn: Turn;
}
/** The database file of a connection as it was saved last. */
export interface ConnectionRecord {
    readonly connection: string;
    /** Absent before the first save. */
    readonly file?: {
        readonly path: string;
        readonly digest: string;
        readonly bytes: number;
        readonly blob?: string;
        readonly run: string;
        readonly at: Timestamp;
    };
    /** Materializations that no saved file holds, by asset, of partitions by `asset@key`: they are lost when their runner is gone. */
    readonly unsaved: Readonly<Record<string, string>>;
}
/** A run as the state knows it; open ones live in the index, ended ones in `runs/`. */
export interface RunRecord {
    readonly run: string;
    readonly epoch: number;
    readonly state: RunState;
    readonly request: RunRequest;
    readonly environment: string;
    readonly job?: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly requestedAt: Timestamp;
    readonly startedAt?: Timestamp;
    readonly endedAt?: Timestamp;
    readonly planDigest?: string;
    readonly codeCommit?: string;
    /** Of the start that came last. */
    readonly uncommitted?: Uncommitted;
    readonly steps: Readonly<Record<string, RunStepRecord>>;
    readonly confirmed: readonly AssetKey[];
    readonly counts?: RunCounts;
    /** Of all jobs that carried it out, as far as they told. */
    readonly billed?: Billed;
    readonly failure?: Failure;
    /** Whether it is tried again by itself. */
    readonly retry?: RetryDecision;
    readonly cancelRequested?: boolean;
    readonly cancelRequestedAt?: Timestamp;
    /** When a requeued run may start again. */
    readonly due?: Timestamp;
    /** How long it had been at work when its runners were lost, since it was last given back; absent = 0. */
    readonly atWorkMs?: number;
    /** Groups of its assets when it started. */
    readonly groups?: Readonly<Record<AssetKey, string>>;
    /** Its place among the runs of its assets (see `Turn`). */
    readonly rank?: number;
    /** UTC day of the commit that recorded its end: the day it belongs to. */
    readonly recordedOn?: string;
    /** Steps that ended well and were left out of the record because it was too long. */
    readonly stepsOmitted?: number;
}
export interface RunStepRecord {
    readonly assets: readonly AssetKey[];
    /** Keys that it makes; absent = its assets have no partitions. */
    readonly partitions?: readonly string[];
    readonly state: 'PLANNED' | 'STARTED' | 'SUCCESS' | 'FAILURE' | 'CANCELED' | 'SKIPPED';
    readonly reason?: RunReason | SkipReason;
    readonly detail?: readonly string[];
    /** The newest attempt. */
    readonly attempt?: number;
    /** Those of them by which it had ended before it was to be made again: no retry policy counts them. Absent = 0. */
    readonly attemptsBefore?: number;
    /** The attempt failed and is repeated, not before this. */
    readonly retryAt?: Timestamp;
    readonly durationMs?: number;
    readonly failure?: Failure;
    readonly materialized: readonly AssetKey[];
    readonly failedAssets: readonly AssetKey[];
    /** Keys that the failed step did not make; absent = all, or its assets have no partitions. */
    readonly failedPartitions?: readonly string[];
    readonly rows?: number;
    readonly checks: readonly {
        readonly asset: AssetKey;
        readonly check: string;
        readonly status: CheckStatus;
        readonly severity: Severity;
        readonly blocking: boolean;
        readonly message: string;
    }[];
}
/** A backfill as the state knows it (semantics.md 5). */
export interface BackfillRecord {
    readonly backfill: string;
    readonly state: 'REQUESTED' | 'IN_PROGRESS' | 'CANCELING' | FinalBackfillState;
    readonly selection: string;
    readonly partitions: string;
    readonly reason?: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly requestedAt: Timestamp;
    readonly endedAt?: Timestamp;
    readonly counts?: BackfillCounts;
    /** In order: a group's number is its place here, from 1. */
    readonly groups: readonly BackfillGroupRecord[];
}
/** Keys are told by their place among the group's, so that a long backfill stays a few numbers. */
export interface BackfillGroupRecord extends BackfillGroup {
    /** Keys that runs were asked for. */
    readonly requested: Spans;
    /** By place of the first key (of runs that share keys: and their assets): how often the runner of a run from there was lost. */
    readonly lost?: Readonly<Record<string, number>>;
    /** By asset: keys that runs of the backfill made, failed to make, and that were left out by their runs. */
    readonly results: Readonly<Record<AssetKey, BackfillResults>>;
}
/** A key may be failed first and done later, by a retry: done counts. */
export interface BackfillResults {
    readonly done: Spans;
    readonly failed: Spans;
    readonly leftOut: Spans;
}
/** A schedule's cursor. */
export interface ScheduleRecord {
    readonly schedule: string;
    readonly adoptedAt: Timestamp;
    /** Everything due up to here has been judged. */
    readonly evaluatedUntil: Timestamp;
    /** Newest ticks judged, at most 8, oldest first: each is counted once. */
    readonly judged?: readonly Timestamp[];
    /** When it is due, as last judged: `rule` of the newest `schedule.adopted` or `schedule.evaluated` that carries one. */
    readonly rule?: ScheduleRule;
    readonly lastTick?: {
        readonly tick: Timestamp;
        readonly outcome: 'requested' | 'skipped';
        readonly reason: string;
        readonly latenessMs: number;
        readonly run?: string;
    };
}
/**
 * Sums of one UTC day for the project, a group or an asset. Mergeable: days add up. A group's or asset's `runs` are the
 * runs that had a step for it.
 */
export interface RollupCell {
    readonly materialized: number;
    readonly failed: number;
    readonly checksPassed: number;
    readonly checksExecuted: number;
    readonly runs: number;
    readonly runsSucceeded: number;
    /**
     * Billed runner time in milliseconds, and what it cost in millionths of a US dollar; whole numbers, so that sums do not
     * depend on their order. A group's or asset's is its share of its runs. Absent = none.
     */
    readonly billedMs?: number;
    readonly microUsd?: number;
    /** The part of `billedMs` of which no price was known. */
    readonly unpricedMs?: number;
    /** Mergeable sketch (encoding of state/sketch): of runs in the project's cell, of materializations elsewhere. */
    readonly durations?: string;
    /** Sketch of tick lateness; only in the project's cell. */
    readonly lateness?: string;
}
/** All that is known at one commit: snapshot + unfolded segments + recent. */
export interface StateView {
    readonly environment: string;
    /** Newest commit of the state branch; undefined before the first. */
    readonly head?: string;
    readonly seq: number;
    /** Instant of the head commit. */
    readonly at?: Timestamp;
    readonly assets: ReadonlyMap<AssetKey, AssetRecord>;
    readonly openRuns: ReadonlyMap<string, RunRecord>;
    /** Ended runs of open days, and older ones that were asked for. */
    readonly endedRuns: ReadonlyMap<string, RunRecord>;
    readonly claims: ReadonlyMap<string, Claim & {
        readonly renewals: number;
        readonly suspected?: {
            readonly at: Timestamp;
            readonly renewals: number;
        };
    }>;
    readonly schedules: ReadonlyMap<string, ScheduleRecord>;
    /** Backfills that are not over, and the newest that are; absent = there never was one. */
    readonly backfills?: ReadonlyMap<string, BackfillRecord>;
    /**
     * Partitions by asset and key: those that were asked for, and those that commits since the last fold have touched.
     * Absent = no asset of the project was ever made by partitions.
     */
    readonly partitions?: ReadonlyMap<AssetKey, ReadonlyMap<string, PartitionRecord>>;
    /** Keys of dynamic definitions, in the order in which they came. */
    readonly dynamicKeys?: ReadonlyMap<string, readonly string[]>;
    /** Connections whose database file is kept between runs. */
    readonly connections: ReadonlyMap<string, ConnectionRecord>;
    /** Last n counted of each stream. */
    readonly streams: ReadonlyMap<string, number>;
    /** UTC day on which each stream last grew; 30 days later it is forgotten unless its run is open. */
    readonly streamDays?: ReadonlyMap<string, string>;
    /** Last transaction of each writer. */
    readonly writers: ReadonlyMap<string, {
        readonly tx: number;
        readonly at: Timestamp;
    }>;
    /** By UTC day: cells by scope: `project`, `group:<name>` (by the group at the time), `asset:<key>`. */
    readonly days: ReadonlyMap<string, ReadonlyMap<string, RollupCell>>;
    /** Newest code commit that has ticked, with its commit time. */
    readonly codeCommit?: {
        readonly commit: string;
        readonly at: Timestamp;
    };
}
