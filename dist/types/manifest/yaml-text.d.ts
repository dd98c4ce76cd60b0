import type { NodeTree } from './node-tree.js';
import { type YamlProblem } from './syntax.js';
export interface YamlText {
    /** Undefined when the text could not be read at all. `null` for an empty file. */
    readonly value: unknown;
    readonly problems: readonly YamlProblem[];
    /** Built when first asked for. */
    readonly tree: () => NodeTree;
}
/**
 * Reads one YAML 1.2 document (core schema). Never throws: what the parser refuses comes back as problems with a place.
 * Nearly every text is plain, which costs one pass; the rest is read again with care.
 */
export declare function readYaml(text: string): YamlText;
