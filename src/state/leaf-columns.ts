import { SPAN_LENGTH_MAX, type SpanRoom, textOfSpan } from '../base/byte-span.ts';

/** Values of a leaf by place, 0 to its number of keys - 1. */
export interface Column {
  at(place: number): unknown;
  /** The value of all places, where it is known to be one. */
  readonly single?: { readonly value: unknown } | undefined;
}

/** A column of texts, each of which can be looked at where it stands. */
export interface TextColumn extends Column {
  /** False where there is no text, or none of ASCII: then nothing is told of it. */
  spanAt(place: number, into: SpanRoom): boolean;
}

/** Holds the value at a place, if it is a text. */
export function holdValue(value: unknown, into: SpanRoom): boolean {
  return typeof value === 'string' && into.hold(value);
}

/** A column that was parsed as it stands: a value a place. */
export class ListColumn implements TextColumn {
  private readonly values: readonly unknown[];

  constructor(values: readonly unknown[]) {
    this.values = values;
  }

  at(place: number): unknown {
    return this.values[place];
  }

  spanAt(place: number, into: SpanRoom): boolean {
    return holdValue(this.values[place], into);
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/**
 * Texts of one length at even steps: `["ab","cd"]`, or `[1,"ab",1,"cd"]` where neighbours that are equal would be counted.
 * Not parsed: a hundred assets of ten thousand partitions have two million of them.
 */
export class EvenTexts implements TextColumn {
  private readonly bytes: Uint8Array;
  /** Where the first one begins. */
  private readonly first: number;
  private readonly step: number;
  private readonly length: number;

  private constructor(bytes: Uint8Array, first: number, step: number, length: number) {
    this.bytes = bytes;
    this.first = first;
    this.step = step;
    this.length = length;
  }

  /**
   * The column of so many places that stands between `from` and `to`, of which it keeps a copy; `lead` is what stands before
   * each text: `"`, or `1,"`. Undefined where it is any other: texts that are long or of several lengths, or with signs that
   * JSON writes in another way.
   */
  static read(
    bytes: Uint8Array,
    [from, to]: readonly [number, number],
    lead: readonly number[],
    count: number,
  ): EvenTexts | undefined {
    const first = from + 1 + lead.length;
    const length = bytes.indexOf(QUOTE, first) - first;
    const step = lead.length + length + 2;
    if (length <= 0 || length > SPAN_LENGTH_MAX || count === 0 || to - from !== 1 + count * step) return undefined;
    if (bytes[from] !== OPEN || bytes[to - 1] !== CLOSE) return undefined;
    for (let at = first; at < to; at += step) {
      for (let i = 0; i < lead.length; i++) if (bytes[at - lead.length + i] !== lead[i]) return undefined;
      for (let i = at; i < at + length; i++) {
        const code = bytes[i]!;
        if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return undefined;
      }
      const behind = at + length + 1;
      if (bytes[behind - 1] !== QUOTE || (behind !== to - 1 && bytes[behind] !== COMMA)) return undefined;
    }
    return new EvenTexts(bytes.slice(from, to), first - from, step, length);
  }

  at(place: number): string {
    const { bytes, length } = this;
    return textOfSpan({ bytes, from: this.first + place * this.step, length });
  }

  spanAt(place: number, into: SpanRoom): boolean {
    into.bytes = this.bytes;
    into.from = this.first + place * this.step;
    into.length = this.length;
    return true;
  }
}

/** A column whose form is known to be right, and which is parsed when somebody first asks for a value. */
export class LateColumn implements Column {
  private column: Column | undefined;
  private readonly open: () => Column;

  constructor(open: () => Column) {
    this.open = open;
  }

  at(place: number): unknown {
    this.column ??= this.open();
    return this.column.at(place);
  }
}
