import type { WrittenPartitions } from '../manifest/generated/written.js';
import type { PartitionsDef } from '../model/partitions.js';
import { type Place } from './findings.js';
import { type Resolving } from './resolving.js';
/** The definition that a key names or writes out; reports what is wrong with it. Undefined when it cannot be had. */
export declare function resolvePartitions(written: string | WrittenPartitions, at: Place, resolving: Resolving): PartitionsDef | undefined;
/** Every shared definition, judged. */
export declare function resolveSharedPartitions(resolving: Resolving): Readonly<Record<string, PartitionsDef>>;
