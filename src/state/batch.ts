import { sha256 } from '../base/digest.ts';
import { canonicalJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { Timestamp } from '../model/instant.ts';
import { decodeEvent, decodeEventValue, parseJson, type StateProblem } from './codec.ts';
import { utf8Bytes } from './layout.ts';
import {
  cutMessage,
  type EventPart,
  eventLines,
  joinPart,
  LINES_BYTES_MAX,
  type OpenEvent,
  partOf,
} from './long-events.ts';
import { type Check, count, instant, isObject, mapping, object, optional, text } from './shape.ts';

/** What one commit added: the unit that a fold takes in. */
export interface Batch {
  /** Number of the commit; head's + 1. */
  readonly seq: number;
  readonly writer: string;
  /** The writer's transaction, from 1. */
  readonly tx: number;
  /** The commit's instant: never before the one of the commit before. Events belong to its UTC day. */
  readonly at: Timestamp;
  /** Set when the commit's events fill several files, from 1; the last one has none. */
  readonly part?: number;
  readonly events: readonly BranchlineEvent[];
  /** What a repair could not save: numbers that no reader waits for any more. */
  readonly lost?: Lost;
}

/** Left in a commit's line where events were damaged (docs/state-format.md, `quarantine/`). */
export interface Lost {
  /** This commit stands for those from this number on to its own. */
  readonly from?: number;
  /** By stream: up to this number, events may be missing in this commit or before it. */
  readonly streams?: Readonly<Record<string, number>>;
}

/** A commit's line. */
export type BatchHead = Omit<Batch, 'events'>;
const batchShape: Check = object<BatchHead>({
  seq: count,
  writer: text,
  tx: count,
  at: instant,
  part: optional(count),
  lost: optional(object<Lost>({ from: optional(count), streams: optional(mapping(count)) })),
});

/** First line of a segment. */
export interface SegmentHead {
  /** SHA-256 of the segment before, hex; empty for the first. */
  readonly after: string;
  readonly first: number;
  readonly last: number;
  /** The newest transaction of each writer in it: how a push whose reply was lost is found after a seal. */
  readonly writers: Readonly<Record<string, number>>;
  /** Of a segment that a repair changed: the digest that it had, which the next one continues. */
  readonly was?: string;
}
const segmentShape: Check = object<SegmentHead>({
  after: text,
  first: count,
  last: count,
  writers: mapping(count),
  was: optional(text),
});

/** What the segment after this one has under `after`. */
export function chainDigest(segment: SegmentHead | undefined, content: string): string {
  return segment?.was ?? sha256(content);
}

/**
 * The texts of a commit's recent files: one, or several when they would be too long for one. Fails with the event that is
 * longer than any may be.
 */
export function encodeBatch(batch: Batch): Result<string[], BranchlineEvent> {
  const parts: string[][] = [[]];
  let bytes = 0;
  for (const event of batch.events) {
    const lines = eventLines(event);
    if (lines === undefined) return fail(event);
    for (const line of lines) {
      const size = utf8Bytes(line) + 1;
      if (bytes + size > LINES_BYTES_MAX && bytes > 0) {
        parts.push([]);
        bytes = 0;
      }
      parts.at(-1)!.push(line);
      bytes += size;
    }
  }
  const texts = parts.map((lines, i) => {
    const last = i === parts.length - 1;
    const head: BatchHead = {
      seq: batch.seq,
      writer: batch.writer,
      tx: batch.tx,
      at: batch.at,
      ...(last ? {} : { part: i + 1 }),
    };
    return [canonicalJson({ commit: head }), ...lines, ''].join('\n');
  });
  return ok(texts);
}

/** A segment's text: its first line, then recent files byte for byte. */
export function encodeSegment(head: SegmentHead, recent: readonly string[]): string {
  return `${canonicalJson({ segment: head })}\n${recent.join('')}`;
}

export interface DecodedFile {
  readonly segment?: SegmentHead;
  readonly batches: readonly Batch[];
}

interface LineRead {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** A line of a recent file or a segment, as far as it can be understood by itself. */
export type EventLine = LineRead &
  (
    | { readonly kind: 'problem'; readonly problem: StateProblem }
    | { readonly kind: 'segment'; readonly head: SegmentHead; readonly value: unknown }
    | { readonly kind: 'commit'; readonly head: BatchHead; readonly value: unknown }
    | { readonly kind: 'event'; readonly event: BranchlineEvent; readonly value: unknown }
    | { readonly kind: 'part'; readonly part: EventPart; readonly value: unknown }
  );

/** Every line of such a file; one that is damaged takes no other with it. */
export function readEventLines(file: string, content: string): EventLine[] {
  const lines = content.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, i) => readEventLine(file, line, i + 1));
}

