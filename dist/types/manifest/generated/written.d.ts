/**
 * Any value.
 */
export type WrittenJson = string | number | boolean | null | WrittenJson[] | {
    [k: string]: WrittenJson;
};
/**
 * Where published files are kept between runs.
 */
export type WrittenStorage = {
    /**
     * `directory`: a folder on this machine. `cache`: the Actions cache. `branch`: a branch of the repository, with history. `none`: nowhere, the steps look after their data.
     */
    type: "directory" | "cache" | "branch" | "none";
    /**
     * With `directory`: the folder. Default: a private one in the git directory.
     */
    path?: string;
    /**
     * With `branch`: its name. Default `branchline/data`, or `X-data` where `state.branch` is `X`.
     */
    branch?: string;
    /**
     * With `branch`: the largest file that is kept, in `kB` or `MB`; at most `100MB`. Default `50MB`.
     */
    max_file?: string;
} | null;
/**
 * A database.
 */
export type WrittenConnection = WrittenDuckdbConnection | WrittenPostgresConnection;
/**
 * One asset of a multi-asset.
 */
export type WrittenSpec = {
    /**
     * What the asset is, for people who read the report.
     */
    description?: string | null;
    /**
     * The group that it belongs to; the group’s keys are its defaults.
     */
    group?: string | null;
    /**
     * Who cares for it: `@login`, `@org/team`, an e-mail address or `team:name`.
     */
    owners?: string[] | null;
    /**
     * Labels for selections (`tag:tier=gold`). Booleans and integers become text. Merged by name; `null` removes one.
     */
    tags?: {
        [k: string]: string | boolean | number | null;
    } | null;
    /**
     * What it is made with, for looks and selections (`kind:duckdb`).
     *
     * @minItems 1
     */
    kinds?: string[] | null;
    /**
     * Anything else worth keeping with the asset. Merged by key.
     */
    metadata?: {
        [k: string]: WrittenJson;
    } | null;
    /**
     * A contract of the relation’s columns. A difference is a failed check `columns`.
     */
    columns?: {
        [k: string]: WrittenColumn;
    } | null;
    /**
     * Keys of the assets that are read. `ref(…)` in SQL adds to them.
     */
    deps?: (string | {
        /**
         * Its key.
         */
        asset: string;
        /**
         * Which of its partitions are read: `identity`, `all`, `last`, or a mapping. Default: windows that overlap, or the equal key.
         */
        partition_mapping?: ("identity" | "all" | "last") | WrittenPartitionMapping;
    })[] | null;
    /**
     * Name of the table or view, `schema.name` or `name`. Default: from the key, `raw/orders` is `raw.orders`.
     */
    relation?: string | null;
    /**
     * What SQL becomes: `table` (default), `view`, or `none` (statements run; there is no relation).
     */
    materialized?: "table" | "view" | "none" | null;
    /**
     * Files that the step writes: patterns from the project’s root, or `{path, optional}`. A file that git tracks cannot be one.
     */
    outputs?: (string | {
        /**
         * File or pattern from the project’s root; may hold expressions.
         */
        path: string;
        /**
         * `true`: a step that does not write it has not failed. Default `false`.
         */
        optional?: boolean;
    })[] | null;
    /**
     * `true`: its own last outputs are put in place before it runs. If they are lost, it fails rather than start empty (`run --full-refresh` starts empty).
     */
    incremental?: boolean | null;
    /**
     * When its data is gone: `rebuild` (default for assets with deps) or `fail` (default for those without: a source may not give its past again).
     */
    on_lost?: "rebuild" | "fail" | null;
    /**
     * When a job or schedule makes it: `when_stale` (default) or `always`.
     */
    materialize?: "when_stale" | "always" | null;
    /**
     * When it is made by itself: `eager`, `on_missing`, or `{on_cron: {cron, timezone}}`.
     */
    automation?: ("eager" | "on_missing") | WrittenAutomation | null;
    storage?: WrittenStorage;
    /**
     * `true`: a step that succeeds without reporting this asset has not materialized it. Default `false`.
     */
    skippable?: boolean;
    /**
     * Tests on its data, by name.
     */
    checks?: {
        [k: string]: WrittenCheck;
    } | null;
} | null;
/**
 * One check of a multi-check.
 */
export type WrittenMultiCheckSpec = {
    /**
     * What the check protects.
     */
    description?: string;
    /**
     * What a check that does not pass is: `error` (default) or `warn`.
     */
    severity?: "warn" | "error";
    /**
     * `true`: while it fails with `error`, what is downstream is not made. Default `false`.
     */
    blocking?: boolean;
    /**
     * When it cannot judge: `warn` makes that a warning. Default: the run fails.
     */
    on_error?: "warn";
} | null;
/**
 * A Branchline project. It may hold every key of a manifest as well.
 */
export interface WrittenProject {
    /**
     * Name of the project: lower-case letters, digits, `_` and `-`. It goes into the state branch and cannot change later.
     */
    name: string;
    /**
     * What the project is, for people who read the report.
     */
    description?: string;
    /**
     * Zone of schedules that name none, by its IANA name. Default `UTC`.
     */
    timezone?: string;
    /**
     * Patterns of manifest files, from the project’s root; one that begins with `!` excludes. Default `["pipelines/** /*.{yaml,yml}"]`.
     *
     * @minItems 1
     */
    manifests?: string[];
    /**
     * Variables for every step. Values may hold expressions.
     */
    env?: {
        [k: string]: string | boolean | number | null;
    };
    /**
     * Names of environment variables that are secret: masked wherever they would be written, and handed only to steps that list them.
     *
     * @minItems 1
     */
    secrets?: string[];
    /**
     * Groups of assets, by name: their keys are defaults of their assets.
     */
    groups?: {
        [k: string]: WrittenGroup;
    };
    /**
     * Databases, by name.
     */
    connections?: {
        [k: string]: WrittenConnection;
    };
    storage?: WrittenStorage;
    /**
     * Steps at once on one machine. Default: the number of cores, at least 2.
     */
    max_parallel?: number;
    /**
     * What a minute of a runner costs in US dollars, by label; over the built-in prices of GitHub, and for runners of your own.
     */
    prices?: {
        [k: string]: number;
    };
    state?: WrittenState;
    run_queue?: WrittenRunQueue;
    run_retries?: WrittenRunRetries;
    run_monitoring?: WrittenRunMonitoring;
    /**
     * Steps at once in each pool, in all runs together, by name.
     */
    pools?: {
        [k: string]: number;
    };
    /**
     * Machines for steps that need another one than the workflow’s, by name, for work that is shared among several.
     */
    runners?: {
        [k: string]: WrittenRunner;
    };
    concurrency?: WrittenConcurrency;
    environments?: WrittenEnvironments;
    /**
     * Data objects that are kept up to date, by key.
     */
    assets?: {
        [k: string]: WrittenAsset;
    };
    /**
     * Executions that materialize several assets each, by name.
     */
    multi_assets?: {
        [k: string]: WrittenMultiAsset;
    };
    /**
     * Factories: checks that are made for every asset of a selection, by name.
     */
    checks?: {
        [k: string]: WrittenFactory;
    };
    /**
     * Executions that judge several checks each, by name.
     */
    multi_checks?: {
        [k: string]: WrittenMultiCheck;
    };
    /**
     * Named selections with tags, by name.
     */
    jobs?: {
        [k: string]: WrittenJob;
    };
    /**
     * When jobs and selections are due, by name.
     */
    schedules?: {
        [k: string]: WrittenSchedule;
    };
    /**
     * Shared definitions of partitions, by name.
     */
    partitions?: {
        [k: string]: WrittenPartitions;
    };
    /**
     * Selections with a name, for the report and the page.
     */
    selections?: {
        [k: string]: WrittenSelection;
    };
    /**
     * What outside of the project is made from its data, by name: named where a change or a failure reaches it.
     */
    exposures?: {
        [k: string]: WrittenExposure;
    };
    defaults?: WrittenDefaults;
}
/**
 * A group of assets: its keys are defaults of every asset with `group: <name>`.
 */
