import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownFolder } from './own-folder.ts';

let cache = '';
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'branchline-own-folder-'));
});
afterEach(() => rmSync(cache, { recursive: true, force: true }));
const folderOf = (path: string) => ownFolder({ BRANCHLINE_CACHE: path }, 'compiled');

test('what can be had anew is in the cache of the user, also before there is one', () => {
  expect(folderOf(cache)).toBe(join(cache, 'compiled'));
  expect(folderOf(join(cache, 'a', 'b'))).toBe(join(cache, 'a', 'b', 'compiled'));
});

test.skipIf(process.platform === 'win32')(
  'nothing is read that others could have written, nor left in a folder of theirs',
  () => {
    mkdirSync(join(cache, 'compiled'));
    chmodSync(join(cache, 'compiled'), 0o777);
    expect(folderOf(cache)).toBeUndefined();
    chmodSync(join(cache, 'compiled'), 0o700);
    expect(folderOf(cache)).toBe(join(cache, 'compiled'));
    chmodSync(cache, 0o1777);
    expect(folderOf(cache)).toBe(join(cache, 'compiled'));
    expect(folderOf(join(cache, 'mine'))).toBeUndefined();
    expect(folderOf(join(cache, 'no\0name'))).toBeUndefined();
  },
);

// Only who administers a machine may give a folder away.
test.skipIf(process.getuid?.() !== 0)('nor in that of another user, whose environment one works in', () => {
  mkdirSync(join(cache, 'compiled'));
  chownSync(join(cache, 'compiled'), 65_534, 65_534);
  expect(folderOf(cache)).toBeUndefined();
});

test.skipIf(process.platform === 'win32')('nothing is made in a folder that takes nothing, also by root', () => {
  chmodSync(cache, 0o555);
  expect(folderOf(join(cache, 'none'))).toBeUndefined();
  chmodSync(cache, 0o700);
  expect(folderOf(join(cache, 'none'))).toBe(join(cache, 'none', 'compiled'));
});
