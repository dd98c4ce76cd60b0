import type { PartitionsDef } from '../../model/partitions.js';
/** What a definition is called in a manifest: `weekly from 2026-10-01`, `static`, `dynamic customers`, `day × region`. */
export declare function definitionWords(def: PartitionsDef): string;
