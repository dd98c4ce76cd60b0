import type { AssetKey, Connection, Relation } from '../model/project.js';
import type { AssetDraft } from './resolve-assets.js';
import type { Resolving } from './resolving.js';
/** Reports two assets with one table on the same connection. Names of tables do not differ by case. */
export declare function verifyRelations(drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void;
/** A table in full, as databases compare names: the connection's usual schema where none is written. */
export declare function fullName({ schema, name }: Relation, connection: Connection | undefined): string;
/** Reports two assets whose outputs may be the same file. What an expression decides is left out, but for `asset`. */
export declare function verifyOutputs(drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void;
