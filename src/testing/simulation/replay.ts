import type { BranchlineEvent } from '../../model/events.ts';
import { epochMs, timestamp, utcDay } from '../../model/instant.ts';
import type { StateView } from '../../model/state.ts';
import type { StateChange } from '../../ports-state.ts';
import { decodeEventsFile } from '../../state/batch.ts';
import { emptyView, fold } from '../../state/fold.ts';
import { parseRecentPath } from '../../state/layout.ts';

/** The events of a branch as its bytes have them, taken in commit by commit, beside what the engine believes. */
export interface Replay {
  readonly commits: number;
  /** Takes in a commit that landed; its events, in order. */
  take(change: StateChange): readonly BranchlineEvent[];
  /** Names every part of a view that is not what the events give. */
  compare(live: StateView): void;
}

/** Parts of a view that every reader holds whole. */
const PARTS = ['assets', 'openRuns', 'claims', 'schedules', 'writers', 'connections'] as const;

export function openReplay(environment: string, say: (text: string) => void): Replay {
  let view = emptyView(environment);
  let commits = 0;
  /** Records of the two views that were found equal: neither is ever changed. */
  const equal = new WeakMap<object, object>();
  const same = (own: object, live: object): boolean => {
    if (equal.get(own) === live) return true;
    const isSame = isEqual(own, live);
    if (isSame) equal.set(own, live);
    return isSame;
  };

  function compareMaps(name: string, own: ReadonlyMap<string, unknown>, live: ReadonlyMap<string, unknown>): void {
    if (own.size !== live.size) say(`the events give ${own.size} ${name}, and ${live.size} are believed`);
    for (const [key, record] of live)
      if (!isSameRecord(own.get(key), record)) say(`read anew, ${name} ${key} is other`);
  }
  const isSameRecord = (own: unknown, live: unknown): boolean =>
    typeof own === 'object' && own !== null && typeof live === 'object' && live !== null
      ? same(own, live)
      : Object.is(own, live);

  return {
    get commits() {
      return commits;
    },
    take(change) {
      commits++;
      const events: BranchlineEvent[] = [];
      for (const [path, text] of change.files) {
        if (text === null || parseRecentPath(path) === undefined) continue;
        const decoded = decodeEventsFile(path, text);
        if (!decoded.ok) {
          say(`cannot be read: ${JSON.stringify(decoded.error)}`);
          continue;
        }
        for (const batch of decoded.value.batches) {
          const after = fold(view, batch);
          if (after.ok) view = after.value;
          else say(`cannot be folded: ${JSON.stringify(after.error)}`);
          events.push(...batch.events);
        }
      }
      return events;
    },
    compare(live) {
      for (const part of PARTS) compareMaps(part, view[part], live[part]);
      compareMaps('streams', streamsOfReader(view, live), live.streams);
      compareMaps('backfills', view.backfills ?? new Map(), live.backfills ?? new Map());
      // A reader holds the partitions that it asked for.
      for (const [asset, records] of live.partitions ?? [])
        for (const [key, record] of records)
          if (!isSameRecord(view.partitions?.get(asset)?.get(key), record))
            say(`read anew, partition ${asset}@${key} is other`);
    },
  };
}

/** The streams that a reader must hold: those of the newest days. Of older ones it holds what it read. */
function streamsOfReader(own: StateView, live: StateView): ReadonlyMap<string, number> {
  const since = live.at === undefined ? '' : utcDay(timestamp(epochMs(live.at) - 86_400_000));
  return new Map(
    [...own.streams].filter(([stream]) => live.streams.has(stream) || (own.streamDays?.get(stream) ?? since) >= since),
  );
}

/** Equal as data: plain objects, arrays, maps and scalars. */
function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  if (a instanceof Map)
    return b instanceof Map && a.size === b.size && [...a].every(([key, value]) => isEqual(value, b.get(key)));
  const left = entriesOf(a);
  const right = new Map(entriesOf(b));
  return left.length === right.size && left.every(([key, value]) => isEqual(value, right.get(key)));
}

/** A property that is undefined is one that is not there. */
function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, each]) => each !== undefined);
}
