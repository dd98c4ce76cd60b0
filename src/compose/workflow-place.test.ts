import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { actionPin, apiUrlOf, parsePin, repositoryNameOf, repositoryPlace } from './workflow-place.ts';

let sandbox: GitSandbox;
beforeEach(() => {
  sandbox = makeGitSandbox();
});
afterEach(() => sandbox.remove());

/** A clone of Branchline, as far as git and the package tell. */
function makeClone(remote?: string): string {
  const root = sandbox.makeRepository('program');
  mkdirSync(join(root, 'dist'));
  writeFileSync(join(root, 'package.json'), '{ "name": "branchline" }');
  // As the build writes it: the package of dist has no name.
  writeFileSync(join(root, 'dist', 'package.json'), '{ "type": "commonjs" }');
  if (remote !== undefined) sandbox.git(root, 'remote', 'add', 'origin', remote);
  return root;
}

describe('the repository around a project', () => {
  test('its name, its default branch, and the folder in it', async () => {
    const root = sandbox.makeRepository('user');
    sandbox.git(root, 'remote', 'add', 'origin', 'git@github.com:acme/data.git');
    sandbox.git(root, 'checkout', '--quiet', '-b', 'topic');
    sandbox.git(root, 'update-ref', 'refs/remotes/origin/trunk', 'HEAD');
    sandbox.git(root, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/trunk');
    mkdirSync(join(root, 'pipelines', 'sales'), { recursive: true });
    expect(await repositoryPlace(join(root, 'pipelines', 'sales'), 'origin', sandbox.env)).toMatchObject({
      isRepository: true,
      repository: 'acme/data',
      defaultBranch: 'trunk',
      folder: 'pipelines/sales',
    });
    // Without a word of the remote, the branch that is checked out.
    expect(await repositoryPlace(root, 'elsewhere', sandbox.env)).toMatchObject({ defaultBranch: 'topic' });
  });

  test('before there is one', async () => {
    mkdirSync(join(sandbox.root, 'empty'));
    const root = join(sandbox.root, 'empty');
    const place = await repositoryPlace(root, 'origin', sandbox.env);
    expect(place).toMatchObject({ top: root, isRepository: false, defaultBranch: 'main' });
    expect(place).not.toHaveProperty('repository');
    expect(place).not.toHaveProperty('folder');
  });

  test.each([
    ['https://github.com/acme/data.git', 'acme/data'],
    ['git@github.com:acme/data.git', 'acme/data'],
    ['https://git.example.org/group/sub/data', undefined],
    ['../origin.git', undefined],
  ])('%s is called %s', (url, name) => {
    expect(repositoryNameOf(url)).toBe(name);
  });
});

test.each([
  ['git@github.com:acme/data.git', 'https://api.github.com'],
  ['https://acme.ghe.com/acme/data', 'https://api.acme.ghe.com'],
  ['https://git.example.org/acme/data.git', 'https://git.example.org/api/v3'],
])('the API of %s is at %s', (url, api) => {
  expect(apiUrlOf(url)).toBe(api);
});

describe('the Action that a workflow calls', () => {
  const commit = 'a'.repeat(40);

  test('is the clone that the program runs from, at its commit', async () => {
    const root = makeClone('https://github.com/acme/branchline');
    const head = sandbox.git(root, 'rev-parse', 'HEAD').trim();
    const own = join(root, 'dist');
    expect(await actionPin(undefined, '/elsewhere', sandbox.env, own)).toEqual({
      ok: true,
      value: { name: 'acme/branchline', commit: head, version: `v1.0.0+${head.slice(0, 7)}` },
    });
    sandbox.git(root, 'tag', 'v1.0.0');
    expect(await actionPin(undefined, '/elsewhere', sandbox.env, own)).toMatchObject({ value: { version: 'v1.0.0' } });
  });

  test('is `./` in its own repository', async () => {
    const root = makeClone();
    expect(await actionPin(undefined, root, sandbox.env, join(root, 'dist'))).toMatchObject({ value: { name: './' } });
  });

  test('is not guessed: an installed program, and a clone of nowhere, ask for it', async () => {
    const root = makeClone('../somewhere.git');
    expect(await actionPin(undefined, '/elsewhere', sandbox.env, join(root, 'dist'))).toMatchObject({ ok: false });
    const installed = join(sandbox.makeRepository('user'), 'node_modules', 'branchline');
    mkdirSync(join(installed, 'dist'), { recursive: true });
    writeFileSync(join(installed, 'package.json'), '{ "name": "branchline" }');
    const pin = await actionPin(undefined, '/elsewhere', sandbox.env, join(installed, 'dist'));
    expect(pin).toMatchObject({ ok: false, error: { help: expect.stringContaining('--action OWNER/REPO@COMMIT') } });
  });

  test('can be said, by its commit only', async () => {
    expect(await actionPin(`acme/x@${commit}`, '/elsewhere', sandbox.env)).toMatchObject({
      value: { name: 'acme/x', commit },
    });
    expect(parsePin(`acme/x@${commit}#v2.0.1`)).toMatchObject({ value: { version: 'v2.0.1' } });
    expect(parsePin('acme/x@v1')).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining('can be moved'), help: expect.stringContaining('acme/x v1`') },
    });
    expect(parsePin('acme')).toMatchObject({ ok: false });
  });
});
