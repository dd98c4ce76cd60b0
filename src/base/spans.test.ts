import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinSpans, numbersIn, toSpans } from './spans.ts';

const numbers = fc.uniqueArray(fc.nat({ max: 40 }), { maxLength: 30 });

test('spans are sets of numbers, written as short as can be', () => {
  fc.assert(
    fc.property(numbers, numbers, (one, other) => {
      const [a, b] = [toSpans(one), toSpans(other)];
      const sorted = (of: Iterable<number>): number[] => [...of].sort((x, y) => x - y);
      expect([...numbersIn(a)]).toEqual(sorted(one));
      expect([...numbersIn(joinSpans(a, b))]).toEqual(sorted(new Set([...one, ...other])));
      for (const [index, [first]] of joinSpans(a, b).entries())
        if (index > 0) expect(first).toBeGreaterThan(joinSpans(a, b)[index - 1]![1] + 1);
    }),
  );
});
