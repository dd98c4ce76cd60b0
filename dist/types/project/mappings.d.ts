import type { WrittenPartitionMapping } from '../manifest/generated/written.js';
import type { PartitionMapping } from '../model/partitions.js';
import type { AssetDraft } from './resolve-assets.js';
import { type Resolving } from './resolving.js';
/** A mapping as written: one of the words that need no more than their name, or a mapping of one key. */
export declare function resolveMapping(written: 'identity' | 'all' | 'last' | WrittenPartitionMapping): PartitionMapping;
/** Reports mappings that cannot fit the partitions of their two assets, and keys in them that cannot exist. */
export declare function verifyMappings(drafts: ReadonlyMap<string, AssetDraft>, resolving: Resolving): void;
