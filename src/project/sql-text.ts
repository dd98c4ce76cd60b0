import { closingBraces } from './template.ts';

/** What a stretch of SQL is. `code` is everything that is neither quoted nor a comment. */
export type SqlStretchKind = 'code' | 'comment' | 'string' | 'identifier' | 'expression';

/** A stretch of SQL text, [start, end). An `expression` is `${{ … }}` outside of comments and quotes. */
export interface SqlStretch {
  readonly kind: SqlStretchKind;
  readonly start: number;
  readonly end: number;
  /** False when the text ends before the quote or comment does. */
  readonly closed: boolean;
}

const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;

/**
 * Cuts SQL as DuckDB and Postgres read it: `--` and nested block comments, `'…'` with doubled quotes (and backslashes
 * behind `E`), `"…"`, `$tag$…$tag$`. Covers the whole text, in order.
 */
export function scanSql(text: string): readonly SqlStretch[] {
  const stretches: SqlStretch[] = [];
  let codeFrom = 0;
  let at = 0;
  while (at < text.length) {
    const found = stretchAt(text, at);
    if (found === undefined) {
      at++;
      continue;
    }
    if (found.start > codeFrom) stretches.push({ kind: 'code', start: codeFrom, end: found.start, closed: true });
    stretches.push(found);
    at = found.end;
    codeFrom = at;
  }
  if (codeFrom < text.length) stretches.push({ kind: 'code', start: codeFrom, end: text.length, closed: true });
  return stretches;
}

function stretchAt(text: string, at: number): SqlStretch | undefined {
  switch (text.charAt(at)) {
    case '-':
      return text[at + 1] === '-' ? lineComment(text, at) : undefined;
    case '/':
      return text[at + 1] === '*' ? blockComment(text, at) : undefined;
    case "'":
      return quoted(text, at, 'string', /(?:^|[^A-Za-z0-9_$])[eE]$/.test(text.slice(Math.max(0, at - 2), at)));
    case '"':
      return quoted(text, at, 'identifier', false);
    case '$':
      return dollar(text, at);
    default:
      return undefined;
  }
}

function lineComment(text: string, start: number): SqlStretch {
  const end = text.indexOf('\n', start);
  return { kind: 'comment', start, end: end < 0 ? text.length : end, closed: true };
}

function blockComment(text: string, start: number): SqlStretch {
  let depth = 0;
  for (let i = start; i < text.length - 1; i++) {
    if (text[i] === '/' && text[i + 1] === '*') {
      depth++;
      i++;
    } else if (text[i] === '*' && text[i + 1] === '/') {
      depth--;
      i++;
      if (depth === 0) return { kind: 'comment', start, end: i + 1, closed: true };
    }
  }
  return { kind: 'comment', start, end: text.length, closed: false };
}

function quoted(text: string, start: number, kind: 'string' | 'identifier', backslashes: boolean): SqlStretch {
  const quote = text[start]!;
  for (let i = start + 1; i < text.length; i++) {
    if (backslashes && text[i] === '\\') i++;
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return { kind, start, end: i + 1, closed: true };
      i++;
    }
  }
  return { kind, start, end: text.length, closed: false };
}

function dollar(text: string, start: number): SqlStretch | undefined {
  if (text.startsWith('${{', start)) {
    const close = closingBraces(text, start + 3);
    return {
      kind: 'expression',
      start,
      end: close === undefined ? text.length : close + 2,
      closed: close !== undefined,
    };
  }
  // `a$b$` is a name, and `$1` a parameter; only a tag that stands alone opens a quote.
  if (start > 0 && /[A-Za-z0-9_$\u0080-\uffff]/.test(text[start - 1]!)) return undefined;
  DOLLAR_QUOTE.lastIndex = start;
  const tag = DOLLAR_QUOTE.exec(text)?.[0];
  if (tag === undefined) return undefined;
  const end = text.indexOf(tag, start + tag.length);
  return { kind: 'string', start, end: end < 0 ? text.length : end + tag.length, closed: end >= 0 };
}

const TOKEN =
  /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*|[0-9][A-Za-z0-9_.]*|\$[A-Za-z0-9_]+|::|:=|[+\-*/<>=~!@#%^&|`?]+|\S/gy;
const STRING_PREFIX = /(?:^|[^A-Za-z0-9_$\u0080-\uffff])([eEbBxXnN]|[uU]&)$/;

/**
 * The words of a SQL text: comments, and white space outside of quotes, are gone; everything else is kept as written.
 * Two texts with the same words mean the same to the database.
 */
export function sqlWords(text: string): readonly string[] {
  const words: string[] = [];
  let prefix = '';
  for (const { kind, start, end } of scanSql(text)) {
    const piece = text.slice(start, end);
    if (kind === 'comment') continue;
    if (kind === 'expression') words.push(`\${{ ${piece.slice(3, -2).trim()} }}`);
    else if (kind === 'code') {
      // `E'…'` is one word: with a space between, it is another statement.
      const next = text[end];
      prefix = next === "'" || next === '"' ? (STRING_PREFIX.exec(piece)?.[1] ?? '') : '';
      words.push(...codeWords(prefix === '' ? piece : piece.slice(0, -prefix.length)));
      continue;
    } else words.push(prefix + piece);
    prefix = '';
  }
  return words;
}

function codeWords(code: string): string[] {
  const words: string[] = [];
  for (const part of code.split(/\s+/)) {
    for (const [word] of part.matchAll(TOKEN))
      words.push(...(/^[+\-*/<>=~!@#%^&|`?]+$/.test(word) ? operators(word) : [word]));
  }
  return words;
}

/** A longer operator cannot end in `+` or `-` unless it holds one of `~!@#%^&|`?`: `a=-1` is `=` and `-` (Postgres, lexical structure). */
function operators(run: string): string[] {
  let rest = run;
  const signs: string[] = [];
  while (rest.length > 1 && /[+-]$/.test(rest) && !/[~!@#%^&|`?]/.test(rest)) {
    signs.unshift(rest.at(-1)!);
    rest = rest.slice(0, -1);
  }
  return [rest, ...signs];
}
