import { SpanRoom, textOfSpan } from '../base/byte-span.ts';
import { DigestLanes, LANES } from '../base/digest-lanes.ts';
import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type { AssetKey } from '../model/project.ts';
import { shortVersion, VERSION_CHARS_MAX } from '../model/versions.ts';
import type { RecordsInOrder } from '../state/records-in-order.ts';

const NONE: readonly string[] = [];

/**
 * Holds the version that the partition at a place of a list would read of an upstream, cut short; false where there is none,
 * or it cannot be told.
 */
export type VersionSpans = (i: number, into: SpanRoom) => boolean;

/** Cuts a version as digests are made of it; false where that cannot be done. */
export function holdShort(version: SpanRoom): boolean {
  return version.length <= VERSION_CHARS_MAX || version.hold(shortVersion(textOfSpan(version)));
}

const BLANK = ' '.repeat(VERSION_CHARS_MAX);

/**
 * Compares what partitions of an asset were made of with what they would read now, as `usedDigest` would, some at a time:
 * a digest a partition by itself costs more than all else that is told of ten thousand of them.
 */
export class UsedLanes {
  private readonly lanes: DigestLanes;
  /** In the order of what `versionsOf` is given in. */
  readonly deps: readonly AssetKey[];
  /** Where the version of each dependency stands in the text that is digested. */
  private readonly places: readonly number[];
  // Keys and what they were made of, by lane: as many as are waiting.
  private readonly keys: string[] = [];
  private readonly used: readonly SpanRoom[] = Array.from({ length: LANES }, () => new SpanRoom());
  private readonly version = new SpanRoom();
  private waiting = 0;

  private constructor(lanes: DigestLanes, deps: readonly AssetKey[], places: readonly number[]) {
    this.lanes = lanes;
    this.deps = deps;
    this.places = places;
  }

  /** Undefined where this machine cannot. */
  static over(deps: readonly AssetKey[]): UsedLanes | undefined {
    const sorted = [...new Set(deps)].sort(byText);
    const places: number[] = [];
    let text = '[';
    for (const dep of sorted) {
      text += `${places.length === 0 ? '' : ','}[${canonicalJson(dep)},"`;
      places.push(new TextEncoder().encode(text).length);
      text += `${BLANK}"]`;
    }
    const lanes = DigestLanes.like(`${text}]`);
    return lanes && new UsedLanes(lanes, sorted, places);
  }

  get isFull(): boolean {
    return this.waiting === LANES;
  }

  /**
   * Takes in the partition at a place, with what it was made of and what tells the version that it would read now of each of
   * `deps`. What it was made of must stand until the lanes are settled.
   * False when it cannot: a version is not there, or is of another length than digests are cut to.
   */
  add(key: string, i: number, known: RecordsInOrder, versionsOf: readonly VersionSpans[]): boolean {
    const { lanes, places, waiting, version } = this;
    for (let dep = 0; dep < places.length; dep++) {
      if (!versionsOf[dep]!(i, version)) return false;
      if (version.length !== VERSION_CHARS_MAX || !lanes.put(waiting, places[dep]!, version)) return false;
    }
    if (!known.usedSpan(i, this.used[waiting]!)) return false;
    this.keys[waiting] = key;
    this.waiting++;
    return true;
  }

  /** The partitions that were taken in since and would read something else now, in order. */
  settle(): readonly string[] {
    const { lanes, keys, used, waiting } = this;
    if (waiting === 0) return NONE;
    lanes.digest();
    let changed: string[] | undefined;
    for (let lane = 0; lane < waiting; lane++) {
      if (used[lane]!.length === VERSION_CHARS_MAX && lanes.beginsWith(lane, used[lane]!)) continue;
      changed ??= [];
      changed.push(keys[lane]!);
    }
    this.waiting = 0;
    return changed ?? NONE;
  }
}
