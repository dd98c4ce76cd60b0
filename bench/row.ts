import type { Comparison } from './compare.ts';
import type { Command } from './measure.ts';

/** What a row is built from. */
export interface BenchContext {
  /** An empty folder of its own, removed afterwards. */
  readonly scratch: string;
  /** The Node that runs our program and every Node peer. */
  readonly node: string;
  /** The built program. */
  readonly cli: string;
  /** Much smaller fixtures, to see that the row still works. Its times mean nothing. */
  readonly isTiny: boolean;
  /** What is to be done when the row has been measured: servers end. */
  readonly afterwards: (end: () => void) => void;
}

/** Two commands that answer one question, or the reason why they cannot be run here. */
export type Contest =
  | {
      readonly kind: 'pair';
      readonly label: string;
      readonly ours: Command;
      readonly peer: Command;
      /** Throws unless `ours`, which has just run, did what it is timed for: doing nothing is fast. */
      readonly verify?: () => void;
    }
  | { readonly kind: 'peer-missing'; readonly label: string; readonly why: string };

/** One question of docs/benchmarks.md. */
export interface BenchRow {
  /** The word after `npm run bench --`. */
  readonly name: string;
  readonly question: string;
  readonly against: string;
  /** Highest ratio that meets the goal. Wall time has one only where the row says so. */
  readonly goal: { readonly cpu: number; readonly wall?: number };
  /** Minutes a pair: it is measured where it is asked for by name, and not with all the others. */
  readonly isLong?: true;
  /** Makes the fixtures. */
  readonly prepare: (context: BenchContext) => readonly Contest[] | Promise<readonly Contest[]>;
}

/** A missing peer is a fact about the machine; a row that fails is a bug of ours. */
export type Outcome =
  | { readonly kind: 'measured'; readonly comparison: Comparison }
  | { readonly kind: 'peer-missing'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

export interface Result {
  readonly row: BenchRow;
  readonly label: string;
  readonly outcome: Outcome;
}
