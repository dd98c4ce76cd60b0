import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { findChangedFiles } from './checkout-changes.ts';
import { createSourceTree } from './source-tree.ts';

let sandbox: GitSandbox;
let root: string;
let commit: string;
beforeEach(() => {
  sandbox = makeGitSandbox();
  root = sandbox.makeRepository('user');
  mkdirSync(join(root, 'sub'));
  for (const name of ['one.sql', 'two.sql', 'sub/three.sql']) writeFileSync(join(root, name), `${name}\n`);
  sandbox.git(root, 'add', '.');
  sandbox.git(root, 'commit', '--quiet', '-m', 'files');
  commit = sandbox.git(root, 'rev-parse', 'HEAD').trim();
});
afterEach(() => sandbox.remove());

/** As a checkout looks whose files somebody wrote again, with what was in them: git has to read them to know. */
function touch(folder: string, ...names: readonly string[]): void {
  for (const name of names) utimesSync(join(folder, name), 1_000_000_000, 1_000_000_000);
}

async function changesIn(folder: string): Promise<readonly string[]> {
  const tree = createSourceTree(folder, sandbox.env);
  const files = await findChangedFiles({ root: folder, env: sandbox.env, tree, scratch: sandbox.root }, commit);
  return [...files].sort();
}

test('the index of the user is read, and never written, also where git would note what it found', async () => {
  touch(root, 'one.sql', 'two.sql', 'sub/three.sql');
  const index = join(root, '.git/index');
  const before = readFileSync(index);
  const listed = readdirSync(join(root, '.git'));
  expect(await changesIn(root)).toEqual([]);
  expect(readFileSync(index).equals(before)).toBe(true);
  expect(readdirSync(join(root, '.git'))).toEqual(listed);
  // The same git notes it where nobody keeps it from that: else the test above could not fail.
  sandbox.git(root, 'diff', '--name-only', commit);
  expect(readFileSync(index).equals(before)).toBe(false);
});

test('what counts is what lies there: staged, changed since, deleted and new, in a worktree and below its top too', async () => {
  const other = join(sandbox.root, 'other');
  sandbox.git(root, 'worktree', 'add', '--quiet', '--detach', other);
  writeFileSync(join(other, 'one.sql'), 'staged\n');
  writeFileSync(join(other, 'two.sql'), 'staged, and taken back\n');
  sandbox.git(other, 'add', '.');
  writeFileSync(join(other, 'two.sql'), 'two.sql\n');
  writeFileSync(join(other, 'sub/new.sql'), 'new\n');
  rmSync(join(other, 'sub/three.sql'));
  const index = join(root, '.git/worktrees/other/index');
  const before = readFileSync(index);
  expect(await changesIn(other)).toEqual(['one.sql', 'sub/new.sql', 'sub/three.sql']);
  expect(await changesIn(join(other, 'sub'))).toEqual(['new.sql', 'three.sql']);
  expect(readFileSync(index).equals(before)).toBe(true);
  expect(await changesIn(root)).toEqual([]);
});
