import type { SourceTree } from '../ports.js';
import { type Findings, type Place } from './findings.js';
/** Keys of assets and checks, as one of them may have slipped into the text above it. */
export declare const SLIPPING_KEYS: ReadonlySet<string>;
/**
 * Warns of lines of a block of text that read like a key of the thing that has the text: indented as far as the script,
 * `outputs: […]` is one of its lines, and no output of the asset. Elsewhere such a line may mean something (Python), and
 * behind `<<` it may be a file that the script writes.
 */
export declare function hintAtSlippedKeys(text: string, at: Place, shell: string, { findings, tree }: {
    readonly findings: Findings;
    readonly tree: SourceTree;
}): void;
