import type { RunReason } from '../model/plan.js';
import type { Asset, AssetKey, Project } from '../model/project.js';
import type { StateView } from '../model/state.js';
/** What the definition of a step amounts to: its code version and what that was made of. */
export interface StepFingerprint {
    readonly version: string;
    /** Part name → first 12 hex digits of its digest. */
    readonly parts: Readonly<Record<string, string>>;
}
/** Why an asset is not up to date by itself, without regard to what this run does upstream. */
export interface Staleness {
    readonly reason: Extract<RunReason, 'never_materialized' | 'failed_last' | 'data_lost' | 'code_changed' | 'deps_changed' | 'upstream_changed'>;
    /** For people: changed parts, the upstreams that are newer, the failure's message. */
    readonly detail: readonly string[];
}
/**
 * Staleness by semantics.md 10, in the order in which a person would want to hear it. `lost` holds the assets whose
 * published data was found to be gone. Undefined = up to date.
 */
export declare function stalenessOf(asset: Asset, fingerprint: StepFingerprint, view: StateView, lost: ReadonlyMap<AssetKey, string>, versionOf?: (dep: AssetKey) => string | undefined): Staleness | undefined;
/** The published data version of an asset, when it has one. */
export declare function currentDataVersion(view: StateView, key: AssetKey): string | undefined;
/**
 * The blocking check that holds what is downstream of an asset: its newest result failed, it judged data that was
 * already published, and it is still declared and still blocking (semantics.md 7, stored gating).
 */
export declare function holdingCheck(project: Project, view: StateView, key: AssetKey): string | undefined;
/**
 * What changed in the code since a partition was made. A partition knows its code version alone; what that was made of is
 * known where the asset's newest materialization had the same one.
 */
export declare function changedSince(view: StateView, key: AssetKey, codeVersion: string, fingerprint: StepFingerprint): readonly string[];
