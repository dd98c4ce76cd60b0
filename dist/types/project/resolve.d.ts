import type { ManifestDocument } from '../manifest/document.js';
import { type Diagnostic } from '../model/diagnostic.js';
import type { EpochMs } from '../model/instant.js';
import type { Project } from '../model/project.js';
import type { SourceTree } from '../ports.js';
export interface Resolved {
    /** Absent while there is an error. */
    readonly project?: Project;
    /** What could be made of the manifests, errors or not. For comparing with: nothing is planned from it. */
    readonly readable: Project;
    /** All that is wrong, in the order of a report. */
    readonly diagnostics: readonly Diagnostic[];
}
export interface ResolveOptions {
    /**
     * Some manifest could not be read, so definitions are missing. Names that nobody defines are then not reported: one
     * broken file would make an error of every mention of what it defines. There is no project then.
     */
    readonly incomplete?: boolean;
    /** With it, what has not begun yet is warned of. */
    readonly now?: EpochMs;
}
/**
 * Manifests → Project: defaults, references, paths, checks, selections (vocabulary.md). Never fails: it gives back all
 * that is wrong, each mistake once. The result depends on neither the order of files nor that of keys.
 */
export declare function resolveProject(documents: readonly ManifestDocument[], tree: SourceTree, options?: ResolveOptions): Resolved;
