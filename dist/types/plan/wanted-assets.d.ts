import { type RunRequest } from '../model/plan.js';
import type { AssetKey } from '../model/project.js';
import type { PartitionReader } from './partitioned.js';
import { type PlanInput } from './plan-input.js';
/** Assets that a run wants, each with why. */
export type WantedAssets = ReadonlyMap<AssetKey, 'selected' | 'with_upstream'>;
/**
 * The selection of a run, completed: siblings of multi-assets that cannot run in part, and where a person asks for it
 * (`--with-upstream`) what it reads and was never made.
 */
export declare function wantedAssets(input: Pick<PlanInput, 'project' | 'view' | 'request' | 'selected' | 'partitions'>, reader: Pick<PartitionReader, 'read'>): WantedAssets;
/** Whether a person asks for what is missing before it as well. */
export declare function isWithUpstream(request: RunRequest): boolean;
