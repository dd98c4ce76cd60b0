import type { Timestamp } from './instant.js';
import type { RetryStrategy } from './operations.js';
import type { AssetKey, AutomationRule } from './project.js';
/** What asks for a run; its canonical form is the run's identity (semantics.md 1). */
export type RunRequest = {
    readonly kind: 'cli' /** 80 random bits, hex. */;
    readonly nonce: string;
    readonly at: Timestamp;
    readonly selection: string;
    readonly job?: string;
    readonly mode: RequestMode;
    readonly withUpstream: boolean;
    readonly ignoreBlocking: boolean;
    /** Keys of its partitions: one, or a range `first...last`; absent = none of its assets has partitions. */
    readonly partitions?: string;
    /** Incremental assets start empty; absent = no. */
    readonly fullRefresh?: boolean;
} | {
    readonly kind: 'schedule';
    readonly schedule: string /** The instant it was due. */;
    readonly tick: Timestamp;
    readonly selection: string;
    readonly job?: string;
    readonly materialize: 'when_stale' | 'all';
    readonly partitions?: string;
    /** Its place among the runs of one tick, from 1, where the tick asks for several. */
    readonly part?: number;
} | {
    /** A person's click or call on GitHub (`workflow_dispatch`). */
    readonly kind: 'dispatch';
    /** Id of the workflow run, the same for all its attempts. */
    readonly workflow: string;
    /** Of a re-run that tries again what had failed or was canceled: the attempt, from 2. */
    readonly attempt?: number;
    /** When the workflow run was created. */
    readonly at: Timestamp;
    readonly selection: string;
    readonly job?: string;
    readonly mode: RequestMode;
    readonly withUpstream: boolean;
    readonly ignoreBlocking: boolean;
    /** Keys of its partitions: one, or a range `first...last`; absent = none of its assets has partitions. */
    readonly partitions?: string;
    readonly fullRefresh?: boolean;
    /** Its place among the runs of one click, from 1, where the click asks for several. */
    readonly part?: number;
} | {
    /** `build_on_push` of the production environment. */
    readonly kind: 'push';
    readonly commit: string;
    /** Time of that commit. */
    readonly at: Timestamp;
    readonly selection: string;
    readonly job?: never;
    readonly partitions?: string;
    /** Its place among the runs of one push, from 1, where the push asks for several. */
    readonly part?: number;
} | BackfillChunkRequest | AutomationRequest | RetryRequest;
/** Another try of a run that failed (semantics.md 2). */
export interface RetryRequest {
    readonly kind: 'retry';
    /** The run that was asked for first. */
    readonly root: string;
    /** Number among the retries of the root, from 1. */
    readonly number: number;
    /** Automatic retries of the root so far, with this one if it is one. */
    readonly automatic: number;
    /** The run that failed. */
    readonly of: string;
    /** When that run ended, or a person asked for the retry. */
    readonly at: Timestamp;
    /** `FROM_FAILURE` keeps what was made since the root began. */
    readonly strategy: RetryStrategy;
    readonly since: Timestamp;
    /** What the root was asked with. */
    readonly original: OriginalRequest;
    /** As in `original`. */
    readonly selection: string;
    readonly job?: string;
    readonly partitions?: string;
}
export type OriginalRequest = Exclude<RunRequest, RetryRequest>;
/** What was asked for first: of a retry what its root was asked with. */
export declare function originalOf(request: RunRequest): OriginalRequest;
/** One run of a backfill: some assets of one of its groups, for keys of the group without a gap. */
export interface BackfillChunkRequest {
    readonly kind: 'backfill';
    readonly backfill: string;
    /** When the backfill was asked for. */
    readonly at: Timestamp;
    /** Number of the group, from 1. */
    readonly group: number;
    /** Place of its first key among the keys of the group, from 0, and how many keys it makes. */
    readonly place: number;
    readonly count: number;
    /**
     * Digest of `assets`, where an older Branchline recorded a group of more assets than one run may name: several runs then
     * make the same keys, and this tells them apart. Absent = one run makes them.
     */
    readonly share?: string;
    /** How often its runner was lost before; absent = never. */
    readonly lost?: number;
    /** The key, or `first...last`; absent = its assets have no partitions. */
    readonly partitions?: string;
    /** What it makes; `selection` is what the backfill was asked for with. */
    readonly assets: readonly AssetKey[];
    readonly selection: string;
    readonly job?: never;
}
/** A run that assets ask for by themselves (semantics.md 6): those of one pass that can be made together. */
export interface AutomationRequest {
    readonly kind: 'automation';
    /** When their conditions were evaluated. */
    readonly at: Timestamp;
    /** In topological order. */
    readonly targets: readonly AutomationTarget[];
    /** Keys that it makes of each of them, in the definition's order; absent = they have no partitions. */
    readonly keys?: readonly string[];
    /** The same as text: the key, or `first...last`. */
    readonly partitions?: string;
    /** The same assets as a selection, for people. */
    readonly selection: string;
    readonly job?: never;
}
export interface AutomationTarget {
    readonly asset: AssetKey;
    readonly condition: AutomationRule['kind'];
    /** Of each key: digest over the versions of what it reads; of what the same run makes, that it does. */
    readonly versions: readonly string[];
    /** The tick that it is made for (`on_cron`). */
    readonly tick?: Timestamp;
    /**
     * The run that handled it last: versions that come back after others were handled are new. Of several keys a digest over
     * the runs. Absent = it never was.
     */
    readonly after?: string;
    /** It goes along with an upstream of the same run, and is made if that changes. */
    readonly joined?: true;
}
/** A person asked for it, here or on GitHub: what is selected is meant, and a mistake in it is refused. */
export type ManualRequest = Extract<RunRequest, {
    kind: 'cli' | 'dispatch';
}>;
export declare function isManual(request: RunRequest): request is ManualRequest;
/** Whether whoever asked wants tables and incremental assets made without what was there before. */
export declare function isFullRefresh(request: RunRequest): boolean;
/**
 * `all`: makes all that is selected. `stale`: narrows it to what is missing, failed last, or stale.
 * `job`: as a job or schedule does, `stale` plus the assets that have no upstreams.
 */
