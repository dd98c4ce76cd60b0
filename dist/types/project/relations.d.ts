import type { Asset, AssetKey, Connection } from '../model/project.js';
import type { AssetDraft } from './resolve-assets.js';
import { type Resolving, type SqlSource } from './resolving.js';
import type { SqlPart } from './sql-template.js';
type Data = Pick<Asset, 'relation' | 'outputs' | 'connection'>;
/** The single CSV, Parquet or JSON file of an asset, which DuckDB can read; undefined when there is no such one. */
export declare function readableFile({ outputs }: Pick<Asset, 'outputs'>): string | undefined;
/** Whether a check can ask the asset's data: its relation, or its single readable file. */
export declare function hasReadableData(asset: Data): boolean;
/** Why `ref('to')` cannot be read on a connection (semantics.md 14); undefined when it can. */
export declare function whyUnreadable(to: AssetKey, target: Data, connection: string, connections: Readonly<Record<string, Connection>>): string | undefined;
/** SQL that is to run on a connection, with what `this` is there. */
export interface SqlUse {
    readonly source: SqlSource;
    readonly parts: readonly SqlPart[];
    readonly connection: string | undefined;
    readonly own: Pick<AssetDraft, 'asset' | 'isDataUnknown'>;
}
/** Reports every `ref` that the connection cannot read, and `this` where there is nothing. */
export declare function verifyRefs({ source, parts, connection, own }: SqlUse, drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): void;
/** Reports binds in a view: a view keeps its text, and a bind's value is gone when the statement ends. */
export declare function verifyView({ source, parts }: Pick<SqlUse, 'source' | 'parts'>, resolving: Resolving): void;
export {};
