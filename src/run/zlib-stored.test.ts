import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { zlibStored } from './zlib-stored.ts';

test('zlib reads back any bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(1, 300), (part, times) => {
      const data = Buffer.concat(Array.from({ length: times }, () => part));
      expect(inflateSync(zlibStored(data)).equals(data)).toBe(true);
    }),
  );
});
