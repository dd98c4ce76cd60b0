import { type Diagnostic } from '../model/diagnostic.js';
import type { ManifestDocument, ScenarioDocument } from './document.js';
import type { ManifestKind } from './schema.js';
export interface Parsed {
    /**
     * What could be read. With diagnostics it is the file without what they are about (`broken` names those places, save
     * what was only warned of), so that the rest can be judged in the same go; absent when the text is no YAML.
     */
    readonly document?: ManifestDocument;
    /** In order of their places. */
    readonly diagnostics: readonly Diagnostic[];
}
/** Reads one manifest: every mistake of the file at once, each with its place. Never throws. */
export declare function parseManifest(source: {
    readonly path: string;
    readonly text: string;
}, kind: ManifestKind): Parsed;
/** The same for a scenario of `branchline simulate`. */
export declare function parseScenario(source: {
    readonly path: string;
    readonly text: string;
}): {
    readonly document?: ScenarioDocument;
    readonly diagnostics: readonly Diagnostic[];
};
