import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytesOf, charactersOfText, LateText, LateTexts, lateOf, textsOf } from './late-texts.ts';

const late = (text: string): LateText => new LateText(Buffer.from(text));

test('texts are those of their bytes, in the order in which they came, whoever asks', () => {
  const texts = new LateTexts().setLate('b', late('ü…')).set('a', 'one').setLate('c', late(''));
  const all = [
    ['b', 'ü…'],
    ['a', 'one'],
    ['c', ''],
  ] as const;
  expect([...texts]).toEqual(all);
  expect([...texts.entries()]).toEqual(all);
  expect([...texts.keys()]).toEqual(['b', 'a', 'c']);
  expect([...texts.values()]).toEqual(['ü…', 'one', '']);
  expect(new Map(texts)).toEqual(new Map(all));
  const seen: string[] = [];
  texts.forEach((text, name) => void seen.push(`${name}=${text}`));
  expect(seen).toEqual(['b=ü…', 'a=one', 'c=']);
  expect([texts.size, texts.has('c'), texts.has('d'), texts.get('d')]).toEqual([3, true, false, undefined]);
  expect([texts.delete('c'), texts.delete('c'), texts.size]).toEqual([true, false, 2]);
  texts.clear();
  expect([...texts]).toEqual([]);
});

test('a text that was never asked for stays bytes, also in a part of the texts', () => {
  const texts = new LateTexts().setLate('a', late('ü')).set('b', 'ü');
  const part = textsOf(texts, ['a', 'b', 'c']);
  expect([...part.keys()]).toEqual(['a', 'b']);
  expect(part.late('a')).toBe(texts.late('a'));
  expect([part.late('b'), lateOf(new Map([['a', 'x']]), 'a')]).toEqual([undefined, undefined]);
  expect(['a', 'b', 'c'].map((name) => bytesOf(part, name))).toEqual([2, 2, 0]);
  expect(bytesOf(new Map([['a', '…']]), 'a')).toBe(3);
  // One that is set anew is that, and no longer what it was read as.
  part.set('a', 'x');
  expect([part.get('a'), part.late('a'), texts.get('a')]).toEqual(['x', undefined, 'ü']);
  expect(textsOf(new Map([['a', 'y']]), ['a']).get('a')).toBe('y');
});

test('a text that is read as characters, one for each byte, is the text of these bytes', () => {
  const told = (late: LateText) => [late.length, late.text, late.characters, late.text];
  const pieces = fc.oneof(
    fc.uint8Array(),
    fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(pieces, (piece) => {
      const bytes = Buffer.from(piece);
      const characters = bytes.toString('latin1');
      const text = bytes.toString('utf8');
      const expected = [bytes.length, text, characters, text];
      expect(told(new LateText(bytes))).toEqual(expected);
      expect(told(new LateText(characters))).toEqual(expected);
      const late = new LateText(bytes);
      expect([late.characters, late.text, late.length]).toEqual([characters, text, bytes.length]);
      expect(new LateText(charactersOfText(text)).text).toBe(text);
    }),
  );
});