export interface WrittenGroup {
    /**
     * What the group is.
     */
    description?: string;
    /**
     * Who cares for it: `@login`, `@org/team`, an e-mail address or `team:name`.
     */
    owners?: string[] | null;
    /**
     * Labels for selections (`tag:tier=gold`). Booleans and integers become text. Merged by name; `null` removes one.
     */
    tags?: {
        [k: string]: string | boolean | number | null;
    } | null;
    /**
     * What it is made with, for looks and selections (`kind:duckdb`).
     *
     * @minItems 1
     */
    kinds?: string[] | null;
    /**
     * Anything else worth keeping with the asset. Merged by key.
     */
    metadata?: {
        [k: string]: WrittenJson;
    } | null;
    /**
     * A contract of the relation’s columns. A difference is a failed check `columns`.
     */
    columns?: {
        [k: string]: WrittenColumn;
    } | null;
    /**
     * A shell script that makes the asset, like `run` of a GitHub workflow step. It may hold no `${{ }}`: hand values over by `env`.
     */
    run?: string | null;
    /**
     * What runs the script: `bash` (default: `bash --noprofile --norc -eo pipefail {0}`), `sh`, `python`, `pwsh`, `node`, or a command with `{0}` for the script file.
     */
    shell?: string | null;
    /**
     * Folder in which the script runs, from the project’s root. Default: the root.
     */
    "working-directory"?: string | null;
    /**
     * Environment variables of the step. Values may hold expressions: `${{ env.REGION }}`. Merged by name with those of `defaults` and the group; `null` removes one.
     */
    env?: {
        [k: string]: string | boolean | number | null;
    } | null;
    /**
     * Names of secret environment variables that are handed to this step; no other secret is.
     *
     * @minItems 1
     */
    secrets?: string[] | null;
    /**
     * `true`: in a workflow with `permissions: id-token: write` the step may ask GitHub for OIDC tokens, as any step of a workflow may (`ACTIONS_ID_TOKEN_REQUEST_URL`, `…_TOKEN`). Default `false`: it sees neither.
     */
    oidc?: boolean | null;
    /**
     * Name of the connection: where `sql` runs and the relation lives. With `run` the step holds the connection’s writer slot.
     */
    connection?: string | null;
    /**
     * What else makes up the code version: patterns of files. Words of `run` that name a file of the project count by themselves.
     *
     * @minItems 1
     */
    code?: string[] | null;
    /**
     * How long one attempt may take: a whole number and `s`, `m`, `h` or `d`. Default: no limit.
     */
    timeout?: string | null;
    /**
     * Keys of the assets that are read. `ref(…)` in SQL adds to them.
     */
    deps?: (string | {
        /**
         * Its key.
         */
        asset: string;
        /**
         * Which of its partitions are read: `identity`, `all`, `last`, or a mapping. Default: windows that overlap, or the equal key.
         */
        partition_mapping?: ("identity" | "all" | "last") | WrittenPartitionMapping;
    })[] | null;
    /**
     * How a failed attempt is repeated.
     */
    retry_policy?: WrittenRetryPolicy | null;
    /**
     * The machine that it runs on, one of `runners`, where the work is shared among several. Default: that of the workflow.
     */
    runner?: string | null;
    /**
     * The pool whose slots limit how many such steps run at once, in all runs together.
     */
    pool?: string | null;
    /**
     * Name of the table or view, `schema.name` or `name`. Default: from the key, `raw/orders` is `raw.orders`.
     */
    relation?: string | null;
    /**
     * What SQL becomes: `table` (default), `view`, or `none` (statements run; there is no relation).
     */
    materialized?: "table" | "view" | "none" | null;
    /**
     * Files that the step writes: patterns from the project’s root, or `{path, optional}`. A file that git tracks cannot be one.
     */
    outputs?: (string | {
        /**
         * File or pattern from the project’s root; may hold expressions.
         */
        path: string;
        /**
         * `true`: a step that does not write it has not failed. Default `false`.
         */
        optional?: boolean;
    })[] | null;
    /**
     * `true`: its own last outputs are put in place before it runs. If they are lost, it fails rather than start empty (`run --full-refresh` starts empty).
     */
    incremental?: boolean | null;
    /**
     * When its data is gone: `rebuild` (default for assets with deps) or `fail` (default for those without: a source may not give its past again).
     */
    on_lost?: "rebuild" | "fail" | null;
    /**
     * When a job or schedule makes it: `when_stale` (default) or `always`.
     */
    materialize?: "when_stale" | "always" | null;
    /**
     * How it is cut: a definition, or the name of a shared one.
     */
    partitions?: string | WrittenPartitions | null;
    /**
     * The column that SQL is cut by: a partition replaces the rows of its window or key. Of several dimensions: a column for each.
     */
    partition_expr?: string | {
        [k: string]: string;
    } | null;
    /**
     * How a backfill cuts its partitions into runs: `single_run`, or `{multi_run: {max_partitions_per_run}}`.
     */
    backfill_policy?: "single_run" | WrittenBackfillPolicy | null;
    /**
     * When it is made by itself: `eager`, `on_missing`, or `{on_cron: {cron, timezone}}`.
     */
    automation?: ("eager" | "on_missing") | WrittenAutomation | null;
    /**
     * `true`: made by others; it is never executed here.
     */
    external?: boolean | null;
    /**
     * SQL that makes the asset. One word that ends in `.sql` is a file; anything else is SQL. The last `select` becomes the relation.
     */
    sql?: string | null;
    /**
     * `direct`: write the relation at once instead of building it aside, judging the copy and swapping it in.
     */
    publish?: "direct" | null;
    storage?: WrittenStorage;
    checks?: WrittenCheckDefaults;
}
/**
 * One column of the contract.
 */
export interface WrittenColumn {
    /**
     * Type as the database calls it.
     */
    type?: string;
    /**
     * What the column holds.
     */
    description?: string;
    /**
     * `false`: the column may hold no null. Default: not looked at.
     */
    nullable?: boolean;
}
/**
 * Which partitions of the upstream asset one of this asset reads.
 */
export interface WrittenPartitionMapping {
    /**
     * The partition with the same key.
     */
    identity?: true;
    /**
     * All of them.
     */
    all?: true;
    /**
     * The newest.
     */
    last?: true;
    /**
     * These, by key.
     *
     * @minItems 1
     */
    specific?: string[];
    /**
     * By key of this asset: the keys that it reads.
     */
    static?: {
        /**
         * @minItems 1
         */
        [k: string]: string[];
    };
    time_window?: WrittenTimeWindowMapping;
}
/**
 * Moves the ends of the overlap.
 */
export interface WrittenTimeWindowMapping {
    /**
     * Windows by which the beginning moves. Default 0.
     */
    start_offset?: number;
    /**
     * Windows by which the end moves. Default 0.
     */
    end_offset?: number;
}
/**
 * How a failed attempt of a step is repeated.
 */
export interface WrittenRetryPolicy {
    /**
     * Attempts after the first one.
     */
    max_retries: number;
    /**
     * How long to wait before a retry. Default: not at all.
     */
    delay?: string;
    /**
     * How the wait grows: `linear` (delay × n) or `exponential` (delay × (2ⁿ − 1)). Default: it does not.
     */
    backoff?: "linear" | "exponential";
    /**
     * Spreads retries: `full` waits between nothing and the whole, `plus_minus` up to one delay more or less.
     */
    jitter?: "full" | "plus_minus";
    /**
     * No wait is longer. Default: no cap.
     */
    max_delay?: string;
    /**
     * Only failures of these classes are repeated. Default: all but what a person stopped.
     *
     * @minItems 1
     */
    classes?: ("step" | "timeout" | "crash" | "infrastructure")[];
}
/**
 * How an asset is cut: one of `hourly`, `daily`, `weekly`, `monthly`, `cron`, `static`, `dynamic` and `multi`.
 */
