import { type Result } from '../base/result.js';
import type { Asset, AssetKey, Job, Schedule } from '../model/project.js';
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
    /** All statuses that an asset has now; undefined = no state at hand, and `status:` is refused. */
    readonly statusOf?: (key: AssetKey) => readonly SelectionStatus[];
}
type Selected = Result<ReadonlySet<AssetKey>, SelectionProblem>;
/** The assets that an expression names, in the graph's order. No match is the empty set, never an error. */
export declare function evaluateSelection(expr: SelectionExpr, scope: SelectionScope): Selected;
/** Parses and evaluates. */
export declare function select(text: string, scope: SelectionScope): Selected;
export {};
