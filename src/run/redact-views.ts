/**
 * A text as a secret may hide in it: escapes decoded, line wraps of base64 closed. Each character knows the place in
 * the raw text that it came from.
 */
export interface TextView {
  readonly text: string;
  /** Where character `i` begins in the raw text. */
  start(i: number): number;
  /** Where it ends. */
  end(i: number): number;
  /** Where an escape begins that the end of the text cut off. */
  readonly incompleteFrom?: number;
  /** Starts in the raw text, ascending; undefined = the raw text itself. */
  readonly starts?: readonly number[];
}

/** The raw text, and each other view of it that differs. `context` is what came just before. */
export function viewsOf(raw: string, context: string): TextView[] {
  const views: TextView[] = [{ text: raw, start: (i) => i, end: (i) => i + 1 }];
  if (raw.includes('%')) views.push(decoded(raw, percentEscape));
  if (raw.includes('\\')) views.push(decoded(raw, jsonEscape));
  const unwrapped = unwrappedBase64(raw, context);
  if (unwrapped) views.push(unwrapped);
  return views;
}

/** The start of the escape that a place lies inside of, or the place itself. */
export function escapeBoundary(view: TextView, place: number): number {
  const { starts } = view;
  if (!starts) return place;
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle]! < place) low = middle + 1;
    else high = middle;
  }
  return low > 0 && view.end(low - 1) > place ? starts[low - 1]! : place;
}

/** Length of the escape at a place and what it stands for; `cut` = more text could make it one; undefined = none. */
type Escape = { readonly length: number; readonly char: string } | 'cut' | undefined;

function decoded(raw: string, escapeAt: (raw: string, at: number) => Escape): TextView {
  const starts: number[] = [];
  const ends: number[] = [];
  let text = '';
  let at = 0;
  while (at < raw.length) {
    const found = escapeAt(raw, at);
    if (found === 'cut') break;
    starts.push(at);
    text += found?.char ?? raw[at]!;
    at += found?.length ?? 1;
    ends.push(at);
  }
  const view = { text, starts, start: (i: number) => starts[i]!, end: (i: number) => ends[i]! };
  return at < raw.length ? { ...view, incompleteFrom: at } : view;
}

const HEX = /^[0-9A-Fa-f]*$/;

function hexEscape(raw: string, at: number, skip: number, digits: number): Escape {
  const code = raw.slice(at + skip, at + skip + digits);
  if (!HEX.test(code)) return undefined;
  if (code.length < digits) return at + skip + code.length === raw.length ? 'cut' : undefined;
  return { length: skip + digits, char: String.fromCharCode(Number.parseInt(code, 16)) };
}

function percentEscape(raw: string, at: number): Escape {
  return raw[at] === '%' ? hexEscape(raw, at, 1, 2) : undefined;
}

const JSON_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function jsonEscape(raw: string, at: number): Escape {
  if (raw[at] !== '\\') return undefined;
  const next = raw[at + 1];
  if (next === undefined) return 'cut';
  if (next === 'u') return hexEscape(raw, at, 2, 4);
  const char = JSON_ESCAPES[next];
  return char === undefined ? undefined : { length: 2, char };
}

/** Programs wrap base64 at 60 columns or more; a line end after fewer of its characters is an ordinary one. */
const WRAPPED_LENGTH_MIN = 48;
const WRAP_END = /[A-Za-z0-9+/_-]{48}\r?$/;

/** The text without those line ends that wrap base64; undefined when it has none. */
function unwrappedBase64(raw: string, context: string): TextView | undefined {
  let text = '';
  let pieceStart = 0;
  const starts: number[] = [];
  const append = (to: number): void => {
    text += raw.slice(pieceStart, to);
    for (let i = pieceStart; i < to; i++) starts.push(i);
  };
  let isWrapped = false;
  for (let at = raw.indexOf('\n'); at !== -1; at = raw.indexOf('\n', at + 1)) {
    const from = at - WRAPPED_LENGTH_MIN - 1;
    const before = from < 0 ? context.slice(from) + raw.slice(0, at) : raw.slice(from, at);
    if (!WRAP_END.test(before)) continue;
    isWrapped = true;
    append(raw[at - 1] === '\r' ? at - 1 : at);
    pieceStart = at + 1;
  }
  // A carriage return at the very end may be the first half of such a line end.
  const isCut = raw.endsWith('\r') && WRAP_END.test(context + raw.slice(-WRAPPED_LENGTH_MIN - 1));
  if (!isWrapped && !isCut) return undefined;
  append(isCut ? raw.length - 1 : raw.length);
  const view = { text, starts, start: (i: number) => starts[i]!, end: (i: number) => starts[i]! + 1 };
  return isCut ? { ...view, incompleteFrom: raw.length - 1 } : view;
}
