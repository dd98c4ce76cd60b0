import type { BranchlineEvent } from '../model/events.ts';
import { type EpochMs, timestamp, utcDay } from '../model/instant.ts';
import type { StateRead } from '../state/read.ts';
import { needsOlderStreams } from '../state/streams.ts';

// A transaction reads the numbers of streams that the index has. What it decides may take those of older days as well: then
// these are read, and it decides again.

/** True when a stream that the branch knew is not among those that were read. */
export function isUnknownStream({ view, base }: StateRead, stream: string | undefined): boolean {
  return stream !== undefined && base.hasUnreadStreams && !view.streams.has(stream);
}

/** True when the events cannot be counted with the streams that were read. */
export function takesOlderStreams(
  { writer, writerBegan }: { readonly writer: string; readonly writerBegan?: EpochMs },
  { view, base }: StateRead,
  events: readonly BranchlineEvent[],
): boolean {
  const folded = base.foldedAt;
  if (!base.hasUnreadStreams || folded === undefined) return false;
  const isFresh = writerBegan !== undefined && utcDay(timestamp(writerBegan)) >= utcDay(folded);
  return needsOlderStreams(view, events, { folded, isNew: (stream) => isFresh && stream === writer });
}
