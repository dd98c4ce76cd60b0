/** What a stretch of SQL is. `code` is everything that is neither quoted nor a comment. */
export type SqlStretchKind = 'code' | 'comment' | 'string' | 'identifier' | 'expression';
/** A stretch of SQL text, [start, end). An `expression` is `${{ … }}` outside of comments and quotes. */
export interface SqlStretch {
    readonly kind: SqlStretchKind;
    readonly start: number;
    readonly end: number;
    /** False when the text ends before the quote or comment does. */
    readonly closed: boolean;
}
/**
 * Cuts SQL as DuckDB and Postgres read it: `--` and nested block comments, `'…'` with doubled quotes (and backslashes
 * behind `E`), `"…"`, `$tag$…$tag$`. Covers the whole text, in order.
 */
export declare function scanSql(text: string): readonly SqlStretch[];
/**
 * The words of a SQL text: comments, and white space outside of quotes, are gone; everything else is kept as written.
 * Two texts with the same words mean the same to the database.
 */
export declare function sqlWords(text: string): readonly string[];
