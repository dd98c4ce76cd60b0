import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { must, stateChange } from '../testing/contracts/state-changes.ts';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { openStateStore, type StateStoreOptions } from './git-state-store.ts';

let sandbox: GitSandbox;
beforeEach(() => {
  sandbox = makeGitSandbox();
});
afterEach(() => sandbox.remove());

function open(projectRoot: string, options: Partial<StateStoreOptions> = {}) {
  return openStateStore({
    projectRoot,
    projectName: 'shop',
    branch: 'branchline/state',
    remote: 'origin',
    environment: 'production',
    env: sandbox.env,
    ...options,
  });
}

/** Every kind of unfinished work at once. */
function makeDirtyRepository(): string {
  const root = sandbox.makeRepository('user');
  sandbox.git(root, 'tag', 'v1');
  sandbox.git(root, 'branch', 'topic');
  writeFileSync(join(root, 'staged.txt'), 'staged\n');
  sandbox.git(root, 'add', 'staged.txt');
  writeFileSync(join(root, 'a.txt'), 'changed\n');
  writeFileSync(join(root, 'untracked.txt'), 'untracked\n');
  sandbox.git(root, 'stash', 'push', '--quiet', '--keep-index');
  writeFileSync(join(root, 'a.txt'), 'changed again\n');
  // A hook that would leave a trace if anything of ours started it.
  for (const hook of ['post-commit', 'pre-push', 'pre-receive', 'update', 'post-receive', 'reference-transaction']) {
    sandbox.setHook(join(root, '.git'), hook, `touch "${sandbox.root}/hook-ran"`);
  }
  return root;
}

function portrait(root: string) {
  const git = (...args: string[]) => sandbox.git(root, ...args);
  return {
    status: git('--no-optional-locks', 'status', '--porcelain=v2', '--branch'),
    config: git('config', '--list', '--show-origin'),
    refs: git('for-each-ref')
      .split('\n')
      .filter((line) => !/refs\/(heads\/branchline\/state|branchline\/witness)$/.test(line)),
    head: readFileSync(join(root, '.git/HEAD'), 'utf8'),
    index: readFileSync(join(root, '.git/index')).toString('hex'),
    fsck: git('fsck', '--strict', '--no-dangling'),
    folder: readdirSync(join(root, '.git')).filter((name) => name !== 'branchline'),
    file: readFileSync(join(root, 'a.txt'), 'utf8'),
  };
}

