import { type Event } from 'js-yaml';
import type { KeptValues } from '../base/kept-values.js';
import { type NodeTree } from './node-tree.js';
export interface PlainYaml {
    /** `null` for an empty file. */
    readonly value: unknown;
    /** Built when first asked for. */
    readonly tree: () => NodeTree;
}
export declare const nestingMax = 64;
export declare const indentedMarker: RegExp;
export declare const directiveLine: RegExp;
/** As `readPlainYaml`; of a text that was read before without reading it, unless a place in it is asked for. */
export declare function readKeptYaml(text: string, kept: KeptValues): PlainYaml | undefined;
/** One document without aliases, tags and doubts, in one pass over the text; undefined for any other text. */
export declare function readPlainYaml(text: string): PlainYaml | undefined;
/** Places are worked out from the events of the parser, once. */
export declare function treeOf(text: string, events: readonly Event[]): () => NodeTree;
