import type { Timestamp } from './instant.ts';
import type { AssetKey } from './project.ts';
import type { BackfillRecord } from './state.ts';

/** One run that a backfill asks for. */
export interface BackfillChunk {
  /** Number of its group, from 1: assets that share definition, keys and policy, and run together. */
  readonly group: number;
  readonly assets: readonly AssetKey[];
  /** Without gaps, in the definition's order; empty for assets without partitions. */
  readonly keys: readonly string[];
  /** Groups whose chunks must have made what this one reads. */
  readonly after: readonly number[];
}

/** What history says of the work of some chunks. */
export interface WorkEstimate {
  /** Successes that the least known asset has behind it; 0 = nothing is known of any. */
  readonly samples: number;
  /** Steps' time of all partitions, by the median of each asset. Milliseconds. */
  readonly workMs: number;
  /** Assets of which nothing is known: their time is not in it. */
  readonly unknown: readonly string[];
}

/** How far a backfill is, for people and for `--json`. */
export interface BackfillProgress {
  readonly backfill: string;
  readonly state: BackfillRecord['state'];
  readonly selection: string;
  readonly partitions: string;
  readonly reason?: string;
  readonly requestedAt: Timestamp;
  readonly endedAt?: Timestamp;
  /** It ended as COMPLETED_FAILED, and retries have made all that it lacked since. */
  readonly repaired?: true;
  /** Partitions of all its assets: `left` is what is still to be made. */
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  readonly leftOut: number;
  readonly inProgress: number;
  readonly left: number;
  /** At the pace so far; absent when it is over, or nothing has ended yet. */
  readonly expectedEnd?: Timestamp;
  /** By asset: what was not made, as ranges; `''` of an asset without partitions. */
  readonly failedPartitions: Readonly<Record<AssetKey, readonly string[]>>;
  readonly leftOutPartitions: Readonly<Record<AssetKey, readonly string[]>>;
}
