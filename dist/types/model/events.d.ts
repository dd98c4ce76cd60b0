import type { Json } from '../base/json.js';
import type { Failure } from './failure.js';
import type { Timestamp } from './instant.js';
import type { RetryRequest, RunReason, RunRequest, SkipReason } from './plan.js';
import type { AssetKey, Severity } from './project.js';
/** States of a run (semantics.md 1). */
export type RunState = 'QUEUED' | 'STARTING' | 'STARTED' | 'CANCELING' | 'SUCCESS' | 'FAILURE' | 'CANCELED';
export type FinalRunState = 'SUCCESS' | 'FAILURE' | 'CANCELED';
export type CheckStatus = 'PASSED' | 'FAILED' | 'ERRORED' | 'SKIPPED';
/**
 * What every event carries. `id` is `<stream>#<n>`: stream = `<run>.<epoch>` (later `.<shard>`), or the writer's name
 * for events of no run; n counts from 1 without gaps.
 */
export interface EventBase {
    readonly id: string;
    /** Version of this event type's shape; readers upcast older ones. */
    readonly v: 1 | 2;
    /** When it happened, on the clock of who recorded it. */
    readonly at: Timestamp;
    readonly run?: string;
    readonly epoch?: number;
}
export interface RunRequested extends EventBase {
    readonly type: 'run.requested';
    readonly run: string;
    readonly request: RunRequest;
    readonly job?: string;
    readonly tags: Readonly<Record<string, string>>;
    /** Of a run that assets ask for by themselves: the code commit that ticked, as in `schedule.evaluated`. */
    readonly code?: TickedCode;
}
/** The code commit that ticked, with its commit time: an older one judges nothing later. */
export interface TickedCode {
    readonly commit: string;
    readonly at: Timestamp;
}
/** Files that counted for a run and were not as they are in its code commit: changed, deleted, or never committed. */
export interface Uncommitted {
    readonly count: number;
    /** The first of them by name. */
    readonly files: readonly string[];
}
export interface RunStarted extends EventBase {
    readonly type: 'run.started';
    readonly run: string;
    readonly planDigest: string;
    readonly codeCommit?: string;
    /** Absent = there were none, or nobody could say. */
    readonly uncommitted?: Uncommitted;
    readonly steps: readonly {
        readonly id: string;
        readonly assets: readonly AssetKey[];
        readonly verdict: 'run' | 'if_changed';
        readonly reason: RunReason;
        readonly detail: readonly string[];
        /** Keys that it makes, in the definition's order; absent = its assets have no partitions. */
        readonly partitions?: readonly string[];
    }[];
    /** Group of each asset of the run that has one, as it is now: what the run does is summed under these groups. */
    readonly groups?: Readonly<Record<AssetKey, string>>;
}
export interface RunRequeued extends EventBase {
    readonly type: 'run.requeued';
    readonly run: string;
    readonly due: Timestamp;
    readonly reason: string;
    /** Its runner was lost: for so long it has been at work, and that goes on counting. Absent = to wait is no work, its time begins anew. */
    readonly atWorkMs?: number;
    /** What its job has cost until here. */
    readonly billed?: Billed;
}
export interface RunTakenOver extends EventBase {
    readonly type: 'run.taken-over';
    readonly run: string;
    readonly reason: string;
}
export interface RunEnded extends EventBase {
    readonly type: 'run.ended';
    readonly run: string;
    readonly state: FinalRunState;
    readonly failure?: Failure;
    readonly counts: RunCounts;
    readonly durationMs: number;
    /** What it cost where minutes are billed; absent elsewhere. */
    readonly billed?: Billed;
    /** Of a failed run, where retries are enabled: whether it is tried again by itself, and why. */
    readonly retry?: RetryDecision;
}
export interface RetryDecision {
    readonly decision: 'retry' | 'no-retry';
    readonly reason: 'budget-left' | 'used-up' | 'step-failure' | 'odd-tag';
    /** In words. */
    readonly message: string;
    /** The run that tries again: what it is asked with. */
    readonly next?: RetryRequest;
}
/**
 * Runner minutes of a run. A job is billed by the started minute: its runs share its minutes, none counts twice, so that
 * the sum over the runs of a job is what the job had been billed for when the last of them ended.
 */
