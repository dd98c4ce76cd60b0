import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildGraph } from './graph.ts';

function graphOf(text: string): ReturnType<typeof buildGraph> {
  // `a < b c` reads: a depends on b and c.
  const lines = text.split(';').map((line) => line.trim().split(/\s*<\s*/));
  return buildGraph(
    Object.fromEntries(
      lines.map(([key, deps]) => [key!, { deps: (deps ?? '').split(' ').filter((dep) => dep !== '') }]),
    ),
  );
}

describe('buildGraph', () => {
  it('orders upstream first, then by key', () => {
    expect(graphOf('d < b c; c < a; b < a; a; e').graph.order).toEqual(['a', 'e', 'b', 'c', 'd']);
  });
  it('knows neighbours and depths', () => {
    const { graph } = graphOf('d < b c a; c < a; b < a; a; z < d unknown');
    expect(graph.upstream('d')).toEqual(['a', 'b', 'c']);
    expect(graph.upstream('z')).toEqual(['d']);
    expect(graph.downstream('a')).toEqual(['b', 'c', 'd']);
    expect([...graph.ancestors('z')]).toEqual([
      ['d', 1],
      ['a', 2],
      ['b', 2],
      ['c', 2],
    ]);
    expect([...graph.ancestors('z', 1).keys()]).toEqual(['d']);
    expect([...graph.descendants('a')]).toEqual([
      ['b', 1],
      ['c', 1],
      ['d', 1],
      ['z', 2],
    ]);
    expect(graph.downstream('nobody')).toEqual([]);
  });
  it('gives a cycle as a path, and still every asset', () => {
    const { graph, cycle } = graphOf('a < c; b < a; c < b; x; y < c');
    expect(cycle).toEqual(['a', 'c', 'b', 'a']);
    expect([...graph.order].sort()).toEqual(['a', 'b', 'c', 'x', 'y']);
    expect([...graph.descendants('a').keys()].sort()).toEqual(['b', 'c', 'y']);
  });
  it('does not depend on the order of keys and deps', () => {
    const acyclic = fc.array(fc.array(fc.nat(20), { maxLength: 4 }), { minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(acyclic, fc.infiniteStream(fc.nat()), (rows, noise) => {
        const entries = rows.map(
          (deps, i) => [`n${i}`, { deps: deps.filter((dep) => dep < i).map((dep) => `n${dep}`) }] as const,
        );
        const shuffled = entries
          .map((entry) => ({ entry, at: noise.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ entry: [key, { deps }] }) => [key, { deps: [...deps].reverse() }] as const);
        const one = buildGraph(Object.fromEntries(entries)).graph;
        const other = buildGraph(Object.fromEntries(shuffled)).graph;
        expect(other.order).toEqual(one.order);
        for (const [key, { deps }] of entries) {
          expect(other.upstream(key)).toEqual(one.upstream(key));
          for (const dep of deps) expect(one.order.indexOf(dep)).toBeLessThan(one.order.indexOf(key));
        }
      }),
    );
  });
});
