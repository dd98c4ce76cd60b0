import { type SelectionExpr } from './selection.js';
/** The expression as text that parses to the same expression (places aside), with as few parentheses as that needs. */
export declare function formatSelection(expr: SelectionExpr): string;
