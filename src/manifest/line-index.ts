import type { Span } from '../model/diagnostic.ts';

/** A range of a text in UTF-16 code units, end exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Turns offsets into lines and columns. The lines are counted when the first place is asked for. */
export class LineIndex {
  readonly #file: string;
  readonly #text: string;
  #starts: number[] | undefined;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  /** The place of `start` up to `end` (exclusive), cut at the end of its line; at least one column long. */
  span(start: number, end: number): Span {
    const starts = this.#lineStarts();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (starts[middle]! <= start) low = middle;
      else high = middle - 1;
    }
    const lineStart = starts[low]!;
    const lineEnd = this.#lineEnd(low);
    // A byte order mark is no column: editors do not count it.
    const invisible = lineStart === 0 && this.#text.startsWith('\uFEFF') ? 1 : 0;
    const from = Math.min(start, Math.max(lineStart, lineEnd));
    const column = Math.max(1, from - lineStart + 1 - invisible);
    return { file: this.#file, line: low + 1, column, length: Math.max(1, Math.min(end, lineEnd) - from) };
  }

  #lineEnd(line: number): number {
    const next = this.#lineStarts()[line + 1] ?? this.#text.length + 1;
    let end = Math.min(next, this.#text.length);
    while (end > 0 && (this.#text[end - 1] === '\n' || this.#text[end - 1] === '\r')) end -= 1;
    return end;
  }

  #lineStarts(): number[] {
    if (this.#starts) return this.#starts;
    const starts = [0];
    for (const match of this.#text.matchAll(/\r\n|\n|\r/g)) starts.push(match.index + match[0].length);
    this.#starts = starts;
    return starts;
  }
}
