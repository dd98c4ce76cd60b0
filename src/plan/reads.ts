import type { Asset, AssetKey, Project } from '../model/project.ts';
import { readsAll, WHOLE } from '../time/partitions/mapping.ts';
import type { PartitionReader } from './partitioned.ts';

/** Keys by asset; `''` stands for an asset without partitions. */
export type KeysByAsset = ReadonlyMap<AssetKey, readonly string[]>;

type Reader = Pick<PartitionReader, 'keysOf' | 'upstreamKeys'>;

/**
 * What is read to make these keys of these assets: the partitions of their direct upstreams, and of an upstream that is a
 * view also what that reads, because whoever reads a view reads through it.
 */
export function readsOf(project: Project, reader: Reader, making: KeysByAsset): KeysByAsset {
  const found = new Map<AssetKey, Set<string>>();
  const read = (asset: Asset, keys: readonly string[]): void => {
    for (const dep of asset.deps) {
      const upstream = project.assets[dep];
      if (upstream === undefined || upstream.external) continue;
      const known = found.get(dep) ?? new Set<string>();
      found.set(dep, known);
      const fresh: string[] = [];
      for (const key of keysRead(reader, asset, upstream, keys)) {
        if (known.has(key)) continue;
        known.add(key);
        fresh.push(key);
      }
      if (isView(project, upstream) && fresh.length > 0) read(upstream, fresh);
    }
  };
  for (const [key, keys] of making) {
    const asset = project.assets[key];
    if (asset !== undefined) read(asset, keys);
  }
  return new Map([...found].map(([key, keys]) => [key, [...keys]]));
}

/**
 * Assets with partitions of which these read all that is there, through views as well: what lies in their tables under
 * a key that nobody knows is read with the rest.
 */
export function readInFull(project: Project, assets: Iterable<AssetKey>): ReadonlySet<AssetKey> {
  const found = new Set<AssetKey>();
  const all = new Set(assets);
  // A set goes on with what is added to it meanwhile.
  for (const key of all) {
    const asset = project.assets[key];
    for (const dep of asset?.deps ?? []) {
      const upstream = project.assets[dep];
      if (upstream === undefined || upstream.external) continue;
      if (isView(project, upstream)) all.add(dep);
      const mapping = asset!.mappings?.[dep] ?? { kind: 'default' };
      if (readsAll({ upstream: upstream.partitions, downstream: asset!.partitions, mapping })) found.add(dep);
    }
  }
  return found;
}

function keysRead(reader: Reader, asset: Asset, upstream: Asset, keys: readonly string[]): Iterable<string> {
  if (upstream.partitions === undefined) return [WHOLE];
  if (asset.partitions === undefined) return reader.upstreamKeys(asset.key, upstream.key, WHOLE);
  return keys.flatMap((key) => reader.upstreamKeys(asset.key, upstream.key, key));
}

/** Whether it holds no data of its own: who reads it reads through it. */
export function isView(project: Project, asset: Asset): boolean {
  const step = asset.step === undefined ? undefined : project.steps[asset.step];
  return step?.action.kind === 'sql' && asset.materialized === 'view';
}

/** Whose data a plan has to look for. */
export interface LookedAt {
  /** What it is to make, and all that is read for it. */
  readonly needed: KeysByAsset;
  /** Other partitions of what it makes: who loses a database loses more of it than the newest day. */
  readonly besides: KeysByAsset;
}

/** With more partitions than this those that are not needed are not looked at. */
const BESIDES_MAX = 10_000;

export function lookedAt(project: Project, reader: Reader, making: KeysByAsset): LookedAt {
  const needed = new Map<AssetKey, ReadonlySet<string>>();
  const add = (asset: AssetKey, keys: readonly string[]): void => {
    if (mayBeLost(project, asset)) needed.set(asset, new Set([...(needed.get(asset) ?? []), ...keys]));
  };
  for (const [asset, keys] of readsOf(project, reader, making)) add(asset, keys);
  for (const [asset, keys] of making) add(asset, keys);
  const besides = new Map<AssetKey, readonly string[]>();
  const cut = [...making.keys()].filter((key) => project.assets[key]?.partitions && mayBeLost(project, key));
  if (cut.reduce((sum, key) => sum + reader.keysOf(key).length, 0) <= BESIDES_MAX)
    for (const key of cut) {
      const others = reader.keysOf(key).filter((other) => !needed.get(key)!.has(other));
      if (others.length > 0) besides.set(key, others);
    }
  return { needed: new Map([...needed].map(([asset, keys]) => [asset, [...keys]])), besides };
}

/** Of partitions that have neither files nor a table nobody can tell, so no record of them is put together. */
export function mayBeLost(project: Project, key: AssetKey): boolean {
  const asset = project.assets[key];
  if (asset === undefined || asset.external) return false;
  return asset.partitions === undefined || asset.outputs.length > 0 || asset.connection !== undefined;
}
