import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tryWriting } from './writing.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'branchline-writing-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('is nothing when it went well', () => {
  expect(tryWriting(folder, () => writeFileSync(join(folder, 'a'), ''))).toBeUndefined();
});

it.each([
  [
    'a file as a folder',
    'a',
    (path: string) => mkdirSync(path, { recursive: true }),
    'a file is where a folder is needed',
  ],
  [
    'a folder in a file',
    'a/b',
    (path: string) => mkdirSync(path, { recursive: true }),
    'a file is where a folder is needed',
  ],
  ['a folder as a file', '.', (path: string) => writeFileSync(path, ''), 'a folder is where a file is needed'],
] as const)('%s is refused with what is in the way', (_, name, write, reason) => {
  writeFileSync(join(folder, 'a'), '');
  const path = join(folder, name);
  expect(tryWriting(path, () => write(path))).toEqual({
    exit: 3,
    code: 'cannot-write',
    message: `${path} cannot be written: ${reason}.`,
    help: 'Name another folder, or move what is in the way.',
  });
});

it('a bug stays one', () => {
  const bug = new Error('ours');
  expect(() =>
    tryWriting(folder, () => {
      throw bug;
    }),
  ).toThrow(bug);
});
