import type { WrittenPartitionMapping, WrittenPartitions } from '../manifest/generated/written.js';
import type { PartitionMapping, PartitionsDef } from '../model/partitions.js';
import { type Place } from './findings.js';
import type { AssetDraft } from './resolve-assets.js';
import { type Resolving } from './resolving.js';
/** The definition that a key names or writes out; reports what is wrong with it. Undefined when it cannot be had. */
export declare function resolvePartitions(written: string | WrittenPartitions, at: Place, resolving: Resolving): PartitionsDef | undefined;
/** Every shared definition, judged. */
export declare function resolveSharedPartitions(resolving: Resolving): Readonly<Record<string, PartitionsDef>>;
/** A mapping as written. */
export declare function resolveMapping(written: WrittenPartitionMapping): PartitionMapping;
/** Reports mappings that cannot fit the partitions of their two assets, and keys in them that do not exist. */
export declare function verifyMappings(drafts: ReadonlyMap<string, AssetDraft>, resolving: Resolving): void;
