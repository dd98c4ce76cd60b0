/** The two dialects that the engine speaks itself. */
export type Dialect = 'duckdb' | 'postgres';

/** A stretch of SQL text; `end` is exclusive. `bind` is `$name`; everything that no other kind covers is `code`. */
export interface SqlToken {
  readonly kind: 'code' | 'word' | 'bind' | 'string' | 'identifier' | 'comment';
  readonly start: number;
  readonly end: number;
}

export interface Lexed {
  readonly tokens: readonly SqlToken[];
  /** A quote or comment that never ends: where it began. */
  readonly unterminated?: { readonly kind: 'string' | 'identifier' | 'comment'; readonly start: number };
}

const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const BIND = /\$[A-Za-z_]\w*/y;
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const NUMBER = /\d[\w.$]*/y;

/**
 * Cuts SQL into tokens by the lexical rules that Postgres and DuckDB share: doubled quotes, `E'…'` with backslashes,
 * dollar quotes, comments that nest. Never fails: what is not closed reaches to the end and is named.
 */
export function lexSql(sql: string): Lexed {
  const tokens: SqlToken[] = [];
  let at = 0;
  while (at < sql.length) {
    const [kind, end] = tokenAt(sql, at, tokens);
    if (end === undefined) {
      const open = kind as 'string' | 'identifier' | 'comment';
      tokens.push({ kind: open, start: at, end: sql.length });
      return { tokens, unterminated: { kind: open, start: at } };
    }
    tokens.push({ kind, start: at, end });
    at = end;
  }
  return { tokens };
}

/** Kind and end of the token that begins here; an undefined end means that it is never closed. */
function tokenAt(sql: string, at: number, before: readonly SqlToken[]): [SqlToken['kind'], number | undefined] {
  const char = sql[at]!;
  if (char === "'") return ['string', quoteEnd(sql, at, "'", hasEscapePrefix(sql, before))];
  if (char === '"') return ['identifier', quoteEnd(sql, at, '"', false)];
  if (char === '-' && sql[at + 1] === '-') {
    const newline = sql.indexOf('\n', at);
    return ['comment', newline < 0 ? sql.length : newline];
  }
  if (char === '/' && sql[at + 1] === '*') return ['comment', blockCommentEnd(sql, at)];
  if (char === '$') {
    const quote = matchAt(DOLLAR_QUOTE, sql, at);
    if (quote !== undefined) {
      const close = sql.indexOf(quote, at + quote.length);
      return ['string', close < 0 ? undefined : close + quote.length];
    }
    const bind = matchAt(BIND, sql, at);
    if (bind !== undefined) return ['bind', at + bind.length];
  }
  const word = matchAt(WORD, sql, at);
  if (word !== undefined) return ['word', at + word.length];
  const number = matchAt(NUMBER, sql, at);
  return ['code', at + (number?.length ?? 1)];
}

function matchAt(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}

/** `E'…'`: the letter stands directly before the quote. */
function hasEscapePrefix(sql: string, before: readonly SqlToken[]): boolean {
  const last = before.at(-1);
  return last?.kind === 'word' && last.end - last.start === 1 && /e/i.test(sql[last.start]!);
}

function quoteEnd(sql: string, start: number, quote: string, backslashes: boolean): number | undefined {
  for (let at = start + 1; at < sql.length; at++) {
    if (backslashes && sql[at] === '\\') at++;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return undefined;
}

function blockCommentEnd(sql: string, start: number): number | undefined {
  let depth = 0;
  for (let at = start; at < sql.length - 1; at++) {
    const pair = sql.slice(at, at + 2);
    if (pair === '/*') depth++;
    else if (pair === '*/') depth--;
    else continue;
    if (depth === 0) return at + 2;
    at++;
  }
  return undefined;
}
