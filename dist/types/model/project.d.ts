import type { Json } from '../base/json.js';
import type { Span } from './diagnostic.js';
import type { Operations, RetryPolicy } from './operations.js';
import type { BackfillPolicy, PartitionMapping, PartitionsDef } from './partitions.js';
/** `raw/orders`: segments of `[A-Za-z0-9_][A-Za-z0-9_.-]*` joined by `/`. */
export type AssetKey = string;
/** Text in which `${{ … }}` has not been evaluated yet; plain text where there is none. */
export type Template = string;
export type Severity = 'warn' | 'error';
export type Materialized = 'table' | 'view' | 'none';
/** Every manifest, resolved: defaults applied, references checked, paths from the project's root. Plain data. */
export interface Project {
    readonly name: string;
    readonly description?: string;
    /** IANA zone; `UTC` by default. */
    readonly timezone: string;
    readonly manifests: readonly string[];
    readonly state: {
        readonly branch: string;
        readonly remote: string;
        /** Events of days older than this leave the branch when it is compacted; absent = none. */
        readonly retentionMs?: number;
    };
    readonly operations: Operations;
    /** Machines for steps, by name. */
    readonly runners: Readonly<Record<string, RunnerDef>>;
    /** Shared definitions of partitions, by name. */
    readonly partitions: Readonly<Record<string, PartitionsDef>>;
    /** Undefined = what suits the machine: the cache on runners that GitHub hosts, a directory elsewhere. */
    readonly storage?: Storage;
    /** Steps at once on one runner; undefined = the number of cores, at least 2. */
    readonly maxParallel?: number;
    /** US dollars a minute by runner label, over the built-in table. */
    readonly prices: Readonly<Record<string, number>>;
    /** Names of environment variables declared secret by the project. */
    readonly secrets: readonly string[];
    readonly env: Readonly<Record<string, Template>>;
    readonly connections: Readonly<Record<string, Connection>>;
    readonly environments: Readonly<Record<string, EnvironmentDef>>;
    /** By key. */
    readonly assets: Readonly<Record<AssetKey, Asset>>;
    /** By name: an asset's key, or a multi-asset's name. External assets have none. */
    readonly steps: Readonly<Record<string, StepDef>>;
    readonly groups: Readonly<Record<string, {
        readonly description?: string;
    }>>;
    readonly multiChecks: Readonly<Record<string, MultiCheck>>;
    readonly jobs: Readonly<Record<string, Job>>;
    readonly schedules: Readonly<Record<string, Schedule>>;
    readonly selections: Readonly<Record<string, SavedSelection>>;
    readonly exposures: Readonly<Record<string, Exposure>>;
}
/** A machine in the words of a workflow. */
export interface RunnerDef {
    /** All of its labels. */
    readonly runsOn: readonly string[];
    /** Undefined = none. */
    readonly container?: {
        readonly image: string;
        readonly options?: string;
    };
    /** Environment of GitHub; undefined = that of the workflow. */
    readonly environment?: string;
}
/** Where published files are kept between runs (docs/storage.md). */
export type Storage = {
    readonly type: 'directory';
    /** From the project's root, or absolute; undefined = the private folder under the git directory. */
    readonly path?: string;
} | {
    readonly type: 'cache';
} | {
    readonly type: 'branch';
    /** Without `refs/heads/`; undefined = the one that goes with the state's branch. */
    readonly branch?: string;
    /** The largest file that is kept, in bytes. */
    readonly maxFileBytes: number;
} | {
    readonly type: 'none';
};
export type Connection = {
    readonly type: 'duckdb';
    readonly path: Template;
    readonly extensions: readonly string[];
    /** SQL statements run when a connection is opened. */
    readonly init?: Template;
    /** Where its file is kept between runs; undefined = as the project's. */
    readonly storage?: Storage;
    readonly definedAt: Span;
} | {
    readonly type: 'postgres';
    readonly url: Template;
    readonly schema?: Template;
    readonly definedAt: Span;
};
export interface EnvironmentDef {
    /** Branches that may write production. */
    readonly branches?: readonly string[];
    /** Selection of what a push to one of them builds. */
    readonly buildOnPush?: string;
    readonly env: Readonly<Record<string, Template>>;
    /** Keys of connections (of all, by name) that this environment replaces. */
    readonly connections: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}
