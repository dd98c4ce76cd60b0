import type { Failure } from '../model/failure.ts';
import type { Timestamp } from '../model/instant.ts';
import type { Asset, AssetKey, Check, Project } from '../model/project.ts';
import type { PartitionStanding } from '../model/standing.ts';
import type { AssetRecord, CheckRecord, StateView } from '../model/state.ts';
import { checkInForce } from '../state/asset-fold.ts';
import { assetsByGroup, type SelectedAssets } from './insights.ts';

/** From best to worst, but for `unknown`, which says that nothing is known (semantics.md 11). */
export type HealthStatus = 'healthy' | 'warning' | 'degraded' | 'unknown';

/** A check's result that needs a hand. */
export interface CheckFinding {
  readonly check: string;
  readonly result: Omit<CheckRecord, 'earlier'>;
}

/** Why an asset is not healthy; worst first in a list. */
export type HealthReason =
  | {
      readonly kind: 'materialization_failed';
      readonly run: string;
      readonly at: Timestamp;
      /** Attempts in a row that failed, and when the first of them did. */
      readonly failuresInRow: number;
      readonly since?: Timestamp;
      readonly failure?: Failure;
      /** Blocking checks of that attempt that kept the copy from being published. */
      readonly findings: readonly CheckFinding[];
    }
  /** Partitions of which the last attempt failed, whatever others did since; `keys` that are known by name, newest first. */
  | { readonly kind: 'partitions_failed'; readonly failed: number; readonly keys: readonly string[] }
  /** Partitions that were made and whose data is gone. */
  | { readonly kind: 'partitions_lost'; readonly lost: number; readonly keys: readonly string[] }
  | { readonly kind: 'data_lost'; readonly at: Timestamp; readonly message: string }
  /** `holds`: what is downstream does not run until it passes. */
  | { readonly kind: 'check_failed'; readonly finding: CheckFinding; readonly holds: boolean }
  | { readonly kind: 'check_errored'; readonly finding: CheckFinding; readonly holds: boolean }
  | { readonly kind: 'check_warned'; readonly finding: CheckFinding }
  | { readonly kind: 'never_materialized' }
  | { readonly kind: 'external' };

export interface AssetHealth {
  readonly asset: AssetKey;
  readonly status: HealthStatus;
  readonly reasons: readonly HealthReason[];
}

/** How many of some assets are in which health, and the worst that is known. */
export interface ScopeHealth {
  readonly status: HealthStatus;
  readonly assets: number;
  readonly counts: Readonly<Record<HealthStatus, number>>;
}

export interface Health {
  readonly project: ScopeHealth;
  readonly groups: ReadonlyMap<string, ScopeHealth>;
  readonly selections: ReadonlyMap<string, ScopeHealth>;
  readonly assets: ReadonlyMap<AssetKey, AssetHealth>;
}

type BadPartitions = Pick<PartitionStanding, 'failed' | 'failedKeys' | 'lost' | 'lostKeys'>;
/** Of the partitions of each asset that exist, those that failed, and those whose data is gone. */
export type PartitionsOf = ReadonlyMap<AssetKey, BadPartitions>;

/** Health of everything in the project. What the state knows of assets that are no longer declared does not count. */
export function projectHealth(
  project: Project,
  view: StateView,
  selections: SelectedAssets,
  partitions: PartitionsOf,
): Health {
  const assets = new Map(
    Object.values(project.assets).map((asset) => [asset.key, assetHealth(asset, view, partitions)]),
  );
  const of = (keys: Iterable<AssetKey>): ScopeHealth => scopeHealth(keys, assets);
  return {
    project: of(assets.keys()),
    groups: new Map([...assetsByGroup(project)].map(([group, keys]) => [group, of(keys)])),
    selections: new Map([...selections].map(([name, keys]) => [name, of(keys)])),
    assets,
  };
}

/**
 * Health of one asset: the worst of its last attempt, its partitions, its data being there, and the check results in
 * force. The last attempt alone does not tell of partitions: the next one that is made would hide the one that failed.
 */
export function assetHealth(asset: Asset, view: StateView, partitions: PartitionsOf): AssetHealth {
  const record = view.assets.get(asset.key);
  const reasons = [
    ...attemptReasons(asset, record),
    ...partitionReasons(partitions.get(asset.key)),
    ...lossReasons(record),
    ...checkReasons(asset, record),
  ];
  if (reasons.length === 0 && record?.materialized === undefined && Object.keys(record?.checks ?? {}).length === 0) {
    reasons.push({ kind: asset.external ? 'external' : 'never_materialized' });
  }
  const statuses = reasons.map(statusOfReason);
  const status = worstOf(statuses) ?? 'healthy';
  return { asset: asset.key, status, reasons };
}

