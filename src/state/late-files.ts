import { charactersOfText, type LateText, lateOf, textOfCharacters } from '../base/late-texts.ts';
import type { StateProblem } from './codec.ts';
import { FILE_BYTES_MAX } from './layout.ts';
import { decodeRecords, RECORD_VERSION } from './record-files.ts';
import type { Check } from './shape.ts';

/** A file: a text, or one that is late. */
type Source = string | LateText;

/** A record that stands in its file until somebody asks for it. */
export class LateRecord {
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

/** What stands between two places in the characters of a file. */
function partOf(source: Source, from: number, to: number): string {
  const part = charactersOf(source).slice(from, to);
  return typeof source === 'string' ? part : textOfCharacters(part);
}

export interface RecordOptions {
  readonly field: string;
  readonly shape: Check;
  readonly problems: StateProblem[];
  /** The file in which the record with a key is written; undefined where that is not known. */
  readonly placeOf?: (key: string) => string | undefined;
  /** Bytes of all files from which on records are late: to make ready what finds them costs more than to parse few. */
  readonly lateFrom?: number;
}

/** Records of one file, by key. */
interface FileRecords<R> {
  get(key: string): R | LateRecord | undefined;
  forEach(each: (record: R | LateRecord, key: string) => void): void;
}

/**
 * The records of many files, of which each has the right form. What they are called is looked up when somebody asks for
 * more than the one or other by its name: that one is found in its file.
 */
export class LateFiles<R extends object> implements ReadonlyMap<string, R | LateRecord> {
  readonly #files: ReadonlyMap<string, FileRecords<R>>;
  readonly #placeOf: (key: string) => string | undefined;
  /** What was found so far: nobody gets two of the same. */
  readonly #found = new Map<string, R | LateRecord>();
  #all: Map<string, R | LateRecord> | undefined;

  /** What is wrong with the files goes to the problems of the options, all of it and now. */
  constructor(files: ReadonlyMap<string, string>, options: RecordOptions) {
    this.#placeOf = options.placeOf ?? (() => undefined);
    const all = new Map<string, FileRecords<R>>();
    for (const file of files.keys()) {
      const source = lateOf(files, file) ?? files.get(file)!;
      const isLate = isOfShape(source, options);
      all.set(
        file,
        isLate
          ? new LateFile(source, options.field)
          : new Map(decodeRecords(file, files.get(file)!, options) as [string, R][]),
      );
    }
    this.#files = all;
  }

  get(key: string): R | LateRecord | undefined {
    if (this.#all) return this.#all.get(key);
    const known = this.#found.get(key);
    if (known) return known;
    const place = this.#placeOf(key);
    const found = place === undefined ? undefined : this.#files.get(place)?.get(key);
    // It may stand where nobody would have written it.
    if (found === undefined) return this.#indexed().get(key);
    this.#found.set(key, found);
    return found;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  get size(): number {
    return this.#indexed().size;
  }

  entries(): MapIterator<[string, R | LateRecord]> {
    return this.#indexed().entries();
  }

  keys(): MapIterator<string> {
    return this.#indexed().keys();
  }

  values(): MapIterator<R | LateRecord> {
    return this.#indexed().values();
  }

  [Symbol.iterator](): MapIterator<[string, R | LateRecord]> {
    return this.entries();
  }

  forEach(each: (record: R | LateRecord, key: string, map: ReadonlyMap<string, R | LateRecord>) => void): void {
    for (const [key, record] of this.entries()) each(record, key, this);
  }

  /** All records, in the order of the files. Of two with one key the later one counts, or that which is in its place. */
  #indexed(): Map<string, R | LateRecord> {
    if (this.#all) return this.#all;
    const all = new Map<string, R | LateRecord>();
    for (const [file, records] of this.#files) {
      records.forEach((record, key) => {
        const place = all.has(key) ? this.#placeOf(key) : undefined;
        const isElsewhere = place !== undefined && place !== file && this.#files.get(place)?.get(key) !== undefined;
        if (!isElsewhere) all.set(key, record);
      });
    }
    for (const [key, record] of this.#found) all.set(key, record);
    this.#all = all;
    return all;
  }
}

const FOOT = '}}\n';

function headOf(field: string): string {
  return `{"v":${RECORD_VERSION},"${field}":{\n`;
}

/** A character for each byte: all that JSON is built from is one, and what is beyond ASCII stands within texts. */
function charactersOf(source: Source): string {
  return typeof source === 'string' ? source : source.characters;
}

/** A text in JSON that stands there as it is. */
const PLAIN = '"[^"\\\\\\x00-\\x1f]*"';
/** The same by characters as by bytes. */
const ASCII = /^"[ -[\]-~]*"$/;

const expressions = new WeakMap<Check, RegExp | null>();

/** An expression for the lines of records with this shape, and what comes after each; null where the shape has none. */
function expressionOf(shape: Check): RegExp | null {
  const known = expressions.get(shape);
  if (known !== undefined) return known;
  const record = shape.pattern?.();
  const made = record === undefined ? null : new RegExp(`${PLAIN}:${record}(?:,\\n(?=")|\\n(?=\\}\\}\\n$))`, 'g');
  expressions.set(shape, made);
  return made;
}

/**
 * True when a file is written as `joinRecords` does it and every record has the right form: then nothing else is left once
 * the lines of such records are taken away. False for any other file, also for one with something wrong: that one is parsed,
 * and then it is told what it is.
 */
function isOfShape(source: Source, { field, shape }: RecordOptions): boolean {
  const lines = expressionOf(shape);
  // An expression has room for so many choices only, and no file of ours is longer.
  if (lines === null || source.length > FILE_BYTES_MAX) return false;
  const head = headOf(field);
  const content = charactersOf(source);
  if (content.length === head.length + FOOT.length || !content.startsWith(head) || !content.endsWith(FOOT))
    return false;
  return content.replace(lines, '') === head + FOOT;
}

/** The records of a file that `isOfShape`. */
class LateFile implements FileRecords<never> {
  readonly #source: Source;
  readonly #from: number;
  readonly #end: number;

  constructor(source: Source, field: string) {
    this.#source = source;
    this.#from = headOf(field).length;
    this.#end = source.length - FOOT.length;
  }

  get(key: string): LateRecord | undefined {
    const name = `\n${JSON.stringify(key)}:`;
    const start = typeof this.#source === 'string' ? name : charactersOfText(name);
    const content = charactersOf(this.#source);
    // Only between two records there is an end of a line. Of two with one key JSON takes the last.
    const at = content.lastIndexOf(start);
    if (at < 0) return undefined;
    const from = at + start.length;
    return this.#record(from, content.indexOf('\n', from));
  }

  forEach(each: (record: LateRecord, key: string) => void): void {
    const content = charactersOf(this.#source);
    for (let at = this.#from; at < this.#end; ) {
      const keyEnd = content.indexOf('"', at + 1) + 1;
      const lineEnd = content.indexOf('\n', keyEnd);
      const key = content.slice(at, keyEnd);
      // Parsed, also where it stands there as it is: a part of a text holds on to the whole.
      const name = JSON.parse(ASCII.test(key) ? key : partOf(this.#source, at, keyEnd)) as string;
      each(this.#record(keyEnd + 1, lineEnd), name);
      at = lineEnd + 1;
    }
  }

  /** There is a comma after each but the last one. */
  #record(from: number, lineEnd: number): LateRecord {
    return new LateRecord(this.#source, from, lineEnd + 1 < this.#end ? lineEnd - 1 : lineEnd);
  }
}