export interface WrittenPartitions {
    hourly?: WrittenHourlyPartitions;
    daily?: WrittenDailyPartitions;
    weekly?: WrittenWeeklyPartitions;
    monthly?: WrittenMonthlyPartitions;
    cron?: WrittenCronPartitions;
    /**
     * The keys themselves, in order.
     *
     * @minItems 1
     */
    static?: string[];
    /**
     * Keys that come by `branchline partitions add` and by what steps report; the name of their set.
     */
    dynamic?: string;
    /**
     * The product of several definitions, by name of the dimension.
     */
    multi?: {
        [k: string]: string | WrittenDimension;
    };
}
/**
 * A window an hour.
 */
export interface WrittenHourlyPartitions {
    /**
     * The first window begins at the first boundary on or after this.
     */
    start: string;
    /**
     * No window ends after this: what came to an end has no newer partitions. Default: they go on.
     */
    end?: string;
    /**
     * Zone of the windows, by its IANA name. Default: the project’s.
     */
    timezone?: string;
    /**
     * So many windows after the last complete one exist as well; negative: so many of the last do not. Default 0.
     */
    end_offset?: number;
    /**
     * Minute at which windows begin. Default 0.
     */
    minute_offset?: number;
}
/**
 * A window a day.
 */
export interface WrittenDailyPartitions {
    /**
     * The first window begins at the first boundary on or after this.
     */
    start: string;
    /**
     * No window ends after this: what came to an end has no newer partitions. Default: they go on.
     */
    end?: string;
    /**
     * Zone of the windows, by its IANA name. Default: the project’s.
     */
    timezone?: string;
    /**
     * So many windows after the last complete one exist as well; negative: so many of the last do not. Default 0.
     */
    end_offset?: number;
    /**
     * Hour at which windows begin. Default 0.
     */
    hour_offset?: number;
    /**
     * Minute at which windows begin. Default 0.
     */
    minute_offset?: number;
}
/**
 * A window a week.
 */
export interface WrittenWeeklyPartitions {
    /**
     * The first window begins at the first boundary on or after this.
     */
    start: string;
    /**
     * No window ends after this: what came to an end has no newer partitions. Default: they go on.
     */
    end?: string;
    /**
     * Zone of the windows, by its IANA name. Default: the project’s.
     */
    timezone?: string;
    /**
     * So many windows after the last complete one exist as well; negative: so many of the last do not. Default 0.
     */
    end_offset?: number;
    /**
     * Day on which weeks begin: 0 is Sunday (default).
     */
    day_offset?: number;
    /**
     * Hour at which windows begin. Default 0.
     */
    hour_offset?: number;
    /**
     * Minute at which windows begin. Default 0.
     */
    minute_offset?: number;
}
/**
 * A window a month.
 */
export interface WrittenMonthlyPartitions {
    /**
     * The first window begins at the first boundary on or after this.
     */
    start: string;
    /**
     * No window ends after this: what came to an end has no newer partitions. Default: they go on.
     */
    end?: string;
    /**
     * Zone of the windows, by its IANA name. Default: the project’s.
     */
    timezone?: string;
    /**
     * So many windows after the last complete one exist as well; negative: so many of the last do not. Default 0.
     */
    end_offset?: number;
    /**
     * Day on which months begin. Default 1.
     */
    day_offset?: number;
    /**
     * Hour at which windows begin. Default 0.
     */
    hour_offset?: number;
    /**
     * Minute at which windows begin. Default 0.
     */
    minute_offset?: number;
}
/**
 * A window from each tick of a cron to the next.
 */
export interface WrittenCronPartitions {
    /**
     * The first window begins at the first boundary on or after this.
     */
    start: string;
    /**
     * No window ends after this: what came to an end has no newer partitions. Default: they go on.
     */
    end?: string;
    /**
     * Zone of the windows, by its IANA name. Default: the project’s.
     */
    timezone?: string;
    /**
     * So many windows after the last complete one exist as well; negative: so many of the last do not. Default 0.
     */
    end_offset?: number;
    /**
     * The cron: five fields or an alias.
     */
    schedule: string;
    /**
     * How keys are written: `%Y %m %d %H %M %S %j`.
     */
    format: string;
}
/**
 * One dimension of a multi definition.
 */
export interface WrittenDimension {
    hourly?: WrittenHourlyPartitions;
    daily?: WrittenDailyPartitions;
    weekly?: WrittenWeeklyPartitions;
    monthly?: WrittenMonthlyPartitions;
    cron?: WrittenCronPartitions;
    /**
     * The keys themselves, in order.
     *
     * @minItems 1
     */
    static?: string[];
    /**
     * Name of the set of keys.
     */
    dynamic?: string;
}
/**
 * How a backfill cuts partitions into runs. Without it: one run a partition.
 */
export interface WrittenBackfillPolicy {
    /**
     * `true`: all partitions of a contiguous range in one run.
     */
    single_run?: true;
    multi_run?: WrittenMultiRunPolicy;
}
/**
 * Several partitions a run.
 */
export interface WrittenMultiRunPolicy {
    /**
     * At most so many, one after the other.
     */
    max_partitions_per_run: number;
}
/**
 * When an asset is made by itself, for each partition.
 */
export interface WrittenAutomation {
    on_cron: WrittenCronAutomation;
}
/**
 * Once after each tick.
 */
export interface WrittenCronAutomation {
    /**
     * Five fields or an alias.
     */
    cron: string;
    /**
     * Zone of the cron. Default: the project’s.
     */
    timezone?: string;
}
/**
 * Defaults for checks.
 */
export interface WrittenCheckDefaults {
    /**
     * `error` or `warn` for each check that does not say.
     */
    severity?: "warn" | "error";
    /**
     * Whether a check that does not say holds up what is downstream.
     */
    blocking?: boolean;
}
/**
 * A DuckDB database file.
 */
export interface WrittenDuckdbConnection {
    /**
     * `duckdb`.
     */
    type: "duckdb";
    /**
     * The database file, from the project’s root, or `:memory:`. May hold expressions.
     */
    path: string;
    /**
     * DuckDB extensions to load; those that DuckDB ships without need the network once.
     *
     * @minItems 1
     */
    extensions?: string[];
    /**
     * SQL that runs whenever a connection is opened.
     */
    init?: string;
    storage?: WrittenStorage;
}
/**
 * A Postgres database.
 */
export interface WrittenPostgresConnection {
    /**
     * `postgres`.
     */
    type: "postgres";
    /**
     * Address of the database, usually from a secret: `${{ env.DATABASE_URL }}`.
     */
    url: string;
    /**
     * Default schema of relations whose name gives none.
     */
    schema?: string;
}
/**
 * Where run state is kept.
 */
export interface WrittenState {
    /**
     * Branch that holds the state. Default `branchline/state`.
     */
    branch?: string;
    /**
     * Remote that it is pushed to. Default `origin`.
     */
    remote?: string;
    /**
     * Events of days that are older leave the branch when it is compacted; sums, what is known of each asset, and archives stay. At least `30d`. Default: none leave.
     */
    retention?: string;
}
/**
 * Which runs may be in progress at once.
 */
