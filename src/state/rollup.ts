import type { RollupCell } from '../model/state.ts';
import { type Buckets, decodeSketch, encodeSketch, mergeBuckets } from './sketch.ts';

/** A cell that is being added to. */
export interface CellDraft {
  counts: Record<CellCount, number>;
  readonly durations: Buckets;
  readonly lateness: Buckets;
}
type CellCount = Exclude<keyof RollupCell, 'durations' | 'lateness'>;

const COUNTS: readonly CellCount[] = [
  'materialized',
  'failed',
  'checksPassed',
  'checksExecuted',
  'runs',
  'runsSucceeded',
];

export function draftCell(cell: RollupCell | undefined): CellDraft {
  const counts = { materialized: 0, failed: 0, checksPassed: 0, checksExecuted: 0, runs: 0, runsSucceeded: 0 };
  for (const key of COUNTS) counts[key] = cell?.[key] ?? 0;
  return {
    counts,
    durations: new Map(decodeSketch(cell?.durations) ?? []),
    lateness: new Map(decodeSketch(cell?.lateness) ?? []),
  };
}

export function finishCell(draft: CellDraft): RollupCell {
  const durations = encodeSketch(draft.durations);
  const lateness = encodeSketch(draft.lateness);
  return {
    ...draft.counts,
    ...(durations === undefined ? {} : { durations }),
    ...(lateness === undefined ? {} : { lateness }),
  };
}

/** The sum of two cells: of two days, or of two parts of one. Commutative and associative, to the byte. */
export function mergeCells(a: RollupCell, b: RollupCell): RollupCell {
  const sum = draftCell(a);
  const other = draftCell(b);
  for (const key of COUNTS) sum.counts[key] += other.counts[key];
  mergeBuckets(sum.durations, other.durations);
  mergeBuckets(sum.lateness, other.lateness);
  return finishCell(sum);
}

/** Sums scope by scope. */
export function mergeDays(days: Iterable<ReadonlyMap<string, RollupCell>>): Map<string, RollupCell> {
  const sums = new Map<string, RollupCell>();
  for (const cells of days) {
    for (const [scope, cell] of cells) {
      const before = sums.get(scope);
      sums.set(scope, before ? mergeCells(before, cell) : cell);
    }
  }
  return sums;
}

export const PROJECT_SCOPE = 'project';
export function groupScope(group: string): string {
  return `group:${group}`;
}
export function assetScope(asset: string): string {
  return `asset:${asset}`;
}
/** The asset of an asset's scope. */
export function assetOfScope(scope: string): string | undefined {
  return scope.startsWith('asset:') ? scope.slice('asset:'.length) : undefined;
}
