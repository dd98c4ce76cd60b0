import { sortedUnique } from '../base/order.ts';
import { topologicalOrder } from '../base/topology.ts';
import type { AssetKey } from '../model/project.ts';

/** Who reads whom. Depends on nothing but keys and edges: not on the order of files or keys. */
export interface AssetGraph {
  /** Every asset behind all that it reads; among those that are free, by key. */
  readonly order: readonly AssetKey[];
  /** Direct upstreams that exist, sorted. */
  readonly upstream: (key: AssetKey) => readonly AssetKey[];
  /** Assets that read it directly, sorted. */
  readonly downstream: (key: AssetKey) => readonly AssetKey[];
  /** All that it is made from, with the least number of edges, from 1; at most `depthMax` edges away. */
  readonly ancestors: (key: AssetKey, depthMax?: number) => ReadonlyMap<AssetKey, number>;
  /** All that is made from it, with the least number of edges, from 1; at most `depthMax` edges away. */
  readonly descendants: (key: AssetKey, depthMax?: number) => ReadonlyMap<AssetKey, number>;
}

/** A graph; `cycle` is a path that ends where it began, and the members of cycles then stand last in `order`. */
export interface BuiltGraph {
  readonly graph: AssetGraph;
  readonly cycle?: readonly AssetKey[];
}

/** Builds the graph of assets. Upstreams that are not among the assets are left out. Linear in assets and edges. */
export function buildGraph(assets: Readonly<Record<AssetKey, { readonly deps: readonly AssetKey[] }>>): BuiltGraph {
  const keys = Object.keys(assets).sort();
  const known = new Set(keys);
  const up = new Map(keys.map((key) => [key, sortedUnique(assets[key]!.deps.filter((dep) => known.has(dep)))]));
  const down = new Map<AssetKey, AssetKey[]>(keys.map((key) => [key, []]));
  // Keys come in order, so every list of downstreams is in order as well.
  for (const key of keys) for (const source of up.get(key)!) down.get(source)!.push(key);
  const upstream = (key: AssetKey): readonly AssetKey[] => up.get(key) ?? [];
  const downstream = (key: AssetKey): readonly AssetKey[] => down.get(key) ?? [];
  const sorted = topologicalOrder(keys, upstream);
  const done = new Set(sorted.order);
  const order = [...sorted.order, ...keys.filter((key) => !done.has(key))];
  const graph: AssetGraph = {
    order,
    upstream,
    downstream,
    ancestors: (key, depthMax) => reach([key], upstream, depthMax),
    descendants: (key, depthMax) => reach([key], downstream, depthMax),
  };
  return sorted.kind === 'cycle' ? { graph, cycle: sorted.path } : { graph };
}

/** Breadth first from several keys: depth of each key reached, without those it starts from. */
export function reach(
  from: Iterable<AssetKey>,
  next: (key: AssetKey) => readonly AssetKey[],
  depthMax: number = Number.POSITIVE_INFINITY,
): ReadonlyMap<AssetKey, number> {
  const start = new Set(from);
  const depths = new Map<AssetKey, number>();
  let level: readonly AssetKey[] = [...start];
  for (let depth = 1; level.length > 0 && depth <= depthMax; depth++) {
    const found: AssetKey[] = [];
    for (const key of level) {
      for (const neighbour of next(key)) {
        if (start.has(neighbour) || depths.has(neighbour)) continue;
        depths.set(neighbour, depth);
        found.push(neighbour);
      }
    }
    level = found;
  }
  return depths;
}