export interface WrittenRunQueue {
    /**
     * Runs in progress at once: -1 is no limit, 0 lets nothing start. Default 10.
     */
    max_concurrent_runs?: number;
    /**
     * Limits on runs with a tag. Empty: none.
     */
    tag_concurrency_limits?: WrittenTagLimit[] | null;
    block_op_concurrency_limited_runs?: WrittenBlockLimitedRuns;
}
/**
 * A limit on runs with a tag.
 */
export interface WrittenTagLimit {
    /**
     * The tag.
     */
    key: string;
    /**
     * Only runs with this value count; `applyLimitPerUniqueValue: true` counts each value for itself. Default: all runs with the tag together.
     */
    value?: string | WrittenUniqueValue;
    /**
     * At most so many at once; 0 lets none start.
     */
    limit: number;
}
/**
 * Counts each value of a tag for itself.
 */
export interface WrittenUniqueValue {
    /**
     * `true`: each value of the tag for itself; `false`: all values together.
     */
    applyLimitPerUniqueValue: boolean;
}
/**
 * Whether runs whose pools are full wait in the queue.
 */
export interface WrittenBlockLimitedRuns {
    /**
     * Only `true` can be had.
     */
    enabled?: boolean;
}
/**
 * How failed runs are tried again.
 */
export interface WrittenRunRetries {
    /**
     * `true` switches retries of runs on. Default `false`.
     */
    enabled?: boolean;
    /**
     * Automatic retries of one run. Default 0.
     */
    max_retries?: number;
    /**
     * `false`: a run that failed by one of its steps is not tried again, only one that its runner failed. Default `true`.
     */
    retry_on_asset_or_op_failure?: boolean;
    /**
     * `FROM_FAILURE` (default) keeps what had finished; `ALL_STEPS` runs everything again.
     */
    strategy?: "FROM_FAILURE" | "ALL_STEPS";
    /**
     * A step that waits longer than this for its retry gives the runner back: the run goes to the queue. Default `5m`.
     */
    requeue_after?: string;
}
/**
 * When a run has been at it for too long, and what is done about a lost runner.
 */
export interface WrittenRunMonitoring {
    /**
     * `true` switches monitoring on. Default `false`.
     */
    enabled?: boolean;
    /**
     * A run that works longer is stopped and fails. Default: no limit.
     */
    max_runtime_seconds?: number;
    /**
     * A run whose jobs wait for a machine for longer, before anything of it has begun, fails. Default: no limit but that of GitHub.
     */
    start_timeout_seconds?: number;
    /**
     * A run that takes longer to stop counts as canceled. Default 180.
     */
    cancel_timeout_seconds?: number;
    /**
     * How often a run whose runner was lost is taken up again. Default 0.
     */
    max_resume_run_attempts?: number;
}
/**
 * A machine for steps, in the words of a workflow.
 */
export interface WrittenRunner {
    /**
     * Label of the machine, or several that it must all have.
     */
    "runs-on": string | string[];
    /**
     * Image of the container that its steps run in. Default: none.
     */
    container?: string | WrittenRunnerContainer;
    /**
     * Environment of GitHub whose secrets its jobs may read. Default: that of the workflow.
     */
    environment?: string;
}
/**
 * A container with options.
 */
export interface WrittenRunnerContainer {
    /**
     * Its image.
     */
    image: string;
    /**
     * Options of `docker create`.
     */
    options?: string;
}
/**
 * The newer spelling of `run_queue`, and what holds for all pools.
 */
export interface WrittenConcurrency {
    runs?: WrittenRunQueue;
    pools?: WrittenPoolSettings;
    /**
     * The older name of `pools: { default_limit }`.
     */
    default_op_concurrency_limit?: number;
}
/**
 * What holds for all pools.
 */
export interface WrittenPoolSettings {
    /**
     * Steps at once in each pool that `pools` does not name.
     */
    default_limit?: number;
    /**
     * What is counted: `op`, the steps at work. Runs (`run`) cannot be counted by a pool; a limit on a tag does that.
     */
    granularity?: "op" | "run";
}
/**
 * Where the same project runs with other variables and connections.
 */
export interface WrittenEnvironments {
    production?: WrittenProductionEnvironment;
    local?: WrittenLocalEnvironment;
}
/**
 * The environment of scheduled runs.
 */
export interface WrittenProductionEnvironment {
    /**
     * Branches whose code may write production. Default: the default branch.
     *
     * @minItems 1
     */
    branches?: string[];
    /**
     * What a push to one of these branches builds, as a selection; `changed:` is what differs from the code that ticked last. Of it only what is missing, failed last or stale is made. Default: nothing beside what is due.
     */
    build_on_push?: string;
    /**
     * Variables for every step in this environment; nearer than the project’s `env`.
     */
    env?: {
        [k: string]: string | boolean | number | null;
    };
    /**
     * Keys of connections that differ in this environment, by connection.
     */
    connections?: {
        [k: string]: WrittenConnectionOverride;
    };
}
/**
 * Keys of a connection that an environment replaces.
 */
export interface WrittenConnectionOverride {
    /**
     * The database file, from the project’s root, or `:memory:`. May hold expressions.
     */
    path?: string;
    /**
     * DuckDB extensions to load; those that DuckDB ships without need the network once.
     *
     * @minItems 1
     */
    extensions?: string[];
    /**
     * SQL that runs whenever a connection is opened.
     */
    init?: string;
    /**
     * Address of the database, usually from a secret: `${{ env.DATABASE_URL }}`.
     */
    url?: string;
    /**
     * Default schema of relations whose name gives none.
     */
    schema?: string;
}
/**
 * The environment of a laptop.
 */
export interface WrittenLocalEnvironment {
    /**
     * Variables for every step in this environment; nearer than the project’s `env`.
     */
    env?: {
        [k: string]: string | boolean | number | null;
    };
    /**
     * Keys of connections that differ in this environment, by connection.
     */
    connections?: {
        [k: string]: WrittenConnectionOverride;
    };
}
/**
 * A data object that is kept up to date.
 */
