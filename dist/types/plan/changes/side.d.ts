import type { AssetKey, Project, StepDef } from '../../model/project.js';
import type { SourceTree } from '../../ports.js';
import { type CodeVersion } from '../../project/fingerprint.js';
import { type AssetGraph } from '../../project/graph.js';
/** A resolved project with the files that it was read from. */
export interface ProjectVersion {
    readonly project: Project;
    readonly tree: SourceTree;
}
/** One side of a comparison, with what is worked out once for all assets. */
export interface Side extends ProjectVersion {
    readonly graph: AssetGraph;
    /** Files of the tree. */
    readonly files: ReadonlySet<string>;
    /** Undefined for an asset that nothing makes. */
    readonly codeOf: (key: AssetKey) => CodeVersion | undefined;
    readonly stepOf: (key: AssetKey) => StepDef | undefined;
}
export declare function sideOf({ project, tree }: ProjectVersion): Side;
