import { type Event } from 'js-yaml';
import type { Range } from './line-index.js';
/** What stands where in a YAML document. */
export interface YamlNode extends Range {
    readonly kind: 'scalar' | 'mapping' | 'sequence' | 'alias';
    /** Of a mapping: the last entry wins, as in the value. */
    readonly entries?: ReadonlyMap<string, {
        readonly key: Range;
        readonly value: YamlNode;
    }>;
    readonly items?: readonly YamlNode[];
    /** Of an alias: what it stands for. */
    readonly target?: YamlNode;
    /** Nodes in it and below it, those behind aliases counted each time. */
    readonly weight: number;
}
/** Something that YAML allows and a manifest does not, or that makes the value ambiguous. */
export type StructureProblem = Range & ({
    readonly kind: 'duplicate';
    readonly key: string;
    readonly first: Range;
} | {
    readonly kind: 'tag' | 'unknown-alias' | 'circular';
    readonly text: string;
} | {
    readonly kind: 'nested-on-line';
    readonly text: string;
} | {
    readonly kind: 'complex-key' | 'forbidden-key' | 'second-document' | 'too-many-aliases' | 'directive';
});
export interface NodeTree {
    readonly root: YamlNode | undefined;
    readonly problems: readonly StructureProblem[];
}
/** Builds the tree from the parser's events: linear, without recursion, so that no file is too deep for it. */
export declare function buildNodeTree(text: string, events: readonly Event[]): NodeTree;