export interface Billed {
    /** The label that the price is of: `ubuntu-latest`. */
    readonly runner: string;
    /** Whole minutes; 0 for a run that began and ended in a minute that another run of the job was billed for. */
    readonly minutes: number;
    /** US dollars, to the millionth: 0 where minutes are free; absent = no price is known of this runner. */
    readonly usd?: number;
}
/** Assets by how they ended, checks by outcome. */
export interface RunCounts {
    readonly materialized: number;
    readonly failed: number;
    readonly skipped: number;
    readonly upToDate: number;
    readonly checksPassed: number;
    readonly checksWarned: number;
    readonly checksFailed: number;
}
/** Of a run that did nothing. */
export declare const noCounts: RunCounts;
export interface StepStarted extends EventBase {
    readonly type: 'step.started';
    readonly run: string;
    readonly step: string;
    readonly attempt: number;
    /** Attempts of this run by which it had ended before it was to be made again: no retry policy counts them. Absent = 0. */
    readonly attemptsBefore?: number;
    /**
     * Of its assets that are made by themselves (`automation`): digest over the versions of what is there to read now, of each
     * key. However it ends, they have been handled for these.
     */
    readonly versions?: Readonly<Record<AssetKey, readonly string[]>>;
    /** The keys that `versions` speak of; absent = the assets have no partitions. */
    readonly partitions?: readonly string[];
}
export interface StepAttemptEnded extends EventBase {
    readonly type: 'step.attempt-ended';
    readonly run: string;
    readonly step: string;
    readonly attempt: number;
    readonly outcome: 'success' | 'failure' | 'canceled';
    readonly failure?: Failure;
    readonly durationMs: number;
    /** It is tried again, not before this; absent = this attempt was the last, and `step.ended` follows. */
    readonly retryAt?: Timestamp;
}
export interface StepEnded extends EventBase {
    readonly type: 'step.ended';
    readonly run: string;
    readonly step: string;
    readonly outcome: 'success' | 'failure' | 'canceled';
    readonly failure?: Failure;
    /** Assets of the step that it was asked for and did not materialize, with the step failed. */
    readonly failedAssets: readonly AssetKey[];
    /** Of a partitioned step: the keys that its failed assets lack now; others of its keys were materialized. */
    readonly failedPartitions?: readonly string[];
    readonly durationMs: number;
}
export interface StepSkipped extends EventBase {
    readonly type: 'step.skipped';
    readonly run: string;
    readonly step: string;
    readonly assets: readonly AssetKey[];
    readonly reason: SkipReason;
    /** The asset, check or step that caused it. */
    readonly cause?: string;
}
/** One act of producing an asset: it is published when this event exists. */
export interface AssetMaterialized extends EventBase {
    readonly type: 'asset.materialized';
    readonly run: string;
    readonly step: string;
    readonly asset: AssetKey;
    /** Its partition; absent = it has none. One event a partition. */
    readonly partition?: string;
    /** Materialization id: unique, `<run>.<epoch>/<asset>`, of a partition `<run>.<epoch>/<asset>@<key>`; of a further attempt with `#<attempt>`. */
    readonly materialization: string;
    readonly codeVersion: string;
    /** What the code version was made of: part name → first 12 hex digits of its digest; says which file changed. */
    readonly codeParts: Readonly<Record<string, string>>;
    readonly codeCommit?: string;
    readonly dataVersion: string;
    readonly upstream: Readonly<Record<AssetKey, {
        readonly dataVersion: string;
        readonly materialization?: string;
    }>>;
    /** Files, by path: digest and size in bytes; `blob`: the id in git, where a branch keeps them. */
    readonly files?: Readonly<Record<string, {
        readonly digest: string;
        readonly bytes: number;
        readonly blob?: string;
    }>>;
    /** The DuckDB connection that holds it, when its file is kept between runs: it counts once that file is saved. */
    readonly connection?: string;
    readonly rows?: number;
    readonly metadata: Readonly<Record<string, Json>>;
    readonly durationMs: number;
    /** True when upstreams' failed blocking checks were ignored on request. */
    readonly ignoredBlocking?: boolean;
}
export interface AssetObserved extends EventBase {
    readonly type: 'asset.observed';
    readonly asset: AssetKey;
    readonly dataVersion: string;
    readonly updatedAt?: Timestamp;
    readonly metadata: Readonly<Record<string, Json>>;
}
/** Assets found up to date by a run: counts as a materialization for freshness. One event a run. */
export interface AssetsConfirmed extends EventBase {
    readonly type: 'assets.confirmed';
    readonly run: string;
    readonly assets: readonly AssetKey[];
}
/** A published file or table is gone from storage: of an asset, or of partitions of one. */
export interface AssetLost extends EventBase {
    readonly type: 'asset.lost';
    readonly asset: AssetKey;
    /** What is gone; absent = `partitions` says it. */
    readonly materialization?: string;
    /** What is gone, by key. */
    readonly partitions?: LostPartitions;
    readonly message: string;
}
/** What counted as lost was found to be there: somebody has put it back. */
export interface AssetFound extends EventBase {
    readonly type: 'asset.found';
    readonly asset: AssetKey;
    /** As in `AssetLost`. */
    readonly materialization?: string;
    readonly partitions?: LostPartitions;
}
/** By key: the turn of the materialization that was looked for, and how often that was found gone or back, with this time. */
export type LostPartitions = Readonly<Record<string, readonly [rank: number, epoch: number, times: number]>>;
/**
 * The database file of a connection was saved: what this stream materialized in it before is kept with it. It counts
 * only if `startedFrom` is still the file that is current.
 */
