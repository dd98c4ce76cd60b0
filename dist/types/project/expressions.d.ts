/**
 * Expressions `${{ … }}`, evaluated by GitHub's own evaluator. The only module that imports `@actions/expressions`.
 * Parsing finds out what an expression uses, so that `check` can judge it without any value at hand.
 */
import { type Expr } from '@actions/expressions';
import { type Result } from '../base/result.js';
import { type Access, type ParseOptions } from './expression-names.js';
import { type TextProblem } from './text-problem.js';
/** An expression that parses. */
export interface ParsedExpression {
    /** Between the braces, trimmed. */
    readonly source: string;
    /** Where `source` starts in the whole text. */
    readonly offset: number;
    readonly accesses: readonly Access[];
    /** `ref('raw/orders')` or `this`, standing alone: what a SQL text may use as an identifier. */
    readonly identifier?: {
        readonly kind: 'ref';
        readonly asset: string;
        readonly offset: number;
        readonly length: number;
    } | {
        readonly kind: 'this';
    };
    /** Internal to this module. */
    readonly tree: Expr;
}
/** Parses what stands between `from` and `to` of a text (without the braces) and judges every name in it. */
export declare function parseExpression(text: string, from: number, to: number, options: ParseOptions): Result<ParsedExpression, TextProblem>;
/** What expressions may read while they are evaluated. */
export interface EvaluationContexts {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly environment: string;
    readonly asset?: {
        readonly key: string;
        readonly name: string;
        readonly group?: string;
    };
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
/**
 * The value of one expression. A variable that is not set fails, unless it is an operand of `||`, `&&` or a
 * comparison (`env.X || 'none'` is a default); then only a result of nothing at all fails.
 */
export declare function evaluateExpression(expression: ParsedExpression, contexts: EvaluationContexts): Result<Scalar, EvaluationProblem>;