export type RequestMode = 'all' | 'stale' | 'job';
/** Why a step runs. Closed (semantics.md 1). */
export type RunReason = 'requested' | 'never_materialized' | 'failed_last' | 'code_changed' | 'upstream_changed' | 'deps_changed' | 'data_lost' | 'no_upstreams' | 'materialize_all' | 'with_upstream' | 'retry' | 'backfill' | 'automation';
/** Why a step does not run. Closed (semantics.md 1). */
export type SkipReason = 'up_to_date' | 'blocked_by_check' | 'upstream_failed' | 'upstream_skipped' | 'other_environment' | 'external' | 'not_selected' | 'canceled' | 'fail_fast' | 'superseded';
export interface AssetVerdict {
    readonly asset: AssetKey;
    /** `if_changed` is settled when its upstreams in this run have ended. */
    readonly verdict: 'run' | 'if_changed' | 'skip';
    readonly reason: RunReason | SkipReason;
    /** What the reason refers to, for people: changed files, the newer upstream, the failed check, the asset waited for. */
    readonly detail: readonly string[];
}
/** One execution that the plan intends. */
export interface PlannedStep {
    /** Name of the step that is carried out (`Project.steps`). */
    readonly step: string;
    /** Keys that it makes, in the definition's order; absent = its assets have no partitions. */
    readonly partitions?: readonly string[];
    /** Step id: the step's name, of a partitioned one `<name>@<key>` or `<name>@<first>...<last>`. */
    readonly id: string;
    readonly verdict: 'run' | 'if_changed' | 'skip';
    /** Assets of the step that are wanted, each with its own verdict. */
    readonly assets: readonly AssetVerdict[];
    /** Name of the machine that it runs on (`Project.runners`); absent = that of the workflow. */
    readonly runner?: string;
    /** True when it may run for part of its assets. */
    readonly partial: boolean;
    /** Ids of planned steps (verdict run or if_changed) that must end first. */
    readonly after: readonly string[];
    /** Code version of each of its assets now. */
    readonly codeVersion: string;
    readonly codeParts: Readonly<Record<string, string>>;
    /** Data versions of direct upstreams when planned; null = none known. */
    readonly upstream: Readonly<Record<AssetKey, string | null>>;
    /** By asset of the step: data versions of its direct upstreams that its last materialization used. */
    readonly used: Readonly<Record<AssetKey, Readonly<Record<AssetKey, string>>>>;
    /** Direct upstreams that are held by a stored result: asset → name of the blocking check that failed. */
    readonly held: Readonly<Record<AssetKey, string>>;
}
/** How long a step took before, in milliseconds; `samples` is 0 without history. */
export interface Estimate {
    readonly samples: number;
    readonly p50Ms: number;
    readonly p95Ms: number;
}
/** What we intend, with a reason for each step and each skip. Canonical JSON. */
export interface Plan {
    readonly format: 1;
    readonly environment: string;
    readonly request: RunRequest;
    readonly runId: string;
    /** In topological order, ties by name. */
    readonly steps: readonly PlannedStep[];
    /** Over format, request without its identity, step ids, verdicts, reasons, code versions, upstream data versions. */
    readonly digest: string;
    readonly job?: string;
    readonly tags: Readonly<Record<string, string>>;
    /** By step id; not part of the digest. */
    readonly estimates: Readonly<Record<string, Estimate>>;
}
/** Why no plan could be made of a request. */
export type PlanRefusal = {
    readonly code: 'selection';
    readonly message: string;
    readonly column: number;
    readonly length: number;
} | {
    readonly code: 'upstream-never-materialized';
    readonly asset: AssetKey;
    readonly upstream: readonly AssetKey[];
} | {
    readonly code: 'empty-selection';
    readonly message: string;
}
/** Assets of the run are cut in a way that its keys do not fit. */
 | {
    readonly code: 'other-partitions';
    readonly assets: readonly AssetKey[];
};
