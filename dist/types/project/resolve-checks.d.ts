import type { WrittenCheck } from '../manifest/generated/written.js';
import type { AssetKey, Check } from '../model/project.js';
import type { Scalar } from './expressions.js';
import { type Place } from './findings.js';
import type { AssetDraft } from './resolve-assets.js';
import { type Resolving } from './resolving.js';
/** One check as written, for one asset. */
export interface CheckOrder {
    readonly name: string;
    readonly draft: AssetDraft;
    readonly written: WrittenCheck;
    readonly place: Place;
    readonly factory?: string;
    /** Values of a factory's `for_each`. */
    readonly names?: Readonly<Record<string, Scalar>>;
}
/** A check of an asset, with its defaults. Reports what is wrong; undefined when it cannot be judged at all. */
export declare function resolveCheck(order: CheckOrder, drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): Check | undefined;
/** The contract of an asset's columns as a check, unless it has a check of that name or nobody can look into it. */
export declare function contractCheck(draft: AssetDraft): Check | undefined;