export interface WrittenAsset {
    /**
     * What the asset is, for people who read the report.
     */
    description?: string | null;
    /**
     * The group that it belongs to; the group’s keys are its defaults.
     */
    group?: string | null;
    /**
     * Who cares for it: `@login`, `@org/team`, an e-mail address or `team:name`.
     */
    owners?: string[] | null;
    /**
     * Labels for selections (`tag:tier=gold`). Booleans and integers become text. Merged by name; `null` removes one.
     */
    tags?: {
        [k: string]: string | boolean | number | null;
    } | null;
    /**
     * What it is made with, for looks and selections (`kind:duckdb`).
     *
     * @minItems 1
     */
    kinds?: string[] | null;
    /**
     * Anything else worth keeping with the asset. Merged by key.
     */
    metadata?: {
        [k: string]: WrittenJson;
    } | null;
    /**
     * A contract of the relation’s columns. A difference is a failed check `columns`.
     */
    columns?: {
        [k: string]: WrittenColumn;
    } | null;
    /**
     * A shell script that makes the asset, like `run` of a GitHub workflow step. It may hold no `${{ }}`: hand values over by `env`.
     */
    run?: string | null;
    /**
     * What runs the script: `bash` (default: `bash --noprofile --norc -eo pipefail {0}`), `sh`, `python`, `pwsh`, `node`, or a command with `{0}` for the script file.
     */
    shell?: string | null;
    /**
     * Folder in which the script runs, from the project’s root. Default: the root.
     */
    "working-directory"?: string | null;
    /**
     * Environment variables of the step. Values may hold expressions: `${{ env.REGION }}`. Merged by name with those of `defaults` and the group; `null` removes one.
     */
    env?: {
        [k: string]: string | boolean | number | null;
    } | null;
    /**
     * Names of secret environment variables that are handed to this step; no other secret is.
     *
     * @minItems 1
     */
    secrets?: string[] | null;
    /**
     * `true`: in a workflow with `permissions: id-token: write` the step may ask GitHub for OIDC tokens, as any step of a workflow may (`ACTIONS_ID_TOKEN_REQUEST_URL`, `…_TOKEN`). Default `false`: it sees neither.
     */
    oidc?: boolean | null;
    /**
     * Name of the connection: where `sql` runs and the relation lives. With `run` the step holds the connection’s writer slot.
     */
    connection?: string | null;
    /**
     * What else makes up the code version: patterns of files. Words of `run` that name a file of the project count by themselves.
     *
     * @minItems 1
     */
    code?: string[] | null;
    /**
     * How long one attempt may take: a whole number and `s`, `m`, `h` or `d`. Default: no limit.
     */
    timeout?: string | null;
    /**
     * Keys of the assets that are read. `ref(…)` in SQL adds to them.
     */
    deps?: (string | {
        /**
         * Its key.
         */
        asset: string;
        /**
         * Which of its partitions are read: `identity`, `all`, `last`, or a mapping. Default: windows that overlap, or the equal key.
         */
        partition_mapping?: ("identity" | "all" | "last") | WrittenPartitionMapping;
    })[] | null;
    /**
     * How a failed attempt is repeated.
     */
    retry_policy?: WrittenRetryPolicy | null;
    /**
     * The machine that it runs on, one of `runners`, where the work is shared among several. Default: that of the workflow.
     */
    runner?: string | null;
    /**
     * The pool whose slots limit how many such steps run at once, in all runs together.
     */
    pool?: string | null;
    /**
     * Name of the table or view, `schema.name` or `name`. Default: from the key, `raw/orders` is `raw.orders`.
     */
    relation?: string | null;
    /**
     * What SQL becomes: `table` (default), `view`, or `none` (statements run; there is no relation).
     */
    materialized?: "table" | "view" | "none" | null;
    /**
     * Files that the step writes: patterns from the project’s root, or `{path, optional}`. A file that git tracks cannot be one.
     */
    outputs?: (string | {
        /**
         * File or pattern from the project’s root; may hold expressions.
         */
        path: string;
        /**
         * `true`: a step that does not write it has not failed. Default `false`.
         */
        optional?: boolean;
    })[] | null;
    /**
     * `true`: its own last outputs are put in place before it runs. If they are lost, it fails rather than start empty (`run --full-refresh` starts empty).
     */
    incremental?: boolean | null;
    /**
     * When its data is gone: `rebuild` (default for assets with deps) or `fail` (default for those without: a source may not give its past again).
     */
    on_lost?: "rebuild" | "fail" | null;
    /**
     * When a job or schedule makes it: `when_stale` (default) or `always`.
     */
    materialize?: "when_stale" | "always" | null;
    /**
     * How it is cut: a definition, or the name of a shared one.
     */
    partitions?: string | WrittenPartitions | null;
    /**
     * The column that SQL is cut by: a partition replaces the rows of its window or key. Of several dimensions: a column for each.
     */
    partition_expr?: string | {
        [k: string]: string;
    } | null;
    /**
     * How a backfill cuts its partitions into runs: `single_run`, or `{multi_run: {max_partitions_per_run}}`.
     */
    backfill_policy?: "single_run" | WrittenBackfillPolicy | null;
    /**
     * When it is made by itself: `eager`, `on_missing`, or `{on_cron: {cron, timezone}}`.
     */
    automation?: ("eager" | "on_missing") | WrittenAutomation | null;
    /**
     * `true`: made by others; it is never executed here.
     */
    external?: boolean | null;
    /**
     * SQL that makes the asset. One word that ends in `.sql` is a file; anything else is SQL. The last `select` becomes the relation.
     */
    sql?: string | null;
    /**
     * `direct`: write the relation at once instead of building it aside, judging the copy and swapping it in.
     */
    publish?: "direct" | null;
    storage?: WrittenStorage;
    /**
     * Tests on its data, by name.
     */
    checks?: {
        [k: string]: WrittenCheck;
    } | null;
}
/**
 * A test on the asset’s data. Exactly one of its keys says what is tested.
 */
export interface WrittenCheck {
    /**
     * These columns hold no null; each column is counted by itself.
     *
     * @minItems 1
     */
    not_null?: string[];
    /**
     * No two rows agree in all of these columns together.
     *
     * @minItems 1
     */
    unique?: string[];
    /**
     * Values that a column may hold, by column. Null is left to `not_null`.
     */
    accepted_values?: {
        /**
         * @minItems 1
         */
        [k: string]: (string | number | boolean)[];
    };
    /**
     * Least and greatest value, both allowed, by column.
     */
    range?: {
        [k: string]: WrittenRange;
    };
    /**
     * A regular expression that each value must match, by column.
     */
    regex?: {
        [k: string]: string;
    };
    relationships?: WrittenRelationships;
    /**
     * The number of rows, to be judged by `warn_if` or `error_if`.
     */
    row_count?: {};
    /**
     * The relation has these columns, with these types.
     */
    columns?: {
        [k: string]: string;
    };
    /**
     * SQL whose rows are failures, or with `value: true` one value. One word that ends in `.sql` is a file.
     */
    sql?: string;
    /**
     * A shell script: exit 0 passes, anything else is judged as the script reports it.
     */
    run?: string;
    /**
     * `true`: its result comes from the asset’s own step, by a line `{"check": "<name>", "passed": true}`. No result counts as could not judge.
     */
    reported?: true;
    /**
     * What the check protects.
     */
    description?: string;
    /**
     * What a check that does not pass is: `error` (default) or `warn`.
     */
    severity?: "warn" | "error";
    /**
     * `true`: while it fails with `error`, what is downstream is not made. Default `false`.
     */
    blocking?: boolean;
    /**
     * Bound at which it warns: `>`, `>=`, `<`, `<=`, `=`, `!=`, `not between a and b`; `%` means of the rows checked.
     */
    warn_if?: string;
    /**
     * Bound at which it fails. With neither bound: `> 0` failing rows.
     */
    error_if?: string;
    /**
     * A SQL condition: only these rows are checked.
     */
    where?: string;
    /**
     * How many keys of failing rows are kept, up to 5. Default: none.
     */
    samples?: number;
    /**
     * How long it may take: a whole number and `s`, `m`, `h` or `d`.
     */
    timeout?: string;
    /**
     * When it cannot judge: `warn` makes that a warning. Default: the run fails.
     */
    on_error?: "warn";
    /**
     * Environment variables of the step. Values may hold expressions: `${{ env.REGION }}`. Merged by name with those of `defaults` and the group; `null` removes one.
     */
    env?: {
        [k: string]: string | boolean | number | null;
    };
    /**
     * Names of secret environment variables that are handed to this step; no other secret is.
     *
     * @minItems 1
     */
    secrets?: string[];
    /**
     * Connection to ask instead of the asset’s own.
     */
    connection?: string;
    /**
     * `true`: the SQL gives one value, to be judged by a bound, instead of failing rows.
     */
    value?: boolean;
    /**
     * What runs the script: `bash` (default: `bash --noprofile --norc -eo pipefail {0}`), `sh`, `python`, `pwsh`, `node`, or a command with `{0}` for the script file.
     */
    shell?: string;
    /**
     * Folder in which the script runs, from the project’s root. Default: the root.
     */
    "working-directory"?: string;
}
/**
 * Least and greatest value of a column; at least one of them.
 */
export interface WrittenRange {
    /**
     * Least value allowed: a number, or text for dates and times.
     */
    min?: number | string;
    /**
     * Greatest value allowed: a number, or text for dates and times.
     */
    max?: number | string;
}
/**
 * Where the values of a column must be found.
 */
