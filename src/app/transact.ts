import type { StateStore } from '../ports-state.ts';
import type { Decide, TransactionOutcome, TransactOptions } from './transaction.ts';
import { type TryProgress, takeTurn } from './transaction-try.ts';
import { giveWayMs, WAIT_MS_MIN, waitBefore } from './transaction-waits.ts';

const DEADLINE_MS = 120_000;
/** A head that was read so long ago, in milliseconds, need not be read again. */
const FRESH_MS = 100;
/** Part of the time that is left which one wait takes at most: where tries are long, some must still fit in. */
const REST_WAITED = 1 / 6;

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
  const progress: TryProgress<T> = {
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
