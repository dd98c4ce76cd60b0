import type { AssetFound, AssetLost, AssetMaterialized, CheckJudged, StepEnded } from '../model/events.js';
import type { PartitionFacts, PartitionRecord, Turn } from '../model/state.js';
/** What a materialization says of its partition. */
export declare function partitionMade(event: AssetMaterialized, turn: Turn): PartitionRecord;
/** What a failed step says of each partition that it lacks. A canceled one says nothing. */
export declare function partitionFailed(event: StepEnded, turn: Turn): PartitionRecord;
/** What a check says of each partition that it judged, when it judged what is published. */
export declare function partitionJudged(event: CheckJudged, turn: Turn): PartitionRecord;
/** What a look says of a partition whose data was gone, or is back. */
export declare function partitionLooked(event: AssetLost | AssetFound, key: string): PartitionRecord;
/** Why the data of a partition counts as lost; undefined = it does not. */
export declare function lossOf(record: Pick<PartitionFacts, 'materialized' | 'lost'> | undefined): string | undefined;
/** All that two records say together. */
export declare function joinPartitions(one: PartitionRecord | undefined, other: PartitionRecord): PartitionRecord;
/** Status of a partition that nobody works on now (semantics.md 4). */
export declare function partitionStatus(record: PartitionFacts | undefined): 'failed' | 'materialized' | 'missing';
