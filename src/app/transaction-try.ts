import { fail, ok, type Result } from '../base/result.ts';
import { indexPath, isInIndex, isInRecent, recentFolder, type Transaction } from '../model/landing.ts';
import type { CommitOutcome, StateHead, StateStore, StoreUnreachable } from '../ports-state.ts';
import type { Decide, RetryReason, TransactionOutcome, TransactOptions } from './transaction.ts';
import { transactionInstant } from './transaction-instant.ts';

/** What the tries of one transaction have found out so far. */
export interface TryProgress<T> {
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
  | { readonly kind: 'again'; readonly reason: RetryReason; readonly message: string };

/** One try: read, decide, commit, and judge what came of it. */
export async function takeTurn<T>(
  store: StateStore,
  decide: Decide<T>,
  options: TransactOptions,
  progress: TryProgress<T>,
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

function judge<T>(store: StateStore, outcome: CommitOutcome, value: T, progress: TryProgress<T>): Turn<T> {
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

function notReached<T>(progress: TryProgress<T>, { code, message }: StoreUnreachable): Turn<T> {
  if (code === 'unreachable') return missed(progress, message);
  return { kind: 'done', outcome: { kind: 'no-access', message, tries: progress.tries } };
}

function missed<T>(progress: TryProgress<T>, message: string): Turn<T> {
  progress.misses++;
  progress.losses = 0;
  return { kind: 'again', reason: 'unreachable', message };
}

function gone<T>(store: StateStore, tries: number): Turn<T> {
  const message = `The branch of ${store.label} was deleted while this command was at work. Nothing more is recorded there.`;
  return { kind: 'done', outcome: { kind: 'gone', message, tries } };
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
