import type { Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { Clock } from '../ports.ts';
import type { HeadMemory, RefMove, StoreUnreachable } from '../ports-state.ts';
import type { PreparedCommit } from '../state/commit.ts';
import type { StateRead } from '../state/read.ts';
import type { AppFailure } from './failure.ts';
import type { NotedCommit } from './quiet-note.ts';
import type { StatePlace } from './state-reading.ts';

/** What reading and writing one environment's state takes. */
export interface StatePorts extends StatePlace {
  readonly clock: Clock;
  /** In [0, 1): for the jitter between tries. */
  readonly random: () => number;
  /** Name of this process as a writer of state. */
  readonly writer: string;
  /** The workflow run whose job writes; absent = a terminal. */
  readonly workflowRun?: string;
  /** When the name of the writer was made up: none of its events is older. Absent = nobody knows. */
  readonly writerBegan?: EpochMs;
  /** Removes secrets: every text that is committed has passed it. */
  readonly redact: (text: string) => string;
  /** Assets whose partitions a decision looks at; absent = of none. */
  readonly partitionsOf?: () => ReadonlySet<string>;
  /** Something a person should know though the command goes on. */
  readonly warn: (text: string) => void;
  /** The same, once in a process however many sessions find it; default `warn`. */
  readonly warnOnce?: (text: string) => void;
  /** What was read at heads that may be read again, where several sessions are in one process; absent = a session keeps its own last one. */
  readonly reads?: Map<string, StateRead>;
  /** Commits after which the next one begins history anew; default 10,000. */
  readonly compactAfter?: number;
  /** Events of days older than this many milliseconds are dropped then; absent = all are kept. */
  readonly retentionMs?: number;
  /** What this machine remembers of the branch; absent = nothing. */
  readonly heads?: HeadMemory;
  /** What the message of a commit says of the wake-ups after it, as trailers; absent = nothing (app/quiet-note). */
  readonly quietNote?: (after: StateView, commit: NotedCommit) => string | undefined;
  /** Refs of data that have to move together with the commit of these events; asked anew after each conflict. */
  readonly dataMoves?: (
    events: readonly BranchlineEvent[],
    before: StateView,
    after: StateView,
  ) => Promise<Result<readonly RefMove[], StoreUnreachable>>;
}

/** Derived pages of a commit, from the state that it leads to and the one before; null deletes a page. */
export type PagesOf = (prepared: PreparedCommit, before: StateView) => ReadonlyMap<string, string | null>;

/** What a use case wants committed on the state as it is. */
export type StateDecision<T> =
  | {
      readonly kind: 'commit';
      /** Numbered in their streams. */
      readonly events: readonly BranchlineEvent[];
      readonly message: string;
      /** Derived pages of the commit, from the view that it leads to. */
      readonly pages?: PagesOf;
      /** The commit begins history anew, and the head before becomes an archive; further files that it changes. */
      readonly compact?: ReadonlyMap<string, string | null>;
      readonly value: T;
    }
  | { readonly kind: 'nothing'; readonly value: T }
  | { readonly kind: 'stop'; readonly failure: AppFailure };
