import type { AssetKey } from '../model/project.js';
import type { AssetDraft } from './resolve-assets.js';
import type { Resolving } from './resolving.js';
/** Reports two assets with one table on the same connection. Names of tables do not differ by case. */
export declare function verifyRelations(drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void;
/** Reports two assets whose outputs may be the same file. What an expression decides is left out, but for `asset`. */
export declare function verifyOutputs(drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void;
