import { digestOf } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import { fail, ok, type Result, unreachable } from '../base/result.ts';
import {
  type AssetVerdict,
  type Estimate,
  isManual,
  originalOf,
  type Plan,
  type PlannedStep,
  type PlanRefusal,
  type RunRequest,
} from '../model/plan.ts';
import type { AssetKey, StepDef } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { sameDefinition, WHOLE } from '../time/partitions/mapping.ts';
import { assetVerdict, staleIn } from './asset-verdict.ts';
import { openPartitionReader, type PartitionReader, partitionName } from './partitioned.ts';
import {
  heldBy,
  ignoresBlocking,
  isAvailable,
  keysIn,
  type Mode,
  makes,
  type PlanInput,
  type Planning,
  stepId,
} from './plan-input.ts';
import { stepOrder, upstreamSteps } from './step-order.ts';
import { wantedAssets } from './wanted-assets.ts';

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
    // What asks for itself is made; what goes along is made if that changes it.
    case 'automation':
      return 'stale';
    // What a push changed is stale by its code; its sources have nothing new to offer for that.
    case 'push':
      return 'stale';
    default:
      return unreachable(request);
  }
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

function presentVersions(upstream: Readonly<Record<AssetKey, string | null>>): Record<AssetKey, string> {
  return Object.fromEntries(Object.entries(upstream).filter((entry): entry is [string, string] => entry[1] !== null));
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
