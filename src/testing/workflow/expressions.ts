import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** What an expression of a workflow sees: contexts by name, and functions beside those that are everywhere. */
export interface Scope {
  readonly contexts: Readonly<Record<string, unknown>>;
  readonly functions: Readonly<Record<string, (argument: string) => boolean | string>>;
}

const ARGUMENTS: Readonly<Record<string, number>> = { hashfiles: 1 };
/** `${{ … }}`, whose texts in quotes may hold anything. */
const EXPRESSION = /\$\{\{((?:'(?:[^']|'')*'|[^'}]|\}(?!\}))*)\}\}/g;
const STATUS_FUNCTION = /\b(always|success|failure|cancelled)\s*\(/i;

/** The value of what stands between `${{` and `}}`. Throws for a context or function that the scope does not have. */
export function evaluateExpression(text: string, { contexts, functions }: Scope): unknown {
  const own = Object.entries(functions).map(([name, call]) => ({
    name,
    minArgs: ARGUMENTS[name.toLowerCase()] ?? 0,
    maxArgs: ARGUMENTS[name.toLowerCase()] ?? 0,
    call: (argument?: data.ExpressionData) => dataOf(call(argument?.coerceString() ?? '')),
  }));
  const parsed = new Parser(new Lexer(text).lex().tokens, Object.keys(contexts), own).parse();
  const pairs = Object.entries(contexts).map(([key, value]) => ({ key, value: dataOf(value) }));
  const byName = new Map(own.map((each) => [each.name.toLowerCase(), each]));
  return plainOf(new Evaluator(parsed, new data.Dictionary(...pairs), byName).evaluate());
}

/** A text of a workflow with its expressions in place; one that is nothing but an expression keeps the type of its value. */
export function evaluateText(text: string, scope: Scope): unknown {
  const [whole] = text.trim().matchAll(EXPRESSION);
  if (whole !== undefined && whole[0] === text.trim()) return evaluateExpression(whole[1]!, scope);
  const rest = text.replaceAll(EXPRESSION, (_, inner: string) => asText(evaluateExpression(inner, scope)));
  if (rest.includes('${{')) throw new Error(`the rig cannot read the expression in ${text}`);
  return rest;
}

/** The same for all texts of a list or mapping. */
export function evaluateAll(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') return evaluateText(value, scope);
  if (Array.isArray(value)) return value.map((each) => evaluateAll(each, scope));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, evaluateAll(each, scope)]));
}

/** `if:` of a job or step: with or without braces, and `success() &&` before one that asks for no status. */
export function holdsIf(condition: string | undefined, scope: Scope): boolean {
  if (condition === undefined) return isTruthy(evaluateExpression('success()', scope));
  const inner = condition.trim().replace(/^\$\{\{(.*)\}\}$/s, '$1');
  return isTruthy(evaluateExpression(STATUS_FUNCTION.test(inner) ? inner : `success() && (${inner})`, scope));
}

/** A value as GitHub puts it into a text. */
export function asText(value: unknown): string {
  return dataOf(value).coerceString();
}

function isTruthy(value: unknown): boolean {
  return value !== null && value !== false && value !== 0 && value !== '' && !Number.isNaN(value);
}

function dataOf(value: unknown): data.ExpressionData {
  return JSON.parse(JSON.stringify(value ?? null), data.reviver) as data.ExpressionData;
}
function plainOf(value: data.ExpressionData): unknown {
  return JSON.parse(JSON.stringify(value, data.replacer) ?? 'null');
}