export interface WrittenRelationships {
    /**
     * Column of this asset.
     */
    column: string;
    /**
     * Key of the asset that holds the values.
     */
    to: string;
    /**
     * Column of that asset.
     */
    field: string;
}
/**
 * One execution that materializes several assets.
 */
export interface WrittenMultiAsset {
    /**
     * A shell script that makes the asset, like `run` of a GitHub workflow step. It may hold no `${{ }}`: hand values over by `env`.
     */
    run: string;
    /**
     * What runs the script: `bash` (default: `bash --noprofile --norc -eo pipefail {0}`), `sh`, `python`, `pwsh`, `node`, or a command with `{0}` for the script file.
     */
    shell?: string | null;
    /**
     * Folder in which the script runs, from the project’s root. Default: the root.
     */
    "working-directory"?: string | null;
    /**
     * Environment variables of the step. Values may hold expressions: `${{ env.REGION }}`. Merged by name with those of `defaults` and the group; `null` removes one.
     */
    env?: {
        [k: string]: string | boolean | number | null;
    } | null;
    /**
     * Names of secret environment variables that are handed to this step; no other secret is.
     *
     * @minItems 1
     */
    secrets?: string[] | null;
    /**
     * `true`: in a workflow with `permissions: id-token: write` the step may ask GitHub for OIDC tokens, as any step of a workflow may (`ACTIONS_ID_TOKEN_REQUEST_URL`, `…_TOKEN`). Default `false`: it sees neither.
     */
    oidc?: boolean | null;
    /**
     * Name of the connection: where `sql` runs and the relation lives. With `run` the step holds the connection’s writer slot.
     */
    connection?: string | null;
    /**
     * What else makes up the code version: patterns of files. Words of `run` that name a file of the project count by themselves.
     *
     * @minItems 1
     */
    code?: string[] | null;
    /**
     * How long one attempt may take: a whole number and `s`, `m`, `h` or `d`. Default: no limit.
     */
    timeout?: string | null;
    /**
     * Keys of the assets that are read. `ref(…)` in SQL adds to them.
     */
    deps?: (string | {
        /**
         * Its key.
         */
        asset: string;
        /**
         * Which of its partitions are read: `identity`, `all`, `last`, or a mapping. Default: windows that overlap, or the equal key.
         */
        partition_mapping?: ("identity" | "all" | "last") | WrittenPartitionMapping;
    })[] | null;
    /**
     * How a failed attempt is repeated.
     */
    retry_policy?: WrittenRetryPolicy | null;
    /**
     * The pool whose slots limit how many such steps run at once, in all runs together.
     */
    pool?: string | null;
    /**
     * The machine that it runs on, one of `runners`, where the work is shared among several. Default: that of the workflow.
     */
    runner?: string | null;
    /**
     * How it is cut: a definition, or the name of a shared one.
     */
    partitions?: string | WrittenPartitions | null;
    /**
     * How a backfill cuts its partitions into runs: `single_run`, or `{multi_run: {max_partitions_per_run}}`.
     */
    backfill_policy?: "single_run" | WrittenBackfillPolicy | null;
    /**
     * `true`: it may run for part of its assets (it reads `BRANCHLINE_ASSETS`). Default `false`: selecting one selects all.
     */
    can_subset?: boolean;
    /**
     * The assets that it makes, by key.
     */
    specs: {
        [k: string]: WrittenSpec;
    };
}
/**
 * A check that is made for every asset of a selection.
 */
export interface WrittenFactory {
    /**
     * The assets that get it.
     */
    selection: string;
    /**
     * One check for each value; `${{ name }}` stands for it below. The check is called `factory[value]`.
     */
    for_each?: {
        /**
         * @minItems 1
         */
        [k: string]: (string | number | boolean)[];
    };
    /**
     * These columns hold no null; each column is counted by itself.
     *
     * @minItems 1
     */
    not_null?: string[];
    /**
     * No two rows agree in all of these columns together.
     *
     * @minItems 1
     */
    unique?: string[];
    /**
     * Values that a column may hold, by column. Null is left to `not_null`.
     */
    accepted_values?: {
        /**
         * @minItems 1
         */
        [k: string]: (string | number | boolean)[];
    };
    /**
     * Least and greatest value, both allowed, by column.
     */
    range?: {
        [k: string]: WrittenRange;
    };
    /**
     * A regular expression that each value must match, by column.
     */
    regex?: {
        [k: string]: string;
    };
    relationships?: WrittenRelationships;
    /**
     * The number of rows, to be judged by `warn_if` or `error_if`.
     */
    row_count?: {};
    /**
     * The relation has these columns, with these types.
     */
    columns?: {
        [k: string]: string;
    };
    /**
     * SQL whose rows are failures, or with `value: true` one value. One word that ends in `.sql` is a file.
     */
    sql?: string;
    /**
     * A shell script: exit 0 passes, anything else is judged as the script reports it.
     */
    run?: string;
    /**
     * `true`: its result comes from the asset’s own step, by a line `{"check": "<name>", "passed": true}`. No result counts as could not judge.
     */
    reported?: true;
    /**
     * What the check protects.
     */
    description?: string;
    /**
     * What a check that does not pass is: `error` (default) or `warn`.
     */
    severity?: "warn" | "error";
    /**
     * `true`: while it fails with `error`, what is downstream is not made. Default `false`.
     */
    blocking?: boolean;
    /**
     * Bound at which it warns: `>`, `>=`, `<`, `<=`, `=`, `!=`, `not between a and b`; `%` means of the rows checked.
     */
    warn_if?: string;
    /**
     * Bound at which it fails. With neither bound: `> 0` failing rows.
     */
    error_if?: string;
    /**
     * A SQL condition: only these rows are checked.
     */
    where?: string;
    /**
     * How many keys of failing rows are kept, up to 5. Default: none.
     */
    samples?: number;
    /**
     * How long it may take: a whole number and `s`, `m`, `h` or `d`.
     */
    timeout?: string;
    /**
     * When it cannot judge: `warn` makes that a warning. Default: the run fails.
     */
    on_error?: "warn";
    /**
     * Environment variables of the step. Values may hold expressions: `${{ env.REGION }}`. Merged by name with those of `defaults` and the group; `null` removes one.
     */
    env?: {
        [k: string]: string | boolean | number | null;
    };
    /**
     * Names of secret environment variables that are handed to this step; no other secret is.
     *
     * @minItems 1
     */
    secrets?: string[];
    /**
     * Connection to ask instead of the asset’s own.
     */
    connection?: string;
    /**
     * `true`: the SQL gives one value, to be judged by a bound, instead of failing rows.
     */
    value?: boolean;
    /**
     * What runs the script: `bash` (default: `bash --noprofile --norc -eo pipefail {0}`), `sh`, `python`, `pwsh`, `node`, or a command with `{0}` for the script file.
     */
    shell?: string;
    /**
     * Folder in which the script runs, from the project’s root. Default: the root.
     */
    "working-directory"?: string;
}
/**
 * One execution that gives one result for each of its checks.
 */
export interface WrittenMultiCheck {
    /**
     * Key of the asset that is checked.
     */
    asset: string;
    /**
     * A shell script that reports each result by a line `{"check": "<name>", "passed": true}`.
     */
    run: string;
    /**
     * What runs the script: `bash` (default: `bash --noprofile --norc -eo pipefail {0}`), `sh`, `python`, `pwsh`, `node`, or a command with `{0}` for the script file.
     */
    shell?: string;
    /**
     * Folder in which the script runs, from the project’s root. Default: the root.
     */
    "working-directory"?: string;
    /**
     * Environment variables of the step. Values may hold expressions: `${{ env.REGION }}`. Merged by name with those of `defaults` and the group; `null` removes one.
     */
    env?: {
        [k: string]: string | boolean | number | null;
    };
    /**
     * Names of secret environment variables that are handed to this step; no other secret is.
     *
     * @minItems 1
     */
    secrets?: string[];
    /**
     * How long it may take: a whole number and `s`, `m`, `h` or `d`.
     */
    timeout?: string;
    /**
     * The checks that it reports, by name.
     */
    specs: {
        [k: string]: WrittenMultiCheckSpec;
    };
}
/**
 * A named selection with tags.
 */
