import type { AssetKey } from '../model/project.ts';
import type { RollupCell } from '../model/state.ts';
import { assetScope, groupScope, PROJECT_SCOPE } from '../state/rollup.ts';
import { decodeSketch, encodeSketch, sketchQuantile } from '../state/sketch.ts';
import { type Sums, sumCells } from './window.ts';

/** What is summed up: the whole project, a group, a set of assets, one asset. */
export type Scope =
  | { readonly kind: 'project'; readonly assets: readonly AssetKey[] }
  | { readonly kind: 'group'; readonly group: string; readonly assets: readonly AssetKey[] }
  | { readonly kind: 'selection'; readonly assets: readonly AssetKey[] }
  | { readonly kind: 'asset'; readonly asset: AssetKey };

/** In milliseconds; at most 0.8 % off (state/sketch). */
export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/**
 * Figures of one scope in one window (semantics.md 11). A figure without anything to compute it from is undefined, "no
 * data": `0/0` is neither 0 % nor 100 %.
 */
export interface Figures {
  /** Assets made, and attempts that failed. */
  readonly materialized: number;
  readonly failed: number;
  /** Mean over the assets with data of ok / (ok + failed), from 0 to 1. */
  readonly success?: number;
  readonly checksPassed: number;
  readonly checksExecuted: number;
  /** Mean over the assets with data of passed / executed, from 0 to 1. */
  readonly checkSuccess?: number;
  /** Runs that had a step for the scope. Undefined for a selection: its runs cannot be told from the sums of its assets. */
  readonly runs?: number;
  readonly runsADay?: number;
  /** Of whole runs that have started; the project's only. */
  readonly runTime?: Quantiles;
  /** Of materializations. */
  readonly stepTime?: Quantiles;
  /** How much later than due ticks were judged; the project's only. */
  readonly lateness?: Quantiles;
  /** Billed runner minutes; of less than the project its share, so not always whole. Undefined = nothing was billed. */
  readonly billedMinutes?: number;
  /** What they cost, in US dollars. Undefined = nothing was billed, or no price is known of any of it. */
  readonly usd?: number;
  /** The part of `billedMinutes` that `usd` says nothing of. */
  readonly unpricedMinutes?: number;
}

/** The figures of a scope from the sums of a window that is `days` long. */
export function figuresOf(sums: Sums, scope: Scope, days: number): Figures {
  const members = scope.kind === 'asset' ? [scope.asset] : scope.assets;
  const cells = members.map((asset) => sums.get(assetScope(asset))).filter((cell) => cell !== undefined);
  const own = ownCell(sums, scope);
  const counted = own ?? sumCells(cells);
  const steps = (scope.kind === 'project' ? sumCells(cells) : counted)?.durations;
  return {
    materialized: counted?.materialized ?? 0,
    failed: counted?.failed ?? 0,
    checksPassed: counted?.checksPassed ?? 0,
    checksExecuted: counted?.checksExecuted ?? 0,
    ...optional(
      'success',
      meanOf(cells, (cell) => [cell.materialized, cell.materialized + cell.failed]),
    ),
    ...optional(
      'checkSuccess',
      meanOf(cells, (cell) => [cell.checksPassed, cell.checksExecuted]),
    ),
    ...(scope.kind === 'selection' ? {} : { runs: own?.runs ?? 0, runsADay: (own?.runs ?? 0) / days }),
    ...(scope.kind === 'project' ? optional('runTime', quantilesOf(startedOnly(own?.durations))) : {}),
    ...optional('stepTime', quantilesOf(steps)),
    ...(scope.kind === 'project' ? optional('lateness', quantilesOf(own?.lateness)) : {}),
    ...billedOf(counted),
  };
}

const MINUTE_MS = 60_000;

function billedOf(cell: RollupCell | undefined): Pick<Figures, 'billedMinutes' | 'usd' | 'unpricedMinutes'> {
  const { billedMs = 0, microUsd = 0, unpricedMs = 0 } = cell ?? {};
  if (billedMs === 0) return {};
  return {
    billedMinutes: billedMs / MINUTE_MS,
    ...(unpricedMs < billedMs ? { usd: microUsd / 1e6 } : {}),
    ...(unpricedMs > 0 ? { unpricedMinutes: unpricedMs / MINUTE_MS } : {}),
  };
}

/** The cell that holds what its assets' cells cannot: runs count once, whatever they touched. */
function ownCell(sums: Sums, scope: Scope): RollupCell | undefined {
  switch (scope.kind) {
    case 'project':
      return sums.get(PROJECT_SCOPE);
    case 'group':
      return sums.get(groupScope(scope.group));
    case 'asset':
      return sums.get(assetScope(scope.asset));
    case 'selection':
      return undefined;
  }
}

function meanOf(
  cells: readonly RollupCell[],
  ratio: (cell: RollupCell) => readonly [part: number, whole: number],
): number | undefined {
  const rates = cells.map(ratio).filter(([, whole]) => whole > 0);
  if (rates.length === 0) return undefined;
  return rates.reduce((sum, [part, whole]) => sum + part / whole, 0) / rates.length;
}

/** A run that never started is recorded with 0 ms: it took no time, which is not the same as a short one. */
function startedOnly(sketch: string | undefined): string | undefined {
  const buckets = decodeSketch(sketch) ?? new Map<number, number>();
  return encodeSketch(new Map([...buckets].filter(([bucket]) => bucket > 0)));
}

function quantilesOf(sketch: string | undefined): Quantiles | undefined {
  const p50 = sketchQuantile(sketch, 0.5);
  const p95 = sketchQuantile(sketch, 0.95);
  const p99 = sketchQuantile(sketch, 0.99);
  return p50 === undefined || p95 === undefined || p99 === undefined ? undefined : { p50, p95, p99 };
}

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, T>>);
}
