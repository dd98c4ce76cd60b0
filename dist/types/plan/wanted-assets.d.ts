import { type RunRequest } from '../model/plan.js';
import type { AssetKey } from '../model/project.js';
import { type PartitionReader } from './partitioned.js';
import { type PlanInput } from './plan-input.js';
/** Assets that a run wants, each with why. */
export type WantedAssets = ReadonlyMap<AssetKey, 'selected' | 'with_upstream'>;
/** What the selection of a run is completed by; without `lost` nothing is known to be gone. */
export type WantedInput = Pick<PlanInput, 'project' | 'view' | 'request' | 'selected' | 'partitions'> & Partial<Pick<PlanInput, 'lost'>>;
type Reader = Pick<PartitionReader, 'read' | 'upstreamKeys'>;
/**
 * The selection of a run, completed: siblings of multi-assets that cannot run in part, and where a person asks for it
 * (`--with-upstream`) what it reads and was never made, or was and is gone.
 */
export declare function wantedAssets(input: WantedInput, reader: Reader): WantedAssets;
/** Whether a person asks for what is missing before it as well. */
export declare function isWithUpstream(request: RunRequest): boolean;
export {};
