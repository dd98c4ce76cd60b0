import type { AssetKey } from '../../model/project.js';
import type { Side } from './side.js';
/**
 * New key → removed key of assets that most likely are the same: they have the same code, and no other new or removed
 * asset has it. The relation may differ, because by default it follows from the key.
 */
export declare function findRenames(base: Side, removed: readonly AssetKey[], head: Side, added: readonly AssetKey[]): ReadonlyMap<AssetKey, AssetKey>;
