import type { RollupCell } from '../model/state.ts';
import { addSketch, type Buckets, encodeSketch } from './sketch.ts';

/** A cell that is being added to. */
export interface CellDraft {
  counts: Record<CellCount, number>;
  readonly durations: Buckets;
  readonly lateness: Buckets;
}
type CellCount = Exclude<keyof RollupCell, 'durations' | 'lateness'>;

const ALWAYS = ['materialized', 'failed', 'checksPassed', 'checksExecuted', 'runs', 'runsSucceeded'] as const;
/** Left out of a cell where they are 0: most projects are not billed, and a cell is written for each asset and day. */
const WHERE_BILLED = ['billedMs', 'microUsd', 'unpricedMs'] as const;
const COUNTS: readonly CellCount[] = [...ALWAYS, ...WHERE_BILLED];

export function draftCell(cell: RollupCell | undefined): CellDraft {
  const draft: CellDraft = {
    counts: {
      materialized: 0,
      failed: 0,
      checksPassed: 0,
      checksExecuted: 0,
      runs: 0,
      runsSucceeded: 0,
      billedMs: 0,
      microUsd: 0,
      unpricedMs: 0,
    },
    durations: new Map(),
    lateness: new Map(),
  };
  if (cell !== undefined) addCell(draft, cell);
  return draft;
}

/** Adds a cell to the draft. */
export function addCell(draft: CellDraft, cell: RollupCell): void {
  for (const key of COUNTS) draft.counts[key] += cell[key] ?? 0;
  if (cell.durations !== undefined) addSketch(draft.durations, cell.durations);
  if (cell.lateness !== undefined) addSketch(draft.lateness, cell.lateness);
}

export function finishCell(draft: CellDraft): RollupCell {
  const { billedMs, microUsd, unpricedMs, ...counts } = draft.counts;
  const durations = encodeSketch(draft.durations);
  const lateness = encodeSketch(draft.lateness);
  return {
    ...counts,
    ...(billedMs === 0 ? {} : { billedMs }),
    ...(microUsd === 0 ? {} : { microUsd }),
    ...(unpricedMs === 0 ? {} : { unpricedMs }),
    ...(durations === undefined ? {} : { durations }),
    ...(lateness === undefined ? {} : { lateness }),
  };
}

/** The sum of two cells: of two days, or of two parts of one. Commutative and associative, to the byte. */
export function mergeCells(a: RollupCell, b: RollupCell): RollupCell {
  const sum = draftCell(a);
  addCell(sum, b);
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
