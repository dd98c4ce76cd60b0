import { fail, ok, type Result } from '../base/result.ts';
import type { ParseOptions } from './expression-names.ts';
import {
  type EvaluationContexts,
  type EvaluationProblem,
  evaluateExpression,
  type ParsedExpression,
  parseExpression,
  type Scalar,
} from './expressions.ts';
import { type TextProblem, textProblem } from './text-problem.ts';

export type TemplatePart =
  | { readonly kind: 'text'; readonly text: string }
  /** `start` and `end` are the offsets of `${{` and behind `}}`. */
  | {
      readonly kind: 'expression';
      readonly expression: ParsedExpression;
      readonly start: number;
      readonly end: number;
    };

/** Whether a text holds an expression at all: cheap, and true for broken ones too. */
export function hasExpression(text: string): boolean {
  return text.includes('${{');
}

/** Splits a text into plain parts and expressions. Refuses what does not parse, reads unknown names, or is planned for later. */
export function parseTemplate(
  text: string,
  options: ParseOptions & { /** Begins at this offset. */ readonly from?: number } = {},
): Result<readonly TemplatePart[], TextProblem> {
  const parts: TemplatePart[] = [];
  let at = options.from ?? 0;
  for (;;) {
    const start = text.indexOf('${{', at);
    if (start < 0) break;
    if (start > at) parts.push({ kind: 'text', text: text.slice(at, start) });
    const close = closingBraces(text, start + 3);
    if (close === undefined) {
      const place = { offset: start, length: 3 };
      return fail(textProblem(text, place, 'this `${{` is never closed', 'write `}}` behind the expression'));
    }
    const parsed = parseExpression(text, start + 3, close, options);
    if (!parsed.ok) return parsed;
    parts.push({ kind: 'expression', expression: parsed.value, start, end: close + 2 });
    at = close + 2;
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) });
  return ok(parts);
}

/** Offset of the `}}` that ends an expression; braces inside of its quoted strings do not count. */
export function closingBraces(text: string, from: number): number | undefined {
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "'") quoted = !quoted;
    else if (!quoted && text.startsWith('}}', i)) return i;
  }
  return undefined;
}

/** The text with every expression replaced by its value. Refuses a variable that is not set and what does not parse. */
export function evaluateTemplate(template: string, contexts: EvaluationContexts): Result<string, EvaluationProblem> {
  if (!hasExpression(template)) return ok(template);
  const parsed = parseTemplate(template, { names: Object.keys(contexts.names ?? {}) });
  if (!parsed.ok) return fail({ message: parsed.error.message });
  let text = '';
  for (const part of parsed.value) {
    if (part.kind === 'text') {
      text += part.text;
      continue;
    }
    const value = evaluateExpression(part.expression, contexts);
    if (!value.ok) return value;
    text += value.value === null ? '' : String(value.value);
  }
  return ok(text);
}

/** Names of the environment variables that a template reads; none when it does not parse. */
export function envNamesOf(template: string, options: ParseOptions = {}): readonly string[] {
  if (!hasExpression(template)) return [];
  const parsed = parseTemplate(template, options);
  if (!parsed.ok) return [];
  const names = parsed.value.flatMap((part) => (part.kind === 'expression' ? part.expression.accesses : []));
  return [
    ...new Set(
      names.flatMap(({ context, property }) =>
        context.toLowerCase() === 'env' && property !== undefined ? [property] : [],
      ),
    ),
  ];
}

/**
 * Puts the values of a factory's `for_each` in. An expression of nothing but such names becomes its value; in others,
 * and in SQL (where every expression is a bind variable), each name becomes a literal. The template must parse.
 */
export function substituteNames(
  template: string,
  names: Readonly<Record<string, Scalar>>,
  options: { readonly sql?: boolean } = {},
): string {
  if (!hasExpression(template)) return template;
  const parsed = parseTemplate(template, { names: Object.keys(names), ...options });
  if (!parsed.ok) return template;
  return parsed.value
    .map((part) => (part.kind === 'text' ? part.text : substituteOne(part.expression, names, options.sql === true)))
    .join('');
}

function substituteOne(expression: ParsedExpression, names: Readonly<Record<string, Scalar>>, sql: boolean): string {
  const own = expression.accesses.filter((access) => access.context in names);
  if (!sql && own.length > 0 && own.length === expression.accesses.length) {
    const value = evaluateExpression(expression, { env: {}, environment: '', names });
    if (value.ok) return value.value === null ? '' : String(value.value);
  }
  let source = expression.source;
  for (const access of [...own].sort((a, b) => b.offset - a.offset)) {
    const at = access.offset - expression.offset;
    source = source.slice(0, at) + literal(names[access.context] ?? null) + source.slice(at + access.length);
  }
  return `\${{ ${source} }}`;
}

function literal(value: Scalar): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value);
}
