import type { AssetKey } from '../model/project.js';
import type { AssetDraft } from './resolve-assets.js';
import type { Resolving } from './resolving.js';
/**
 * Warns of tables that SQL names by themselves behind `from` or `join`, though another asset makes them: where
 * environments exist, `ref` finds the environment's own table, and a plain name is the same one everywhere
 * (semantics.md 14). Names of common table expressions are no tables.
 */
export declare function warnOfPlainTables(drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void;
