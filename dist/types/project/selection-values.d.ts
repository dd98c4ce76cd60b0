import type { SelectionExpr, SelectionProblem } from './selection.js';
import { type SelectionScope } from './selection-evaluate.js';
/** Values of an expression that nothing has: no error (the set is empty), but most likely a typing error. */
export declare function unknownValues(expr: SelectionExpr, scope: SelectionScope): readonly SelectionProblem[];
