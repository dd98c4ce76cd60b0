import {
  type AssetVerdict,
  type AutomationTarget,
  type OriginalRequest,
  originalOf,
  type RetryRequest,
  type RunReason,
  type SkipReason,
} from '../model/plan.ts';
import type { Asset, AssetKey, Project } from '../model/project.ts';
import type { StateView, Turn } from '../model/state.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { partitionName } from './partitioned.ts';
import {
  heldBy,
  ignoresBlocking,
  isAvailable,
  keysIn,
  makes,
  type PlanInput,
  type Planning,
  stepId,
} from './plan-input.ts';
import { currentDataVersion, holdingCheck, type Staleness, type StepFingerprint, stalenessOf } from './staleness.ts';

/** Whether an asset is made by this run, and why (semantics.md 1, "What a run makes"). */
export function assetVerdict(planning: Planning, asset: Asset, fingerprint: StepFingerprint): AssetVerdict {
  const { input, wanted, verdicts } = planning;
  const { project, view } = input;
  const request = originalOf(input.request);
  // A run that gave its place back and goes on keeps what it has made: that is made again only when it is stale.
  const isMade = isMadeByThisRun(input, asset);
  const mode = isMade ? 'stale' : planning.mode;
  const say = (
    verdict: AssetVerdict['verdict'],
    reason: RunReason | SkipReason,
    detail: readonly string[] = [],
  ): AssetVerdict => ({
    asset: asset.key,
    verdict,
    reason,
    detail,
  });
  const stopped = stoppedByUpstream(planning, asset);
  if (stopped) return say('skip', stopped.reason, stopped.detail);
  const stale = staleIn(planning, asset, fingerprint);
  if (!isMade && wanted.get(asset.key) === 'with_upstream')
    return stale?.reason === 'data_lost' ? say('run', 'data_lost', stale.detail) : say('run', 'with_upstream');
  // What is lost and not to be made anew by itself stays so for whoever asks by itself, also when a run is tried again.
  const isRefused = stale?.reason === 'data_lost' && asset.onLost === 'fail';
  if (input.request.kind === 'retry' && !isMade) {
    const isAgain = input.request.strategy === 'ALL_STEPS' || asset.deps.some((dep) => makes(verdicts.get(dep)));
    const isKept = !isAgain && isKeptByRetry(input, input.request, asset, fingerprint);
    if (isKept) return say('skip', 'up_to_date', [`made since run ${input.request.root} began`]);
    // What the root would not have made and is no worse since, stays as it is.
    if (isAgain || mode === 'all' || stale)
      return say('run', isRefused && mode !== 'all' ? 'data_lost' : 'retry', stale?.detail ?? []);
  }
  const asking = isMade ? undefined : askingTarget(request, asset.key);
  if (asking && !isRefused) return say('run', 'automation', [asking.condition, ...newerUpstreams(stale)]);
  if (asking && stale) return say('run', stale.reason, stale.detail);
  // That it is stale as well, or failed before, is not why: it would be made without that.
  if (mode === 'all') return say('run', request.kind === 'backfill' ? 'backfill' : 'requested');
  const missing =
    stale?.reason === 'never_materialized' || stale?.reason === 'failed_last' || stale?.reason === 'data_lost';
  if (stale && missing) return say('run', stale.reason, stale.detail);
  if (!isMade && request.kind === 'schedule' && request.materialize === 'all') return say('run', 'materialize_all');
  if (stale && stale.reason !== 'upstream_changed') return say('run', stale.reason, stale.detail);
  if (!isMade && asset.materialize === 'always') return say('run', 'materialize_all', ['materialize: always']);
  if (mode === 'job' && hasOnlyUnobservedUpstreams(project, view, asset)) return say('run', 'no_upstreams', asset.deps);
  const moving = asset.deps.filter((dep) => makes(verdicts.get(dep)));
  if (moving.length > 0) return say('if_changed', 'upstream_changed', moving);
  if (stale) return say('run', stale.reason, stale.detail);
  return say('skip', 'up_to_date');
}

/** The asset as automation asks for it, unless it only goes along with an upstream. */
function askingTarget(request: OriginalRequest, asset: AssetKey): AutomationTarget | undefined {
  if (request.kind !== 'automation') return undefined;
  const target = request.targets.find((each) => each.asset === asset);
  return target?.joined ? undefined : target;
}

function newerUpstreams(stale: Staleness | undefined): readonly string[] {
  return stale?.reason === 'upstream_changed' ? stale.detail.map((dep) => `${dep} is newer`) : [];
}

