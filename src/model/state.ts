import type { CheckStatus, Claim, FinalRunState, RunCounts, RunState, ScheduleRule } from './events.ts';
import type { Failure } from './failure.ts';
import type { Timestamp } from './instant.ts';
import type { RunReason, RunRequest, SkipReason } from './plan.ts';
import type { AssetKey, Severity } from './project.ts';

/** What is known of an asset: `snapshot/<shard>.json` holds these. */
export interface AssetRecord {
  readonly asset: AssetKey;
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
  };
  /** Newest confirmation that it is up to date. */
  readonly confirmedAt?: Timestamp;
  /** What is gone from storage: cleared by the next materialization. */
  readonly lost?: { readonly at: Timestamp; readonly message: string };
  /** Newest result of each check, by name. */
  readonly checks: Readonly<Record<string, CheckRecord>>;
  /** Last 14 successful durations, oldest first, in milliseconds. */
  readonly durationsMs: readonly number[];
  /** Newest first, at most 10: for the asset's page. */
  readonly history: readonly HistoryEntry[];
}

export interface MaterializationRecord {
  readonly id: string;
  readonly run: string;
  readonly at: Timestamp;
  readonly codeVersion: string;
  readonly codeParts: Readonly<Record<string, string>>;
  readonly codeCommit?: string;
  readonly dataVersion: string;
  readonly upstream: Readonly<Record<AssetKey, { readonly dataVersion: string; readonly materialization?: string }>>;
  readonly files?: Readonly<Record<string, { readonly digest: string; readonly bytes: number }>>;
  readonly rows?: number;
  readonly durationMs: number;
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
}

export interface HistoryEntry {
  readonly at: Timestamp;
  readonly run: string;
  readonly outcome: 'success' | 'failure' | 'canceled';
  readonly durationMs: number;
  readonly rows?: number;
  readonly dataVersion?: string;
  readonly message?: string;
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
  readonly steps: Readonly<Record<string, RunStepRecord>>;
  readonly confirmed: readonly AssetKey[];
  readonly counts?: RunCounts;
  readonly failure?: Failure;
  readonly cancelRequested?: boolean;
}

export interface RunStepRecord {
  readonly assets: readonly AssetKey[];
  readonly state: 'PLANNED' | 'STARTED' | 'SUCCESS' | 'FAILURE' | 'CANCELED' | 'SKIPPED';
  readonly reason?: RunReason | SkipReason;
  readonly detail?: readonly string[];
  readonly attempt?: number;
  readonly durationMs?: number;
  readonly failure?: Failure;
  readonly materialized: readonly AssetKey[];
  readonly failedAssets: readonly AssetKey[];
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

/** A schedule's cursor. */
export interface ScheduleRecord {
  readonly schedule: string;
  readonly adoptedAt: Timestamp;
  /** Everything due up to here has been judged. */
  readonly evaluatedUntil: Timestamp;
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

/** Sums of one UTC day for the project, a group or an asset. Mergeable: days add up. */
export interface RollupCell {
  readonly materialized: number;
  readonly failed: number;
  readonly checksPassed: number;
  readonly checksExecuted: number;
  readonly runs: number;
  readonly runsSucceeded: number;
  /** Mergeable sketch of durations (encoding of state/sketch). */
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
  readonly claims: ReadonlyMap<
    string,
    Claim & { readonly renewals: number; readonly suspected?: { readonly at: Timestamp; readonly renewals: number } }
  >;
  readonly schedules: ReadonlyMap<string, ScheduleRecord>;
  /** Last n counted of each stream. */
  readonly streams: ReadonlyMap<string, number>;
  /** Last transaction of each writer. */
  readonly writers: ReadonlyMap<string, { readonly tx: number; readonly at: Timestamp }>;
  /** By UTC day: cells by scope: `project`, `group:<name>` (by the group at the time), `asset:<key>`. */
  readonly days: ReadonlyMap<string, ReadonlyMap<string, RollupCell>>;
  /** Newest code commit that has ticked, with its commit time. */
  readonly codeCommit?: { readonly commit: string; readonly at: Timestamp };
}

export type { FinalRunState };
