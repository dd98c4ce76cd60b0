/** How terminal text is painted: words first, symbols second, colour last (everything reads without colour). */
export interface Style {
  readonly color: boolean;
  /** False when the locale is not UTF-8. */
  readonly unicode: boolean;
}

export type Verdict = 'ok' | 'warned' | 'failed' | 'skipped' | 'up_to_date';
type Paint = 'red' | 'yellow' | 'green' | 'dim' | 'bold';

const CODES: Readonly<Record<Paint, readonly [number, number]>> = {
  red: [31, 39],
  yellow: [33, 39],
  green: [32, 39],
  dim: [2, 22],
  bold: [1, 22],
};

/** The text in a colour, or as it is where there are none. */
export function paint(style: Style, color: Paint, text: string): string {
  if (!style.color || text === '') return text;
  const [on, off] = CODES[color];
  return `\u001b[${on}m${text}\u001b[${off}m`;
}

const SYMBOLS: Readonly<Record<Verdict, readonly [unicode: string, ascii: string, color: Paint]>> = {
  ok: ['✓', '+', 'green'],
  warned: ['!', '!', 'yellow'],
  failed: ['✗', 'x', 'red'],
  skipped: ['○', 'o', 'dim'],
  up_to_date: ['–', '-', 'dim'],
};

export function symbol(style: Style, verdict: Verdict): string {
  const [unicode, ascii, color] = SYMBOLS[verdict];
  return paint(style, color, style.unicode ? unicode : ascii);
}

// Control and bidirectional override characters could move the cursor, recolour or reorder what a person reads.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not reach a terminal
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text from outside, made harmless for a terminal: control characters become visible. */
export function safeText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(UNSAFE, (char) => (char === '\u001b' ? '␛' : '\uFFFD'));
}

/** One line of text from outside: line breaks become spaces, cut at `most` characters. */
export function safeLine(text: string, most = 200): string {
  const line = safeText(text).replace(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** `1 asset`, `2 assets`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${formatCount(n)} ${n === 1 ? one : many}`;
}

/** `12,345`. */
export function formatCount(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Names in a list that stays on a screen: `a, b, c and 4 more`. */
export function nameSome(names: readonly string[], most = 6): string {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

/** Lines of cells in columns of equal width, two blanks between them; numbers to the right where asked for. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, visibleLength(cell));
  }
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const gap = ' '.repeat(widths[i]! - visibleLength(cell));
        if (right.includes(i)) return gap + cell;
        return i === row.length - 1 ? cell : cell + gap;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Length without the codes of colours. */
export function visibleLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: our own colour codes
  return text.replace(/\u001b\[\d+m/g, '').length;
}
