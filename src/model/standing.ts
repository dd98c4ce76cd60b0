import type { BackfillProgress } from './backfills.ts';
import type { Span } from './diagnostic.ts';
import type { Timestamp } from './instant.ts';
import type { PartitionStatus } from './partitions.ts';
import type { AssetKey } from './project.ts';

// How the work stands at one state, for reports. All of it follows from the state alone, and tells instants, never ages.

export interface Standing {
  readonly queue: QueueStanding;
  /** Those that are not over, newest first, then those that ended in the last days. */
  readonly backfills: readonly BackfillProgress[];
  /** By asset: those that have partitions, in order of their keys. */
  readonly partitions: ReadonlyMap<AssetKey, PartitionStanding>;
  /** By asset that lost data: the command that makes it again. */
  readonly cures: ReadonlyMap<AssetKey, string>;
  /** Limits of time that do not fit what history says. */
  readonly limits: readonly LimitHint[];
}

export interface QueueStanding {
  /** Runs that may be in progress at once; negative: without limit. */
  readonly places: number;
  /** Oldest first. */
  readonly inProgress: readonly RunStanding[];
  /** In the order of the queue. */
  readonly waiting: readonly RunStanding[];
}

/** A run that has not ended. */
export interface RunStanding {
  readonly run: string;
  /** What asked for it, in few words. */
  readonly trigger: string;
  readonly priority: number;
  readonly requestedAt: Timestamp;
  readonly startedAt?: Timestamp;
  /** Who carries it out: a process, or a job of a workflow run. */
  readonly holder?: { readonly text: string; readonly workflow?: string };
  /** Steps that are over, of all that it has; absent before it has begun. */
  readonly steps?: { readonly done: number; readonly all: number };
  /** What it waits for; absent = it may start at the next wake-up, or has. */
  readonly wait?: string;
}

/** The partitions of an asset at a glance. */
export interface PartitionStanding {
  readonly asset: AssetKey;
  /** Keys that exist. */
  readonly total: number;
  readonly made: number;
  readonly failed: number;
  readonly missing: number;
  /** Keys that runs are at work on now: each is counted above as well. */
  readonly inProgress: number;
  /** The newest keys that exist, oldest first, at most 60; empty where their order says nothing of what is newest. */
  readonly newest: readonly { readonly key: string; readonly status: PartitionStatus }[];
  /** Failed keys that are known by name, newest first. */
  readonly failedKeys: readonly string[];
  /** Keys whose data is gone: each is counted in `missing`, or where it failed since in `failed`. */
  readonly lost: number;
  /** Lost keys that are known by name, newest first. */
  readonly lostKeys: readonly string[];
}

/** A limit of time that does not fit what history says (semantics.md 3 and 11). */
export interface LimitHint {
  /** What is limited: all runs, those of a job or a schedule, an attempt of an asset's step. */
  readonly of:
    | { readonly kind: 'runs' }
    | { readonly kind: 'job' | 'schedule'; readonly name: string }
    | { readonly kind: 'asset'; readonly asset: AssetKey };
  /** `tight`: the 99th percentile is near the limit, so that what is only slow is stopped. `loose`: what hangs is found late. */
  readonly verdict: 'tight' | 'loose';
  readonly limitMs: number;
  readonly p99Ms: number;
  readonly samples: number;
  /** Where the limit is written; absent = in `run_monitoring`. */
  readonly span?: Span;
}
