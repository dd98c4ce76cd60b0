import { fail, ok, type Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import { indexPath, isInIndex, isInRecent, recentFolder, type Transaction } from '../model/landing.ts';
import type { Clock } from '../ports.ts';
import type {
  CommitOutcome,
  StateChange,
  StateHead,
  StateStore,
  StateTreeEntry,
  StoreUnreachable,
} from '../ports-state.ts';
import { transactionInstant } from './transaction-instant.ts';

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
type Reason = 'conflict' | 'unreachable' | 'denied' | 'compact-denied' | 'leave-denied';

/** Told before each further try. */
export interface TransactionRetry {
  readonly reason: Reason;
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

const DEADLINE_MS = 120_000;
const WAIT_MS_MIN = 50;
const WAIT_MS_MAX = 2_000;
/** Longest wait, in lengths of a try. */
const TRIES_WAITED = 8;
/** A head that was read so long ago, in milliseconds, need not be read again. */
const FRESH_MS = 100;
/** Waits after conflicts, in lengths of a try: the bound of the first one, and of the later ones. */
const CONFLICT_TRIES_FIRST = 4;
const CONFLICT_TRIES_MOST = 16;
/** Part of the time that is left which one wait takes at most: where tries are long, some must still fit in. */
const REST_WAITED = 1 / 6;
/** Losses from which on the bound shrinks: with one bound for all, somebody unlucky may starve. */
const LOSSES_OF_AGE = 3;
/** How long others get after a commit that was fought for, in lengths of a try, and at most in milliseconds. */
const GIVE_WAY_TRIES = 12;
const GIVE_WAY_MS_MAX = 10_000;

/**
 * Full jitter: anything up to a bound that doubles from 50 ms to 2 s, or from the length of a try to eight of them where
 * a try takes long: many writers on few processors would otherwise keep each other from ending even one. `count`: tries
 * that failed so far, from 1.
 */
export function retryWaitMs(count: number, random: () => number, tryMs = 0): number {
  const first = Math.max(WAIT_MS_MIN, tryMs);
  const most = Math.max(WAIT_MS_MAX, TRIES_WAITED * tryMs);
  return Math.floor(random() * Math.min(most, first * 2 ** Math.min(count - 1, 10)));
}

/**
 * The wait after a conflict: anything up to a bound that doubles from four lengths of a try to sixteen, and then shrinks
 * with each further loss. Who is young leaves room, because a try that is begun among many is mostly lost and keeps the
 * others from ending theirs; who is old has waited enough.
 */
export function conflictWaitMs(losses: number, random: () => number, tryMs: number): number {
  const tries = Math.min(CONFLICT_TRIES_MOST, CONFLICT_TRIES_FIRST * 2 ** Math.min(losses - 1, 10));
  return Math.floor((random() * tries * Math.max(WAIT_MS_MIN, tryMs)) / Math.max(1, losses / LOSSES_OF_AGE));
}

/**
 * How long a writer leaves the branch to others once it has landed: it knows the head, so it would mostly win again,
 * against those who have waited longest. Nothing where nobody else was seen.
 */
export function giveWayMs(losses: number, random: () => number, tryMs: number): number {
  if (losses === 0) return 0;
  return Math.floor((0.5 + random() / 2) * Math.min(GIVE_WAY_MS_MAX, GIVE_WAY_TRIES * tryMs));
}

/**
 * Carries one transaction through: read, decide, commit; on a conflict read and decide again; unreachable is tried
 * again until the deadline; a refusal once more lean. `writer` and `tx` stay the same, so that a commit that landed
 * without an answer is recognised and never made twice.
 */
export async function transact<T>(
  store: StateStore,
  decide: Decide<T>,
  options: TransactOptions,
): Promise<TransactionOutcome<T>> {
  const progress: Progress<T> = {
    tries: 0,
    losses: 0,
    misses: 0,
    isLean: false,
    isCompactDenied: false,
    isLeaveDenied: false,
    doubtful: undefined,
    hadHead: false,
    fresh: options.seen,
  };
  const endsAt = options.clock.now() + (options.deadlineMs ?? DEADLINE_MS);
  for (;;) {
    if (options.signal?.aborted === true) return { kind: 'canceled', tries: progress.tries };
    progress.tries++;
    const startedAt = options.clock.now();
    const turn = await takeTurn(store, decide, options, progress);
    const { random } = options;
    const tryMs = options.clock.now() - startedAt;
    if (turn.kind === 'done' && turn.outcome.kind === 'landed')
      return { ...turn.outcome, giveWayMs: giveWayMs(progress.losses, random, tryMs) };
    if (turn.kind === 'done') return turn.outcome;
    const mostMs = Math.max(WAIT_MS_MIN, (endsAt - options.clock.now()) * REST_WAITED);
    const waitMs = Math.min(Math.floor(mostMs), waitBefore(turn.reason, progress, { random, tryMs }));
    if (waitMs > FRESH_MS) progress.fresh = undefined;
    const { tries } = progress;
    if (options.clock.now() + waitMs >= endsAt) {
      return turn.reason === 'unreachable'
        ? { kind: 'unreachable', message: turn.message, tries }
        : {
            kind: 'outrun',
            message: `Other writers moved ${store.label} first, ${tries} times in a row. Try again later, or with fewer writers.`,
            tries,
          };
    }
    options.onRetry?.({ reason: turn.reason, tries, waitMs, message: turn.message });
    if (waitMs > 0) await options.clock.sleep(waitMs, options.signal);
  }
}

interface Progress<T> {
  tries: number;
  /** Conflicts in a row. */
  losses: number;
  /** Unreachable tries in a row. */
  misses: number;
  isLean: boolean;
  /** The server takes no commit that begins history anew. */
  isCompactDenied: boolean;
  /** It takes none with further parents, such as where a rule asks for a linear history. */
  isLeaveDenied: boolean;
  /** What was sent without our learning whether it landed. */
  doubtful: { readonly value: T; readonly isLean: boolean } | undefined;
  hadHead: boolean;
  /** The head as it was read a moment ago, when a try was judged. */
  fresh: StateHead | undefined;
}

type Turn<T> =
  | { readonly kind: 'done'; readonly outcome: TransactionOutcome<T> }
  | { readonly kind: 'again'; readonly reason: Reason; readonly message: string };

async function takeTurn<T>(
  store: StateStore,
  decide: Decide<T>,
  options: TransactOptions,
  progress: Progress<T>,
): Promise<Turn<T>> {
  const { tries } = progress;
  const read = progress.fresh ? ok(progress.fresh) : await store.read();
  progress.fresh = undefined;
  if (!read.ok) return notReached(progress, read.error);
  const head = read.value;
  if (head.commit === undefined && progress.hadHead) return gone(store, tries);
  progress.hadHead = head.commit !== undefined;

  if (progress.doubtful !== undefined && head.commit !== undefined) {
    const landed = await hasLanded(store, head.commit, options);
    if (!landed.ok) return notReached(progress, landed.error);
    if (landed.value) {
      const { value, isLean } = progress.doubtful;
      return {
        kind: 'done',
        outcome: { kind: 'landed', commit: head.commit, value, isLean, isFoundLater: true, tries, giveWayMs: 0 },
      };
    }
  }

  const decided = await decide({
    head,
    ...transactionInstant(head, options.clock.now()),
    tries,
    mayLeave: !progress.isLeaveDenied,
    load: async (paths) => (head.commit === undefined ? ok(new Map()) : store.load(head.commit, paths)),
    list: async (prefix, without) => (head.commit === undefined ? ok([]) : store.list(head.commit, prefix, without)),
  });
  if (!decided.ok) return notReached(progress, decided.error);
  const decision = decided.value;
  if (decision.kind === 'nothing') {
    return { kind: 'done', outcome: { kind: 'nothing', head, value: decision.value, tries } };
  }
  const { writer, tx } = options;
  const { compacts, value } = decision;
  if (head.commit !== undefined && compacts && !progress.isLean && !progress.isCompactDenied) {
    const outcome = await store.compact(head.commit, compacts.seq, { ...decision.change, writer, tx });
    if (outcome.kind !== 'denied') return judge(store, outcome, value, progress);
    // What a compact was asked for is no ordinary commit.
    if (compacts.change === undefined)
      return { kind: 'done', outcome: { kind: 'denied', message: outcome.message, tries } };
    progress.isCompactDenied = true;
    progress.doubtful = { value, isLean: false };
    return { kind: 'again', reason: 'compact-denied', message: outcome.message };
  }
  const whole = compacts?.change ?? decision.change;
  const change = progress.isLean ? options.lean(whole) : whole;
  const outcome = await store.commit(head.commit, { ...change, writer, tx });
  if (outcome.kind !== 'denied' || change.behind === undefined) return judge(store, outcome, value, progress);
  progress.isLeaveDenied = true;
  progress.doubtful = { value, isLean: progress.isLean };
  return { kind: 'again', reason: 'leave-denied', message: outcome.message };
}

function judge<T>(store: StateStore, outcome: CommitOutcome, value: T, progress: Progress<T>): Turn<T> {
  const { tries, isLean } = progress;
  switch (outcome.kind) {
    case 'landed':
      return { kind: 'done', outcome: { kind: 'landed', commit: outcome.commit, value, isLean, tries, giveWayMs: 0 } };
    case 'conflict':
      progress.losses++;
      progress.misses = 0;
      progress.fresh = outcome.head;
      return { kind: 'again', reason: 'conflict', message: `another writer moved ${store.label}` };
    case 'denied':
      if (isLean) return { kind: 'done', outcome: { kind: 'denied', message: outcome.message, tries } };
      progress.isLean = true;
      // A refusal is found by looking at the head; a push still under way then may land after that look.
      progress.doubtful = { value, isLean };
      return { kind: 'again', reason: 'denied', message: outcome.message };
    case 'unwritten':
      return { kind: 'done', outcome: { kind: 'unwritten', message: outcome.message, tries } };
    case 'gone':
      return gone(store, tries);
    case 'unreachable':
      progress.doubtful = { value, isLean };
      return missed(progress, outcome.message);
  }
}

function notReached<T>(progress: Progress<T>, { code, message }: StoreUnreachable): Turn<T> {
  if (code === 'unreachable') return missed(progress, message);
  return { kind: 'done', outcome: { kind: 'no-access', message, tries: progress.tries } };
}

function missed<T>(progress: Progress<T>, message: string): Turn<T> {
  progress.misses++;
  progress.losses = 0;
  return { kind: 'again', reason: 'unreachable', message };
}

function gone<T>(store: StateStore, tries: number): Turn<T> {
  const message = `The branch of ${store.label} was deleted while this command was at work. Nothing more is recorded there.`;
  return { kind: 'done', outcome: { kind: 'gone', message, tries } };
}

function waitBefore(
  reason: Reason,
  { losses, misses }: Progress<unknown>,
  by: { readonly random: () => number; readonly tryMs: number },
): number {
  switch (reason) {
    case 'conflict':
      return conflictWaitMs(losses, by.random, by.tryMs);
    case 'unreachable':
      return retryWaitMs(misses, by.random);
    case 'denied':
    case 'compact-denied':
    case 'leave-denied':
      return 0;
  }
}

async function hasLanded(
  store: StateStore,
  head: string,
  transaction: Transaction,
): Promise<Result<boolean, StoreUnreachable>> {
  const recent = await store.list(head, recentFolder);
  if (!recent.ok) return recent;
  if (
    isInRecent(
      recent.value.map(({ path }) => path),
      transaction,
    )
  )
    return ok(true);
  const index = await store.load(head, [indexPath]);
  return index.ok ? ok(isInIndex(index.value.get(indexPath), transaction)) : fail(index.error);
}
