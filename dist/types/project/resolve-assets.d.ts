import type { WrittenCheck } from '../manifest/generated/written.js';
import type { Span } from '../model/diagnostic.js';
import type { PartitionsDef } from '../model/partitions.js';
import type { Asset, AssetKey } from '../model/project.js';
import { type WrittenDep } from './asset-deps.js';
import type { Definition, SpecDefinition } from './definitions.js';
import { type Place } from './findings.js';
import { type AssetKeys, type Found, type Layer } from './layers.js';
import { type Resolving, type SqlSource } from './resolving.js';
import { type SqlPart } from './sql-template.js';
/** An asset before its checks are known. */
export interface AssetDraft {
    readonly asset: Omit<Asset, 'checks'>;
    readonly place: Place;
    readonly layers: readonly Layer[];
    /** Where each direct upstream is named. */
    readonly depPlaces: ReadonlyMap<AssetKey, () => Span>;
    readonly checks: Readonly<Record<string, WrittenCheck>>;
    readonly relationPlace?: Place;
    readonly outputPlaces: readonly Place[];
    /** Something that says where its data is was refused: what can be read of it cannot be told, and was said already. */
    readonly isDataUnknown: boolean;
    /** Only for an asset made by SQL. */
    readonly sql?: {
        readonly source: SqlSource;
        readonly parts: readonly SqlPart[];
    };
}
type Own = Definition<AssetKeys> & {
    readonly value: {
        readonly checks?: Readonly<Record<string, WrittenCheck>> | null;
    };
};
/** An asset that is a step of its own, or external. */
export declare function resolveAsset(definition: Own, resolving: Resolving): AssetDraft;
/** One asset of a multi-asset: its step's connection and deps hold for it. */
export declare function resolveSpec(definition: SpecDefinition, step: {
    readonly connection?: string;
    readonly partitions?: PartitionsDef;
    readonly deps: readonly Found<WrittenDep>[];
}, resolving: Resolving): AssetDraft;
export {};
