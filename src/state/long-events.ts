import { canonicalJson } from '../base/json.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { encodeEvent } from './codec.ts';
import { FILE_BYTES_MAX, utf8Bytes } from './layout.ts';
import { piecesOf } from './long-text.ts';
import { type Check, count, isObject, object, oneOf, text } from './shape.ts';

/** Type of a line that has a part of an event: a reader that does not know it says that a newer Branchline wrote it. */
const PART_TYPE = 'event.part';

/** Bytes of events that a file has room for, beside the first lines of a commit and of a segment. */
export const LINES_BYTES_MAX = FILE_BYTES_MAX - 4096;
/** What one event may have at the most, in bytes: a run of some hundred thousand steps. */
export const EVENT_BYTES_MAX = 128 * 1024 * 1024;
/** Of the event's text in one part: quotes make the line up to twice as long. */
const PART_BYTES = 256 * 1024;

/** A part of an event that is too long for one line; all of them stand one after the other in one commit. */
export interface EventPart {
  readonly id: string;
  /** From 1. */
  readonly part: number;
  readonly of: number;
  /** Of the event's canonical JSON. */
  readonly text: string;
}
const partShape: Check = object<EventPart & { type: string; v: number }>({
  id: text,
  type: oneOf(PART_TYPE),
  v: oneOf(1),
  part: count,
  of: count,
  text,
});

/** The event's line; or several where a file has no room for it as one. Undefined = it is longer than any event may be. */
export function eventLines(event: BranchlineEvent): readonly string[] | undefined {
  const whole = encodeEvent(event);
  const bytes = utf8Bytes(whole);
  if (bytes < LINES_BYTES_MAX) return [whole];
  if (bytes > EVENT_BYTES_MAX) return undefined;
  const pieces = piecesOf(whole, PART_BYTES);
  return pieces.map((piece, index) =>
    canonicalJson({ id: event.id, type: PART_TYPE, v: 1, part: index + 1, of: pieces.length, text: piece }),
  );
}

/** True of a text of event lines that may have such parts. */
export function mayHaveParts(content: string): boolean {
  return content.includes(`"${PART_TYPE}"`);
}

/** The part that a parsed line has; a text says what is wrong with it; undefined = the line is none. */
export function partOf(value: unknown): EventPart | string | undefined {
  if (!isObject(value) || value['type'] !== PART_TYPE) return undefined;
  // A version to come is told from damage by whoever reads events.
  if (typeof value['v'] === 'number' && value['v'] > 1) return undefined;
  return partShape.test(value) ?? (value as unknown as EventPart);
}

/** The parts of one event that were read so far. */
export interface OpenEvent {
  readonly id: string;
  readonly of: number;
  readonly texts: readonly string[];
}

/** With one more part: still open, or the whole event's line. Fails with what is wrong where it does not continue. */
export type Joined =
  | { readonly kind: 'open'; readonly event: OpenEvent }
  | { readonly kind: 'whole'; readonly line: string }
  | { readonly kind: 'broken'; readonly message: string };

export function joinPart(open: OpenEvent | undefined, part: EventPart): Joined {
  const next = open === undefined ? 1 : open.texts.length + 1;
  if (part.part !== next || part.of < next || (open !== undefined && (open.id !== part.id || open.of !== part.of)))
    return {
      kind: 'broken',
      message: `part ${part.part} of event ${part.id} does not continue the line before: a part is missing`,
    };
  const texts = [...(open?.texts ?? []), part.text];
  return texts.length === part.of
    ? { kind: 'whole', line: texts.join('') }
    : { kind: 'open', event: { id: part.id, of: part.of, texts } };
}

/** What is wrong where something else follows than the next part. */
export function cutMessage({ id, of, texts }: OpenEvent): string {
  return `event ${id} is cut: ${texts.length} of its ${of} parts are there`;
}
