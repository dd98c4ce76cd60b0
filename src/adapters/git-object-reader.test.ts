import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { committedAt, openObjectReader, treeEntries } from './git-object-reader.ts';

let sandbox: GitSandbox;
let root = '';
beforeEach(() => {
  sandbox = makeGitSandbox();
  root = sandbox.makeRepository('work');
});
afterEach(() => sandbox.remove());

const git = (...args: string[]): string => sandbox.git(root, ...args);
const reader = () => openObjectReader({ gitDir: join(root, '.git'), env: sandbox.env });

test('objects come as they are asked for, in several questions at once, small, large and empty', async () => {
  writeFileSync(join(root, 'large'), 'é\n'.repeat(400_000));
  writeFileSync(join(root, 'empty'), '');
  const ids = ['large', 'empty', 'a.txt'].map((name) => git('hash-object', '-w', name));
  const { read } = reader();
  const nobody = 'f'.repeat(40);
  const [first, second, none] = await Promise.all([read([nobody, ...ids]), read([ids[0]!, nobody]), read([])]);
  const texts = first.map((object) => object?.bytes.toString());
  expect(texts).toEqual([undefined, 'é\n'.repeat(400_000), '', 'one\n']);
  expect(second.map((object) => object?.bytes.length)).toEqual([1_200_000, undefined]);
  expect(none).toEqual([]);
  // What others have brought since is found as well, in a pack.
  writeFileSync(join(root, 'later'), 'later\n');
  const later = git('hash-object', '-w', 'later');
  git('add', '.');
  git('commit', '--quiet', '-m', 'second');
  git('gc', '--quiet');
  expect((await read([later]))[0]?.bytes.toString()).toBe('later\n');
});

test('a commit and its tree say what git says of them', async () => {
  mkdirSync(join(root, 'folder of mine', 'é'), { recursive: true });
  writeFileSync(join(root, 'folder of mine', 'é', 'x y'), '1');
  git('add', '.');
  git('commit', '--quiet', '-m', 'committer nobody <x@y> 12 +0000');
  const [commit, tree] = await reader().read(['HEAD', 'HEAD^{tree}']);
  expect(committedAt(commit!)).toBe(Number(git('log', '-1', '--format=%ct')) * 1000);
  const listed = treeEntries(tree!, 'sha1').map(({ kind, id, name }) => `${kind} ${id}\t${name}`);
  expect(listed.join('\0')).toBe(
    git('ls-tree', '-z', 'HEAD')
      .replace(/^\d+ |\0\d+ /g, (mode) => (mode.startsWith('\0') ? '\0' : ''))
      .replace(/\0$/, ''),
  );
});

test('where there is no repository, nothing is there', async () => {
  const { read } = openObjectReader({ gitDir: join(sandbox.root, 'nowhere'), env: sandbox.env });
  expect(await read(['HEAD', 'HEAD'])).toEqual([undefined, undefined]);
  // Nor does the second question wait for ever.
  expect(await read(['HEAD'])).toEqual([undefined]);
});

test('where no more files may be opened, nothing is there until they may', () => {
  // In a process of its own, which has room for few.
  const script = `
    import { closeSync, openSync } from 'node:fs';
    import { openObjectReader } from ${JSON.stringify(new URL('git-object-reader.ts', import.meta.url).href)};
    const { read } = openObjectReader({ gitDir: ${JSON.stringify(join(root, '.git'))}, env: process.env });
    const held = [];
    try { for (;;) held.push(openSync('/dev/null', 'r')); } catch {}
    const full = read(['HEAD']);
    for (const file of held) closeSync(file);
    const types = [...(await full), ...(await read(['HEAD']))].map((object) => object?.type ?? 'nothing');
    process.stdout.write(types.join(' '));`;
  const args = ['-c', 'ulimit -n 64; exec "$0" --input-type=module -e "$1"', process.execPath, script];
  expect(execFileSync('/bin/sh', args, { env: { ...sandbox.env }, encoding: 'utf8' })).toBe('nothing commit');
});
