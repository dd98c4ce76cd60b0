import { type Result } from '../base/result.js';
/** Attributes of the selection language (semantics.md 9). */
export declare const SELECTION_ATTRIBUTES: readonly ['key', 'group', 'tag', 'owner', 'kind', 'job', 'schedule', 'partitions', 'automation', 'status', 'column', 'path', 'changed', 'exposure'];
export type SelectionAttribute = (typeof SELECTION_ATTRIBUTES)[number];
/** Where a part stands in the expression: `column` from 1, in UTF-16 code units. */
export interface SelectionPlace {
    readonly column: number;
    readonly length: number;
}
/** Hops of a traversal; `all` = as far as edges go. */
export type Hops = number | 'all';
/** `null` = has none; a text is compared exactly, or as a pattern with `*` in `key:` and `path:`. */
export type SelectionValue = {
    readonly kind: 'text';
    readonly text: string;
} | {
    readonly kind: 'null';
};
export type SelectionExpr = {
    readonly kind: 'or' | 'and';
    readonly terms: readonly SelectionExpr[];
} | {
    readonly kind: 'not';
    readonly term: SelectionExpr;
} | {
    readonly kind: 'traverse';
    readonly up?: Hops;
    readonly down?: Hops;
    readonly of: SelectionExpr;
} | {
    readonly kind: 'roots' | 'sinks';
    readonly of: SelectionExpr;
} | {
    readonly kind: 'all';
} | {
    readonly kind: 'attribute';
    readonly attribute: Exclude<SelectionAttribute, 'tag'>;
    readonly value: SelectionValue;
    readonly at: SelectionPlace;
}
/** Without `value`: any value. */
 | {
    readonly kind: 'tag';
    readonly name: SelectionValue;
    readonly value?: string;
    readonly at: SelectionPlace;
};
/** Why an expression is refused, and where. */
export interface SelectionProblem extends SelectionPlace {
    readonly message: string;
    readonly help?: string;
}
/** A value that needs no quotes; in `key:` and `path:` with `*`. Sticky: set `lastIndex` first. */
export declare function bareValue(attribute: SelectionAttribute): RegExp;
/** Parses an expression of semantics.md section 9. The problem carries the first place that does not fit. */
export declare function parseSelection(text: string): Result<SelectionExpr, SelectionProblem>;
