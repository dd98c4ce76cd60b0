import type { ManifestDocument } from './document.js';
import type { LineIndex } from './line-index.js';
import type { NodeTree } from './node-tree.js';
/** Finds places of a file: `tree` is built when the first is asked for. */
export declare function locator(lines: LineIndex, tree: () => NodeTree): ManifestDocument['locate'];
