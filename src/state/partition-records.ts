import { byText } from '../base/order.ts';
import type { PartitionFacts, PartitionRecord } from '../model/state.ts';
import { lossOf } from './partition-fold.ts';
import type { PartitionLeaf } from './partition-leaf.ts';
import { AlignedRecords, KeyedRecords, type RecordsInOrder } from './records-in-order.ts';

/** Records of an asset's partitions by key. */
export type PartitionRecords = ReadonlyMap<string, PartitionRecord>;

/**
 * What status and staleness are told from. Of partitions that lie in leaves no record is made for it, so whoever looks at
 * all partitions of an asset asks here.
 */
export function factsOf(records: PartitionRecords | undefined, key: string): PartitionFacts | undefined {
  return records instanceof LeafRecords ? records.facts(key) : records?.get(key);
}

/** Those of the keys whose partitions were never made, or are gone as far as is known: nothing else is looked at. */
export function missingIn(records: PartitionRecords | undefined, keys: readonly string[]): readonly string[] {
  if (records instanceof LeafRecords) return records.missing(keys);
  return keys.filter((key) => isMissing(records?.get(key)));
}

function isMissing(record: PartitionRecord | undefined): boolean {
  return record?.materialized === undefined || lossOf(record) !== undefined;
}

/** The same of many keys, each by its place in the list. */
export function recordsInOrder(records: PartitionRecords | undefined, keys: readonly string[]): RecordsInOrder {
  return (
    (records instanceof LeafRecords ? records.alignedTo(keys) : undefined) ??
    new KeyedRecords((key) => factsOf(records, key), keys)
  );
}

/** The records of leaves of one asset, in the order of their keys. */
export function recordsOfLeaves(leaves: readonly PartitionLeaf[]): PartitionRecords {
  const filled = leaves
    .filter((leaf) => leaf.keys.length > 0)
    .sort((one, other) => byText(one.keys[0]!, other.keys[0]!));
  if (isAscending(filled)) return new LeafRecords(filled, new Map());
  // Keys are in the order of their bytes. With letters beyond the first 65,536 that is not the order of texts here.
  return new Map(filled.flatMap((leaf) => leaf.keys.map((key, place) => [key, leaf.recordAt(place)] as const)));
}

/** The records with some of them replaced or added. */
export function withRecords(records: PartitionRecords | undefined, changed: PartitionRecords): PartitionRecords {
  if (records instanceof LeafRecords) return records.with(changed);
  return new Map([...(records ?? []), ...changed]);
}

function isAscending(leaves: readonly PartitionLeaf[]): boolean {
  let last: string | undefined;
  for (const { keys } of leaves) {
    for (const key of keys) {
      if (last !== undefined && last >= key) return false;
      last = key;
    }
  }
  return true;
}

/** Looking for a key by halves costs about as much as passing by so many. */
const KEYS_LOOKED_FOR = 10;

/** Records that are put together when somebody asks for them; nothing is kept of an answer. */
class LeafRecords implements ReadonlyMap<string, PartitionRecord> {
  /** None is empty, and their keys ascend. */
  private readonly leaves: readonly PartitionLeaf[];
  /** What replaces a record of the leaves, or is in none of them. */
  private readonly changed: PartitionRecords;
  // Where the key that was asked last is: keys are mostly asked for in order.
  private leaf = 0;
  private place = -1;
  private count: number | undefined;

  constructor(leaves: readonly PartitionLeaf[], changed: PartitionRecords) {
    this.leaves = leaves;
    this.changed = changed;
  }

  get size(): number {
    this.count ??=
      this.leaves.reduce((sum, { keys }) => sum + keys.length, 0) +
      [...this.changed.keys()].filter((key) => !this.seek(key)).length;
    return this.count;
  }

  has(key: string): boolean {
    return this.changed.has(key) || this.seek(key);
  }

  get(key: string): PartitionRecord | undefined {
    const changed = this.changed.size === 0 ? undefined : this.changed.get(key);
    if (changed !== undefined) return changed;
    return this.seek(key) ? this.leaves[this.leaf]!.recordAt(this.place) : undefined;
  }

  facts(key: string): PartitionFacts | undefined {
    const changed = this.changed.size === 0 ? undefined : this.changed.get(key);
    if (changed !== undefined) return changed;
    return this.seek(key) ? this.leaves[this.leaf]!.factsAt(this.place) : undefined;
  }

  missing(keys: readonly string[]): readonly string[] {
    const { changed } = this;
    const known = new AlignedRecords(this.leaves, keys);
    return keys.filter((key, i) => {
      const newer = changed.size === 0 ? undefined : changed.get(key);
      return newer === undefined ? !known.isMade(i) || known.isLost(i) : isMissing(newer);
    });
  }

  /** Undefined where some are not those of the leaves, or keys are so few that it is less to look for each. */
  alignedTo(keys: readonly string[]): AlignedRecords | undefined {
    if (this.changed.size > 0 || KEYS_LOOKED_FOR * keys.length < this.size) return undefined;
    return new AlignedRecords(this.leaves, keys);
  }

  with(changed: PartitionRecords): PartitionRecords {
    return new LeafRecords(this.leaves, new Map([...this.changed, ...changed]));
  }

  *keys(): MapIterator<string> {
    for (const { keys } of this.leaves) yield* keys;
    for (const key of this.changed.keys()) if (!this.seek(key)) yield key;
  }

  *entries(): MapIterator<[string, PartitionRecord]> {
    for (const key of this.keys()) yield [key, this.get(key)!];
  }

  *values(): MapIterator<PartitionRecord> {
    for (const key of this.keys()) yield this.get(key)!;
  }

  [Symbol.iterator](): MapIterator<[string, PartitionRecord]> {
    return this.entries();
  }

  forEach(visit: (record: PartitionRecord, key: string, all: PartitionRecords) => void): void {
    for (const [key, record] of this.entries()) visit(record, key, this);
  }

  /** Goes to a key of the leaves: true when it is there. */
  private seek(key: string): boolean {
    const { leaves } = this;
    if (leaves.length === 0) return false;
    const { keys } = leaves[this.leaf]!;
    if (keys[this.place] === key) return true;
    if (keys[this.place + 1] === key) {
      this.place++;
      return true;
    }
    const leaf = lastNotBehind(leaves.length, (at) => leaves[at]!.keys[0]! <= key);
    if (leaf < 0) return false;
    const own = leaves[leaf]!.keys;
    const place = lastNotBehind(own.length, (at) => own[at]! <= key);
    if (own[place] !== key) return false;
    this.leaf = leaf;
    this.place = place;
    return true;
  }
}

/** The last number below `length` that passes a test which all smaller ones pass then too; -1 when none does. */
function lastNotBehind(length: number, test: (at: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
