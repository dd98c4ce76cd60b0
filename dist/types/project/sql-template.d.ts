import { type Result } from '../base/result.js';
import type { ParsedExpression } from './expressions.js';
import { type TextProblem } from './text-problem.js';
/** SQL with its expressions told apart: identifiers that the engine quotes, and bind variables. Offsets are those of `${{`. */
export type SqlPart = {
    readonly kind: 'text';
    readonly text: string;
} | {
    readonly kind: 'ref';
    readonly asset: string;
    readonly offset: number /** Where the key stands, without its quotes. */;
    readonly keyOffset: number;
} | {
    readonly kind: 'this';
    readonly offset: number;
} | {
    readonly kind: 'bind';
    readonly expression: ParsedExpression;
    readonly offset: number;
};
export interface SqlTemplate {
    readonly parts: readonly SqlPart[];
}
/**
 * Compiles SQL. `ref('…')` and `this` yield identifiers, any other expression a bind variable; nothing is ever pasted
 * as text. An expression in a comment stays a comment; inside of quotes it is an error, for it would do nothing there.
 */
export declare function compileSqlTemplate(text: string, options?: {
    readonly names?: readonly string[];
}): Result<SqlTemplate, TextProblem>;
/** Keys that a SQL text names by `ref('…')`, in order of appearance; none when it does not compile. */
export declare function refsOf(text: string): readonly string[];
