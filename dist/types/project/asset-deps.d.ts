import type { Span } from '../model/diagnostic.js';
import type { PartitionMapping } from '../model/partitions.js';
import type { AssetKey } from '../model/project.js';
import { type AssetKeys, type Found, type Layer } from './layers.js';
import { type Resolving, type SqlSource } from './resolving.js';
import type { SqlPart } from './sql-template.js';
/** An upstream as written: its key, or with a mapping of partitions. */
export type WrittenDep = NonNullable<NonNullable<AssetKeys['deps']>[number]>;
/** Where an asset may say what it reads. */
interface DepsWritten {
    readonly layers: readonly Layer[];
    /** Of the step that makes it together with others. */
    readonly sharedDeps: readonly Found<WrittenDep>[];
    readonly sql?: {
        readonly source: SqlSource;
        readonly parts: readonly SqlPart[];
    } | undefined;
}
/** What an asset reads, each with where that is said first; assets that nobody declares are reported. */
export declare function resolveDeps(key: AssetKey, { layers, sharedDeps, sql }: DepsWritten, resolving: Resolving): {
    readonly places: ReadonlyMap<AssetKey, () => Span>;
    readonly mappings: Readonly<Record<AssetKey, PartitionMapping>>;
};
/** Whether there is such an asset. Reports it when not, with the nearest key. */
export declare function isKnownAsset(key: AssetKey, place: () => Span, { definitions, findings, broken }: Resolving): boolean;
export {};
