import { digestOf } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import { fail, ok, type Result, unreachable } from '../base/result.ts';
import { topologicalOrder } from '../base/topology.ts';
import {
  type AssetVerdict,
  type Estimate,
  isManual,
  originalOf,
  type Plan,
  type PlannedStep,
  type PlanRefusal,
  type RetryRequest,
  type RunReason,
  type RunRequest,
  type SkipReason,
} from '../model/plan.ts';
import type { Asset, AssetKey, Project, StepDef } from '../model/project.ts';
import type { StateView, Turn } from '../model/state.ts';
import { refsOf } from '../project/sql-template.ts';
import { type KeysAt, RANGE_SEPARATOR } from '../time/partitions/keys.ts';
import { sameDefinition, WHOLE } from '../time/partitions/mapping.ts';
import { openPartitionReader, type PartitionReader, type PartitionScope, partitionName } from './partitioned.ts';
import { currentDataVersion, holdingCheck, type Staleness, type StepFingerprint, stalenessOf } from './staleness.ts';

/** All that planning a run depends on. Pure data: the same input gives the same bytes. */
export interface PlanInput {
  readonly project: Project;
  readonly view: StateView;
  readonly environment: string;
  readonly request: RunRequest;
  readonly runId: string;
  /** What the request's selection yields. */
  readonly selected: ReadonlySet<AssetKey>;
  /** Code version of a step, by name. */
  readonly fingerprintOf: (step: string) => StepFingerprint;
  /** Assets whose published data was found to be gone, with what was found. */
  readonly lost: ReadonlyMap<AssetKey, string>;
  readonly job?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** The keys that the run makes of partitioned assets; absent = it has none. */
  readonly partitions?: PartitionScope;
  /** Which keys exist; needed where the project has partitions. */
  readonly at?: KeysAt;
}

type Mode = 'all' | 'stale' | 'job';
/** What earlier steps of this plan mean for those after them. */
interface Planning {
  readonly input: PlanInput;
  readonly mode: Mode;
  readonly wanted: ReadonlyMap<AssetKey, 'selected' | 'with_upstream'>;
  readonly verdicts: Map<AssetKey, AssetVerdict>;
  readonly reader: PartitionReader;
}

/**
 * Plans a run by "What a run makes" (semantics.md 1): a verdict and a reason for each asset selected, in topological
 * order. Refuses, naming them, upstreams that were never materialized and are outside of a person's run.
 */
export function planRun(input: PlanInput): Result<Plan, PlanRefusal> {
  const { project, request } = input;
  const reader = openPartitionReader(project, input.view, input.at ?? { now: 0, dynamic: () => [] });
  const wanted = wantedAssets(input, reader);
  const refusal =
    otherPartitions(input, wanted) ??
    (isManual(request) ? neverMaterializedUpstream(input, wanted, reader) : undefined);
  if (refusal) return fail(refusal);
  const planning: Planning = { input, mode: modeOf(request), wanted, verdicts: new Map(), reader };
  const steps: PlannedStep[] = [];
  for (const name of stepOrder(project, wanted)) steps.push(planStep(planning, project.steps[name]!));
  for (const key of [...wanted.keys()].sort(byText)) {
    if (project.assets[key]?.external) steps.push(externalStep(key));
  }
  const estimates: Record<string, Estimate> = {};
  for (const step of steps) if (step.verdict !== 'skip') estimates[step.id] = estimateOf(input.view, step);
  const plan = {
    format: 1 as const,
    environment: input.environment,
    request,
    runId: input.runId,
    steps,
    ...(input.job === undefined ? {} : { job: input.job }),
    tags: input.tags ?? {},
  };
  return ok({ ...plan, digest: planDigest(plan), estimates });
}

function modeOf(asked: RunRequest): Mode {
  const request = originalOf(asked);
  switch (request.kind) {
    case 'cli':
    case 'dispatch':
      return request.mode;
    case 'backfill':
      return 'all';
    case 'schedule':
      return 'job';
    // What a push changed is stale by its code; its sources have nothing new to offer for that.
    case 'push':
      return 'stale';
    default:
      return unreachable(request);
  }
}

function ignoresBlocking(asked: RunRequest): boolean {
  const request = originalOf(asked);
  return isManual(request) && request.ignoreBlocking;
}

