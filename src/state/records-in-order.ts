import type { SpanRoom } from '../base/byte-span.ts';
import type { PartitionFacts } from '../model/state.ts';
import { lossOf } from './partition-fold.ts';
import type { PartitionLeaf } from './partition-leaf.ts';

const NOWHERE = -1;

/** What status and staleness are told from, of partitions by the place of their keys in a list. */
export interface RecordsInOrder {
  isMade(i: number): boolean;
  /** Whether the newest attempt ended without it. */
  hasFailed(i: number): boolean;
  /** Whether it was made and its data was found to be gone. */
  isLost(i: number): boolean;
  /** Of what was made. */
  codeVersion(i: number): string;
  /** Of what was made: the digest of what was read. */
  used(i: number): string;
  /** Where that digest stands; false where it cannot be told. */
  usedSpan(i: number, into: SpanRoom): boolean;
  /** Where the data version stands; false where there is none, or it cannot be told. */
  versionSpan(i: number, into: SpanRoom): boolean;
}

/** Records that are looked for one by one. */
export class KeyedRecords implements RecordsInOrder {
  private readonly factsOf: (key: string) => PartitionFacts | undefined;
  private readonly keys: readonly string[];
  private place = NOWHERE;
  private found: PartitionFacts | undefined;

  constructor(factsOf: (key: string) => PartitionFacts | undefined, keys: readonly string[]) {
    this.factsOf = factsOf;
    this.keys = keys;
  }

  isMade(i: number): boolean {
    return this.facts(i)?.materialized !== undefined;
  }

  hasFailed(i: number): boolean {
    return this.facts(i)?.failed !== undefined;
  }

  isLost(i: number): boolean {
    return lossOf(this.facts(i)) !== undefined;
  }

  codeVersion(i: number): string {
    return this.facts(i)?.materialized?.codeVersion ?? '';
  }

  used(i: number): string {
    return this.facts(i)?.materialized?.used ?? '';
  }

  usedSpan(i: number, into: SpanRoom): boolean {
    return into.hold(this.used(i));
  }

  versionSpan(i: number, into: SpanRoom): boolean {
    const version = this.facts(i)?.materialized?.dataVersion;
    return version !== undefined && into.hold(version);
  }

  private facts(i: number): PartitionFacts | undefined {
    if (this.place !== i) {
      this.place = i;
      this.found = this.factsOf(this.keys[i]!);
    }
    return this.found;
  }
}

interface Alignment {
  /** The keys of the leaves. */
  readonly leaves: readonly (readonly string[])[];
  /** By place in the list: the place among all keys of the leaves, one leaf after the other; -1 = in none. */
  readonly places: Int32Array;
}

/** The newest alignment of each list of keys: assets that are cut alike have the same keys in their leaves. */
const alignments = new WeakMap<readonly string[], Alignment>();

function alignmentOf(leaves: readonly PartitionLeaf[], keys: readonly string[]): Alignment {
  const known = alignments.get(keys);
  if (known?.leaves.length === leaves.length && known.leaves.every((own, at) => own === leaves[at]!.keys)) return known;
  const own = leaves.flatMap((leaf) => leaf.keys);
  const places = new Int32Array(keys.length);
  let last = -1;
  for (const [i, key] of keys.entries()) {
    const place = own[last + 1] === key ? last + 1 : placeOf(own, key);
    places[i] = place;
    if (place !== NOWHERE) last = place;
  }
  const made = { leaves: leaves.map((leaf) => leaf.keys), places };
  alignments.set(keys, made);
  return made;
}

/** Where a text stands among ascending ones; -1 = nowhere. */
function placeOf(ascending: readonly string[], text: string): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < text) low = middle + 1;
    else high = middle;
  }
  return ascending[low] === text ? low : NOWHERE;
}

/** Records that lie in leaves, whose keys ascend from one to the next. Asking in order costs least. */
export class AlignedRecords implements RecordsInOrder {
  private readonly leaves: readonly PartitionLeaf[];
  private readonly places: Int32Array;
  /** Place of the first key of each leaf, and the end. */
  private readonly starts: readonly number[];
  private leaf = 0;

  constructor(leaves: readonly PartitionLeaf[], keys: readonly string[]) {
    this.leaves = leaves;
    this.places = alignmentOf(leaves, keys).places;
    const starts = [0];
    for (const leaf of leaves) starts.push(starts.at(-1)! + leaf.keys.length);
    this.starts = starts;
  }

  isMade(i: number): boolean {
    const place = this.seek(i);
    return place >= 0 && this.leaves[this.leaf]!.isMadeAt(place);
  }

  hasFailed(i: number): boolean {
    const place = this.seek(i);
    return place >= 0 && this.leaves[this.leaf]!.hasFailedAt(place);
  }

  isLost(i: number): boolean {
    const place = this.seek(i);
    return place >= 0 && this.leaves[this.leaf]!.isLostAt(place);
  }

  codeVersion(i: number): string {
    return this.leaves[this.leaf]!.codeVersionAt(this.seek(i));
  }

  used(i: number): string {
    return this.leaves[this.leaf]!.usedAt(this.seek(i));
  }

  usedSpan(i: number, into: SpanRoom): boolean {
    const place = this.seek(i);
    return place >= 0 && this.leaves[this.leaf]!.usedSpanAt(place, into);
  }

  versionSpan(i: number, into: SpanRoom): boolean {
    const place = this.seek(i);
    return place >= 0 && this.leaves[this.leaf]!.versionSpanAt(place, into);
  }

  /** Goes to the leaf of a key: its place there; -1 = it is in none. */
  private seek(i: number): number {
    const place = this.places[i]!;
    if (place < 0) return NOWHERE;
    const { starts } = this;
    while (place < starts[this.leaf]!) this.leaf--;
    while (place >= starts[this.leaf + 1]!) this.leaf++;
    return place - starts[this.leaf]!;
  }
}
