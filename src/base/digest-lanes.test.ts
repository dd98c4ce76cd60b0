import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteSpan } from './byte-span.ts';
import { sha256 } from './digest.ts';
import { DigestLanes, LANES } from './digest-lanes.ts';

const any = fc.constantFrom('a', 'Z', '0', '[', ']', '"', ',', '\\', ' ', 'ü', '✓', '\u0000', '😀');
const plain = fc.string({
  unit: fc.constantFrom('0', '7', 'a', 'f', 'X', ' ', '~', '/', ':', '@', '`', 'g'),
  minLength: 12,
  maxLength: 12,
});

/** The text within others. */
function spanOf(text: string): ByteSpan {
  const bytes = new TextEncoder().encode(`x${text}y`);
  return { bytes, from: 1, length: bytes.length - 2 };
}

test('property: the digests of all lanes are those that Node makes, of texts of one block and of several', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: any, maxLength: 200 }),
      fc.string({ unit: any, maxLength: 70 }),
      fc.array(fc.array(plain, { minLength: LANES, maxLength: LANES }), { minLength: 1, maxLength: 3 }),
      (before, after, turns) => {
        const at = new TextEncoder().encode(before).length;
        const lanes = DigestLanes.like(`${before}${' '.repeat(12)}${after}`)!;
        for (const texts of turns) {
          for (const [lane, text] of texts.entries()) expect(lanes.put(lane, at, spanOf(text))).toBe(true);
          lanes.digest();
          texts.forEach((text, lane) => {
            const digest = sha256(`${before}${text}${after}`);
            expect(lanes.beginsWith(lane, spanOf(digest))).toBe(true);
            expect(lanes.beginsWith(lane, spanOf(digest.slice(0, 12)))).toBe(true);
          });
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('a digest begins with its own digits alone', () => {
  const lanes = DigestLanes.like('abc')!;
  lanes.digest();
  expect(lanes.beginsWith(3, spanOf('ba7816bf8f01'))).toBe(true);
  for (const other of ['ba7816bf8f00', 'aa7816bf8f01', 'BA7816BF8F01', 'ba7816bf8f/1', 'ba7816bf8fg1', '✓'])
    expect(lanes.beginsWith(3, spanOf(other))).toBe(false);
});

test('what JSON would write in another way is not taken', () => {
  const lanes = DigestLanes.like('abc')!;
  for (const text of ['a"', '\\', '\n', 'é', '\u007f']) expect(lanes.put(0, 0, spanOf(text))).toBe(false);
});
