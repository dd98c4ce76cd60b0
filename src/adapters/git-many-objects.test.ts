import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { readManyObjects } from './git-many-objects.ts';
import { openObjectReader } from './git-object-reader.ts';
import { systemObjects } from './git-objects.ts';

let sandbox: GitSandbox;
let root = '';
let gitDir = '';
let ids: readonly string[] = [];
const numbered = Array.from({ length: 300 }, (_, i) => `${i}\n`.repeat(i));
// The answer is read in blocks: one text is longer than two of them, and some lie across where two meet.
const texts = [
  '',
  'é\n'.repeat(400_000),
  '12345678\n'.repeat(700_000),
  ...numbered,
  'ü\n'.repeat(300_000),
  ...numbered,
];
beforeEach(() => {
  sandbox = makeGitSandbox();
  root = sandbox.makeRepository('work');
  gitDir = join(root, '.git');
  for (const [i, text] of texts.entries()) writeFileSync(join(root, `f${i}`), text);
  const paths = texts.map((_, i) => join(root, `f${i}`)).join('\n');
  const options = { cwd: root, env: sandbox.env, input: paths, encoding: 'utf8' as const };
  ids = execFileSync('git', ['hash-object', '-w', '--stdin-paths'], options).trim().split('\n');
});
afterEach(() => sandbox.remove());

const inPacks = (): string[] => readdirSync(join(gitDir, 'objects', 'pack'));

test('many objects are those that are read one after the other, and no file is left of it', async () => {
  const names = ['f'.repeat(40), ...ids, 'HEAD^{tree}', 'nothing', ids[1]!];
  const many = await readManyObjects({ gitDir, env: sandbox.env }, names);
  const asFew = await openObjectReader({ gitDir, env: sandbox.env }).read(names);
  expect(many?.map((one) => one && [one.type, one.id, one.text.characters])).toEqual(
    asFew.map((one) => one && [one.type, one.id, one.bytes.toString('latin1')]),
  );
  expect(many?.slice(1, -3).map((object) => object?.text.text)).toEqual(texts);
  expect(inPacks()).toEqual([]);
});

/** A git that does this in place of telling many objects. */
function oddGit(instead: string): GitSandbox['env'] {
  const bin = join(sandbox.root, 'bin');
  mkdirSync(bin, { recursive: true });
  const real = execFileSync('/bin/sh', ['-c', 'command -v git'], { env: sandbox.env, encoding: 'utf8' }).trim();
  const script = `#!/bin/sh\nif [ "$3" = --buffer ]; then ${instead}; fi\nexec "${real}" "$@"\n`;
  writeFileSync(join(bin, 'git'), script);
  chmodSync(join(bin, 'git'), 0o755);
  return { ...sandbox.env, PATH: `${bin}:${sandbox.env['PATH']}` };
}

test.each([
  ['cannot do it', 'exit 129'],
  ['ends too early', `echo "${'a'.repeat(40)} missing"; exit 0`],
  ['is cut off within an object', `echo "${'a'.repeat(40)} blob 7"; exit 0`],
  ['has no room left', `echo "${'a'.repeat(40)} missing"; exit 128`],
  ['hangs', 'exec sleep 1000'],
])('where git %s, they are read as few are', async (_what, instead) => {
  const store = { gitDir, format: 'sha1', env: oddGit(instead), silenceMs: 500 } as const;
  expect(await readManyObjects(store, ids)).toBeUndefined();
  const found = await systemObjects(store, openObjectReader(store)).readBlobs(ids);
  expect(ids.map((id) => found.get(id)?.text)).toEqual(texts);
  expect(inPacks()).toEqual([]);
});

test('where there is no repository, or no git, none is there', async () => {
  expect(await readManyObjects({ gitDir: join(sandbox.root, 'nowhere'), env: sandbox.env }, ids)).toBeUndefined();
  const env = { ...sandbox.env, PATH: join(sandbox.root, 'nothing') };
  expect(await readManyObjects({ gitDir, env }, ids)).toBeUndefined();
  rmSync(join(gitDir, 'HEAD'));
  expect(await readManyObjects({ gitDir, env: sandbox.env }, ids)).toBeUndefined();
  expect(inPacks()).toEqual([]);
});
