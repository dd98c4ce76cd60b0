import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { epochMs, type Timestamp, timestamp, utcDay } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { runStream, type StateProblem, splitEventId } from './codec.ts';
import { STREAM_DAYS_KEPT } from './fold-draft.ts';
import { FILE_BYTES_MAX, parseStreamsPath, streamsPath, utf8Bytes } from './layout.ts';
import { decodeRecords, encodeRecords } from './record-files.ts';
import { count, mapping } from './shape.ts';

// The last number of each stream is kept for 30 days, so that no late event counts twice. Of the open day and the one before
// they are in the index. Older ones leave it when a day is closed, into a file of their own that is written once: hardly
// anybody asks for them, and in a busy project they are more than all else in the index.

const DAY_MS = 86_400_000;
/** Days whose streams the index has: the one of its commit, and the one before. */
const INDEX_DAYS = 2;
/** Beside its name, what a stream takes in a file at most: number and signs, its day, the frame. */
const STREAM_BYTES = 64;

/** Last numbers of streams, under the day on which each last grew. */
export type StreamsByDay = Readonly<Record<string, Readonly<Record<string, number>>>>;
type Streams = Pick<StateView, 'streams' | 'streamDays'>;

/** The day so many days before one. */
function dayBefore(day: string, days: number): string {
  return utcDay(timestamp(epochMs(`${day}T00:00:00.000Z`) - days * DAY_MS));
}

/** Where the streams of a view are when it is folded: in the index, and in the file of the day that is closed. */
export interface StreamPlaces {
  readonly index: StreamsByDay;
  /** Absent = none leaves the index. */
  readonly leaving?: StreamsByDay;
}

/**
 * Cuts the streams of a view into those of the index and those that leave it. `filed`: numbers that files have already.
 * Only the fold that closes a day lets streams go, and of an open run none.
 */
export function placeStreams(
  view: StateView,
  { close, filed }: { readonly close: boolean; readonly filed?: ReadonlyMap<string, number> | undefined },
): StreamPlaces {
  const index = new Map<string, [string, number][]>();
  const leaving = new Map<string, [string, number][]>();
  const today = view.at === undefined ? '' : utcDay(view.at);
  const first = view.at === undefined ? '' : dayBefore(today, INDEX_DAYS - 1);
  for (const [stream, n] of view.streams) {
    if (filed?.get(stream) === n) continue;
    const day = view.streamDays?.get(stream) ?? today;
    const goes = close && day < first && !view.openRuns.has(runOf(stream));
    const days = goes ? leaving : index;
    const known = days.get(day);
    if (known) known.push([stream, n]);
    else days.set(day, [[stream, n]]);
  }
  return { index: asRecord(index), ...(leaving.size === 0 ? {} : { leaving: asRecord(leaving) }) };
}

function asRecord(days: ReadonlyMap<string, readonly (readonly [string, number])[]>): StreamsByDay {
  return Object.fromEntries([...days].map(([day, streams]) => [day, Object.fromEntries(streams)]));
}

function runOf(stream: string): string {
  return stream.split('.')[0]!;
}

export function encodeStreams(streams: StreamsByDay): string {
  return encodeRecords('streams', Object.entries(streams));
}

function decodeStreams(path: string, text: string, problems: StateProblem[]): StreamsByDay {
  return Object.fromEntries(
    decodeRecords(path, text, { field: 'streams', shape: mapping(count), problems }),
  ) as StreamsByDay;
}

/** Files of streams among these paths, oldest first. */
export function streamFiles(paths: Iterable<string>): string[] {
  return [...paths].filter((path) => parseStreamsPath(path) !== undefined).sort(byText);
}

/** Files whose streams were all forgotten by the day of this instant. */
export function expiredStreams(paths: Iterable<string>, at: Timestamp): string[] {
  const oldest = dayBefore(utcDay(at), STREAM_DAYS_KEPT);
  return streamFiles(paths).filter((path) => dayBefore(parseStreamsPath(path)!, INDEX_DAYS) < oldest);
}

/** Numbers that the files of streams have, newest file last: of a stream that grew again the newest counts. */
export function readStreams(
  texts: ReadonlyMap<string, string>,
  at: Timestamp,
  problems: StateProblem[],
): { readonly streams: Map<string, number>; readonly streamDays: Map<string, string> } {
  const streams = new Map<string, number>();
  const streamDays = new Map<string, string>();
  const oldest = dayBefore(utcDay(at), STREAM_DAYS_KEPT);
  for (const path of streamFiles(texts.keys())) {
    for (const [day, numbers] of Object.entries(decodeStreams(path, texts.get(path)!, problems))) {
      if (day < oldest) continue;
      for (const [stream, n] of Object.entries(numbers)) {
        if (n < (streams.get(stream) ?? 0)) continue;
        streams.set(stream, n);
        streamDays.set(stream, day);
      }
    }
  }
  return { streams, streamDays };
}

/** The streams of an index with those of the files that were read; the index is newer. */
export function joinStreams(index: StreamsByDay, older: ReturnType<typeof readStreams>): Required<Streams> {
  const streams = new Map(older.streams);
  const streamDays = new Map(older.streamDays);
  for (const [day, numbers] of Object.entries(index)) {
    for (const [stream, n] of Object.entries(numbers)) {
      if (n < (streams.get(stream) ?? 0)) continue;
      streams.set(stream, n);
      streamDays.set(stream, day);
    }
  }
  return { streams, streamDays };
}

