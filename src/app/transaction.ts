import type { Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Transaction } from '../model/landing.ts';
import type { Clock } from '../ports.ts';
import type { StateChange, StateHead, StateTreeEntry, StoreUnreachable } from '../ports-state.ts';

/** What a decision is made from: one head, and the files of its commit. Asked anew after every conflict. */
export interface TransactionView {
  readonly head: StateHead;
  /** The instant to decide and to record with: the server's when it gave one, never before the head's. */
  readonly now: EpochMs;
  /** Server's clock minus own clock in milliseconds, when they differ by more than 5 minutes: worth a warning. */
  readonly clockSkewMs: number | undefined;
  /** 1 for the first try. */
  readonly tries: number;
  /** False when the server took no commit with further parents: files of older days then stay in the tree. */
  readonly mayLeave: boolean;
  /** Texts of those of the paths that exist; none when there is no head. */
  readonly load: (paths: readonly string[]) => Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>>;
  /** Paths under a prefix, but those of a folder that is to be left out; none when there is no head. */
  readonly list: (prefix: string, without?: string) => Promise<Result<readonly StateTreeEntry[], StoreUnreachable>>;
}

/** A decision: a change to commit, or nothing to do at this head. `value` is handed back to the caller. */
export type Decision<T> =
  | {
      readonly kind: 'commit';
      readonly change: Omit<StateChange, 'writer' | 'tx'>;
      readonly value: T;
      /** The commit begins history anew; the head, of this number, becomes an archive. */
      readonly compacts?: {
        readonly seq: number /** Where that is refused: as an ordinary commit. */;
        readonly change?: Omit<StateChange, 'writer' | 'tx'>;
      };
    }
  | { readonly kind: 'nothing'; readonly value: T };

/**
 * Decides on the state as it is now. Called again after each conflict: facts (events that we hold) go into the new
 * change as they are, intentions (claims, judged ticks) are decided anew.
 */
export type Decide<T> = (view: TransactionView) => Promise<Result<Decision<T>, StoreUnreachable>>;

export type TransactionOutcome<T> =
  /**
   * `isLean`: the server refused the whole change and took it without texts. `isFoundLater`: the push had no answer, and
   * the change was found at the head `commit`, which may hold others' commits as well.
   */
  | {
      readonly kind: 'landed';
      readonly commit: string;
      readonly value: T;
      readonly isLean: boolean;
      readonly isFoundLater?: true;
      readonly tries: number;
      /** Leave the branch to others for so long. */
      readonly giveWayMs: number;
    }
  | { readonly kind: 'nothing'; readonly head: StateHead; readonly value: T; readonly tries: number }
  /** Others were faster until the deadline. */
  | { readonly kind: 'outrun'; readonly message: string; readonly tries: number }
  /** The server refused the change, also without texts: `message` says what to do. Trying again does not help. */
  | { readonly kind: 'denied'; readonly message: string; readonly tries: number }
  /** The commit could not be written on this machine, of which `message` says why. Nothing was sent. */
  | { readonly kind: 'unwritten'; readonly message: string; readonly tries: number }
  /** The ref was deleted while we were at it: the environment is closed. */
  | { readonly kind: 'gone'; readonly message: string; readonly tries: number }
  | { readonly kind: 'unreachable'; readonly message: string; readonly tries: number }
  /** The server shows this account nothing. Trying again does not help. */
  | { readonly kind: 'no-access'; readonly message: string; readonly tries: number }
  /** The signal fired between two tries: nothing of this transaction has landed as far as we could see. */
  | { readonly kind: 'canceled'; readonly tries: number };

/**
 * Why a try was not the last. `compact-denied`: the commit is made again as an ordinary one; `leave-denied`: as one with a
 * single parent.
 */
export type RetryReason = 'conflict' | 'unreachable' | 'denied' | 'compact-denied' | 'leave-denied';

/** Told before each further try. */
export interface TransactionRetry {
  readonly reason: RetryReason;
  readonly tries: number;
  readonly waitMs: number;
  readonly message?: string;
}

export interface TransactOptions extends Transaction {
  readonly clock: Clock;
  /** The head to begin with, as it was seen a moment ago. If it has moved since, the commit finds that out. */
  readonly seen?: StateHead;
  /** In [0, 1): for jitter. */
  readonly random: () => number;
  /** From the first try on; default 2 minutes. */
  readonly deadlineMs?: number;
  /**
   * The change without log tails, messages, texts of metadata and pages, and with a record that it was redacted:
   * the server may have found a secret in them.
   */
  readonly lean: (change: Omit<StateChange, 'writer' | 'tx'>) => Omit<StateChange, 'writer' | 'tx'>;
  readonly onRetry?: (retry: TransactionRetry) => void;
  readonly signal?: AbortSignal;
}
