/** A place in one of the user's files. Lines and columns count from 1; columns count UTF-16 code units. */
export interface Span {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    /** Length of the marked text on that line, at least 1. */
    readonly length: number;
}
/** A finding about the user's files. One mistake gives one diagnostic, at the place where it is mended. */
export interface Diagnostic {
    /** Kebab-case and stable: `unknown-key`, `cycle`, … (listed in docs/diagnostics.md). */
    readonly code: string;
    readonly severity: 'error' | 'warning';
    /** What is wrong, without a full stop at the end unless it is several sentences. */
    readonly message: string;
    /** What to do, when the message alone does not say it. */
    readonly help?: string;
    readonly span: Span;
    /** Other places that belong to the same mistake (the other definition, the other half of a cycle). */
    readonly related?: readonly RelatedSpan[];
}
export interface RelatedSpan {
    readonly span: Span;
    /** A few words: `the other half`, `first defined here`. */
    readonly note: string;
}
/** Order of a report: by file, line, column, code. */
export declare function compareDiagnostics(a: Diagnostic, b: Diagnostic): number;