/** The selection, completed: siblings of multi-assets that cannot run in part, and upstreams when asked for. */
function wantedAssets(input: PlanInput, reader: PartitionReader): Map<AssetKey, 'selected' | 'with_upstream'> {
  const { project, view, request } = input;
  const wanted = new Map<AssetKey, 'selected' | 'with_upstream'>();
  const add = (key: AssetKey, why: 'selected' | 'with_upstream'): void => {
    if (!wanted.has(key)) wanted.set(key, why);
    const step = stepOf(project, key);
    if (step && !step.canSubset) for (const sibling of step.assets) if (!wanted.has(sibling)) wanted.set(sibling, why);
  };
  for (const key of input.selected) add(key, 'selected');
  const original = originalOf(request);
  if (isManual(original) && original.withUpstream) {
    const queue = [...wanted.keys()];
    for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
      for (const dep of project.assets[key]?.deps ?? []) {
        if (wanted.has(dep) || project.assets[dep]?.external) continue;
        const isCut = project.assets[dep]?.partitions !== undefined;
        const isThere = isCut ? reader.read(key, dep, keysIn(input, key)).missing.length === 0 : isAvailable(view, dep);
        if (isThere) continue;
        add(dep, 'with_upstream');
        queue.push(dep);
      }
    }
  }
  return wanted;
}

function isAvailable(view: StateView, key: AssetKey): boolean {
  return view.assets.get(key)?.materialized !== undefined;
}

/** Assets that are cut in another way than the run's keys: a run has one definition (semantics.md 5). */
function otherPartitions(
  { project, partitions }: PlanInput,
  wanted: ReadonlyMap<AssetKey, unknown>,
): PlanRefusal | undefined {
  const assets = [...wanted.keys()].filter((key) => {
    const def = project.assets[key]?.partitions;
    return def !== undefined && !sameDefinition(def, partitions?.def);
  });
  return assets.length > 0 ? { code: 'other-partitions', assets: assets.sort(byText) } : undefined;
}

function neverMaterializedUpstream(
  input: PlanInput,
  wanted: ReadonlyMap<AssetKey, unknown>,
  reader: PartitionReader,
): PlanRefusal | undefined {
  const { project, view } = input;
  for (const key of [...wanted.keys()].sort(byText)) {
    const missing = (project.assets[key]?.deps ?? []).flatMap((dep) => {
      if (wanted.has(dep) || project.assets[dep]?.external) return [];
      if (project.assets[dep]?.partitions === undefined) return isAvailable(view, dep) ? [] : [dep];
      const { missing: keys, version } = reader.read(key, dep, keysIn(input, key));
      // What reads all of an upstream's partitions reads those that are there.
      if (project.assets[key]?.partitions === undefined) return version === null ? [dep] : [];
      return keys.slice(0, 3).map((each) => partitionName(dep, each));
    });
    if (missing.length > 0) return { code: 'upstream-never-materialized', asset: key, upstream: missing };
  }
  return undefined;
}

function stepOf(project: Project, key: AssetKey): StepDef | undefined {
  const name = project.assets[key]?.step;
  return name === undefined ? undefined : project.steps[name];
}

/** Names of the steps that make what is wanted, each after the steps whose assets it reads. */
function stepOrder(project: Project, wanted: ReadonlyMap<AssetKey, unknown>): readonly string[] {
  const names = new Set<string>();
  for (const key of wanted.keys()) {
    const step = project.assets[key]?.step;
    if (step !== undefined) names.add(step);
  }
  return topologicalOrder(names, (name) => upstreamSteps(project, project.steps[name]!)).order;
}

function upstreamSteps(project: Project, step: StepDef): Set<string> {
  const names = new Set<string>();
  for (const key of step.assets) {
    for (const dep of [...(project.assets[key]?.deps ?? []), ...readByChecks(project, key)]) {
      const name = project.assets[dep]?.step;
      if (name !== undefined && name !== step.name) names.add(name);
    }
  }
  return names;
}

/**
 * Assets that an asset's checks look into. They are no upstreams, but a run that makes both makes them first, so that
 * the check judges against what is new; not where they are made from the asset itself.
 */
function readByChecks(project: Project, key: AssetKey): AssetKey[] {
  const read = new Set<AssetKey>();
  for (const { kind } of project.assets[key]?.checks ?? []) {
    if (kind.type === 'relationships') read.add(kind.to);
    if (kind.type === 'sql') for (const ref of refsOf(kind.text)) read.add(ref);
  }
  return [...read].filter((other) => other !== key && !readsFrom(project, other, key));
}

/** Does an asset depend on another, directly or not? */
function readsFrom(project: Project, key: AssetKey, on: AssetKey): boolean {
  const seen = new Set<AssetKey>();
  const queue = [key];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (at === on) return true;
    if (seen.has(at)) continue;
    seen.add(at);
    const step = project.assets[at]?.step;
    const together = step === undefined ? [at] : (project.steps[step]?.assets ?? [at]);
    for (const each of together) queue.push(...(project.assets[each]?.deps ?? []));
  }
  return false;
}

