/** The two dialects that the engine speaks itself. */
export type Dialect = 'duckdb' | 'postgres';
/** A stretch of SQL text; `end` is exclusive. `bind` is `$name`; everything that no other kind covers is `code`. */
export interface SqlToken {
    readonly kind: 'code' | 'word' | 'bind' | 'string' | 'identifier' | 'comment';
    readonly start: number;
    readonly end: number;
}
export interface Lexed {
    readonly tokens: readonly SqlToken[];
    /** A quote or comment that never ends: where it began. */
    readonly unterminated?: {
        readonly kind: 'string' | 'identifier' | 'comment';
        readonly start: number;
    };
}
/**
 * Cuts SQL into tokens by the lexical rules that Postgres and DuckDB share: doubled quotes, `E'…'` with backslashes,
 * dollar quotes, comments that nest. Never fails: what is not closed reaches to the end and is named.
 */
export declare function lexSql(sql: string): Lexed;
