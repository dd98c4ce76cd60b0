import { type AssetVerdict } from '../model/plan.js';
import type { Asset } from '../model/project.js';
import { type Planning } from './plan-input.js';
import { type Staleness, type StepFingerprint } from './staleness.js';
/** Whether an asset is made by this run, and why (semantics.md 1, "What a run makes"). */
export declare function assetVerdict(planning: Planning, asset: Asset, fingerprint: StepFingerprint): AssetVerdict;
/** Why an asset is not up to date; of a partitioned one, why the first of its keys that is not is so. */
export declare function staleIn({ input, reader }: Planning, asset: Asset, fingerprint: StepFingerprint): Staleness | undefined;