function planStep(planning: Planning, step: StepDef): PlannedStep {
  const { input, wanted, verdicts } = planning;
  const { project, view } = input;
  const fingerprint = input.fingerprintOf(step.name);
  const keys = step.assets.filter((key) => wanted.has(key)).sort(byText);
  let assets = keys.map((key) => assetVerdict(planning, project.assets[key]!, fingerprint));
  // Without can_subset the step makes all of its assets or none.
  if (!step.canSubset) assets = alignVerdicts(assets);
  for (const verdict of assets) verdicts.set(verdict.asset, verdict);
  const verdict = assets.some((a) => a.verdict === 'run')
    ? 'run'
    : assets.some((a) => a.verdict === 'if_changed')
      ? 'if_changed'
      : 'skip';
  const scope = step.partitions === undefined ? undefined : input.partitions?.keys;
  const deps = new Set(keys.flatMap((key) => project.assets[key]!.deps));
  const upstream: Record<AssetKey, string | null> = {};
  const held: Record<AssetKey, string> = {};
  for (const dep of [...deps].sort(byText)) {
    const reads = keys.find((key) => project.assets[key]!.deps.includes(dep))!;
    const read = planning.reader.read(reads, dep, scope ?? [WHOLE]);
    upstream[dep] = read.version;
    const check = ignoresBlocking(input.request) ? undefined : heldBy(planning, dep, read.held);
    if (check !== undefined) held[dep] = check;
  }
  const used: Record<AssetKey, Record<AssetKey, string>> = {};
  for (const key of keys) {
    if (scope !== undefined) {
      // What is up to date has used just what is there now; what is not is made in any case.
      used[key] = staleIn(planning, project.assets[key]!, fingerprint) ? {} : presentVersions(upstream);
      continue;
    }
    const before = view.assets.get(key)?.materialized?.upstream ?? {};
    used[key] = Object.fromEntries(Object.entries(before).map(([dep, version]) => [dep, version.dataVersion]));
  }
  const after = [...upstreamSteps(project, step)]
    .filter((name) => project.steps[name]!.assets.some((key) => makes(verdicts.get(key))))
    .map((name) => stepId(project.steps[name]!, input))
    .sort(byText);
  return {
    step: step.name,
    id: stepId(step, input),
    ...(scope === undefined ? {} : { partitions: scope }),
    verdict,
    assets,
    ...(step.runner === undefined ? {} : { runner: step.runner }),
    partial: step.canSubset,
    after,
    codeVersion: fingerprint.version,
    codeParts: fingerprint.parts,
    upstream,
    used,
    held,
  };
}

/** The step's name, with the keys that it makes. */
function stepId({ name, partitions }: StepDef, input: PlanInput): string {
  const keys = partitions === undefined ? undefined : input.partitions?.keys;
  if (keys === undefined || keys.length === 0) return name;
  return `${name}@${keys.length === 1 ? keys[0] : `${keys[0]}${RANGE_SEPARATOR}${keys.at(-1)}`}`;
}

/** Keys of an asset in this run; `''` stands for one without partitions. */
function keysIn(input: PlanInput, asset: AssetKey): readonly string[] {
  return input.project.assets[asset]?.partitions === undefined ? [WHOLE] : (input.partitions?.keys ?? []);
}

function heldBy({ input }: Planning, dep: AssetKey, held: string | undefined): string | undefined {
  return input.project.assets[dep]?.partitions === undefined ? holdingCheck(input.project, input.view, dep) : held;
}

function presentVersions(upstream: Readonly<Record<AssetKey, string | null>>): Record<AssetKey, string> {
  return Object.fromEntries(Object.entries(upstream).filter((entry): entry is [string, string] => entry[1] !== null));
}

/** Why an asset is not up to date; of a partitioned one, why the first of its keys that is not is so. */
function staleIn({ input, reader }: Planning, asset: Asset, fingerprint: StepFingerprint): Staleness | undefined {
  if (asset.partitions === undefined)
    return stalenessOf(
      asset,
      fingerprint,
      input.view,
      input.lost,
      (dep) => reader.read(asset.key, dep, [WHOLE]).version ?? undefined,
    );
  const keys = keysIn(input, asset.key);
  for (const key of keys) {
    const stale = reader.staleness(asset, key, fingerprint, input.lost);
    if (stale) return keys.length === 1 ? stale : { ...stale, detail: [key, ...stale.detail] };
  }
  return undefined;
}

