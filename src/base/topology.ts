import { byText } from './order.ts';

/** A sorted graph, or one cycle as a path that ends where it began. */
export type Sorted =
  | { readonly kind: 'ordered'; readonly order: readonly string[] }
  | { readonly kind: 'cycle'; readonly path: readonly string[]; readonly order: readonly string[] };

/**
 * Orders nodes so that each stands after all it depends on; among those that are free, by name: the order depends on
 * nothing but names and edges. Edges to unknown nodes are ignored. With a cycle, `order` holds what is outside of it
 * and of its descendants. Linear in nodes and edges but for the sorting of each level.
 */
export function topologicalOrder(nodes: Iterable<string>, upstream: (node: string) => Iterable<string>): Sorted {
  const names = [...nodes].sort(byText);
  const known = new Set(names);
  const downstream = new Map<string, string[]>();
  const waiting = new Map<string, number>();
  for (const name of names) {
    const sources = new Set([...upstream(name)].filter((source) => known.has(source)));
    waiting.set(name, sources.size);
    for (const source of sources) {
      const list = downstream.get(source);
      if (list) list.push(name);
      else downstream.set(source, [name]);
    }
  }
  const order: string[] = [];
  let free = names.filter((name) => waiting.get(name) === 0);
  while (free.length > 0) {
    const next: string[] = [];
    for (const name of free) {
      order.push(name);
      for (const target of downstream.get(name) ?? []) {
        const left = waiting.get(target)! - 1;
        waiting.set(target, left);
        if (left === 0) next.push(target);
      }
    }
    free = next.sort(byText);
  }
  if (order.length === names.length) return { kind: 'ordered', order };
  return { kind: 'cycle', path: findCycle(names, waiting, upstream), order };
}

/** Walks upstream among what is left until a node repeats; every left node has a left upstream, so this ends. */
function findCycle(
  names: string[],
  waiting: Map<string, number>,
  upstream: (node: string) => Iterable<string>,
): string[] {
  const left = (name: string): boolean => (waiting.get(name) ?? 0) > 0;
  const path: string[] = [];
  let at = names.find(left)!;
  while (!path.includes(at)) {
    path.push(at);
    at = [...upstream(at)].sort(byText).find(left)!;
  }
  const cycle = path.slice(path.indexOf(at));
  const start = cycle.indexOf([...cycle].sort(byText)[0]!);
  const turned = [...cycle.slice(start), ...cycle.slice(0, start)];
  return [...turned, turned[0]!];
}
