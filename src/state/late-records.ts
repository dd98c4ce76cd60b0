import { bytesOf } from '../base/late-texts.ts';
import { copyOfMap, layerOver } from '../base/layered-map.ts';
import { LateFiles, LateRecord, type RecordOptions } from './late-files.ts';
import { decodeRecords } from './record-files.ts';

/** The records of some two hundred assets. */
const LATE_FROM = 256 * 1024;

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

/**
 * The records of files that `encodeRecords` wrote, by path: of many, late ones. What is wrong goes to `problems`, all of it
 * and now.
 */
export function readRecords<R extends object>(
  files: ReadonlyMap<string, string>,
  options: RecordOptions,
): Map<string, R> {
  let bytes = 0;
  for (const file of files.keys()) bytes += bytesOf(files, file);
  if (bytes >= (options.lateFrom ?? LATE_FROM)) return new LateRecords(layerOver(new LateFiles<R>(files, options)));
  const records = new Map<string, R>();
  for (const file of files.keys())
    for (const [key, record] of decodeRecords(file, files.get(file)!, options)) records.set(key, record as R);
  return records;
}

/** A copy of records, which must not change any more; late ones are as late in it. */
export function copyOfRecords<R extends object>(records: ReadonlyMap<string, R>): Map<string, R> {
  return records instanceof LateRecords ? (records as LateRecords<R>).copy() : new Map(records);
}

/** Whether of these records those are parsed that somebody asks for. */
export function areLate(records: ReadonlyMap<string, object>): boolean {
  return records instanceof LateRecords;
}

function read<R extends object>(held: R | LateRecord | undefined): R | undefined {
  return held instanceof LateRecord ? (held.read() as R) : held;
}
