import { byText } from '../base/order.ts';
import { topologicalOrder } from '../base/topology.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { PartitionReader } from './partitioned.ts';

/** What a selection can make now, and what it cannot since no partition of it exists yet. */
export interface Keyless {
  readonly rest: ReadonlySet<AssetKey>;
  /** Partitioned assets without any key, by name. */
  readonly assets: readonly AssetKey[];
  /** What is selected and reads one of them, directly or through others that are selected. */
  readonly readers: readonly AssetKey[];
}

/** Leaves out of a selection what has partitions of which none exists yet, with what would read it. */
export function leaveOutKeyless(
  project: Project,
  reader: Pick<PartitionReader, 'keysOf'>,
  selected: ReadonlySet<AssetKey>,
): Keyless {
  const assets = [...selected].filter((key) => {
    const asset = project.assets[key];
    return asset?.partitions !== undefined && !asset.external && reader.keysOf(key).length === 0;
  });
  if (assets.length === 0) return { rest: selected, assets, readers: [] };
  const isKeyless = new Set(assets);
  const out = new Set(assets);
  const { order } = topologicalOrder(selected, (key) => project.assets[key]?.deps ?? []);
  for (const key of order)
    if (selected.has(key) && (project.assets[key]?.deps ?? []).some((dep) => out.has(dep))) out.add(key);
  return {
    rest: new Set([...selected].filter((key) => !out.has(key))),
    assets: assets.sort(byText),
    readers: [...out].filter((key) => !isKeyless.has(key)).sort(byText),
  };
}
