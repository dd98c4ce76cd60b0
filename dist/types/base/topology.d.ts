/** A sorted graph, or one cycle as a path that ends where it began. */
export type Sorted = {
    readonly kind: 'ordered';
    readonly order: readonly string[];
} | {
    readonly kind: 'cycle';
    readonly path: readonly string[];
    readonly order: readonly string[];
};
/**
 * Orders nodes so that each stands after all it depends on; among those that are free, by name: the order depends on
 * nothing but names and edges. Edges to unknown nodes are ignored. With a cycle, `order` holds what is outside of it
 * and of its descendants. Linear in nodes and edges but for the sorting of each level.
 */
export declare function topologicalOrder(nodes: Iterable<string>, upstream: (node: string) => Iterable<string>): Sorted;
