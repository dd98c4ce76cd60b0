import type { AssetKey } from '../model/project.js';
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
export declare function buildGraph(assets: Readonly<Record<AssetKey, {
    readonly deps: readonly AssetKey[];
}>>): BuiltGraph;
/** Breadth first from several keys: depth of each key reached, without those it starts from. */
export declare function reach(from: Iterable<AssetKey>, next: (key: AssetKey) => readonly AssetKey[], depthMax?: number): ReadonlyMap<AssetKey, number>;
