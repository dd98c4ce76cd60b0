import type { EpochMs } from '../model/instant.ts';
import type { StateHead } from '../ports-state.ts';

const SKEW_MS_MAX = 5 * 60_000;

/** The instant of a transaction (state-branch.md, "Order is seq"): a remote's clock wins, and time never runs back. */
export function transactionInstant(
  head: StateHead,
  ownNow: EpochMs,
): { readonly now: EpochMs; readonly clockSkewMs: number | undefined } {
  const skewMs = head.serverNow === undefined ? 0 : head.serverNow - ownNow;
  // A `Date` header has whole seconds: a small difference is its rounding, and the finer own clock is as good.
  const now = head.serverNow === undefined || Math.abs(skewMs) <= 1_000 ? ownNow : head.serverNow;
  return {
    now: Math.max(now, head.committedAt ?? now),
    clockSkewMs: Math.abs(skewMs) > SKEW_MS_MAX ? skewMs : undefined,
  };
}
