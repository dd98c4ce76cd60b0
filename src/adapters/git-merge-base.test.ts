import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { findLocalBase } from './git-merge-base.ts';

let sandbox: GitSandbox;
let root: string;
let first: string;

beforeEach(() => {
  sandbox = makeGitSandbox();
  root = sandbox.makeRepository('work');
  first = sandbox.git(root, 'rev-parse', 'HEAD');
});
afterEach(() => sandbox.remove());

function commit(folder = root, text = 'x'): string {
  writeFileSync(join(folder, 'b.txt'), text);
  sandbox.git(folder, 'add', '.');
  sandbox.git(folder, 'commit', '--quiet', '-m', 'more');
  return sandbox.git(folder, 'rev-parse', 'HEAD');
}

const find = (ref?: string, folder = root, remote = 'origin') =>
  findLocalBase({ root: folder, remote, env: sandbox.env, ...(ref === undefined ? {} : { ref }) });

describe('the merge base on this machine', () => {
  test('without a remote: with the local main', async () => {
    sandbox.git(root, 'switch', '--quiet', '-c', 'feature');
    commit();
    expect(await find()).toEqual({ ok: true, value: { commit: first, ref: 'main', folder: '' } });
  });

  test('the default branch is the one that the remote names', async () => {
    sandbox.git(root, 'branch', 'trunk');
    commit();
    const clone = join(sandbox.root, 'clone');
    sandbox.git(sandbox.root, 'clone', '--quiet', root, clone);
    sandbox.git(clone, 'remote', 'set-head', 'origin', 'trunk');
    expect(await find(undefined, clone)).toMatchObject({ ok: true, value: { ref: 'origin/trunk', commit: first } });
  });

  test('with a branch, a tag and a commit that were named', async () => {
    sandbox.git(root, 'tag', 'v1');
    const second = commit();
    expect(await find('v1')).toMatchObject({ ok: true, value: { commit: first, ref: 'v1' } });
    expect(await find(second.slice(0, 8))).toMatchObject({ ok: true, value: { commit: second } });
  });

  test('a project in a folder of the repository', async () => {
    const below = join(root, 'sub');
    mkdirSync(below);
    expect(await find(undefined, below)).toMatchObject({ ok: true, value: { folder: 'sub' } });
  });

  test('a name that does not exist: the nearest one, or how to fetch it', async () => {
    expect(await find('mian')).toMatchObject({
      ok: false,
      error: { code: 'unknown-base', help: 'Did you mean `main`?' },
    });
    expect(await find('origin/release')).toMatchObject({
      ok: false,
      error: { help: expect.stringContaining('git fetch origin release:refs/remotes/origin/release') },
    });
    expect(await find('--all')).toMatchObject({ ok: false, error: { code: 'unknown-base' } });
  });

  test('a shallow clone says how to fetch the rest', async () => {
    sandbox.git(root, 'switch', '--quiet', '-c', 'feature');
    commit(root, 'feature');
    sandbox.git(root, 'switch', '--quiet', 'main');
    commit(root, 'main');
    const clone = join(sandbox.root, 'shallow');
    sandbox.git(sandbox.root, 'clone', '--quiet', '--depth=1', '--no-single-branch', `file://${root}`, clone);
    sandbox.git(clone, 'switch', '--quiet', 'feature');
    expect(await find('origin/main', clone)).toMatchObject({
      ok: false,
      error: { code: 'shallow', help: expect.stringContaining('git fetch --unshallow origin') },
    });
  });

  test('histories without a common commit', async () => {
    sandbox.git(root, 'switch', '--quiet', '--orphan', 'apart');
    commit();
    expect(await find('main')).toMatchObject({ ok: false, error: { code: 'no-merge-base' } });
  });

  test('no repository, no commit, no default branch', async () => {
    expect(await find(undefined, sandbox.root)).toMatchObject({ ok: false, error: { code: 'no-repository' } });
    const empty = join(sandbox.root, 'empty');
    sandbox.git(sandbox.root, 'init', '--quiet', empty);
    expect(await find(undefined, empty)).toMatchObject({ ok: false, error: { code: 'no-commit' } });
    sandbox.git(root, 'branch', '--move', 'main', 'trunk');
    expect(await find()).toMatchObject({ ok: false, error: { code: 'no-default-branch' } });
  });
});