export interface WrittenJob {
    /**
     * What the job is for.
     */
    description?: string;
    /**
     * The assets that it makes.
     */
    selection: string;
    /**
     * Tags of each of its runs.
     */
    tags?: {
        [k: string]: string | boolean | number | null;
    };
    /**
     * `when_stale` (default) makes what is missing, failed or stale; `all` makes everything selected.
     */
    materialize?: "when_stale" | "all";
    /**
     * `true`: in its runs every step may ask GitHub for OIDC tokens, as with `oidc: true` on the step. Default `false`: those that say it themselves.
     */
    oidc?: boolean;
}
/**
 * When a job or a selection is due.
 */
export interface WrittenSchedule {
    /**
     * Five fields or `@hourly` … `@yearly`; a list of them is their union.
     */
    cron: string | string[];
    /**
     * Zone of the cron, by its IANA name. Default: the project’s.
     */
    timezone?: string;
    /**
     * The job to run.
     */
    job?: string;
    /**
     * Instead of a job: the assets to make.
     */
    selection?: string;
    /**
     * Of missed ticks: `latest` (default) runs the newest, `none` skips those older than `grace`, `all` runs up to `max_catchup_runs`.
     */
    catchup?: "latest" | "none" | "all";
    /**
     * With `catchup: none`: how late a tick may still run. Default `1h`.
     */
    grace?: string;
    /**
     * With `catchup: all`: at most so many of the newest. Default 5.
     */
    max_catchup_runs?: number;
    /**
     * `true`: a tick is skipped while a run of this schedule is in progress. Default `false`.
     */
    skip_if_running?: boolean;
    /**
     * Tags of each of its runs.
     */
    tags?: {
        [k: string]: string | boolean | number | null;
    };
    /**
     * Which partitions of a partitioned job a tick asks for: keys, ranges, `all`, `missing`, `failed`. Default: the newest complete one.
     */
    partitions?: string;
}
/**
 * A selection with a name, for the report and the page.
 */
export interface WrittenSelection {
    /**
     * One emoji before its name.
     */
    icon?: string;
    /**
     * What it gathers.
     */
    description?: string;
    /**
     * The assets that belong to it.
     */
    selection: string;
    /**
     * `public` (default) or `private`: left out of the report.
     */
    visibility?: "public" | "private";
    /**
     * `true`: listed first.
     */
    pinned?: boolean;
}
/**
 * Something outside of the project that is made from its data: a dashboard, a notebook, an application.
 */
export interface WrittenExposure {
    /**
     * What it is.
     */
    type: "dashboard" | "notebook" | "analysis" | "ml" | "application" | "report" | "other";
    /**
     * What it is for.
     */
    description?: string;
    /**
     * Who to talk to before its data changes: `@login`, `@org/team`, an e-mail address or `team:name`.
     */
    owner?: string;
    /**
     * Keys of the assets that it reads.
     *
     * @minItems 1
     */
    deps: string[];
    /**
     * Where it is.
     */
    url?: string;
}
/**
 * Asset keys that hold for every asset below unless something nearer says otherwise.
 */
export interface WrittenDefaults {
    /**
     * What the asset is, for people who read the report.
     */
    description?: string | null;
    /**
     * The group that it belongs to; the group’s keys are its defaults.
     */
    group?: string | null;
    /**
     * Who cares for it: `@login`, `@org/team`, an e-mail address or `team:name`.
     */
    owners?: string[] | null;
    /**
     * Labels for selections (`tag:tier=gold`). Booleans and integers become text. Merged by name; `null` removes one.
     */
    tags?: {
        [k: string]: string | boolean | number | null;
    } | null;
    /**
     * What it is made with, for looks and selections (`kind:duckdb`).
     *
     * @minItems 1
     */
    kinds?: string[] | null;
    /**
     * Anything else worth keeping with the asset. Merged by key.
     */
    metadata?: {
        [k: string]: WrittenJson;
    } | null;
    /**
     * A contract of the relation’s columns. A difference is a failed check `columns`.
     */
    columns?: {
        [k: string]: WrittenColumn;
    } | null;
    /**
     * A shell script that makes the asset, like `run` of a GitHub workflow step. It may hold no `${{ }}`: hand values over by `env`.
     */
    run?: string | null;
    /**
     * What runs the script: `bash` (default: `bash --noprofile --norc -eo pipefail {0}`), `sh`, `python`, `pwsh`, `node`, or a command with `{0}` for the script file.
     */
    shell?: string | null;
    /**
     * Folder in which the script runs, from the project’s root. Default: the root.
     */
    "working-directory"?: string | null;
    /**
     * Environment variables of the step. Values may hold expressions: `${{ env.REGION }}`. Merged by name with those of `defaults` and the group; `null` removes one.
     */
    env?: {
        [k: string]: string | boolean | number | null;
    } | null;
    /**
     * Names of secret environment variables that are handed to this step; no other secret is.
     *
     * @minItems 1
     */
    secrets?: string[] | null;
    /**
     * `true`: in a workflow with `permissions: id-token: write` the step may ask GitHub for OIDC tokens, as any step of a workflow may (`ACTIONS_ID_TOKEN_REQUEST_URL`, `…_TOKEN`). Default `false`: it sees neither.
     */
    oidc?: boolean | null;
    /**
     * Name of the connection: where `sql` runs and the relation lives. With `run` the step holds the connection’s writer slot.
     */
    connection?: string | null;
    /**
     * What else makes up the code version: patterns of files. Words of `run` that name a file of the project count by themselves.
     *
     * @minItems 1
     */
    code?: string[] | null;
    /**
     * How long one attempt may take: a whole number and `s`, `m`, `h` or `d`. Default: no limit.
     */
    timeout?: string | null;
    /**
     * Keys of the assets that are read. `ref(…)` in SQL adds to them.
     */
    deps?: (string | {
        /**
         * Its key.
         */
        asset: string;
        /**
         * Which of its partitions are read: `identity`, `all`, `last`, or a mapping. Default: windows that overlap, or the equal key.
         */
        partition_mapping?: ("identity" | "all" | "last") | WrittenPartitionMapping;
    })[] | null;
    /**
     * How a failed attempt is repeated.
     */
    retry_policy?: WrittenRetryPolicy | null;
    /**
     * The machine that it runs on, one of `runners`, where the work is shared among several. Default: that of the workflow.
     */
    runner?: string | null;
    /**
     * The pool whose slots limit how many such steps run at once, in all runs together.
     */
    pool?: string | null;
    /**
     * Name of the table or view, `schema.name` or `name`. Default: from the key, `raw/orders` is `raw.orders`.
     */
    relation?: string | null;
    /**
     * What SQL becomes: `table` (default), `view`, or `none` (statements run; there is no relation).
     */
    materialized?: "table" | "view" | "none" | null;
    /**
     * Files that the step writes: patterns from the project’s root, or `{path, optional}`. A file that git tracks cannot be one.
     */
    outputs?: (string | {
        /**
         * File or pattern from the project’s root; may hold expressions.
         */
        path: string;
        /**
         * `true`: a step that does not write it has not failed. Default `false`.
         */
        optional?: boolean;
    })[] | null;
    /**
     * `true`: its own last outputs are put in place before it runs. If they are lost, it fails rather than start empty (`run --full-refresh` starts empty).
     */
    incremental?: boolean | null;
    /**
     * When its data is gone: `rebuild` (default for assets with deps) or `fail` (default for those without: a source may not give its past again).
     */
    on_lost?: "rebuild" | "fail" | null;
    /**
     * When a job or schedule makes it: `when_stale` (default) or `always`.
     */
    materialize?: "when_stale" | "always" | null;
    /**
     * How it is cut: a definition, or the name of a shared one.
     */
    partitions?: string | WrittenPartitions | null;
    /**
     * The column that SQL is cut by: a partition replaces the rows of its window or key. Of several dimensions: a column for each.
     */
    partition_expr?: string | {
        [k: string]: string;
    } | null;
    /**
     * How a backfill cuts its partitions into runs: `single_run`, or `{multi_run: {max_partitions_per_run}}`.
     */
    backfill_policy?: "single_run" | WrittenBackfillPolicy | null;
    /**
     * When it is made by itself: `eager`, `on_missing`, or `{on_cron: {cron, timezone}}`.
     */
    automation?: ("eager" | "on_missing") | WrittenAutomation | null;
    /**
     * `true`: made by others; it is never executed here.
     */
    external?: boolean | null;
    /**
     * SQL that makes the asset. One word that ends in `.sql` is a file; anything else is SQL. The last `select` becomes the relation.
     */
    sql?: string | null;
    /**
     * `direct`: write the relation at once instead of building it aside, judging the copy and swapping it in.
     */
    publish?: "direct" | null;
    storage?: WrittenStorage;
    checks?: WrittenCheckDefaults;
}
/**
 * Assets, checks, jobs, schedules and selections of a Branchline project.
 */