describe('the user repository', { timeout: 240_000 }, () => {
  it.each([
    ['production with no remote', 'production', undefined],
    ['production at a remote', 'production', '../origin.git'],
    ['local', 'local', undefined],
  ] as const)('is the same before and after: %s', async (_, environment, remote) => {
    const root = makeDirtyRepository();
    sandbox.makeBare('origin.git');
    if (remote !== undefined) sandbox.git(root, 'remote', 'add', 'origin', remote);
    const before = portrait(root);
    const store = must(await open(root, { environment }));
    let head: string | undefined;
    for (let seq = 1; seq <= 3; seq++) {
      must(await store.read());
      const outcome = await store.commit(head, stateChange(seq, 'me', seq, { page: `${seq}` }));
      head = outcome.kind === 'landed' ? outcome.commit : undefined;
    }
    expect(must(await store.log(5))).toHaveLength(3);
    expect(must(await store.load(head!, ['page'])).get('page')).toBe('3');
    expect(portrait(root)).toEqual(before);
    expect(existsSync(join(sandbox.root, 'hook-ran'))).toBe(false);
    const own = sandbox.git(root, 'for-each-ref', '--format=%(refname)', 'refs/heads/branchline', 'refs/branchline');
    const ownExpected = environment === 'production' && remote === undefined;
    expect(own).toBe(ownExpected ? 'refs/branchline/witness\nrefs/heads/branchline/state' : '');
  });

  it('is not mistaken when a hook of another repository calls us', async () => {
    const root = sandbox.makeRepository('user');
    const other = sandbox.makeRepository('other');
    const hook = {
      GIT_DIR: join(other, '.git'),
      GIT_INDEX_FILE: join(other, '.git/index'),
      GIT_TRACE: '1',
      GIT_AUTHOR_NAME: 'Eve',
    };
    const store = must(await open(root, { env: { ...sandbox.env, ...hook } }));
    must(await store.read());
    expect((await store.commit(undefined, stateChange(1, 'me', 1))).kind).toBe('landed');
    expect(sandbox.git(root, 'log', '-1', '--format=%an', 'branchline/state')).toBe('github-actions[bot]');
    expect(sandbox.git(other, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
    expect(existsSync(join(other, '.git/branchline'))).toBe(false);
  });

  it('is found from a subfolder and from a worktree, which share the private folder', async () => {
    const root = sandbox.makeRepository('user');
    mkdirSync(join(root, 'deep/er'), { recursive: true });
    sandbox.git(root, 'worktree', 'add', '--quiet', '../tree');
    const folders = await Promise.all(
      [root, join(root, 'deep/er'), join(sandbox.root, 'tree')].map(
        async (path) => must(await open(path)).privateFolder,
      ),
    );
    expect(new Set(folders)).toEqual(new Set([join(root, '.git/branchline/shop')]));
  });

  it('takes any project name, and an own place for the private folder', async () => {
    const root = sandbox.makeRepository('user');
    const store = must(await open(root, { projectName: '../Café x' }));
    expect(store.privateFolder).toBe(join(root, '.git/branchline/%2E.%2FCaf%C3%A9%20x'));
    const elsewhere = must(await open(root, { privateFolder: join(sandbox.root, 'temp/shop') }));
    expect(statSync(join(elsewhere.privateFolder, 'state.git')).isDirectory()).toBe(true);
  });

  it('may keep its objects under SHA-256', async () => {
    const root = join(sandbox.root, 'modern');
    sandbox.git(sandbox.root, 'init', '--quiet', '--object-format=sha256', root);
    for (const environment of ['production', 'local'] as const) {
      const store = must(await open(root, { environment }));
      must(await store.read());
      const outcome = await store.commit(undefined, stateChange(1, 'me', 1, { page: 'x' }));
      expect(outcome.kind).toBe('landed');
      const { commit } = must(await store.read());
      expect(commit).toHaveLength(64);
      expect(must(await store.load(commit!, ['page'])).get('page')).toBe('x');
    }
  });

  it('is missed with a sentence that says what to do', async () => {
    const plain = join(sandbox.root, 'plain');
    mkdirSync(plain);
    const none = await open(plain);
    expect(none).toMatchObject({ ok: false, error: { code: 'no-repository' } });
    expect(none.ok ? '' : none.error.message).toContain('git init');
    const root = sandbox.makeRepository('user');
    sandbox.git(root, 'remote', 'add', 'upstream', 'https://example.org/x.git');
    const remote = await open(root, { remote: 'mirror' });
    expect(remote).toMatchObject({ ok: false, error: { code: 'no-remote' } });
    expect(remote.ok ? '' : remote.error.message).toContain('upstream');
    const env = { ...sandbox.env, PATH: plain };
    const noGit = await open(root, { env: { ...env, BRANCHLINE_GIT: 'system' } });
    expect(noGit).toMatchObject({ ok: false, error: { code: 'git-missing' } });
    const other = await open(root, { env: { ...env, BRANCHLINE_GIT: 'libgit2' } });
    expect(other).toMatchObject({ ok: false, error: { code: 'unknown-git' } });
    // Without git the same is missed in the same words.
    expect(await open(plain, { env })).toMatchObject({ ok: false, error: { code: 'no-repository' } });
    expect(await open(root, { env, remote: 'mirror' })).toEqual(remote);
  });

  it('needs git itself for ssh and for other object formats, and says so', async () => {
    const env = { ...sandbox.env, PATH: join(sandbox.root, 'no-such-folder') };
    const root = sandbox.makeRepository('user');
    sandbox.git(root, 'remote', 'add', 'origin', 'git@github.com:owner/name.git');
    const ssh = await open(root, { env });
    expect(ssh).toMatchObject({ ok: false, error: { code: 'git-missing' } });
    expect(ssh.ok ? '' : ssh.error.message).toContain('https');
    // What never leaves this machine needs no server.
    expect((await open(root, { env, environment: 'local' })).ok).toBe(true);
    const modern = join(sandbox.root, 'modern');
    sandbox.git(sandbox.root, 'init', '--quiet', '--object-format=sha256', modern);
    const sha256 = await open(modern, { env });
    expect(sha256).toMatchObject({ ok: false, error: { code: 'git-missing' } });
    expect(sha256.ok ? '' : sha256.error.message).toContain('extensions.objectformat is sha256');
  });

  it('is not touched with a git that is too old: the version needed is named', async () => {
    const root = sandbox.makeRepository('user');
    const bin = join(sandbox.root, 'bin');
    mkdirSync(bin);
    const script =
      '#!/bin/sh\ncase "$1" in version) echo "git version 2.30.2";; rev-parse) shift; for a; do echo "$a"; done;; esac\n';
    writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
    const env = { ...sandbox.env, PATH: `${bin}:${sandbox.env['PATH']}` };
    const old = await open(root, { env: { ...env, BRANCHLINE_GIT: 'system' } });
    expect(old).toMatchObject({ ok: false, error: { code: 'git-too-old' } });
    expect(old.ok ? '' : old.error.message).toMatch(/2\.30\.2.*2\.31/);
    expect(existsSync(join(root, '.git/branchline'))).toBe(false);
    expect((await open(root, { env })).ok).toBe(true);
    rmSync(bin, { recursive: true });
  });
});
