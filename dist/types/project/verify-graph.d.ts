import type { AssetKey, StepDef } from '../model/project.js';
import type { AssetGraph } from './graph.js';
import type { AssetDraft } from './resolve-assets.js';
import type { Resolving } from './resolving.js';
/** Reports cycles, each as a path with the place of every edge. Cycles that share an asset are one mistake at a time. */
export declare function verifyCycles(drafts: ReadonlyMap<AssetKey, AssetDraft>, graph: AssetGraph, { findings }: Resolving): boolean;
/** Reports steps that make several assets and wait for something that waits for one of them. Only where assets have no cycle. */
export declare function verifySteps(steps: Readonly<Record<string, StepDef>>, drafts: ReadonlyMap<AssetKey, AssetDraft>, { findings }: Resolving): void;
