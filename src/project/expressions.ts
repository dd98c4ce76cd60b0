/**
 * Expressions `${{ … }}`, evaluated by GitHub's own evaluator. The only module that imports `@actions/expressions`.
 * Parsing finds out what an expression uses, so that `check` can judge it without any value at hand.
 */
import { data, Evaluator, type Expr, ExpressionError, Lexer, Parser } from '@actions/expressions';
import {
  Binary,
  ContextAccess,
  FunctionCall,
  Grouping,
  IndexAccess,
  Literal,
  Logical,
  Unary,
} from '@actions/expressions/ast';
import type { Token } from '@actions/expressions/lexer';
import { nearestWord } from '../base/nearest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import {
  type Access,
  type Judgement,
  judgeAccesses,
  judgeUnknownName,
  knownNames,
  type ParseOptions,
} from './expression-names.ts';
import { type TextPlace, type TextProblem, textProblem } from './text-problem.ts';

/** An expression that parses. */
export interface ParsedExpression {
  /** Between the braces, trimmed. */
  readonly source: string;
  /** Where `source` starts in the whole text. */
  readonly offset: number;
  readonly accesses: readonly Access[];
  /** `ref('raw/orders')` or `this`, standing alone: what a SQL text may use as an identifier. */
  readonly identifier?:
    | { readonly kind: 'ref'; readonly asset: string; readonly offset: number; readonly length: number }
    | { readonly kind: 'this' };
  /** Internal to this module. */
  readonly tree: Expr;
}

/** Parses what stands between `from` and `to` of a text (without the braces) and judges every name in it. */
export function parseExpression(
  text: string,
  from: number,
  to: number,
  options: ParseOptions,
): Result<ParsedExpression, TextProblem> {
  const raw = text.slice(from, to);
  const source = raw.trim();
  const offset = from + (raw.length - raw.trimStart().length);
  const whole = { offset: source === '' ? from - 3 : offset, length: source === '' ? to - from + 5 : source.length };
  if (source === '')
    return fail(
      textProblem(text, whole, 'this expression is empty', 'write what it stands for, such as `${{ env.NAME }}`'),
    );
  let tokens: Token[];
  try {
    tokens = new Lexer(source).lex().tokens;
  } catch (error) {
    const quote = source.lastIndexOf("'");
    const unclosed = (source.split("'").length - 1) % 2 === 1;
    const place = unclosed ? { offset: offset + quote, length: 1 } : whole;
    return fail(
      textProblem(
        text,
        place,
        unclosed ? 'this quote is never closed' : `this is not an expression: ${firstSentence(error)}`,
        'strings stand in single quotes',
      ),
    );
  }
  const places = tokenPlaces(source, tokens, offset);
  try {
    const known = [...knownNames(options)];
    const functions = options.sql === true ? [{ name: 'ref', minArgs: 1, maxArgs: 1 }] : [];
    const tree = new Parser(tokens, known, functions).parse();
    const expression = { source, offset, tree, accesses: accessesOf(tree, places), ...identifierOf(tree, places) };
    const problem =
      judgeAccesses(expression.accesses, expression.identifier?.kind === 'this', options) ??
      judgeFunctions(tree, expression, places, options);
    return problem === undefined
      ? ok(expression)
      : fail(textProblem(text, problem.at ?? whole, problem.message, problem.help));
  } catch (error) {
    return fail(syntaxProblem(text, error, { tokens, places, whole, options }));
  }
}

type Places = ReadonlyMap<Token, TextPlace>;

/** Tokens come in order, so each is found behind the one before it, whatever the lexer thinks of line breaks. */
function tokenPlaces(source: string, tokens: readonly Token[], offset: number): Places {
  const places = new Map<Token, TextPlace>();
  let at = 0;
  for (const token of tokens) {
    const found = token.lexeme === '' ? source.length : source.indexOf(token.lexeme, at);
    places.set(token, { offset: offset + found, length: Math.max(1, token.lexeme.length) });
    at = found + token.lexeme.length;
  }
  return places;
}

function firstSentence(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('. Located')[0]!.replace(/^Unexpected symbol: /, 'unexpected ');
}

interface SyntaxContext {
  readonly tokens: readonly Token[];
  readonly places: Places;
  readonly whole: TextPlace;
  readonly options: ParseOptions;
}

