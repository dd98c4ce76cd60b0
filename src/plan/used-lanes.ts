import { DigestLanes, LANES } from '../base/digest-lanes.ts';
import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type { AssetKey } from '../model/project.ts';
import { shortVersion, VERSION_CHARS_MAX } from '../model/versions.ts';

const NONE: readonly string[] = [];
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
  private readonly used: string[] = [];
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
   * Takes in a partition, with what it was made of and what tells the version that it would read now of each of `deps`.
   * False when it cannot: a version is not there, or is of another length than digests are cut to.
   */
  add(key: string, used: string, versionsOf: readonly ((key: string) => string | null)[]): boolean {
    const { lanes, places, waiting } = this;
    for (let i = 0; i < places.length; i++) {
      const version = versionsOf[i]!(key);
      const short = version === null ? '' : shortVersion(version);
      if (short.length !== VERSION_CHARS_MAX || !lanes.put(waiting, places[i]!, short)) return false;
    }
    this.keys[waiting] = key;
    this.used[waiting] = used;
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
