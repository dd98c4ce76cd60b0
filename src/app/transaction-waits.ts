// How long a writer waits between two tries of a transaction, and leaves the branch to others once it has landed.

import type { RetryReason } from './transaction.ts';
import type { TryProgress } from './transaction-try.ts';

/** No wait is bounded by less. */
export const WAIT_MS_MIN = 50;
const WAIT_MS_MAX = 2_000;
/** Longest wait, in lengths of a try. */
const TRIES_WAITED = 8;
/** Waits after conflicts, in lengths of a try: the bound of the first one, and of the later ones. */
const CONFLICT_TRIES_FIRST = 4;
const CONFLICT_TRIES_MOST = 16;
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

/** The wait before the try that follows one which ended so. */
export function waitBefore(
  reason: RetryReason,
  { losses, misses }: Pick<TryProgress<unknown>, 'losses' | 'misses'>,
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