function syntaxProblem(text: string, error: unknown, context: SyntaxContext): TextProblem {
  if (!(error instanceof ExpressionError))
    return textProblem(text, context.whole, `this is not an expression: ${firstSentence(error)}`);
  const token = context.tokens.find(
    (candidate) => candidate.range.start.line === error.pos.line && candidate.range.start.column === error.pos.column,
  );
  const place = (token && context.places.get(token)) ?? context.whole;
  const word = token?.lexeme ?? '';
  if (/Unrecognized named-value/.test(error.message)) {
    const unknown = judgeUnknownName(word, context.options);
    return textProblem(text, place, unknown.message, unknown.help);
  }
  if (/Unrecognized function/.test(error.message)) {
    return textProblem(
      text,
      place,
      `there is no function \`${word}\` here`,
      functionHelp(word, context.options.sql === true),
    );
  }
  if (/Too (few|many) parameters/.test(error.message))
    return textProblem(text, place, `\`${word}\` gets the wrong number of arguments`);
  if (/end of expression/.test(error.message) || word === '')
    return textProblem(text, place, 'the expression ends too early');
  if (/Exceeded/.test(error.message)) return textProblem(text, context.whole, 'this expression is nested too deeply');
  const open = unclosedParenthesis(context.tokens);
  if (open !== undefined)
    return textProblem(
      text,
      context.places.get(open) ?? place,
      'this `(` is never closed',
      'write `)` behind the last argument',
    );
  return textProblem(text, place, `\`${word}\` is not expected here`);
}

function functionHelp(word: string, isSql: boolean): string {
  if (word.toLowerCase() === 'ref') return '`ref()` exists in SQL only';
  const names = [
    ...(isSql ? ['ref'] : []),
    'contains',
    'startsWith',
    'endsWith',
    'format',
    'join',
    'toJSON',
    'fromJSON',
  ];
  const near = nearestWord(word, names);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  return `there are ${names.map((name) => `\`${name}\``).join(', ')} and \`case\``;
}

function unclosedParenthesis(tokens: readonly Token[]): Token | undefined {
  const open: Token[] = [];
  for (const token of tokens) {
    if (token.lexeme === '(') open.push(token);
    else if (token.lexeme === ')') open.pop();
  }
  return open.at(-1);
}

function accessesOf(tree: Expr, places: Places): Access[] {
  const found: Access[] = [];
  const walk = (node: Expr, guarded: boolean): void => {
    if (node instanceof IndexAccess) {
      const { expr, index } = node;
      if (expr instanceof ContextAccess) {
        const property = index instanceof Literal ? index.literal.coerceString() : undefined;
        found.push({
          context: expr.name.lexeme,
          ...(property === undefined ? {} : { property }),
          ...places.get(expr.name)!,
          guarded,
        });
        if (!(index instanceof Literal)) walk(index, guarded);
        return;
      }
      walk(expr, guarded);
      walk(index, guarded);
    } else if (node instanceof ContextAccess)
      found.push({ context: node.name.lexeme, ...places.get(node.name)!, guarded });
    else if (node instanceof Logical) for (const arg of node.args) walk(arg, true);
    else if (node instanceof Binary) for (const side of [node.left, node.right]) walk(side, true);
    else if (node instanceof Unary) walk(node.expr, true);
    else if (node instanceof Grouping) walk(node.group, guarded);
    else if (node instanceof FunctionCall) for (const arg of node.args) walk(arg, guarded);
  };
  walk(tree, false);
  return found;
}

function identifierOf(tree: Expr, places: Places): Pick<ParsedExpression, 'identifier'> {
  if (tree instanceof ContextAccess && tree.name.lexeme === 'this') return { identifier: { kind: 'this' } };
  if (!(tree instanceof FunctionCall) || tree.functionName.lexeme.toLowerCase() !== 'ref') return {};
  const [argument] = tree.args;
  if (!(argument instanceof Literal) || typeof argument.token.value !== 'string') return {};
  const place = places.get(argument.token)!;
  return {
    identifier: {
      kind: 'ref',
      asset: argument.literal.coerceString(),
      offset: place.offset + 1,
      length: Math.max(1, place.length - 2),
    },
  };
}

function judgeFunctions(
  tree: Expr,
  expression: ParsedExpression,
  places: Places,
  options: ParseOptions,
): Judgement | undefined {
  if (options.sql !== true || expression.identifier !== undefined) return undefined;
  const call = findRef(tree);
  if (call === undefined) return undefined;
  const at = places.get(call.functionName);
  if (call === tree)
    return {
      ...(at ? { at } : {}),
      message: '`ref` needs the key of an asset in single quotes',
      help: "write `${{ ref('raw/orders') }}`",
    };
  return {
    ...(at ? { at } : {}),
    message: '`ref` is a table and cannot be part of a longer expression',
    help: "write `${{ ref('raw/orders') }}` by itself",
  };
}

