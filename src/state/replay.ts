import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { type EpochMs, epochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { decodeEventsFiles } from './batch.ts';
import { type StateProblem, splitEventId } from './codec.ts';
import { STREAM_DAYS_KEPT } from './fold-draft.ts';
import { compareRecent, compareSegments, parseRecentPath, parseSegmentPath } from './layout.ts';

/** What of a stream counts already, and what is new. */
export interface AdoptedStream {
  readonly stream: string;
  /** Numbers of its events in the journal. */
  readonly first: number;
  readonly last: number;
  /** The last that counts; 0 when the state does not know the stream. */
  readonly counted: number;
}

export interface Adoption {
  readonly fresh: readonly BranchlineEvent[];
  readonly streams: readonly AdoptedStream[];
}

/**
 * Why a journal cannot be taken in. `gap`: events before it are missing, from that number of that stream. `old`: the
 * state has forgotten the stream since, and cannot say what counts already.
 */
export type AdoptionRefusal =
  | { readonly kind: 'gap'; readonly stream: string; readonly missing: number; readonly found: number }
  | { readonly kind: 'old'; readonly stream: string; readonly endedAt: string };

export interface AdoptionOptions {
  readonly now: EpochMs;
  /** Streams that the state does not know may be older than it remembers. */
  readonly force: boolean;
}

/**
 * Which events of a journal are new to a state: those behind the last number that counts, in each stream. Doing it again
 * finds none. The state remembers a stream for 30 days after its last event.
 */
export function planReplay(
  view: Pick<StateView, 'streams'>,
  events: readonly BranchlineEvent[],
  options: AdoptionOptions,
): Result<Adoption, readonly AdoptionRefusal[]> {
  const streams = new Map<string, { first: number; last: number; counted: number; next: number; newest: string }>();
  const fresh: BranchlineEvent[] = [];
  const refusals = new Map<string, AdoptionRefusal>();
  for (const event of events) {
    const id = splitEventId(event.id);
    if (!id) continue;
    const { stream, n } = id;
    const counted = view.streams.get(stream) ?? 0;
    const entry = streams.get(stream) ?? { first: n, last: n, counted, next: counted + 1, newest: event.at };
    entry.first = Math.min(entry.first, n);
    entry.last = Math.max(entry.last, n);
    if (event.at > entry.newest) entry.newest = event.at;
    streams.set(stream, entry);
    if (n < entry.next) continue;
    if (n > entry.next) {
      if (!refusals.has(stream)) refusals.set(stream, { kind: 'gap', stream, missing: entry.next, found: n });
      continue;
    }
    entry.next++;
    fresh.push(event);
  }
  const oldest = options.now - STREAM_DAYS_KEPT * 86_400_000;
  for (const [stream, { counted, newest }] of streams)
    if (counted === 0 && epochMs(newest) < oldest && !options.force && !refusals.has(stream))
      refusals.set(stream, { kind: 'old', stream, endedAt: newest });
  if (refusals.size > 0) return fail([...refusals.values()]);
  return ok({
    fresh,
    streams: [...streams].map(([stream, { first, last, counted }]) => ({ stream, first, last, counted })),
  });
}

/**
 * Paths of events that another tree has and the head's has not in the same bytes: what a forced push may have lost.
 * `dropped`: the last commit of this history whose events the head has let go of.
 */
export function eventFilesBeyond(
  head: Iterable<{ readonly path: string; readonly blob: string }>,
  other: Iterable<{ readonly path: string; readonly blob: string }>,
  dropped = 0,
): string[] {
  const known = new Map([...head].map(({ path, blob }) => [path, blob]));
  const paths = [...other].filter(({ path, blob }) => known.get(path) !== blob).map(({ path }) => path);
  const segments = paths
    .map(parseSegmentPath)
    .filter((name) => name !== undefined)
    .filter((name) => name.last > dropped);
  const recent = paths.map(parseRecentPath).filter((name) => name !== undefined);
  return [...segments.sort(compareSegments), ...recent.sort(compareRecent)].map(({ path }) => path);
}

/** The events of such files, in their order. */
export function eventsOfFiles(
  paths: readonly string[],
  texts: ReadonlyMap<string, string>,
): Result<readonly BranchlineEvent[], readonly StateProblem[]> {
  const problems: StateProblem[] = [];
  const events: BranchlineEvent[] = [];
  const files = paths.map((path): [string, string] => [path, texts.get(path) ?? '']);
  for (const { decoded } of decodeEventsFiles(files)) {
    if (decoded.ok) events.push(...decoded.value.batches.flatMap((batch) => batch.events));
    else problems.push(...decoded.error);
  }
  return problems.length > 0 ? fail(problems) : ok(events);
}