function readEventLine(file: string, line: string, number: number): EventLine {
  const read = { number, text: line };
  const broken = (message: string): EventLine => ({
    ...read,
    kind: 'problem',
    problem: { code: 'broken', file, line: number, message },
  });
  const parsed = parseJson(line, file, number);
  if (!parsed.ok) return { ...read, kind: 'problem', problem: parsed.error };
  const { value } = parsed;
  if (isObject(value) && Object.hasOwn(value, 'commit')) {
    const head = value['commit'];
    const wrong = batchShape.test(head);
    if (wrong !== undefined) return broken(`commit: ${wrong}`);
    return { ...read, kind: 'commit', head: head as unknown as BatchHead, value };
  }
  if (number === 1 && isObject(value) && Object.hasOwn(value, 'segment')) {
    const head = value['segment'];
    const wrong = segmentShape.test(head);
    if (wrong !== undefined) return broken(`segment: ${wrong}`);
    return { ...read, kind: 'segment', head: head as unknown as SegmentHead, value };
  }
  const part = partOf(value);
  if (typeof part === 'string') return broken(`\`event.part\`: ${part}`);
  if (part !== undefined) return { ...read, kind: 'part', part, value };
  const event = decodeEventValue(value, file, number);
  if (!event.ok) return { ...read, kind: 'problem', problem: event.error };
  return { ...read, kind: 'event', event: event.value, value };
}

/** A file of events with what is in it, or with all that is wrong with it. */
export interface EventsFileRead {
  readonly path: string;
  readonly text: string;
  readonly decoded: Result<DecodedFile, readonly StateProblem[]>;
}

/**
 * Reads recent files and segments in their order, oldest first. An event that fills several files of its commit counts
 * where it ends.
 */
export function* decodeEventsFiles(files: Iterable<readonly [path: string, text: string]>): Generator<EventsFileRead> {
  let open: OpenEvent | undefined;
  let last: readonly [string, string] | undefined;
  for (const [path, text] of files) {
    last = [path, text];
    const read = readFile(path, text, open);
    open = read.open;
    yield { path, text, decoded: read.decoded };
  }
  if (open === undefined || last === undefined) return;
  const [path, text] = last;
  yield { path, text, decoded: fail([{ code: 'broken', file: path, line: 0, message: cutMessage(open) }]) };
}

/** Reads a recent file or a segment that is whole in itself; all problems of the file, not only the first. */
export function decodeEventsFile(file: string, content: string): Result<DecodedFile, readonly StateProblem[]> {
  return [...decodeEventsFiles([[file, content]])].at(-1)!.decoded;
}

/** One file after others that left `open` behind. */
function readFile(
  file: string,
  content: string,
  before: OpenEvent | undefined,
): { readonly decoded: EventsFileRead['decoded']; readonly open: OpenEvent | undefined } {
  const problems: StateProblem[] = [];
  const broken = (line: number, message: string): void => {
    problems.push({ code: 'broken', file, line, message });
  };
  let segment: SegmentHead | undefined;
  let open = before;
  const batches: (BatchHead & { events: BranchlineEvent[] })[] = [];
  const add = (line: number, event: BranchlineEvent): void => {
    if (batches.length === 0) broken(line, 'an event before the line of its commit');
    else batches.at(-1)!.events.push(event);
  };
  if (!content.endsWith('\n')) broken(0, 'the last line has no end: the file was cut');
  for (const line of readEventLines(file, content)) {
    // Within a file nothing may come between; a further file of the commit begins with lines of its own.
    if (open !== undefined && line.kind !== 'part' && (line.kind === 'event' || batches.length > 0)) {
      broken(line.number, cutMessage(open));
      open = undefined;
    }
    switch (line.kind) {
      case 'problem':
        problems.push(line.problem);
        break;
      case 'segment':
        segment = line.head;
        break;
      case 'commit':
        batches.push({ ...line.head, events: [] });
        break;
      case 'event':
        add(line.number, line.event);
        break;
      case 'part': {
        const joined = joinPart(open, line.part);
        open = joined.kind === 'open' ? joined.event : undefined;
        if (joined.kind === 'broken') broken(line.number, joined.message);
        if (joined.kind !== 'whole') break;
        const event = decodeEvent(joined.line, file, line.number);
        if (event.ok) add(line.number, event.value);
        else problems.push(event.error);
        break;
      }
    }
  }
  if (batches.length === 0 && problems.length === 0) broken(0, 'holds no commit');
  return { decoded: problems.length > 0 ? fail(problems) : ok({ ...(segment ? { segment } : {}), batches }), open };
}
