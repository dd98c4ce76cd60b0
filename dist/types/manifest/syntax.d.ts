import type { Range } from './line-index.js';
/** What is wrong with a file before any key has been looked at. */
export interface YamlProblem extends Range {
    readonly code: 'yaml-syntax' | 'duplicate-key' | 'yaml-feature';
    readonly message: string;
    readonly help?: string;
    readonly related?: {
        readonly range: Range;
        readonly note: string;
    };
}
/**
 * One finding for a text that is no YAML, at the place where it is mended. A single slip makes a parser stumble many
 * times; what comes after the first is noise. `refusal` is what the strict parser threw; the second, lenient parser
 * knows the kind of the slip.
 */
export declare function explainSyntax(text: string, refusal: unknown): YamlProblem;