function findRef(node: Expr): FunctionCall | undefined {
  if (node instanceof FunctionCall) return node.functionName.lexeme.toLowerCase() === 'ref' ? node : first(node.args);
  if (node instanceof Logical) return first(node.args);
  if (node instanceof Binary) return first([node.left, node.right]);
  if (node instanceof Unary) return findRef(node.expr);
  if (node instanceof Grouping) return findRef(node.group);
  if (node instanceof IndexAccess) return first([node.expr, node.index]);
  return undefined;
}

function first(nodes: readonly Expr[]): FunctionCall | undefined {
  for (const node of nodes) {
    const found = findRef(node);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What expressions may read while they are evaluated. */
export interface EvaluationContexts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly environment: string;
  readonly asset?: { readonly key: string; readonly name: string; readonly group?: string };
  /** The partition of the step under way. */
  readonly partition?: {
    readonly key: string;
    readonly start?: string;
    readonly end?: string;
    readonly keys?: Readonly<Record<string, string>>;
  };
  /** Values of a factory's `for_each`, by name. */
  readonly names?: Readonly<Record<string, string | number | boolean | null>>;
}

export interface EvaluationProblem {
  /** The environment variable that is needed and not set. */
  readonly missingEnv?: string;
  readonly message: string;
}

export type Scalar = string | number | boolean | null;

/** Names are compared exactly: the library's own dictionary ignores case, and environment variables do not. */
class ExactDictionary extends data.Dictionary {
  readonly #values: ReadonlyMap<string, data.ExpressionData>;
  constructor(values: Readonly<Record<string, Scalar | undefined>>) {
    super();
    this.#values = new Map(Object.entries(values).map(([name, value]) => [name, toData(value)]));
  }
  override get(key: string): data.ExpressionData {
    return this.#values.get(key) ?? new data.Null();
  }
}

function partitionData(partition: EvaluationContexts['partition']): data.Dictionary {
  const { keys, ...values } = partition ?? {};
  const dictionary = new data.Dictionary();
  for (const [name, value] of Object.entries(values)) dictionary.add(name, toData(value));
  dictionary.add('keys', new ExactDictionary(keys ?? {}));
  return dictionary;
}

function toData(value: Scalar | undefined): data.ExpressionData {
  if (value === null || value === undefined) return new data.Null();
  if (typeof value === 'string') return new data.StringData(value);
  return typeof value === 'number' ? new data.NumberData(value) : new data.BooleanData(value);
}

/**
 * The value of one expression. A variable that is not set fails, unless it is an operand of `||`, `&&` or a
 * comparison (`env.X || 'none'` is a default); then only a result of nothing at all fails.
 */
export function evaluateExpression(
  expression: ParsedExpression,
  contexts: EvaluationContexts,
): Result<Scalar, EvaluationProblem> {
  const missing = expression.accesses.filter(
    ({ context, property }) =>
      context.toLowerCase() === 'env' &&
      property !== undefined &&
      (!Object.hasOwn(contexts.env, property) || contexts.env[property] === undefined),
  );
  const needed = missing.find((access) => !access.guarded);
  if (needed !== undefined) return fail(notSet(needed.property!));
  const root = new data.Dictionary();
  root.add('env', new ExactDictionary(contexts.env));
  root.add('environment', new ExactDictionary({ name: contexts.environment }));
  root.add('asset', new ExactDictionary({ ...contexts.asset }));
  root.add('partition', partitionData(contexts.partition));
  for (const [name, value] of Object.entries(contexts.names ?? {})) root.add(name, toData(value));
  try {
    const value = new Evaluator(expression.tree, root).evaluate();
    if (value instanceof data.Null && missing[0] !== undefined) return fail(notSet(missing[0].property!));
    if (value instanceof data.Null) return ok(null);
    if (value instanceof data.BooleanData || value instanceof data.NumberData) return ok(value.value);
    if (value instanceof data.StringData) return ok(value.value);
    return fail({ message: `\`${expression.source}\` is a list or a mapping, and a single value is needed` });
  } catch (error) {
    return fail({ message: `\`${expression.source}\` cannot be evaluated: ${firstSentence(error)}` });
  }
}

function notSet(name: string): EvaluationProblem {
  return { missingEnv: name, message: `the environment variable ${name} is not set` };
}
