import { canonicalJson } from '../base/json.ts';
import type { HandledRecord, Turn } from '../model/state.ts';
import { compareTurns } from './asset-fold.ts';

/**
 * The newer of two by turn; of one turn (a run was asked for, and none has begun since) the one asked for later. All of
 * the content counts, in one order of its members, so that neither the order of arrival nor whether one was read from a
 * file makes a difference.
 */
export function newerHandled(
  one: HandledRecord | undefined,
  other: HandledRecord | undefined,
): HandledRecord | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const order = compareTurns(one.turn, other.turn);
  if (order !== 0) return order > 0 ? one : other;
  return canonicalJson(one) >= canonicalJson(other) ? one : other;
}

/** What is still to be known of it beside the newest success: nothing, once it was made. */
export function handledSince(
  handled: HandledRecord | undefined,
  made: { readonly turn?: Turn } | undefined,
): HandledRecord | undefined {
  return handled && made?.turn && compareTurns(made.turn, handled.turn) >= 0 ? undefined : handled;
}
