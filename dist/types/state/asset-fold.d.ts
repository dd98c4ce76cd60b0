import type { AssetFound, AssetLost, AssetMaterialized, AssetObserved, CheckJudged, StepEnded } from '../model/events.js';
import { type Timestamp } from '../model/instant.js';
import type { AssetRecord, CheckRecord, Turn } from '../model/state.js';
export declare function emptyAsset(asset: string): AssetRecord;
/** Negative when `a` comes before `b`; nothing comes before everything. */
export declare function compareTurns(a: Turn, b: Turn | undefined): number;
/** The asset was produced and published. */
export declare function addMaterialization(record: AssetRecord, event: AssetMaterialized, turn: Turn): AssetRecord;
/** The step of the asset ended without producing it. */
export declare function addFailure(record: AssetRecord, event: StepEnded, turn: Turn): AssetRecord;
type CheckResult = Omit<CheckRecord, 'earlier'>;
/** A result of a check that was judged; one that was skipped says nothing about the data and changes nothing. */
export declare function addCheckResult(record: AssetRecord, event: CheckJudged, turn: Turn): AssetRecord;
/**
 * The newest result of a check that speaks of the published data: what holds its downstream in later runs. A result about
 * a copy that was never published does not count (semantics.md 7).
 */
export declare function checkInForce(record: AssetRecord, check: string): CheckResult | undefined;
export declare function addConfirmation(record: AssetRecord, at: Timestamp): AssetRecord;
export declare function addPresence(record: AssetRecord, event: AssetLost | AssetFound): AssetRecord;
export declare function addObservation(record: AssetRecord, event: AssetObserved): AssetRecord;
export {};
