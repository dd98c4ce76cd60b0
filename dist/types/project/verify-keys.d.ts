import type { WrittenCheck } from '../manifest/generated/written.js';
import type { Asset, CheckKind } from '../model/project.js';
import { type Findings, type Place } from './findings.js';
import type { AssetKeys } from './layers.js';
type CheckType = CheckKind['type'];
/** Reports the keys of a check that its kind would not obey: what is accepted and ignored deceives. */
export declare function verifyCheckKeys(written: WrittenCheck, type: CheckType, place: Place, findings: Findings): void;
/** Reports keys that are written on an asset itself and that nothing would obey. Inherited ones are meant for others. */
export declare function verifyAssetKeys(asset: Omit<Asset, 'checks'>, own: Readonly<AssetKeys>, checks: Readonly<Record<string, unknown>> | null | undefined, { place, isSql, findings }: {
    readonly place: Place;
    readonly isSql: boolean;
    readonly findings: Findings;
}): void;
/** With `severity: warn`, its own or inherited, `error_if` says nothing (dbt's rule). Where nothing else is left to judge a number by, that is an error. */
export declare function reportIgnoredBound(written: WrittenCheck, place: Place, findings: Findings): void;
/** Checks that this version would never judge. */
export declare function reportExternalChecks(asset: string, at: Place, findings: Findings): void;
export {};
