import fc from 'fast-check';
import { expect, it } from 'vitest';
import { copyOfMap } from './layered-map.ts';

type Change =
  | readonly ['set', number, number]
  | readonly ['delete', number, number]
  | readonly ['copy', number, number];
const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('set' as const, 'set' as const, 'delete' as const, 'copy' as const),
  fc.integer({ min: 0, max: 1_600 }),
  fc.nat(9),
);

it.each([3, 1_500])('a copy of a map of %i entries is a map like any other, and changes no other', (count) => {
  const entries = Array.from({ length: count }, (_, i): [number, number] => [i, i]);
  const base = new Map(entries);
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      let layered = copyOfMap(base);
      const plain = new Map(base);
      const left: (readonly [Map<number, number>, [number, number][]])[] = [];
      for (const [kind, key, value] of changes) {
        if (kind === 'set') expect(layered.set(key, value).get(key)).toBe(plain.set(key, value).get(key));
        else if (kind === 'delete') expect(layered.delete(key)).toBe(plain.delete(key));
        else {
          left.push([layered, [...plain].sort(([a], [b]) => a - b)]);
          layered = copyOfMap(layered);
        }
        expect([layered.size, layered.has(key), layered.get(key)]).toEqual([
          plain.size,
          plain.has(key),
          plain.get(key),
        ]);
      }
      const sorted = (map: ReadonlyMap<number, number>): [number, number][] => [...map].sort(([a], [b]) => a - b);
      expect(sorted(layered)).toEqual(sorted(plain));
      expect(sorted(new Map(layered))).toEqual(sorted(plain));
      expect([...layered.keys()].length).toBe(plain.size);
      const values = (map: ReadonlyMap<number, number>): number[] => [...map.values()].sort((a, b) => a - b);
      expect(values(layered)).toEqual(values(plain));
      let seen = 0;
      layered.forEach((value, key) => {
        expect(plain.get(key)).toBe(value);
        seen++;
      });
      expect(seen).toBe(plain.size);
      for (const [map, was] of left) expect(sorted(map)).toEqual(was);
      layered.clear();
      expect([layered.size, [...layered]]).toEqual([0, []]);
    }),
    { numRuns: 12 },
  );
  expect([...base]).toEqual(entries);
});

it('is walked through while entries are deleted, as a fold does on a new day', () => {
  const layered = copyOfMap(new Map(Array.from({ length: 2_000 }, (_, i): [string, number] => [`k${i}`, i])));
  layered.set('new', 1);
  for (const [key, value] of layered) if (value % 2 === 0) layered.delete(key);
  expect(layered.size).toBe(1_001);
  // So many changes are no layer any more.
  expect(copyOfMap(layered).size).toBe(1_001);
  expect(copyOfMap(layered).has('k2')).toBe(false);
});
