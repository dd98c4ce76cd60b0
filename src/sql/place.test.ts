import { expect, test } from 'vitest';
import { offsetAt, placeAt, placeInFile, sqlExcerpt } from './place.ts';

test('offset and place are inverse', () => {
  const text = 'a\nbcd\n\ne😀f';
  for (let offset = 0; offset <= text.length; offset++) expect(offsetAt(text, placeAt(text, offset))).toBe(offset);
  expect(offsetAt(text, { line: 99, column: 1 })).toBe(text.length);
});

test('a place in a block of a manifest is moved right as the block is', () => {
  const startsAt = { file: 'pipelines/a.yaml', line: 12, column: 7, length: 1 };
  expect(placeInFile({ line: 1, column: 1 }, startsAt)).toEqual({ line: 12, column: 7 });
  expect(placeInFile({ line: 3, column: 5 }, startsAt)).toEqual({ line: 14, column: 11 });
});

test('the excerpt has up to two lines before, numbers of the file, and a caret', () => {
  expect(sqlExcerpt('one\ntwo\n\tthree\nfour', { line: 3, column: 2 }, { firstLine: 8 })).toBe(
    '  8 │ one\n  9 │ two\n 10 │ \tthree\n    │ \t^',
  );
  expect(sqlExcerpt('one', { line: 1, column: 4 })).toBe(' 1 │ one\n   │    ^');
});

test('a long line is shown around the caret', () => {
  const lines = sqlExcerpt(`${'x'.repeat(5000)}here${'y'.repeat(5000)}`, { line: 1, column: 5001 }).split('\n');
  expect(lines[0]!.length).toBeLessThan(200);
  expect(lines[0]!.slice(lines[1]!.indexOf('^')).startsWith('here')).toBe(true);
});
