import type { RollupCell } from '../model/state.js';
import { type Buckets } from './sketch.js';
/** A cell that is being added to. */
export interface CellDraft {
    counts: Record<CellCount, number>;
    readonly durations: Buckets;
    readonly lateness: Buckets;
}
type CellCount = Exclude<keyof RollupCell, 'durations' | 'lateness'>;
export declare function draftCell(cell: RollupCell | undefined): CellDraft;
/** Adds a cell to the draft. */
export declare function addCell(draft: CellDraft, cell: RollupCell): void;
export declare function finishCell(draft: CellDraft): RollupCell;
/** The sum of two cells: of two days, or of two parts of one. Commutative and associative, to the byte. */
export declare function mergeCells(a: RollupCell, b: RollupCell): RollupCell;
/** Sums scope by scope. */
export declare function mergeDays(days: Iterable<ReadonlyMap<string, RollupCell>>): Map<string, RollupCell>;
export declare const PROJECT_SCOPE = "project";
export declare function groupScope(group: string): string;
export declare function assetScope(asset: string): string;
/** The asset of an asset's scope. */
export declare function assetOfScope(scope: string): string | undefined;
export {};
