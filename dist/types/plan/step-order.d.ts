import type { AssetKey, Project, StepDef } from '../model/project.js';
/** Names of the steps that make what is wanted, each after the steps whose assets it reads. */
export declare function stepOrder(project: Project, wanted: ReadonlyMap<AssetKey, unknown>): readonly string[];
/** Names of the steps whose assets a step reads, or whose assets its checks look into. */
export declare function upstreamSteps(project: Project, step: StepDef): Set<string>;
