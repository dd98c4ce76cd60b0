import type { Span } from '../model/diagnostic.js';
import type { WrittenManifest, WrittenProject, WrittenScenario } from './generated/written.js';
/** Names and list positions on the way from the top of a file to a value: `['assets', 'raw/orders', 'deps', 0]`. */
export type Pointer = readonly (string | number)[];
interface Located {
    /** From the project's root, with `/`. */
    readonly path: string;
    /**
     * Places that were written and are not in `value`, since a diagnostic is about them. A finding that such a place is
     * missing (no `run`, an unknown job) would be the same mistake once more. Empty when the file has no diagnostic.
     */
    readonly broken: readonly Pointer[];
    /**
     * Where a value, or the key that names it, stands in the file. A pointer that leads nowhere gives the nearest thing
     * that is there, so that a finding always has a place. Cheap when asked twice; the first call reads the text again.
     */
    locate(pointer: Pointer, what?: 'key' | 'value'): Span;
}
/** A manifest as written: the schema holds, nothing is resolved yet. */
export type ManifestDocument = (Located & {
    readonly kind: 'project';
    readonly value: WrittenProject;
}) | (Located & {
    readonly kind: 'manifest';
    readonly value: WrittenManifest;
});
/** A scenario as written. */
export interface ScenarioDocument extends Located {
    readonly value: WrittenScenario;
}
export {};
