import { byText } from '../../base/order.ts';
import type { Assessment } from '../../insights/assess.ts';
import type { AssetHealth, HealthStatus } from '../../insights/health.ts';
import type { EpochMs } from '../../model/instant.ts';
import type { Asset, AssetKey, Exposure, Project } from '../../model/project.ts';
import type { Standing } from '../../model/standing.ts';
import type { AssetRecord, StateView } from '../../model/state.ts';

/** All that the report depends on. It has no now: next ticks are those after the view's instant. */
export interface ReportInput {
  readonly project: Project;
  readonly view: StateView;
  readonly assessment: Assessment;
  readonly standing: Standing;
  /** Members of each saved selection, by name. */
  readonly selections: ReadonlyMap<string, readonly AssetKey[]>;
  /** The next tick of each schedule, soonest first; `tick` absent = none comes. */
  readonly nextTicks: readonly { readonly schedule: string; readonly timezone: string; readonly tick?: EpochMs }[];
  /** Commit of the code that made this state. */
  readonly codeCommit?: string;
  /** Branchline's own version. */
  readonly version: string;
  /** Web address of the code's repository without a slash at its end; without it commits and files are not linked. */
  readonly repository?: string;
}

/** An asset with everything that a page says of it. */
export interface AssetFacts {
  readonly asset: Asset;
  readonly health: AssetHealth;
  readonly record?: AssetRecord;
}

export function factsOf(input: ReportInput, key: AssetKey): AssetFacts | undefined {
  const asset = input.project.assets[key];
  const health = input.assessment.health.assets.get(key);
  const record = input.view.assets.get(key);
  return asset && health && { asset, health, ...(record ? { record } : {}) };
}

const BY_URGENCY: readonly HealthStatus[] = ['degraded', 'warning', 'unknown', 'healthy'];

/** Facts of these assets: what needs a hand first, worst first; then the rest by group and key. */
export function byUrgency(input: ReportInput, keys: Iterable<AssetKey>): AssetFacts[] {
  const rank = ({ health }: AssetFacts): number => Math.min(2, BY_URGENCY.indexOf(health.status));
  return [...keys]
    .flatMap((key) => factsOf(input, key) ?? [])
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        // Groups by name, assets without one at the end.
        byText(a.asset.group ?? '\uffff', b.asset.group ?? '\uffff') ||
        byText(a.asset.key, b.asset.key),
    );
}

/** Readers of each asset, once a project: every page asks. A project never changes. */
const READERS = new WeakMap<Project, ReadonlyMap<AssetKey, readonly AssetKey[]>>();

/** Assets that read this one, in order of their keys. */
export function downstreamOf(project: Project, key: AssetKey): readonly AssetKey[] {
  let readers = READERS.get(project);
  if (!readers) {
    readers = readersOf(project);
    READERS.set(project, readers);
  }
  return readers.get(key) ?? [];
}

function readersOf(project: Project): ReadonlyMap<AssetKey, readonly AssetKey[]> {
  const readers = new Map<AssetKey, AssetKey[]>();
  for (const asset of Object.values(project.assets)) {
    for (const dep of asset.deps) {
      const known = readers.get(dep);
      if (known) known.push(asset.key);
      else readers.set(dep, [asset.key]);
    }
  }
  for (const keys of readers.values()) keys.sort(byText);
  return readers;
}

/** Exposures that each asset reaches, once a project. */
const REACHED = new WeakMap<Project, ReadonlyMap<AssetKey, readonly Exposure[]>>();

/** Exposures that read this asset, or anything that is made from it, by name. */
export function exposuresReached(project: Project, key: AssetKey): readonly Exposure[] {
  let reached = REACHED.get(project);
  if (!reached) {
    reached = exposuresOf(project);
    REACHED.set(project, reached);
  }
  return reached.get(key) ?? [];
}

function exposuresOf(project: Project): ReadonlyMap<AssetKey, readonly Exposure[]> {
  const reached = new Map<AssetKey, Exposure[]>();
  for (const exposure of Object.values(project.exposures).sort((a, b) => byText(a.name, b.name))) {
    const seen = new Set<AssetKey>();
    const walk = [...exposure.deps];
    for (let key = walk.pop(); key !== undefined; key = walk.pop()) {
      if (seen.has(key)) continue;
      seen.add(key);
      reached.set(key, [...(reached.get(key) ?? []), exposure]);
      walk.push(...(project.assets[key]?.deps ?? []));
    }
  }
  return reached;
}

/** True when a failed attempt cannot have touched what is published: a table built aside, or files kept in storage. */
export function keepsPublished(project: Project, asset: Asset): boolean {
  if (asset.outputs.length > 0) return true;
  const action = asset.step === undefined ? undefined : project.steps[asset.step]?.action;
  return action?.kind === 'sql' && asset.materialized !== 'none' && asset.publish === 'audit';
}

/** Public saved selections, pinned ones first, then by name. A private one is for its author, the branch for everyone. */
export function shownSelections(project: Project): Project['selections'][string][] {
  return Object.values(project.selections)
    .filter(({ visibility }) => visibility === 'public')
    .sort((a, b) => Number(b.pinned) - Number(a.pinned) || byText(a.name, b.name));
}
