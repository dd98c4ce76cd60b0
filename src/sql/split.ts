import { fail, ok, type Result } from '../base/result.ts';
import { lexSql, type SqlToken } from './lex.ts';
import { type Place, placeAt } from './place.ts';

/** One statement without its semicolon and without the white space and comments around it. */
export interface SqlStatement {
  readonly text: string;
  /** Where `text` begins in the whole, in UTF-16 code units. */
  readonly offset: number;
  /** It yields rows and can stand behind `create table … as`. */
  readonly isSelect: boolean;
}

export interface SplitFailure extends Place {
  readonly message: string;
}

const WHAT = { string: 'quote', identifier: 'double quote', comment: 'comment' } as const;

/**
 * Splits a text at semicolons that stand outside of quotes, comments, parentheses and `begin atomic … end` bodies of
 * functions. Empty statements are dropped. An unclosed quote or comment is an error at the place where it begins.
 */
export function splitStatements(sql: string): Result<readonly SqlStatement[], SplitFailure> {
  const { tokens, unterminated } = lexSql(sql);
  if (unterminated) {
    return fail({ ...placeAt(sql, unterminated.start), message: `this ${WHAT[unterminated.kind]} is never closed` });
  }
  const statements: SqlStatement[] = [];
  let current: SqlToken[] = [];
  let parentheses = 0;
  let bodies = 0;
  const finish = (): void => {
    const statement = statementOf(sql, current);
    if (statement) statements.push(statement);
    current = [];
    parentheses = 0;
    bodies = 0;
  };
  for (const token of tokens) {
    const text = token.kind === 'code' ? sql[token.start] : '';
    if (text === '(') parentheses++;
    else if (text === ')') parentheses = Math.max(0, parentheses - 1);
    else if (token.kind === 'word') bodies += bodyStep(sql, token, current, bodies);
    else if (text === ';' && parentheses === 0 && bodies === 0) {
      finish();
      continue;
    }
    current.push(token);
  }
  finish();
  return ok(statements);
}

/** How a word changes the depth of `begin … end` (and `case … end` within) in `create function` and `create procedure`. */
function bodyStep(sql: string, token: SqlToken, before: readonly SqlToken[], depth: number): number {
  const word = sql.slice(token.start, token.end).toLowerCase();
  if (word === 'begin') return definesRoutine(sql, before) ? 1 : 0;
  if (depth === 0) return 0;
  return word === 'case' ? 1 : word === 'end' ? -1 : 0;
}

function definesRoutine(sql: string, tokens: readonly SqlToken[]): boolean {
  const words = tokens
    .filter((token) => token.kind === 'word')
    .slice(0, 4)
    .map((token) => sql.slice(token.start, token.end).toLowerCase());
  return words[0] === 'create' && words.slice(1).some((word) => word === 'function' || word === 'procedure');
}

function statementOf(sql: string, tokens: readonly SqlToken[]): SqlStatement | undefined {
  const counts = (token: SqlToken): boolean =>
    token.kind !== 'comment' && sql.slice(token.start, token.end).trim() !== '';
  const first = tokens.find(counts);
  const last = tokens.findLast(counts);
  if (!first || !last) return undefined;
  return { text: sql.slice(first.start, last.end), offset: first.start, isSelect: isSelect(sql, tokens) };
}

const READS = new Set(['select', 'from', 'values', 'table', 'pivot', 'unpivot']);
const WRITES = new Set(['insert', 'update', 'delete', 'merge']);

/** By the first verb; after `with`, by the first verb outside of parentheses. */
function isSelect(sql: string, tokens: readonly SqlToken[]): boolean {
  let depth = 0;
  let inWith = false;
  for (const token of tokens) {
    if (token.kind === 'code') {
      if (sql[token.start] === '(') depth++;
      if (sql[token.start] === ')') depth--;
    }
    if (token.kind !== 'word' || (inWith && depth > 0)) continue;
    const word = sql.slice(token.start, token.end).toLowerCase();
    if (READS.has(word)) return true;
    if (WRITES.has(word)) return false;
    if (!inWith && word !== 'with') return false;
    inWith = true;
  }
  return false;
}
