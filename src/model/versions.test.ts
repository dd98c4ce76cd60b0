import fc from 'fast-check';
import { expect, test } from 'vitest';
import { digestOf } from '../base/digest.ts';
import { shortVersion, usedDigest } from './versions.ts';

test('what was read has the digest of its pairs in the order of the assets, whatever they are called', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('10', '9', 'a"b', '\ud800', 'é'));
  fc.assert(
    fc.property(fc.dictionary(text, text), (upstream) => {
      const names = Object.keys(upstream).sort((a, b) => (a < b ? -1 : 1));
      const pairs = names.map((name) => [name, shortVersion(upstream[name]!)]);
      expect(usedDigest(upstream)).toBe(digestOf(pairs).slice(0, 12));
    }),
  );
});