/** Why an asset is not up to date; of a partitioned one, why the first of its keys that is not is so. */
export function staleIn(
  { input, reader }: Planning,
  asset: Asset,
  fingerprint: StepFingerprint,
): Staleness | undefined {
  if (asset.partitions === undefined)
    return stalenessOf(
      asset,
      fingerprint,
      input.view,
      input.lost,
      (dep) => reader.read(asset.key, dep, [WHOLE]).version ?? undefined,
    );
  const keys = keysIn(input, asset.key);
  for (const [key, stale] of reader.stale(asset, keys, fingerprint, input.lost))
    return keys.length === 1 ? stale : { ...stale, detail: [key, ...stale.detail] };
  return undefined;
}

/**
 * `FROM_FAILURE` keeps what was made since the root began, by the code that there is now, and did not fail since: a
 * blocking check that failed counts as a failure of its asset (semantics.md 2).
 */
function isKeptByRetry(input: PlanInput, retry: RetryRequest, asset: Asset, { version }: StepFingerprint): boolean {
  const { project, view } = input;
  const isKept = (made: { readonly at: string; readonly codeVersion: string } | undefined): boolean =>
    made !== undefined && made.at >= retry.since && made.codeVersion === version;
  if (input.lost.has(asset.key) || holdingCheck(project, view, asset.key) !== undefined) return false;
  if (asset.partitions === undefined) {
    const record = view.assets.get(asset.key);
    return isKept(record?.materialized) && record?.attempt?.outcome === 'success';
  }
  return (input.partitions?.keys ?? []).every((key) => {
    const record = view.partitions?.get(asset.key)?.get(key);
    const isHeld = Object.values(record?.checks ?? {}).some(({ holds }) => holds);
    const failedAt = record?.failed?.turn;
    const madeAt = record?.materialized?.turn;
    const hasFailedSince = failedAt !== undefined && madeAt !== undefined && isLater(failedAt, madeAt);
    const isLost = input.lost.has(partitionName(asset.key, key));
    return isKept(record?.materialized) && !isLost && !isHeld && !hasFailedSince;
  });
}

function isLater(a: Turn, b: Turn): boolean {
  return a[0] === b[0] ? a[1] > b[1] : a[0] > b[0];
}

function isMadeByThisRun(input: PlanInput, asset: Asset): boolean {
  const def = asset.step === undefined ? undefined : input.project.steps[asset.step];
  const step = def && input.view.openRuns.get(input.runId)?.steps[stepId(def, input)];
  return step?.materialized.includes(asset.key) === true;
}

/** No deps, or an external dep that nothing observes: nobody can tell whether there is something new. */
function hasOnlyUnobservedUpstreams(project: Project, view: StateView, asset: Asset): boolean {
  if (asset.deps.length === 0) return true;
  return asset.deps.some(
    (dep) => project.assets[dep]?.external === true && currentDataVersion(view, dep) === undefined,
  );
}

/** What holds an asset already when it is planned: a stored check, or an upstream of this plan that is held itself. */
function stoppedByUpstream(planning: Planning, asset: Asset): { reason: SkipReason; detail: string[] } | undefined {
  const { input, verdicts, wanted } = planning;
  for (const dep of asset.deps) {
    const verdict = verdicts.get(dep);
    if (verdict && makes(verdict)) continue;
    if (verdict && verdict.verdict === 'skip' && verdict.reason !== 'up_to_date') {
      return { reason: 'upstream_skipped', detail: [dep] };
    }
    const isCut = input.project.assets[dep]?.partitions !== undefined;
    const read = isCut ? planning.reader.read(asset.key, dep, keysIn(input, asset.key)) : undefined;
    const check = ignoresBlocking(input.request) ? undefined : heldBy(planning, dep, read?.held);
    if (check !== undefined) return { reason: 'blocked_by_check', detail: [`${dep}/${check}`] };
    const external = input.project.assets[dep]?.external === true;
    if (read) {
      const missing =
        asset.partitions === undefined
          ? read.version === null
            ? [dep]
            : []
          : read.missing.map((key) => partitionName(dep, key));
      if (missing.length > 0)
        return {
          reason: 'upstream_skipped',
          detail: missing.slice(0, 3).map((name) => `${name} was never materialized`),
        };
      continue;
    }
    // A skippable upstream that never had anything is up to date, and yet there is nothing to read.
    if (!external && !isAvailable(input.view, dep) && (verdict !== undefined || !wanted.has(dep))) {
      return { reason: 'upstream_skipped', detail: [`${dep} was never materialized`] };
    }
  }
  return undefined;
}