export interface ConnectionSaved extends EventBase {
    readonly type: 'connection.saved';
    readonly run: string;
    readonly connection: string;
    /** From the project's root. */
    readonly path: string;
    /** SHA-256 of the file, hex. */
    readonly digest: string;
    readonly bytes: number;
    /** Its id in git, where a branch keeps it. */
    readonly blob?: string;
    /** Digest of the file that was current when its writer began; empty when none was. */
    readonly startedFrom: string;
}
export interface CheckJudged extends EventBase {
    readonly type: 'check.judged';
    readonly run: string;
    /** The step that ran it: the asset's own, or `check:<asset>/<name>`. */
    readonly step: string;
    readonly asset: AssetKey;
    /** Keys whose data it judged together; absent = the asset has no partitions. */
    readonly partitions?: readonly string[];
    readonly check: string;
    readonly status: CheckStatus;
    readonly severity: Severity;
    readonly blocking: boolean;
    /** `audit`: judged a copy that was not published if this failed; `published`: judged what is there. */
    readonly stage: 'audit' | 'published';
    /** The materialization judged; for an audit that failed, the one that was not published. */
    readonly materialization?: string;
    /** The number measured, on a pass as well. */
    readonly value?: number;
    /** Rows checked, for percentages. */
    readonly of?: number;
    readonly message: string;
    readonly metadata: Readonly<Record<string, Json>>;
    readonly samples?: readonly Json[];
    readonly durationMs: number;
}
export interface TickJudged extends EventBase {
    readonly type: 'tick.judged';
    readonly schedule: string;
    readonly tick: Timestamp;
    readonly outcome: 'requested' | 'skipped';
    readonly reason: 'due' | 'superseded_by_later' | 'older_than_grace' | 'over_max_catchup' | 'already_running' | 'nothing_selected';
    readonly requested?: string;
    /** Instant judged minus instant due, in milliseconds. */
    readonly latenessMs: number;
}
/** Ticks older than what catch-up judges one by one, closed as a whole: (after, until]. */
export interface TicksMissed extends EventBase {
    readonly type: 'ticks.missed';
    readonly schedule: string;
    readonly after: Timestamp;
    readonly until: Timestamp;
    readonly count: number;
}
export interface ScheduleAdopted extends EventBase {
    readonly type: 'schedule.adopted';
    readonly schedule: string;
    /** Ticks after this instant are judged. */
    readonly from: Timestamp;
    /** When it is due; absent in events of writers that did not record it. */
    readonly rule?: ScheduleRule;
}
/** When a schedule is due: kept beside its cursor, so that an edit is seen and replays nothing. */
export interface ScheduleRule {
    readonly crons: readonly string[];
    /** IANA zone. */
    readonly timezone: string;
}
/** The schedule is gone from the manifests: its cursor is forgotten. */
export interface ScheduleDropped extends EventBase {
    readonly type: 'schedule.dropped';
    readonly schedule: string;
}
/** Moves a schedule's cursor: everything due up to `until` has been judged. One a tick and schedule with something due, or whose rule was edited. */
export interface ScheduleEvaluated extends EventBase {
    readonly type: 'schedule.evaluated';
    readonly schedule: string;
    readonly until: Timestamp;
    /** The rule from now on, when it differs from the recorded one; absent = as before. */
    readonly rule?: ScheduleRule;
    readonly code?: TickedCode;
}
/** Assets with `automation: { on_cron }` begin to count its ticks: they are new, or their rule was edited. */
export interface AutomationAdopted extends EventBase {
    readonly type: 'automation.adopted';
    readonly assets: readonly AssetKey[];
    /** Ticks after this instant count. */
    readonly from: Timestamp;
    readonly rule: ScheduleRule;
    readonly code?: TickedCode;
}
/** They are gone, or have no such rule any more. */
export interface AutomationDropped extends EventBase {
    readonly type: 'automation.dropped';
    readonly assets: readonly AssetKey[];
}
/** A process of one machine: the pid alone is used again, so the boot and the time that it started go with it. */
export interface ProcessIdentity {
    /** Digest that tells machines and their pid spaces apart. */
    readonly machine: string;
    readonly boot: string;
    readonly pid: number;
    readonly start: string;
}
export type Holder = ({
    readonly kind: 'process';
} & ProcessIdentity) | {
    readonly kind: 'workflow';
    /** Id of the workflow run. */
    readonly workflow: string;
    readonly attempt: number;
    /** The job's id in the workflow file. */
    readonly job: string;
    /** Name of the runner: tells the jobs of a matrix apart. */
    readonly runner?: string;
    /** Other jobs of the workflow run carry it out: it lives as long as the workflow run does. */
    readonly wholeRun?: true;
    /** The process within the job: a later step of the same job, or of the same machine, need not ask anybody. */
    readonly process?: ProcessIdentity;
};
/** A committed intention to run: its assets and file connections exclude others. */
export interface Claim {
    readonly claim: string;
    readonly environment: string;
    readonly run: string;
    readonly epoch: number;
    readonly holder: Holder;
    /** The writer that opened it; a claim of one's own writer is one's own. */
    readonly writer: string;
    readonly assets: readonly AssetKey[];
    /** Of partitioned assets: only these keys are held, by asset; an asset that is not named is held whole. */
    readonly partitions?: Readonly<Record<AssetKey, readonly string[]>>;
    /** Slots of pools that its holder uses at most at once. */
    readonly slots?: Readonly<Record<string, number>>;
    /** File connections held as the single writer. */
    readonly connections: readonly {
        readonly name: string;
        readonly startedFrom: string;
    }[];
    readonly at: Timestamp;
}
export interface ClaimOpened extends EventBase {
    readonly type: 'claim.opened';
    readonly run: string;
    readonly claim: Claim;
}
export interface ClaimRenewed extends EventBase {
    readonly type: 'claim.renewed';
    readonly claim: string;
}
export interface ClaimSuspected extends EventBase {
    readonly type: 'claim.suspected';
    readonly claim: string;
    readonly renewals: number;
}
export interface ClaimClosed extends EventBase {
    readonly type: 'claim.closed';
    readonly claim: string;
    readonly reason: 'ended' | 'holder-gone';
}
export interface CancelRequested extends EventBase {
    readonly type: 'cancel.requested';
    readonly run: string;
    readonly reason: string;
}
/** Keys of a dynamic definition came or went. */
export interface PartitionsChanged extends EventBase {
    readonly type: 'partitions.changed';
    /** Name of the dynamic set. */
    readonly name: string;
    readonly added: readonly string[];
    readonly removed: readonly string[];
}
/** A group of assets of a backfill that share definition, keys and policy: they run together. */
export interface BackfillGroup {
    readonly assets: readonly AssetKey[];
    /** Its keys: ranges without gaps, in the definition's order; empty = its assets have no partitions. */
    readonly partitions: readonly string[];
    /** How many keys these are; 1 without partitions. */
    readonly count: number;
    /** Keys of one run at most. */
    readonly perRun: number;
    /** Numbers of the groups, from 1, that make what it reads. */
    readonly after: readonly number[];
}
/** A backfill is asked for; its runs are asked for by `run.requested`, each when what it reads is there. */
export interface BackfillRequested extends EventBase {
    readonly type: 'backfill.requested';
    readonly backfill: string;
    readonly selection: string;
    /** As it was written; empty = nothing that is selected has partitions. */
    readonly partitions: string;
    readonly reason?: string;
    /** Tags of its runs. */
    readonly tags: Readonly<Record<string, string>>;
    readonly groups: readonly BackfillGroup[];
}
/** No more runs are asked for, and those that there are are to end. */
export interface BackfillCancelRequested extends EventBase {
    readonly type: 'backfill.cancel-requested';
    readonly backfill: string;
    readonly reason: string;
}
/** Nothing of it is left to be made. */
export interface BackfillEnded extends EventBase {
    readonly type: 'backfill.ended';
    readonly backfill: string;
    readonly state: FinalBackfillState;
    readonly counts: BackfillCounts;
}
export type FinalBackfillState = 'CANCELED' | 'COMPLETED_SUCCESS' | 'COMPLETED_FAILED';
/** Of the partitions of all its assets; an asset without partitions counts as one. */
export interface BackfillCounts {
    readonly total: number;
    readonly done: number;
    readonly failed: number;
    /** Not made because of a failure upstream, a check that holds, or a cancellation. */
    readonly leftOut: number;
}
export interface JournalAdopted extends EventBase {
    readonly type: 'journal.adopted';
    /** The writer whose journal it was. */
    readonly writer: string;
    readonly events: number;
    readonly reason: string;
}
/** What happened. Closed and versioned: the bytes on the state branch (docs/events.md). */
export type BranchlineEvent = RunRequested | RunStarted | RunRequeued | RunTakenOver | RunEnded | StepStarted | StepAttemptEnded | StepEnded | StepSkipped | AssetMaterialized | AssetObserved | AssetsConfirmed | AssetLost | AssetFound | ConnectionSaved | CheckJudged | TickJudged | TicksMissed | ScheduleAdopted | ScheduleDropped | ScheduleEvaluated | AutomationAdopted | AutomationDropped | ClaimOpened | ClaimRenewed | ClaimSuspected | ClaimClosed | CancelRequested | PartitionsChanged | BackfillRequested | BackfillCancelRequested | BackfillEnded | JournalAdopted;
/** An event before its stream gave it an id. */
export type EventDraft = DistributiveOmit<BranchlineEvent, 'id' | 'v'>;
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export {};
