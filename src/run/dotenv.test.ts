import { describe, expect, test } from 'vitest';
import { parseDotenv } from './dotenv.ts';

describe('a .env file', () => {
  const check = (text: string, expected: Record<string, string>) =>
    expect(parseDotenv(text, true)).toEqual({ ok: true, value: expected });
  const wrong = (text: string, lines: number[]) => {
    const parsed = parseDotenv(text, true);
    expect(!parsed.ok && parsed.error.map((problem) => problem.line)).toEqual(lines);
  };

  test('names and values', () =>
    check('A=1\r\nexport B = two words \n\n# c\nEMPTY=\n', { A: '1', B: 'two words', EMPTY: '' }));
  test('comments after values', () => check('A=x # y\nB=x#y\nC=#y', { A: 'x', B: 'x#y', C: '' }));
  test('quotes', () => check(`A="a\\n\\"b\\" # c" # d\nB='a\\n$X'`, { A: 'a\n"b" # c', B: 'a\\n$X' }));
  test('values over several lines', () => check('A="one\ntwo"\nB=3', { A: 'one\ntwo', B: '3' }));
  test('dollar signs are not expanded', () => check('A=$HOME/${X}', { A: '$HOME/${X}' }));
  test('all problems, by line', () => wrong('A="one\ntwo"\nnonsense\n1A=2\nB="x" y\nC=\'open', [3, 4, 5, 6]));
  test('is refused when git does not ignore it', () => {
    const parsed = parseDotenv('A=1', false);
    expect(parsed).toMatchObject({ ok: false, error: [{ message: expect.stringContaining('.gitignore') }] });
  });
});
