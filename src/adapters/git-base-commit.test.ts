import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GitHttpServer, startGitHttpServer } from '../testing/git-http.ts';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { fetchCommitTree } from './git-base-commit.ts';
import { locateRepository } from './git-location.ts';
import { createSourceTree } from './source-tree.ts';

let sandbox: GitSandbox;
let server: GitHttpServer;
let base: string;
let checkout: string;

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeEach(async () => {
  sandbox = makeGitSandbox();
  const bare = sandbox.makeBare('origin.git');
  sandbox.git(bare, 'config', 'uploadpack.allowAnySHA1InWant', 'true');
  const work = sandbox.makeRepository('work');
  const commit = (message: string): string => {
    sandbox.git(work, 'add', '--all');
    sandbox.git(work, 'commit', '--quiet', '-m', message);
    return sandbox.git(work, 'rev-parse', 'HEAD');
  };
  for (let i = 0; i < 20; i++) write(work, `app/pipelines/${i}.yaml`, `assets: { a${i}: { external: true } }\n`);
  write(work, 'app/branchline.yaml', 'name: shop\n');
  write(work, 'app/run.py', 'print(1)\n');
  base = commit('base');
  write(work, 'app/pipelines/3.yaml', 'assets: {}\n');
  write(work, 'app/run.py', 'print(2)\n');
  commit('head');
  sandbox.git(work, 'push', '--quiet', bare, 'main');
  server = await startGitHttpServer(sandbox.root);
  checkout = join(sandbox.root, 'checkout');
  sandbox.git(sandbox.root, 'clone', '--quiet', '--depth=1', `file://${bare}`, checkout);
  sandbox.git(checkout, 'remote', 'set-url', 'origin', `${server.url}/origin.git`);
});
afterEach(async () => {
  await server.stop();
  sandbox.remove();
});

async function fetchBase(commit: string, token?: string) {
  const root = join(checkout, 'app');
  const location = await locateRepository(root, 'origin', sandbox.env);
  if (!location.ok) throw new Error(location.error.message);
  return fetchCommitTree({
    projectRoot: root,
    location: location.value,
    commit,
    beside: createSourceTree(root, sandbox.env),
    privateFolder: join(sandbox.root, 'private'),
    env: sandbox.env,
    ...(token === undefined ? {} : { token }),
  });
}

test('a shallow checkout is enough, and stays as it is', async () => {
  const refs = sandbox.git(checkout, 'for-each-ref');
  const tree = await fetchBase(base);
  if (!tree.ok) throw new Error(tree.error);
  expect(tree.value.files()).toHaveLength(22);
  expect(tree.value.text('pipelines/3.yaml')).toBe('assets: { a3: { external: true } }\n');
  expect(tree.value.text('pipelines/4.yaml')).toBe('assets: { a4: { external: true } }\n');
  expect(sandbox.git(checkout, 'for-each-ref')).toBe(refs);
  expect(sandbox.git(checkout, 'rev-list', '--all', '--count')).toBe('1');
});

test('only what differs is fetched: one request for the commit, one for its blobs', async () => {
  await fetchBase(base);
  expect(server.requests.filter((kind) => kind === 'fetch').length).toBeLessThanOrEqual(4);
  const blobs = sandbox
    .git(join(sandbox.root, 'private', 'base.git'), 'cat-file', '--batch-all-objects', '--batch-check=%(objecttype)')
    .split('\n')
    .filter((type) => type === 'blob');
  // The manifest and the script that differ, of 22 files.
  expect(blobs).toHaveLength(2);
});

test('the token goes along, and no message shows it', async () => {
  server.token = 'secret-token';
  expect((await fetchBase(base, 'secret-token')).ok).toBe(true);
  const refused = await fetchBase('f'.repeat(40), 'other-token-value');
  expect(refused.ok).toBe(false);
  expect(JSON.stringify(refused)).not.toContain('other-token-value');
});

test('a commit that is not there, and a name that is no commit', async () => {
  expect((await fetchBase('f'.repeat(40))).ok).toBe(false);
  expect(await fetchBase('--upload-pack=touch x')).toMatchObject({
    ok: false,
    error: expect.stringContaining('no id'),
  });
});