function makes(verdict: AssetVerdict | undefined): boolean {
  return verdict !== undefined && verdict.verdict !== 'skip';
}

function alignVerdicts(assets: readonly AssetVerdict[]): AssetVerdict[] {
  const leading = assets.find((a) => a.verdict === 'run') ?? assets.find((a) => a.verdict === 'if_changed');
  if (!leading) return [...assets];
  return assets.map((a) =>
    a.verdict === leading.verdict
      ? a
      : { asset: a.asset, verdict: leading.verdict, reason: leading.reason, detail: leading.detail },
  );
}

function assetVerdict(planning: Planning, asset: Asset, fingerprint: StepFingerprint): AssetVerdict {
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
  if (!isMade && wanted.get(asset.key) === 'with_upstream') return say('run', 'with_upstream');
  const stale = staleIn(planning, asset, fingerprint);
  if (input.request.kind === 'retry' && !isMade) {
    const isAgain = input.request.strategy === 'ALL_STEPS' || asset.deps.some((dep) => makes(verdicts.get(dep)));
    const isKept = !isAgain && isKeptByRetry(input, input.request, asset, fingerprint);
    if (isKept) return say('skip', 'up_to_date', [`made since run ${input.request.root} began`]);
    // What the root would not have made and is no worse since, stays as it is.
    if (isAgain || mode === 'all' || stale) return say('run', 'retry', stale?.detail ?? []);
  }
  if (mode === 'all') return say('run', request.kind === 'backfill' ? 'backfill' : 'requested', stale?.detail ?? []);
  const missing =
    stale?.reason === 'never_materialized' || stale?.reason === 'failed_last' || stale?.reason === 'data_lost';
  if (stale && missing) return say('run', stale.reason, stale.detail);
  if (!isMade && request.kind === 'schedule' && request.materialize === 'all') return say('run', 'materialize_all');
  if (stale && stale.reason !== 'upstream_changed') return say('run', stale.reason, stale.detail);
  if (!isMade && asset.materialize === 'always') return say('run', 'materialize_all', ['materialize: always']);
  if (mode === 'job' && hasOnlyUnobservedUpstreams(project, view, asset)) return say('run', 'no_upstreams');
  const moving = asset.deps.filter((dep) => makes(verdicts.get(dep)));
  if (moving.length > 0) return say('if_changed', 'upstream_changed', moving);
  if (stale) return say('run', stale.reason, stale.detail);
  return say('skip', 'up_to_date');
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
    return isKept(record?.materialized) && !isHeld && !hasFailedSince;
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

function externalStep(key: AssetKey): PlannedStep {
  const verdict: AssetVerdict = { asset: key, verdict: 'skip', reason: 'external', detail: [] };
  return {
    step: key,
    id: key,
    verdict: 'skip',
    assets: [verdict],
    partial: false,
    after: [],
    codeVersion: '',
    codeParts: {},
    upstream: {},
    used: {},
    held: {},
  };
}

/** Median and 95th percentile of the last durations; a step of several assets takes the slowest of them. */
function estimateOf(view: StateView, step: PlannedStep): Estimate {
  let best: Estimate = { samples: 0, p50Ms: 0, p95Ms: 0 };
  for (const { asset } of step.assets) {
    const durations = [...(view.assets.get(asset)?.durationsMs ?? [])].sort((a, b) => a - b);
    if (durations.length === 0) continue;
    const at = (share: number): number =>
      durations[Math.min(durations.length - 1, Math.ceil(share * durations.length) - 1)]!;
    const estimate = { samples: durations.length, p50Ms: at(0.5), p95Ms: at(0.95) };
    if (best.samples === 0 || estimate.p50Ms > best.p50Ms) best = estimate;
  }
  return best;
}

/**
 * The plan's identity: what would be done and why, on which code and data. Without the run's own identity, the clock,
 * the head of the state and the estimates, so that the same intention has the same digest whenever it is made.
 */
export function planDigest(plan: Omit<Plan, 'digest' | 'estimates'>): string {
  const request: Record<string, unknown> = { ...plan.request };
  delete request['nonce'];
  delete request['at'];
  return digestOf({
    format: plan.format,
    environment: plan.environment,
    request,
    steps: plan.steps.map((step) => ({
      id: step.id,
      verdict: step.verdict,
      assets: step.assets,
      after: step.after,
      codeVersion: step.codeVersion,
      upstream: step.upstream,
    })),
  });
}
