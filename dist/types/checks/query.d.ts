import type { Check } from '../model/project.js';
import type { Dialect } from '../sql/lex.js';
/** What a check asks a database. */
export type CheckQuery = 
/** One row: failing rows (or the number measured), rows checked. */
{
    readonly kind: 'count';
    readonly sql: string;
    readonly samplesSql?: string;
}
/** Rows name and type of each column; `nullsSql` counts rows without a value, for the columns in `notNull`. */
 | {
    readonly kind: 'columns';
    readonly sql: string;
    readonly nullsSql?: string;
    readonly notNull: readonly string[];
}
/** One row, failing rows only: what they were of is not known. `prefix` is what stands before the user's select. */
 | {
    readonly kind: 'failing-rows';
    readonly sql: string;
    readonly prefix: number;
    readonly samplesSql?: string;
}
/** The user's own select; the first column of its first row is the value. */
 | {
    readonly kind: 'value';
    readonly sql: string;
};
export interface CheckQueryOptions {
    readonly dialect: Dialect;
    /** The relation judged, quoted. */
    readonly relation: string;
    /** The relation that `relationships` looks into, quoted. */
    readonly to?: string;
    /** The user's own select, rendered, without a semicolon at its end: for checks of kind `sql`. */
    readonly select?: string;
    /** Columns that name a row in samples, such as those of a `unique` check; the check's own columns are shown as well. */
    readonly keyColumns?: readonly string[];
}
/**
 * The SQL of a check; undefined when none is asked for (`run`, `reported`, several in one execution). A missing value
 * never fails a rule on values (dbt's reading): `not_null` is the check for that.
 */
export declare function checkSql(check: Check, options: CheckQueryOptions): CheckQuery | undefined;