/**
 * True when a decision or a fold of these events takes the numbers of streams that the index does not have: a stream that
 * goes on though it is not known, or a run that may have been asked for, or a stream that may have begun, in the days that
 * only the files tell of. `folded`: the instant of the snapshot; `isNew`, of a decision: streams that cannot have begun
 * before. What is on the branch was decided with all that it took.
 */
export function needsOlderStreams(
  view: Pick<StateView, 'streams' | 'openRuns' | 'endedRuns'>,
  events: Iterable<BranchlineEvent>,
  { folded, isNew }: { readonly folded: Timestamp; readonly isNew?: (stream: string) => boolean },
): boolean {
  const since = utcDay(folded).replaceAll('-', '');
  const isOld = (run: string): boolean => /^\d{8}-/.test(run) && run.slice(0, 8) < since;
  const isDeciding = isNew !== undefined;
  const begun = new Set<string>();
  for (const event of events) {
    if (event.type === 'run.requested' && !isKnownRun(view, event.run))
      if (isOld(event.run) || (isDeciding && isAskedAgain(event))) return true;
    const id = splitEventId(event.id);
    if (!id || view.streams.has(id.stream) || begun.has(id.stream)) continue;
    begun.add(id.stream);
    if (isNew?.(id.stream)) continue;
    if (id.n > 1) return true;
    const run = runOf(id.stream);
    // A stream of no run has no day in its name.
    if (isOld(run) || (isDeciding && !/^\d{8}-/.test(run))) return true;
  }
  return false;
}

function isKnownRun(view: Pick<StateView, 'streams' | 'openRuns' | 'endedRuns'>, run: string): boolean {
  return view.openRuns.has(run) || view.endedRuns.has(run) || view.streams.has(runStream(run, 1));
}

/** Requests that may be delivered once more on another day: these are found by the digest in their run's id. */
function isAskedAgain({ request }: Extract<BranchlineEvent, { type: 'run.requested' }>): boolean {
  switch (request.kind) {
    case 'dispatch':
    case 'push':
    case 'retry':
      return true;
    case 'cli':
    case 'schedule':
    case 'backfill':
    case 'automation':
      return false;
  }
}

/** What is wrong with the files of streams; `right`: those that say nothing but what the events say. */
export function verifyStreams(
  texts: ReadonlyMap<string, string>,
  view: StateView,
): { readonly problems: readonly StateProblem[]; readonly right: ReadonlyMap<string, string> } {
  const problems: StateProblem[] = [];
  const right = new Map<string, string>();
  const oldest = view.at === undefined ? '' : dayBefore(utcDay(view.at), STREAM_DAYS_KEPT);
  for (const [path, text] of texts) {
    if (!path.startsWith('streams/')) continue;
    const own: StateProblem[] = [];
    const say = (message: string): void => void own.push({ code: 'broken', file: path, line: 0, message });
    if (parseStreamsPath(path) === undefined) say('not a file of the state');
    else {
      const decoded = decodeStreams(path, text, own);
      const isOther = ([day, numbers]: [string, Readonly<Record<string, number>>]): boolean =>
        day >= oldest && Object.entries(numbers).some(([stream, n]) => !isNumberOf(view, stream, { day, n }));
      if (own.length === 0 && encodeStreams(decoded) !== text) say('not in canonical form: the file was edited');
      else if (own.length === 0 && Object.entries(decoded).some(isOther)) say('differs from what the events give');
    }
    if (own.length === 0) right.set(path, text);
    problems.push(...own);
  }
  return { problems, right };
}

/**
 * Whether a stream may stand in a file with this number under this day: it is the last one if it never grew after that day.
 * Of one that did, a file may have an older number, which no event that is left need tell.
 */
function isNumberOf(view: Streams, stream: string, { day, n }: { readonly day: string; readonly n: number }): boolean {
  const last = view.streams.get(stream) ?? 0;
  const grew = view.streamDays?.get(stream) ?? day;
  return grew > day ? n <= last : grew === day && n === last;
}

/** The files of the streams that left the index when that day was closed, none over 1 MiB. */
export function leavingFiles(day: string, leaving: StreamsByDay = {}): readonly (readonly [string, string])[] {
  const parts: Map<string, [string, number][]>[] = [];
  let bytes = FILE_BYTES_MAX;
  const all = Object.entries(leaving).flatMap(([grew, numbers]) =>
    Object.entries(numbers).map(([stream, n]) => ({ grew, stream, n })),
  );
  for (const { grew, stream, n } of all.sort((a, b) => byText(a.grew, b.grew) || byText(a.stream, b.stream))) {
    const size = utf8Bytes(canonicalJson(stream)) + STREAM_BYTES;
    if (bytes + size > FILE_BYTES_MAX) {
      parts.push(new Map());
      bytes = STREAM_BYTES;
    }
    bytes += size;
    const part = parts.at(-1)!;
    const known = part.get(grew);
    if (known) known.push([stream, n]);
    else part.set(grew, [[stream, n]]);
  }
  return parts.map((part, i) => [streamsPath(day, i + 1), encodeStreams(asRecord(part))]);
}

/** The same with those that left the index. */
export function filedAfter(
  filed: ReadonlyMap<string, number>,
  leaving: StreamsByDay | undefined,
): ReadonlyMap<string, number> {
  return new Map([...filed, ...Object.values(leaving ?? {}).flatMap((numbers) => Object.entries(numbers))]);
}
