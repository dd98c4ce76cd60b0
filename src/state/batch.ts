import { canonicalJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { Timestamp } from '../model/instant.ts';
import { decodeEventValue, encodeEvent, parseJson, type StateProblem } from './codec.ts';
import { FILE_BYTES_MAX, utf8Bytes } from './layout.ts';
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
}

type BatchHead = Omit<Batch, 'events'>;
const batchShape: Check = object<BatchHead>({
  seq: count,
  writer: text,
  tx: count,
  at: instant,
  part: optional(count),
});

/** First line of a segment. */
export interface SegmentHead {
  /** SHA-256 of the segment before, hex; empty for the first. */
  readonly after: string;
  readonly first: number;
  readonly last: number;
  /** The newest transaction of each writer in it: how a push whose reply was lost is found after a seal. */
  readonly writers: Readonly<Record<string, number>>;
}
const segmentShape: Check = object<SegmentHead>({ after: text, first: count, last: count, writers: mapping(count) });

/** The texts of a commit's recent files: one, or several when they would be too long for one. */
export function encodeBatch(batch: Batch): string[] {
  const parts: string[][] = [[]];
  let bytes = 0;
  // Room for the two first lines, of the batch and later of the segment.
  const bytesMax = FILE_BYTES_MAX - 4096;
  for (const event of batch.events) {
    const line = encodeEvent(event);
    const size = utf8Bytes(line) + 1;
    if (bytes + size > bytesMax && bytes > 0) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(line);
    bytes += size;
  }
  return parts.map((lines, i) => {
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
}

/** A segment's text: its first line, then recent files byte for byte. */
export function encodeSegment(head: SegmentHead, recent: readonly string[]): string {
  return `${canonicalJson({ segment: head })}\n${recent.join('')}`;
}

export interface DecodedFile {
  readonly segment?: SegmentHead;
  readonly batches: readonly Batch[];
}

/** Reads a recent file or a segment; all problems of the file, not only the first. */
export function decodeEventsFile(file: string, content: string): Result<DecodedFile, readonly StateProblem[]> {
  const problems: StateProblem[] = [];
  const broken = (line: number, message: string): void => {
    problems.push({ code: 'broken', file, line, message });
  };
  let segment: SegmentHead | undefined;
  const batches: (BatchHead & { events: BranchlineEvent[] })[] = [];
  if (!content.endsWith('\n')) broken(0, 'the last line has no end: the file was cut');
  const lines = content.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [i, line] of lines.entries()) {
    const parsed = parseJson(line, file, i + 1);
    if (!parsed.ok) {
      problems.push(parsed.error);
      continue;
    }
    const value = parsed.value;
    if (isObject(value) && Object.hasOwn(value, 'commit')) {
      const wrong = batchShape.test(value['commit']);
      if (wrong === undefined) batches.push({ ...(value['commit'] as unknown as BatchHead), events: [] });
      else broken(i + 1, `commit: ${wrong}`);
    } else if (i === 0 && isObject(value) && Object.hasOwn(value, 'segment')) {
      const wrong = segmentShape.test(value['segment']);
      if (wrong === undefined) segment = value['segment'] as unknown as SegmentHead;
      else broken(1, `segment: ${wrong}`);
    } else {
      const event = decodeEventValue(value, file, i + 1);
      if (!event.ok) problems.push(event.error);
      else if (batches.length === 0) broken(i + 1, 'an event before the line of its commit');
      else batches.at(-1)!.events.push(event.value);
    }
  }
  if (batches.length === 0 && problems.length === 0) broken(0, 'holds no commit');
  return problems.length > 0 ? fail(problems) : ok({ ...(segment ? { segment } : {}), batches });
}
