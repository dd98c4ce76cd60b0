import { type Result } from '../base/result.js';
import type { ParseOptions } from './expression-names.js';
import { type EvaluationContexts, type EvaluationProblem, type ParsedExpression, type Scalar } from './expressions.js';
import { type TextProblem } from './text-problem.js';
export type TemplatePart = {
    readonly kind: 'text';
    readonly text: string;
}
/** `start` and `end` are the offsets of `${{` and behind `}}`. */
 | {
    readonly kind: 'expression';
    readonly expression: ParsedExpression;
    readonly start: number;
    readonly end: number;
};
/** Whether a text holds an expression at all: cheap, and true for broken ones too. */
export declare function hasExpression(text: string): boolean;
/** Splits a text into plain parts and expressions. Refuses what does not parse, reads unknown names, or is planned for later. */
export declare function parseTemplate(text: string, options?: ParseOptions & {
    readonly from?: number;
}): Result<readonly TemplatePart[], TextProblem>;
/** Offset of the `}}` that ends an expression; braces inside of its quoted strings do not count. */
export declare function closingBraces(text: string, from: number): number | undefined;
/** The text with every expression replaced by its value. Refuses a variable that is not set and what does not parse. */
export declare function evaluateTemplate(template: string, contexts: EvaluationContexts): Result<string, EvaluationProblem>;
/** Names of the environment variables that a template reads; none when it does not parse. */
export declare function envNamesOf(template: string, options?: ParseOptions): readonly string[];
/**
 * Puts the values of a factory's `for_each` in. An expression of nothing but such names becomes its value; in others,
 * and in SQL (where every expression is a bind variable), each name becomes a literal. The template must parse.
 */
export declare function substituteNames(template: string, names: Readonly<Record<string, Scalar>>, options?: {
    readonly sql?: boolean;
}): string;