/** The health that a single reason amounts to. */
export function statusOfReason(reason: HealthReason): HealthStatus {
  switch (reason.kind) {
    case 'materialization_failed':
    case 'partitions_failed':
    case 'partitions_lost':
    case 'data_lost':
    case 'check_failed':
    case 'check_errored':
      return 'degraded';
    case 'check_warned':
      return 'warning';
    case 'never_materialized':
    case 'external':
      return 'unknown';
  }
}

function attemptReasons(asset: Asset, record: AssetRecord | undefined): HealthReason[] {
  const attempt = record?.attempt;
  // A canceled attempt after failures has mended nothing.
  if (!record || !attempt || (attempt.outcome !== 'failure' && attempt.failuresInRow === 0)) return [];
  return [
    {
      kind: 'materialization_failed',
      run: attempt.run,
      at: attempt.at,
      failuresInRow: attempt.failuresInRow,
      ...(attempt.failingSince === undefined ? {} : { since: attempt.failingSince }),
      ...(attempt.failure === undefined ? {} : { failure: attempt.failure }),
      findings: unpublishedFindings(asset, record, attempt.run),
    },
  ];
}

function partitionReasons(of: BadPartitions | undefined): HealthReason[] {
  const { failed = 0, failedKeys = [], lost = 0, lostKeys = [] } = of ?? {};
  return [
    ...(failed > 0 ? [{ kind: 'partitions_failed', failed, keys: failedKeys } as const] : []),
    ...(lost > 0 ? [{ kind: 'partitions_lost', lost, keys: lostKeys } as const] : []),
  ];
}

function lossReasons(record: AssetRecord | undefined): HealthReason[] {
  return record?.lost ? [{ kind: 'data_lost', at: record.lost.at, message: record.lost.message }] : [];
}

/** Blocking checks that judged the copy of this run and did not pass, so that it was not published. */
function unpublishedFindings(asset: Asset, record: AssetRecord, run: string): CheckFinding[] {
  return asset.checks.flatMap(({ name }) => {
    const result = Object.hasOwn(record.checks, name) ? record.checks[name]! : undefined;
    if (!result?.blocking || result.run !== run || !isBad(result)) return [];
    return result.stage === 'audit' && result.published !== true ? [{ check: name, result }] : [];
  });
}

function checkReasons(asset: Asset, record: AssetRecord | undefined): HealthReason[] {
  if (!record) return [];
  const order: readonly HealthReason['kind'][] = ['check_failed', 'check_errored', 'check_warned'];
  return asset.checks
    .flatMap((check) => {
      const result = checkInForce(record, check.name);
      return result && isBad(result) ? [checkReason(check, result)] : [];
    })
    .sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
}

function checkReason(check: Check, result: CheckFinding['result']): HealthReason {
  const finding: CheckFinding = { check: check.name, result };
  // An error softened by `on_error: warn` is recorded with severity `warn`.
  if (result.severity === 'warn') return { kind: 'check_warned', finding };
  if (result.status === 'ERRORED') return { kind: 'check_errored', finding, holds: check.blocking };
  return { kind: 'check_failed', finding, holds: check.blocking };
}

function isBad(result: Pick<CheckRecord, 'status'>): boolean {
  return result.status === 'FAILED' || result.status === 'ERRORED';
}

/** Health of several assets together: the worst that is known; unknown when nothing is known of any of them. */
export function scopeHealth(keys: Iterable<AssetKey>, assets: ReadonlyMap<AssetKey, AssetHealth>): ScopeHealth {
  const counts: Record<HealthStatus, number> = { healthy: 0, warning: 0, degraded: 0, unknown: 0 };
  let total = 0;
  for (const key of keys) {
    counts[assets.get(key)?.status ?? 'unknown']++;
    total++;
  }
  const status: HealthStatus =
    counts.degraded > 0 ? 'degraded' : counts.warning > 0 ? 'warning' : counts.healthy > 0 ? 'healthy' : 'unknown';
  return { status, assets: total, counts };
}

function worstOf(statuses: readonly HealthStatus[]): HealthStatus | undefined {
  const order: readonly HealthStatus[] = ['degraded', 'warning', 'unknown', 'healthy'];
  return order.find((status) => statuses.includes(status));
}