export interface WrittenManifest {
    /**
     * Data objects that are kept up to date, by key.
     */
    assets?: {
        [k: string]: WrittenAsset;
    };
    /**
     * Executions that materialize several assets each, by name.
     */
    multi_assets?: {
        [k: string]: WrittenMultiAsset;
    };
    /**
     * Factories: checks that are made for every asset of a selection, by name.
     */
    checks?: {
        [k: string]: WrittenFactory;
    };
    /**
     * Executions that judge several checks each, by name.
     */
    multi_checks?: {
        [k: string]: WrittenMultiCheck;
    };
    /**
     * Named selections with tags, by name.
     */
    jobs?: {
        [k: string]: WrittenJob;
    };
    /**
     * When jobs and selections are due, by name.
     */
    schedules?: {
        [k: string]: WrittenSchedule;
    };
    /**
     * Shared definitions of partitions, by name.
     */
    partitions?: {
        [k: string]: WrittenPartitions;
    };
    /**
     * Selections with a name, for the report and the page.
     */
    selections?: {
        [k: string]: WrittenSelection;
    };
    /**
     * What outside of the project is made from its data, by name: named where a change or a failure reaches it.
     */
    exposures?: {
        [k: string]: WrittenExposure;
    };
    defaults?: WrittenDefaults;
}
/**
 * What happens around a project while it is simulated (docs/simulate.md).
 */
export interface WrittenScenario {
    wake_ups?: WrittenWakeUps;
    github?: WrittenGithubLimits;
    /**
     * Time after which a job starts nothing new. Default: 5 hours.
     */
    time_budget?: string;
    /**
     * Steps at once in a job. Default: the project’s, or 4.
     */
    max_parallel?: number;
    fan_out?: WrittenFanOut;
    /**
     * How long steps take, for each partition, by selection; of several that fit the last counts. Default: as they did before, chosen from their history; without history `default_duration`.
     */
    durations?: {
        [k: string]: string | WrittenSpread;
    };
    /**
     * How long steps without history take. Default: 1 min.
     */
    default_duration?: string;
    /**
     * Which attempts fail, by selection; of several that fit the last counts. Default: as often as they did before.
     */
    failures?: {
        [k: string]: string | WrittenFailureRule;
    };
    /**
     * How often checks of assets do not pass, by selection. Default: they pass.
     */
    failing_checks?: {
        [k: string]: string;
    };
    lost_runners?: WrittenLostRunners;
    /**
     * Backfills that somebody starts.
     *
     * @minItems 1
     */
    backfills?: WrittenStartedBackfill[];
    /**
     * Runs that somebody starts.
     *
     * @minItems 1
     */
    runs?: WrittenStartedRun[];
}
/**
 * How the workflow is woken.
 */
export interface WrittenWakeUps {
    /**
     * Rules of cron in UTC, as they stand in the workflow. Default: those that `branchline init` writes.
     */
    cron?: string | string[];
    /**
     * How late GitHub rings. Default: 5 min, 99 times of 100 no more than 40.
     */
    late?: string | WrittenSpread;
    /**
     * The share of rings that never come. Default: none.
     */
    lost?: string;
}
/**
 * How long something takes, when it does not always take the same.
 */
export interface WrittenSpread {
    /**
     * Half of the time it takes no longer.
     */
    p50: string;
    /**
     * 99 times of 100 it takes no longer.
     */
    p99: string;
}
/**
 * What GitHub gives.
 */
export interface WrittenGithubLimits {
    /**
     * Jobs at once; others wait for a runner. Default 20.
     */
    runners?: number;
    /**
     * From the start of a job to its first step. Default: 20 s.
     */
    set_up?: string;
    /**
     * Minutes that may be billed; then no job starts any more. Default: without limit.
     */
    minutes?: number;
    /**
     * Requests to the API an hour. Default 1,000.
     */
    requests_per_hour?: number;
    /**
     * Price of a minute. Default: that of the workflow’s runner.
     */
    usd_per_minute?: number;
}
/**
 * How the workflow shares its work out, as `init --fan-out` writes it.
 */
export interface WrittenFanOut {
    /**
     * Jobs of a wave at the most: `max-parallel` of the job `plan`. Default 20.
     */
    jobs?: number;
    /**
     * Machines of your own, by the name of a `runner` of the project: how many there are. Jobs for them wait for one of these; all others for a runner of GitHub.
     */
    machines?: {
        [k: string]: number;
    };
}
/**
 * When attempts fail.
 */
export interface WrittenFailureRule {
    /**
     * So many attempts fail, then no more.
     */
    first?: number;
    /**
     * Every attempt that ends from this moment on fails.
     */
    from?: string;
    /**
     * Until this moment. Default: to the end.
     */
    to?: string;
}
/**
 * Runners that are lost in the middle of their work.
 */
export interface WrittenLostRunners {
    /**
     * The share of jobs whose runner is lost in its first hour. Default: none.
     */
    share?: string;
    /**
     * Moments at which every runner that is at work is lost.
     *
     * @minItems 1
     */
    at?: string[];
    /**
     * The share of lost runners that do not notice and work on for up to an hour; what they record comes too late. Default: none.
     */
    work_on?: string;
}
/**
 * A backfill that somebody starts.
 */
export interface WrittenStartedBackfill {
    /**
     * When. Default: at the beginning.
     */
    at?: string;
    /**
     * Which assets, by a selection.
     */
    select: string;
    /**
     * Which partitions of its roots: keys, ranges, `all`, `missing`, `failed`.
     */
    partitions?: string;
    /**
     * Of its runs. Default: -1.
     */
    priority?: number;
    /**
     * Tags of its runs.
     */
    tags?: {
        [k: string]: string;
    };
}
/**
 * A run that somebody starts.
 */
export interface WrittenStartedRun {
    /**
     * When.
     */
    at: string;
    /**
     * Which assets, by a selection.
     */
    select: string;
    /**
     * Which partitions: a key, a range, `all`. Default: the newest.
     */
    partitions?: string;
    /**
     * Also make upstreams that were never materialized.
     */
    with_upstream?: boolean;
}
