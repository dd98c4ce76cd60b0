import type { Span } from '../model/diagnostic.ts';

/** Line and column from 1; columns count UTF-16 code units. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The place of an offset in a text. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - lineStart + 1 };
}

/** The offset of a place in a text, held within the text. */
export function offsetAt(text: string, place: Place): number {
  let start = 0;
  for (let line = 1; line < place.line; line++) {
    const newline = text.indexOf('\n', start);
    if (newline < 0) return text.length;
    start = newline + 1;
  }
  return Math.min(text.length, start + place.column - 1);
}

/** A place in a text as a place in the file that the text was taken from: every line of it stands equally far right. */
export function placeInFile(place: Place, startsAt: Span): Place {
  return { line: startsAt.line + place.line - 1, column: startsAt.column + place.column - 1 };
}

export interface ExcerptOptions {
  /** Line number of the text's first line, for the margin; 1 by default. */
  readonly firstLine?: number;
  /** Lines shown before the one that is marked; 2 by default. */
  readonly before?: number;
}

/** The marked line with up to two lines before it, line numbers, and a caret under the column. Long lines are cut. */
export function sqlExcerpt(text: string, place: Place, options: ExcerptOptions = {}): string {
  const widthMax = 160;
  const first = options.firstLine ?? 1;
  const lines = text.split('\n');
  const from = Math.max(1, place.line - (options.before ?? 2));
  const margin = String(first + place.line - 1).length + 1;
  // A caret far to the right in a generated line of thousands of characters is shown in a window around it.
  const shift = place.column > widthMax - 20 ? place.column - Math.floor(widthMax / 2) : 0;
  const rows: string[] = [];
  for (let line = from; line <= Math.min(place.line, lines.length); line++) {
    const shown = lines[line - 1]!.replaceAll('\r', '').slice(shift, shift + widthMax);
    rows.push(`${String(first + line - 1).padStart(margin)} │ ${shown}`.trimEnd());
  }
  const before = (lines[place.line - 1] ?? '').slice(shift, place.column - 1);
  // Tabs stay tabs, so that the caret stands under its letter whatever the tab width is.
  rows.push(`${' '.repeat(margin)} │ ${before.replace(/[^\t]/g, ' ')}^`);
  return rows.join('\n');
}