/** A data object that is kept up to date. */
export interface Asset {
    readonly key: AssetKey;
    readonly description?: string;
    readonly group?: string;
    readonly owners: readonly string[];
    readonly tags: Readonly<Record<string, string>>;
    readonly kinds: readonly string[];
    readonly metadata: Readonly<Record<string, Json>>;
    /** A contract of the relation's columns. A difference is a failed check `columns`. */
    readonly columns?: Readonly<Record<string, {
        readonly type?: string;
        readonly description?: string;
        readonly nullable?: boolean;
    }>>;
    /** Direct upstreams: `deps` and every `ref()` of its SQL, sorted, without repetitions. */
    readonly deps: readonly AssetKey[];
    /** How partitions of an upstream are read, where it was written; otherwise by default. */
    readonly mappings?: Readonly<Record<AssetKey, PartitionMapping>>;
    /** How it is cut; undefined = it is not. */
    readonly partitions?: PartitionsDef;
    /** The column, or expression, that SQL is cut by; of several dimensions one for each, by name. */
    readonly partitionExpr?: string | Readonly<Record<string, string>>;
    readonly automation?: AutomationRule;
    readonly external: boolean;
    /** Name of the step that makes it; undefined when external. */
    readonly step?: string;
    /** Name of its connection, when it has one. */
    readonly connection?: string;
    /** The table or view on the connection: `raw.orders` is schema and name. Only with a connection. */
    readonly relation?: Relation;
    readonly materialized: Materialized;
    readonly publish: 'audit' | 'direct';
    readonly outputs: readonly OutputPattern[];
    /** Its own last outputs are put in place before it runs; lost ones fail it. */
    readonly incremental: boolean;
    /** Where its outputs are kept; undefined = as the project's. */
    readonly storage?: Storage;
    readonly onLost: 'rebuild' | 'fail';
    readonly materialize: 'when_stale' | 'always';
    /** Only in a multi-asset: a successful step that does not report it has not materialized it. */
    readonly skippable: boolean;
    readonly checks: readonly Check[];
    readonly definedAt: Span;
    /** Where a value came from when it was not written on the asset itself: key → `defaults of pipelines/a.yaml`. */
    readonly inherited: Readonly<Record<string, string>>;
}
export interface Relation {
    /** Undefined = the connection's default schema. */
    readonly schema?: string;
    readonly name: string;
}
export interface OutputPattern {
    /** From the project's root; may hold `*`, `**`, `?` and expressions. */
    readonly path: Template;
    readonly optional: boolean;
}
/** One execution that materializes one or more assets. */
export interface StepDef {
    /** The asset's key, or the multi-asset's name. */
    readonly name: string;
    readonly assets: readonly AssetKey[];
    readonly action: Action;
    readonly connection?: string;
    /** May run for part of its assets. False: selecting one selects all. */
    readonly canSubset: boolean;
    /** Patterns of files that count for the code version, besides the script or SQL file itself. */
    readonly code: readonly string[];
    readonly env: Readonly<Record<string, Template>>;
    /** Names of secrets that are handed to it. */
    readonly secrets: readonly string[];
    /** It may ask GitHub for OIDC tokens. */
    readonly oidc: boolean;
    /** Of one attempt. */
    readonly timeoutMs?: number;
    /** How a failed attempt is repeated; undefined = it is not. */
    readonly retryPolicy?: RetryPolicy;
    /** The pool whose slots it takes. */
    readonly pool?: string;
    /** Name of the machine that it runs on (`Project.runners`); undefined = that of the workflow. */
    readonly runner?: string;
    /** How it is cut: the same for all of its assets. */
    readonly partitions?: PartitionsDef;
    readonly backfillPolicy: BackfillPolicy;
    readonly definedAt: Span;
}
export declare const AUTOMATION_KINDS: readonly ['eager', 'on_cron', 'on_missing'];
/** When an asset is made by itself (semantics.md 6). */
export type AutomationRule = {
    readonly kind: 'eager';
} | {
    readonly kind: 'on_missing';
} | {
    readonly kind: 'on_cron';
    readonly cron: string;
    readonly timezone: string;
};
export type Action = {
    readonly kind: 'run';
    readonly run: string;
    readonly shell: string;
    readonly workingDirectory?: string;
} | {
    readonly kind: 'sql';
    /** The SQL text with its expressions. */
    readonly text: string;
    /** The file that it came from; undefined when written in the manifest. */
    readonly file?: string;
    /** Where the text starts, for errors with line and caret. */
    readonly startsAt: Span;
};
/** `>` 10, `<` 5 %, not between 1 and 3. */
export type Bound = {
    readonly op: '>' | '>=' | '<' | '<=' | '=' | '!=';
    readonly value: number;
    readonly percent: boolean;
} | {
    readonly op: 'not between';
    readonly low: number;
    readonly high: number;
    readonly percent: boolean;
};
/** A test on an asset's data. Identity: (asset, name). */
export interface Check {
    readonly asset: AssetKey;
    readonly name: string;
    readonly description?: string;
    readonly severity: Severity;
    readonly blocking: boolean;
    readonly onError: 'error' | 'warn';
    readonly warnIf?: Bound;
    readonly errorIf?: Bound;
    /** A SQL condition that restricts the rows checked. */
    readonly where?: string;
    /** Up to 5 keys of failing rows are kept; 0 = none. */
    readonly samples: number;
    readonly timeoutMs?: number;
    readonly env: Readonly<Record<string, Template>>;
    readonly secrets: readonly string[];
    readonly connection?: string;
    readonly kind: CheckKind;
    /** The factory that made it. */
    readonly factory?: string;
    readonly definedAt: Span;
}
export type CheckKind = {
    readonly type: 'not_null';
    readonly columns: readonly string[];
} | {
    readonly type: 'unique';
    readonly columns: readonly string[];
} | {
    readonly type: 'accepted_values';
    readonly values: Readonly<Record<string, readonly Json[]>>;
} | {
    readonly type: 'range';
    readonly ranges: Readonly<Record<string, {
        readonly min?: number | string;
        readonly max?: number | string;
    }>>;
} | {
    readonly type: 'regex';
    readonly patterns: Readonly<Record<string, string>>;
} | {
    readonly type: 'relationships';
    readonly column: string;
    readonly to: AssetKey;
    readonly field: string;
} | {
    readonly type: 'row_count';
} | {
    readonly type: 'columns';
    readonly columns: Readonly<Record<string, {
        readonly type?: string;
        readonly nullable?: boolean;
    }>>;
} | {
    readonly type: 'sql';
    readonly text: string;
    readonly file?: string;
    readonly startsAt: Span /** One value instead of failing rows. */;
    readonly value: boolean;
} | {
    readonly type: 'run';
    readonly run: string;
    readonly shell: string;
    readonly workingDirectory?: string;
}
/** Its result comes from the asset's own step. */
 | {
    readonly type: 'reported';
}
/** Its result comes from one execution of several checks. */
 | {
    readonly type: 'multi';
    readonly multiCheck: string;
};
/** One execution that yields one result for each of its checks. */
export interface MultiCheck {
    readonly name: string;
    readonly asset: AssetKey;
    readonly run: string;
    readonly shell: string;
    readonly workingDirectory?: string;
    readonly env: Readonly<Record<string, Template>>;
    readonly secrets: readonly string[];
    readonly timeoutMs?: number;
    readonly checks: readonly string[];
    readonly definedAt: Span;
}
export interface Job {
    readonly name: string;
    readonly description?: string;
    readonly selection: string;
    readonly tags: Readonly<Record<string, string>>;
    readonly materialize: 'when_stale' | 'all';
    /** In its runs every step may ask GitHub for OIDC tokens; absent = those that say so themselves. */
    readonly oidc?: true;
    readonly definedAt: Span;
}
export interface Schedule {
    readonly name: string;
    readonly crons: readonly string[];
    /** IANA zone. */
    readonly timezone: string;
    /** Exactly one of `job` and `selection`. */
    readonly job?: string;
    readonly selection?: string;
    readonly catchup: 'latest' | 'none' | 'all';
    readonly graceMs: number;
    readonly maxCatchupRuns: number;
    readonly skipIfRunning: boolean;
    readonly tags: Readonly<Record<string, string>>;
    /** Which partitions a tick asks for, as written; undefined = the newest complete one. */
    readonly partitions?: string;
    readonly definedAt: Span;
}
export interface SavedSelection {
    readonly name: string;
    readonly icon?: string;
    readonly description?: string;
    readonly selection: string;
    readonly visibility: 'public' | 'private';
    readonly pinned: boolean;
    readonly definedAt: Span;
}
/** Something outside of the project that is made from its data. */
export interface Exposure {
    readonly name: string;
    readonly type: 'dashboard' | 'notebook' | 'analysis' | 'ml' | 'application' | 'report' | 'other';
    readonly description?: string;
    /** Who to talk to before its data changes. */
    readonly owner?: string;
    /** Assets that it reads, sorted, without repetitions. */
    readonly deps: readonly AssetKey[];
    readonly url?: string;
    readonly definedAt: Span;
}
