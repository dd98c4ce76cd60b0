import { byText } from '../base/order.ts';
import type { PartitionTally } from '../model/partitions.ts';
import type { PartitionRecord } from '../model/state.ts';
import { lossOf, partitionStatus } from './partition-fold.ts';

/** Keys of an asset that its tally tells one by one. */
export const NEWEST_KEPT = 60;

const NOTHING: PartitionTally = { made: 0, failed: 0, newest: [], failing: [] };

/**
 * The tally after one key has changed. What was made, failed or lost once stays one of them for good, so the last keys by
 * text, like the counts, are the same in whatever order facts arrive.
 */
export function addToTally(
  tally: PartitionTally | undefined,
  key: string,
  before: PartitionRecord | undefined,
  now: PartitionRecord,
): PartitionTally | undefined {
  const [was, is] = [partitionStatus(before), partitionStatus(now)];
  const [wasLost, isLost] = [isGone(before), isGone(now)];
  if (was === is && wasLost === isLost) return tally;
  // Of keys that were counted by nobody the others are not known either.
  if (tally === undefined && (was !== 'missing' || wasLost)) return tally;
  const { made, failed, newest, failing, lost = 0, losing = [] } = tally ?? NOTHING;
  const counted = (status: typeof is): number => Number(is === status) - Number(was === status);
  const keys = withKey(newest, key);
  const isKept = keys !== newest || newest.includes(key);
  const listed = (of: readonly string[], isOne: boolean): readonly string[] => {
    const others = of.filter((other) => other !== key && other >= keys[0]!);
    return isOne && isKept ? [...others, key].sort(byText) : others;
  };
  const gone = lost + Number(isLost) - Number(wasLost);
  const known = listed(losing, isLost);
  return {
    made: made + counted('materialized'),
    failed: failed + counted('failed'),
    newest: keys,
    failing: listed(failing, is === 'failed'),
    ...(gone === 0 ? {} : { lost: gone }),
    ...(known.length === 0 ? {} : { losing: known }),
  };
}

function isGone(record: PartitionRecord | undefined): boolean {
  return lossOf(record) !== undefined;
}

/** The sorted keys with one more; the very same where it is there, or comes before as many as are kept. */
function withKey(keys: readonly string[], key: string): readonly string[] {
  let place = keys.length;
  while (place > 0 && keys[place - 1]! > key) place--;
  if (keys[place - 1] === key || (place === 0 && keys.length === NEWEST_KEPT)) return keys;
  return [...keys.slice(0, place), key, ...keys.slice(place)].slice(-NEWEST_KEPT);
}
