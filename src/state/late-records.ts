import { bytesOf, lateOf } from '../base/late-texts.ts';
import { copyOfMap } from '../base/layered-map.ts';
import type { StateProblem } from './codec.ts';
import { TEXT } from './json-patterns.ts';
import { FILE_BYTES_MAX } from './layout.ts';
import { decodeRecords, RECORD_VERSION } from './record-files.ts';
import type { Check } from './shape.ts';

/** The records of some two hundred assets. */
const LATE_FROM = 256 * 1024;

/** A file, by characters or by bytes. */
type Source = string | Buffer;

/** A record that stands in its file until somebody asks for it. */
class LateRecord {
  private readonly source: Source;
  private readonly from: number;
  private readonly to: number;
  private value: unknown;

  constructor(source: Source, from: number, to: number) {
    this.source = source;
    this.from = from;
    this.to = to;
  }

  read(): unknown {
    this.value ??= JSON.parse(partOf(this.source, this.from, this.to));
    return this.value;
  }
}

function partOf(source: Source, from: number, to: number): string {
  return typeof source === 'string' ? source.slice(from, to) : source.toString('utf8', from, to);
}

/**
 * Records by key, of which most are never looked at: of each it is known that it has the right form, and it is parsed when
 * somebody asks for it. Nobody changes one.
 */
class LateRecords<R extends object> extends Map<string, R> {
  readonly #held: Map<string, R | LateRecord>;

  constructor(held: Map<string, R | LateRecord>) {
    super();
    this.#held = held;
  }

  /** The same again, of its own, as late; this one must not change any more. */
  copy(): LateRecords<R> {
    return new LateRecords(copyOfMap(this.#held));
  }

  override get size(): number {
    return this.#held.size;
  }

  override has(key: string): boolean {
    return this.#held.has(key);
  }

  override get(key: string): R | undefined {
    return read(this.#held.get(key));
  }

  override set(key: string, record: R): this {
    this.#held.set(key, record);
    return this;
  }

  override delete(key: string): boolean {
    return this.#held.delete(key);
  }

  override clear(): void {
    this.#held.clear();
  }

  override *entries(): MapIterator<[string, R]> {
    for (const [key, held] of this.#held) yield [key, read(held)!];
  }

  override keys(): MapIterator<string> {
    return this.#held.keys();
  }

  override *values(): MapIterator<R> {
    for (const held of this.#held.values()) yield read(held)!;
  }

  override [Symbol.iterator](): MapIterator<[string, R]> {
    return this.entries();
  }

  override forEach(each: (record: R, key: string, map: Map<string, R>) => void, self?: unknown): void {
    for (const [key, record] of this.entries()) each.call(self, record, key, this);
  }
}

export interface RecordOptions {
  readonly field: string;
  readonly shape: Check;
  readonly problems: StateProblem[];
  /** Bytes of all files from which on records are late: to make ready what finds them costs more than to parse few. */
  readonly lateFrom?: number;
}

/**
 * The records of files that `encodeRecords` wrote, by path: of many, late ones. What is wrong goes to `problems`, all of it
 * and now.
 */
export function readRecords<R extends object>(
  files: ReadonlyMap<string, string>,
  options: RecordOptions,
): Map<string, R> {
  const { lateFrom = LATE_FROM, field, shape } = options;
  let bytes = 0;
  for (const file of files.keys()) bytes += bytesOf(files, file);
  const held = new Map<string, R | LateRecord>();
  for (const file of files.keys()) {
    const source = lateOf(files, file)?.bytes ?? files.get(file)!;
    const late = bytes < lateFrom ? undefined : lateRecordsIn(source, field, shape);
    if (late) for (const [key, record] of late) held.set(key, record);
    else for (const [key, record] of decodeRecords(file, files.get(file)!, options)) held.set(key, record as R);
  }
  return bytes < lateFrom ? (held as Map<string, R>) : new LateRecords(held);
}

/** A copy of records, which must not change any more; late ones are as late in it. */
export function copyOfRecords<R extends object>(records: ReadonlyMap<string, R>): Map<string, R> {
  return records instanceof LateRecords ? (records as LateRecords<R>).copy() : new Map(records);
}

function read<R extends object>(held: R | LateRecord | undefined): R | undefined {
  return held instanceof LateRecord ? (held.read() as R) : held;
}

const FOOT = '}}\n';
const expressions = new WeakMap<Check, RegExp | null>();

/** An expression for the line of a record with this shape, and where the next one begins; null where the shape has none. */
function expressionOf(shape: Check): RegExp | null {
  const known = expressions.get(shape);
  if (known !== undefined) return known;
  const record = shape.pattern?.();
  const made = record === undefined ? null : new RegExp(`(${TEXT}):${record}(,?)\\n(?=["}])`, 'y');
  expressions.set(shape, made);
  return made;
}

/**
 * Where each record of a file stands, if the file is written as `joinRecords` does it and every record has the right form.
 * Undefined for any other file, also for one with something wrong: that one is parsed, and then it is told what it is.
 */
function lateRecordsIn(source: Source, field: string, shape: Check): [string, LateRecord][] | undefined {
  const head = `{"v":${RECORD_VERSION},"${field}":{\n`;
  const line = expressionOf(shape);
  // An expression has room for so many choices only, and no file of ours is longer.
  if (line === null || source.length > FILE_BYTES_MAX) return undefined;
  // A character for each byte: all that JSON is built from is one, and what is beyond ASCII stands within texts.
  const content = typeof source === 'string' ? source : source.toString('latin1');
  if (!content.startsWith(head) || !content.endsWith(FOOT)) return undefined;
  const end = content.length - FOOT.length;
  const found: [string, LateRecord][] = [];
  line.lastIndex = head.length;
  for (let at = head.length; at < end; at = line.lastIndex) {
    const match: RegExpExecArray | null = line.exec(content);
    if (match === null) return undefined;
    const [, key, comma] = match as unknown as readonly [string, string, string];
    // A comma after each but the last one.
    if ((comma === '') !== (line.lastIndex === end)) return undefined;
    const from = at + key.length;
    // Parsed, also where it stands there as it is: a part of a text holds on to the whole.
    const name = JSON.parse(PLAIN.test(key) ? key : partOf(source, at, from)) as string;
    found.push([name, new LateRecord(source, from + 1, line.lastIndex - comma.length - 1)]);
  }
  return found.length === 0 ? undefined : found;
}

/** A text in JSON that stands there as it is, by characters as by bytes. */
const PLAIN = /^"[ -[\]-~]*"$/;
