import { byText } from '../base/order.ts';
import type { PartitionsDef, TimePartitions } from '../model/partitions.ts';
import type { AssetKey, Project } from '../model/project.ts';
import { buildGraph } from './graph.ts';
import { selectionScope } from './listing.ts';
import { select } from './selection-evaluate.ts';

/** When somebody has to wake the engine for assets that are made by themselves. */
export interface AutomationRing {
  /** For people: `automation of marts/board and 3 more`. */
  readonly name: string;
  readonly cron: string;
  /** IANA zone. */
  readonly timezone: string;
  /** Nothing says when: a rarer ring is only a later one. */
  readonly isLoose?: true;
}

const HOURLY = '0 * * * *';

/**
 * The rarest rings that automation needs. `on_cron` rings at its ticks and what is cut by time when a window ends; what
 * follows something that rings needs no ring of its own, for a wake-up looks at the conditions again when a run ends. Only
 * where data comes at any time (a source that no schedule makes, keys that are added) it is looked for once an hour.
 */
export function automationRings(project: Project): readonly AutomationRing[] {
  const { graph } = buildGraph(project.assets);
  const automated = graph.order.flatMap((key) => (project.assets[key]?.automation ? [project.assets[key]] : []));
  if (automated.length === 0) return [];
  const rules = new Map<string, { readonly ring: Omit<AutomationRing, 'name'>; readonly assets: AssetKey[] }>();
  const add = (asset: AssetKey, ring: Omit<AutomationRing, 'name'>): void => {
    const name = `${ring.cron} ${ring.timezone}`;
    const known = rules.get(name) ?? { ring, assets: [] };
    rules.set(name, known);
    known.assets.push(asset);
  };
  const rung = scheduledAssets(project);
  for (const asset of automated) {
    const { key, automation } = asset;
    if (automation?.kind === 'on_cron') {
      add(key, { cron: automation.cron, timezone: automation.timezone });
      rung.add(key);
      continue;
    }
    const window = asset.partitions && timeOf(asset.partitions);
    if (window) add(key, { cron: window.cron, timezone: window.timezone });
    const own = asset.deps.filter((dep) => !project.assets[dep]?.external);
    const isFed = own.every((dep) => rung.has(dep));
    if (own.length > 0 && isFed) rung.add(key);
    if (!isFed || hasDynamicKeys(asset.partitions)) add(key, { cron: HOURLY, timezone: 'UTC', isLoose: true });
  }
  return [...rules.values()].map(({ ring, assets }) => {
    const [first, ...more] = [...assets].sort(byText);
    return { name: `automation of ${first}${more.length > 0 ? ` and ${more.length} more` : ''}`, ...ring };
  });
}

/** Assets that a schedule makes; what one selects by its status changes, and counts for none. */
function scheduledAssets(project: Project): Set<AssetKey> {
  const scope = selectionScope(project);
  const found = new Set<AssetKey>();
  for (const { job, selection } of Object.values(project.schedules)) {
    const selected = select((job === undefined ? selection : project.jobs[job]?.selection) ?? '', scope);
    for (const key of selected.ok ? selected.value : []) found.add(key);
  }
  return found;
}

/** Keys that people and steps add at any time. */
function hasDynamicKeys(def: PartitionsDef | undefined): boolean {
  if (def?.kind === 'multi') return Object.values(def.dimensions).some(hasDynamicKeys);
  return def?.kind === 'dynamic';
}

function timeOf(def: PartitionsDef): TimePartitions | undefined {
  if (def.kind === 'time') return def;
  return def.kind === 'multi'
    ? Object.values(def.dimensions).find((each): each is TimePartitions => each.kind === 'time')
    : undefined;
}
