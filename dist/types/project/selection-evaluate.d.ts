import { type Result } from '../base/result.js';
import { type ChangeReason } from '../model/changes.js';
import type { PartitionsDef } from '../model/partitions.js';
import { type Asset, type AssetKey, type Exposure, type Job, type Schedule } from '../model/project.js';
import { type AssetGraph } from './graph.js';
import { type SelectionExpr, type SelectionProblem } from './selection.js';
/** Statuses of `status:` (semantics.md 9). */
export declare const SELECTION_STATUSES: readonly ['healthy', 'degraded', 'warning', 'stale', 'missing', 'unknown', 'in_progress'];
export type SelectionStatus = (typeof SELECTION_STATUSES)[number];
/** What an expression is evaluated over. */
export interface SelectionScope {
    readonly assets: Readonly<Record<AssetKey, Asset>>;
    readonly graph: AssetGraph;
    readonly jobs: Readonly<Record<string, Pick<Job, 'selection'>>>;
    readonly schedules: Readonly<Record<string, Pick<Schedule, 'job' | 'selection'>>>;
    readonly exposures: Readonly<Record<string, Pick<Exposure, 'deps'>>>;
    readonly partitions: Readonly<Record<string, PartitionsDef>>;
    /** All statuses that an asset has now; undefined = no state at hand, and `status:` is refused. */
    readonly statusOf?: (key: AssetKey) => readonly SelectionStatus[];
    /** Why an asset counts as changed against a base; undefined = nothing to compare with, and `changed:` is refused. */
    readonly changedOf?: (key: AssetKey) => readonly ChangeReason[];
}
type Selected = Result<ReadonlySet<AssetKey>, SelectionProblem>;
/** The assets that an expression names, in the graph's order. No match is the empty set, never an error. */
export declare function evaluateSelection(expr: SelectionExpr, scope: SelectionScope): Selected;
/** Parses and evaluates. */
export declare function select(text: string, scope: SelectionScope): Selected;
/** Names that an asset's partitions go by: of the shared definition, and their kind; none without partitions. */
export declare function partitionNames({ partitions }: Pick<SelectionScope, 'partitions'>, { partitions: def }: Asset): readonly string[];
export {};
