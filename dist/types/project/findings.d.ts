import type { ManifestDocument, Pointer } from '../manifest/document.js';
import type { Diagnostic, RelatedSpan, Span } from '../model/diagnostic.js';
import type { SourceTree } from '../ports.js';
import type { TextPlace, TextProblem } from './text-problem.js';
/** A value in a manifest, or the key that names it. Where it stands is worked out only when somebody asks. */
export interface Place {
    readonly document: ManifestDocument;
    readonly pointer: Pointer;
    readonly what?: 'key' | 'value';
}
/** A place below another one. */
export declare function below(place: Place, ...steps: readonly (string | number)[]): Place;
/** The same place, at the key. */
export declare function keyOf(place: Place): Place;
export declare function spanOf(place: Place): Span;
/** A span whose file is known at once and whose line is looked up when first read: finding lines for 10,000 assets is dear. */
export declare function lazySpan(file: string, locate: () => Span): Span;
/** Where a thing is defined: at the key that names it. */
export declare function definedAt(place: Place): Span;
/** What a finding says besides its message. */
export interface FindingNotes {
    readonly help?: string;
    readonly related?: readonly RelatedSpan[];
}
/** Collects diagnostics. The same code at the same place is one mistake, and is kept once. */
export interface Findings {
    readonly diagnostics: readonly Diagnostic[];
    error(code: string, at: Place | Span, message: string, notes?: FindingNotes): void;
    warning(code: string, at: Place | Span, message: string, notes?: FindingNotes): void;
    /** A problem inside of a text that a manifest holds; an error unless it says otherwise. */
    inText(code: string, at: Place, text: string, problem: TextProblem & {
        readonly severity?: 'error' | 'warning';
    }): void;
}
/** An empty collection. The tree is read for the exact column of a problem inside of a text. */
export declare function collectFindings(tree: SourceTree): Findings;
/**
 * Where a stretch of a text stands in the manifest that holds it. Exact for plain and quoted text without escapes and
 * for literal blocks (`|`); for anything else the whole text is marked, which is never wrong.
 */
export declare function spanInText(place: Place, text: string, at: TextPlace, tree: SourceTree): Span;
/** The span of a stretch of a file's text. */
export declare function spanInFile(file: string, text: string, at: TextPlace): Span;
