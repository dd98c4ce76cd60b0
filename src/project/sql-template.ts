import { fail, ok, type Result } from '../base/result.ts';
import type { ParsedExpression } from './expressions.ts';
import { scanSql } from './sql-text.ts';
import { hasExpression, parseTemplate } from './template.ts';
import { type TextProblem, textProblem } from './text-problem.ts';

/** SQL with its expressions told apart: identifiers that the engine quotes, and bind variables. Offsets are those of `${{`. */
export type SqlPart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'ref';
      readonly asset: string;
      readonly offset: number /** Where the key stands, without its quotes. */;
      readonly keyOffset: number;
    }
  | { readonly kind: 'this'; readonly offset: number }
  | { readonly kind: 'bind'; readonly expression: ParsedExpression; readonly offset: number };

export interface SqlTemplate {
  readonly parts: readonly SqlPart[];
}

/**
 * Compiles SQL. `ref('…')` and `this` yield identifiers, any other expression a bind variable; nothing is ever pasted
 * as text. An expression in a comment stays a comment; inside of quotes it is an error, for it would do nothing there.
 */
export function compileSqlTemplate(
  text: string,
  options: { readonly names?: readonly string[] } = {},
): Result<SqlTemplate, TextProblem> {
  const parts: SqlPart[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') parts.push({ kind: 'text', text: plain });
    plain = '';
  };
  for (const { kind, start, end } of scanSql(text)) {
    const piece = text.slice(start, end);
    if (kind === 'expression') {
      const parsed = parseTemplate(text.slice(0, end), { ...options, sql: true, from: start });
      if (!parsed.ok) return parsed;
      flush();
      for (const part of parsed.value) if (part.kind === 'expression') parts.push(sqlPart(part.expression, part.start));
      continue;
    }
    if (kind !== 'comment' && kind !== 'code' && hasExpression(piece))
      return fail(insideQuotes(text, start + piece.indexOf('${{'), kind));
    plain += piece;
  }
  flush();
  return ok({ parts });
}

function insideQuotes(text: string, offset: number, kind: 'string' | 'identifier'): TextProblem {
  const message =
    kind === 'string'
      ? 'an expression inside of a quoted string is never replaced'
      : 'an expression inside of a quoted name is never replaced';
  return textProblem(
    text,
    { offset, length: 3 },
    message,
    'remove the quotes: the engine quotes names itself, and hands values over as bind variables',
  );
}

function sqlPart(expression: ParsedExpression, offset: number): SqlPart {
  const { identifier } = expression;
  if (identifier === undefined) return { kind: 'bind', expression, offset };
  if (identifier.kind === 'this') return { kind: 'this', offset };
  return { kind: 'ref', asset: identifier.asset, offset, keyOffset: identifier.offset };
}

/** Keys that a SQL text names by `ref('…')`, in order of appearance; none when it does not compile. */
export function refsOf(text: string): readonly string[] {
  if (!hasExpression(text)) return [];
  const compiled = compileSqlTemplate(text);
  return compiled.ok
    ? [...new Set(compiled.value.parts.flatMap((part) => (part.kind === 'ref' ? [part.asset] : [])))]
    : [];
}
