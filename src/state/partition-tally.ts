import { byText } from '../base/order.ts';
import type { PartitionTally } from '../model/partitions.ts';
import type { PartitionRecord } from '../model/state.ts';
import { partitionStatus } from './partition-fold.ts';

/** Keys of an asset that its tally tells one by one. */
export const NEWEST_KEPT = 60;

/**
 * The tally after one key has changed. What was made or failed once stays one of both for good, so the last keys by
 * text, like the counts, are the same in whatever order facts arrive.
 */
export function addToTally(
  tally: PartitionTally | undefined,
  key: string,
  before: PartitionRecord | undefined,
  now: PartitionRecord,
): PartitionTally | undefined {
  const [was, is] = [partitionStatus(before), partitionStatus(now)];
  // Of keys that were counted by nobody the others are not known either.
  if (was === is || (tally === undefined && was !== 'missing')) return tally;
  const { made, failed, newest, failing } = tally ?? { made: 0, failed: 0, newest: [], failing: [] };
  const counted = (status: typeof is): number => Number(is === status) - Number(was === status);
  const keys = withKey(newest, key);
  const isKept = keys !== newest || newest.includes(key);
  const bad = failing.filter((other) => other !== key && other >= keys[0]!);
  return {
    made: made + counted('materialized'),
    failed: failed + counted('failed'),
    newest: keys,
    failing: is === 'failed' && isKept ? [...bad, key].sort(byText) : bad,
  };
}

/** The sorted keys with one more; the very same where it is there, or comes before as many as are kept. */
function withKey(keys: readonly string[], key: string): readonly string[] {
  let place = keys.length;
  while (place > 0 && keys[place - 1]! > key) place--;
  if (keys[place - 1] === key || (place === 0 && keys.length === NEWEST_KEPT)) return keys;
  return [...keys.slice(0, place), key, ...keys.slice(place)].slice(-NEWEST_KEPT);
}
