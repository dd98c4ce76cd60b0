import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateStore } from '../ports-state.ts';
import { must, stateChange } from '../testing/contracts/state-changes.ts';
import { type GitHttpServer, type GitRequestKind, startGitHttpServer } from '../testing/git-http.ts';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { blockingRef } from './git-state-ref.ts';
import { openStateStore, type StateStoreOptions } from './git-state-store.ts';

let sandbox: GitSandbox;
let server: GitHttpServer;
let bare: string;
let writers: number;
beforeEach(async () => {
  sandbox = makeGitSandbox();
  bare = sandbox.makeBare('origin.git');
  server = await startGitHttpServer(sandbox.root);
  writers = 0;
});
afterEach(async () => {
  await server.stop();
  sandbox.remove();
});

/** A clone-like repository of one more writer, and its store. */
async function openWriter(options: Partial<StateStoreOptions> = {}) {
  const projectRoot = sandbox.makeRepository(`user${++writers}`);
  sandbox.git(projectRoot, 'remote', 'add', 'origin', `${server.url}/origin.git`);
  return {
    projectRoot,
    store: await openAgain(projectRoot, options),
    gitDir: join(projectRoot, '.git/branchline/shop/state.git'),
  };
}
async function openAgain(projectRoot: string, options: Partial<StateStoreOptions> = {}) {
  const defaults = {
    projectName: 'shop',
    branch: 'branchline/state',
    remote: 'origin',
    environment: 'production',
  } as const;
  return must(await openStateStore({ projectRoot, ...defaults, env: sandbox.env, ...options }));
}

/** Commits as fast as one writer can; gives the new head. */
async function land(
  store: StateStore,
  seq: number,
  writer: string,
  files: Record<string, string | null> = {},
  tx = seq,
) {
  const { commit } = must(await store.read());
  const outcome = await store.commit(commit, stateChange(seq, writer, tx, files));
  if (outcome.kind !== 'landed') throw new Error(JSON.stringify(outcome));
  return outcome.commit;
}
const asked = (): readonly GitRequestKind[] => server.requests.splice(0).filter((kind) => kind !== 'date');

describe('state at a server', { timeout: 240_000 }, () => {
  it('takes three requests to read, three for all files that are asked for, and two to push', async () => {
    const one = await openWriter();
    await land(one.store, 1, 'a', { big: 'x'.repeat(5000), small: 'y', other: 'z' });
    const { store } = await openWriter();
    asked();
    const head = must(await store.read());
    expect(asked()).toEqual(['advertise-fetch', 'fetch', 'fetch']);
    must(await store.list(head.commit!, ''));
    expect(asked()).toEqual([]);
    must(await store.load(head.commit!, ['small', 'big', 'nothing']));
    expect(asked()).toHaveLength(2);
    must(await store.load(head.commit!, ['small', 'big']));
    expect(asked()).toEqual([]);
    expect((await store.commit(head.commit, stateChange(2, 'b', 1))).kind).toBe('landed');
    expect(asked()).toEqual(['advertise-push', 'push']);
  });

  it('brings one commit, its trees and the files that were asked for, and nothing else', async () => {
    const one = await openWriter();
    for (let seq = 1; seq <= 3; seq++)
      await land(one.store, seq, 'a', { page: `page ${seq}`, big: `${seq}`.repeat(999) });
    const two = await openWriter();
    const head = must(await two.store.read()).commit!;
    must(await two.store.load(head, ['page']));
    const kinds = objectKinds(two.gitDir);
    expect(kinds).toMatchObject({ commit: 2, blob: 1 }); // the head, and the first commit as witness
    await land(two.store, 4, 'b', { page: 'page 4' });
    expect(must(await one.store.read()).commit).not.toBe(head);
    expect(sandbox.git(bare, 'fsck', '--strict')).toBe('');
    expect(sandbox.git(bare, 'rev-list', '--count', 'branchline/state')).toBe('4');
  });

  it('writes commits of the bot, at the instant given, that start no builds', async () => {
    const { store } = await openWriter();
    await land(store, 1, 'a');
    const format = '--format=%an <%ae>|%cn|%aI|%cI|%B';
    expect(sandbox.git(bare, 'log', '-1', format, 'branchline/state')).toBe(
      'github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>|github-actions[bot]|2026-11-22T09:01:00+00:00|2026-11-22T09:01:00+00:00|state: commit 1\n\n[skip ci]\n\nBranchline-Run: r1',
    );
    expect(sandbox.git(bare, 'for-each-ref', '--format=%(refname)')).toBe(
      'refs/branchline/witness\nrefs/heads/branchline/state',
    );
  });

  it('gives the clock of the server', async () => {
    const { store } = await openWriter();
    server.date = new Date('2031-02-03T04:05:06Z');
    expect(must(await store.read()).serverNow).toBe(Date.parse('2031-02-03T04:05:06Z'));
    server.fail('date', 503);
    expect(must(await store.read()).serverNow).toBe(Date.parse('2031-02-03T04:05:06Z'));
    server.fail('date', 'drop-request');
    expect(must(await store.read()).serverNow).toBeUndefined();
  });

  it('says once when the server sends everything, and works all the same', async () => {
    sandbox.git(bare, 'config', 'uploadpack.allowFilter', 'false');
    const one = await openWriter();
    await land(one.store, 1, 'a', { page: 'x', other: 'y' });
    const notices: string[] = [];
    const two = await openWriter({ onNotice: (text) => notices.push(text) });
    const head = must(await two.store.read()).commit!;
    for (let i = 0; i < 2; i++) expect(must(await two.store.load(head, ['page'])).get('page')).toBe('x');
    await land(two.store, 2, 'b', { page: 'z' });
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain('uploadpack.allowFilter');
    expect(must(await two.store.log(9))).toHaveLength(2);
  });

  it('says nothing when the server sends what was asked for', async () => {
    const notices: string[] = [];
    const one = await openWriter();
    await land(one.store, 1, 'a', { page: 'x' });
    const two = await openWriter({ onNotice: (text) => notices.push(text) });
    for (let i = 0; i < 2; i++) must(await two.store.load(must(await two.store.read()).commit!, ['page']));
    expect(notices).toEqual([]);
  });

  it('sends the token alone, whatever headers are configured, and keeps it off the disk and out of messages', async () => {
    server.token = 'ghs_secretOfTheJob';
    const { projectRoot, store, gitDir } = await openWriter({ token: 'ghs_secretOfTheJob' });
    sandbox.git(projectRoot, 'config', `http.${server.url}/.extraheader`, 'Authorization: Basic wrong');
    const again = await openAgain(projectRoot, { token: 'ghs_secretOfTheJob' });
    await land(again, 1, 'a', { page: 'x' });
    expect(readFileSync(join(gitDir, 'config'), 'utf8')).not.toMatch(/secret|extraheader|url/i);
    const wrong = must(
      await (await openAgain(projectRoot, { token: 'ghs_anotherSecret' }))
        .read()
        .then((read) => ({ ok: true, value: read }) as const),
    );
    expect(wrong).toMatchObject({ ok: false, error: { code: 'no-access' } });
    expect(JSON.stringify(wrong)).not.toContain('anotherSecret');
    must(await store.read());
  });

  it('uses the credentials that the repository configures when no token is given', async () => {
    server.token = 'pat';
    const { projectRoot } = await openWriter();
    const header = `Authorization: Basic ${Buffer.from('x-access-token:pat').toString('base64')}`;
    sandbox.git(projectRoot, 'config', `http.${server.url}/.extraheader`, header);
    await land(await openAgain(projectRoot), 1, 'a');
  });
});

it.skipIf(process.platform === 'win32')('a refusal is known where git passes no pipes on, as on Windows', async () => {
  const bin = join(sandbox.root, 'closing-bin');
  mkdirSync(bin);
  const git = execFileSync('/bin/sh', ['-c', 'command -v git'], { encoding: 'utf8' }).trim();
  writeFileSync(join(bin, 'git'), `#!/bin/sh\nexec '${git}' "$@" 3>&- 4>&- 5>&-\n`, { mode: 0o755 });
  const { store } = await openWriter({ env: { ...sandbox.env, PATH: `${bin}:${sandbox.env['PATH']}` } });
  server.fail('advertise-fetch', 403, 50);
  const read = await store.read();
  expect(read).toMatchObject({ ok: false, error: { code: 'no-access' } });
  // What git was asked to trace is for nobody's eyes.
  expect(JSON.stringify(read)).not.toMatch(/http\.c|Recv header/);
});

/** The system's git, and the library with no git on PATH at all. */
describe.each(['system', 'isomorphic'] as const)('a server that refuses (%s)', { timeout: 240_000 }, (access) => {
  const open = (token?: string) =>
    openWriter({
      ...(token === undefined ? {} : { token }),
      ...(access === 'system' ? {} : { env: { ...sandbox.env, PATH: join(sandbox.root, 'no-such-folder') } }),
    });
  const many = 50;

  it.each([
    [401, undefined],
    [401, 'ghs_wrong'],
    [403, undefined],
    [403, 'ghs_wrong'],
    [404, undefined],
    [404, 'ghs_wrong'],
  ] as const)('with %d, token %s: gives no access, whatever the words', async (status, token) => {
    const { store } = await open(token);
    if (status === 401) server.token = 'ghs_right';
    else server.fail('advertise-fetch', status, many);
    const read = await store.read();
    expect(read).toMatchObject({ ok: false, error: { code: 'no-access' } });
    expect(JSON.stringify(read)).toContain(`HTTP ${status}`);
    expect(JSON.stringify(read)).not.toContain('ghs_wrong');
    const log = await store.log(1);
    expect(log).toMatchObject({ ok: false, error: { code: 'no-access' } });
  });

  it.each([500, 503, 429, 'drop-request'] as const)('with %s: may do better soon', async (fault) => {
    const { store } = await open('ghs_right');
    server.token = 'ghs_right';
    // The system's git fetches, and then lists to find out what is wrong.
    server.fail('advertise-fetch', fault, access === 'system' ? 2 : 1);
    expect(await store.read()).toMatchObject({ ok: false, error: { code: 'unreachable' } });
    expect(must(await store.read()).commit).toBeUndefined();
  });
});

describe('a push that was not answered', { timeout: 240_000 }, () => {
  it('landed, though another writer went on before we could look', async () => {
    const [one, two] = [await openWriter(), await openWriter()];
    const first = await land(one.store, 1, 'a');
    let isOtherDone = false;
    server.onRequest = async (kind) => {
      if (kind !== 'advertise-fetch' || isOtherDone) return;
      isOtherDone = true;
      server.onRequest = undefined;
      await land(two.store, 3, 'b');
    };
    server.fail('push', 'drop-reply');
    const outcome = await one.store.commit(first, stateChange(2, 'a', 2));
    const [third, second] = must(await two.store.log(2));
    expect(outcome).toEqual({ kind: 'landed', commit: second!.commit });
    expect(third!.subject).toBe('state: commit 3');
  });

  it('landed, though its events were sealed before we could look', async () => {
    const [one, two] = [await openWriter(), await openWriter()];
    const first = await land(one.store, 1, 'a');
    server.onRequest = async (kind) => {
      if (kind !== 'advertise-fetch') return;
      server.onRequest = undefined;
      const files = { 'recent/2-a-2.jsonl': null, 'snapshot/index.json': '{"writers":{"a":{"tx":2}}}' };
      await land(two.store, 3, 'b', files);
    };
    server.fail('push', 'drop-reply');
    expect((await one.store.commit(first, stateChange(2, 'a', 2))).kind).toBe('landed');
  });

  it('did not land, and another writer was first: a conflict', async () => {
    const [one, two] = [await openWriter(), await openWriter()];
    const first = await land(one.store, 1, 'a');
    server.onRequest = async (kind) => {
      if (kind !== 'advertise-fetch') return;
      server.onRequest = undefined;
      await land(two.store, 2, 'b');
    };
    server.fail('push', 503);
    expect(await one.store.commit(first, stateChange(2, 'a', 2))).toMatchObject({ kind: 'conflict' });
  });

  it('is sent again when nothing came of it, broken line or server in trouble', async () => {
    const { store } = await openWriter();
    await land(store, 1, 'a');
    // git sends a request over a broken line again by itself; twice is more than it does.
    server.fail('push', 'drop-request', 2);
    await land(store, 2, 'a');
    server.fail('push', 503);
    await land(store, 3, 'a');
    server.fail('advertise-push', 502);
    await land(store, 4, 'a');
    expect(must(await store.log(9))).toHaveLength(4);
  });

  it('is unreachable when the head cannot be read either', async () => {
    const { store } = await openWriter();
    const first = await land(store, 1, 'a');
    server.fail('push', 'drop-reply');
    server.fail('advertise-fetch', 503, 2);
    const outcome = await store.commit(first, stateChange(2, 'a', 2));
    expect(outcome).toMatchObject({ kind: 'unreachable' });
    expect(must(await store.read()).commit).not.toBe(first);
  });
});

describe('a push that is refused', { timeout: 240_000 }, () => {
  it('names the plain branch that is in the way', async () => {
    const { projectRoot, store } = await openWriter();
    sandbox.git(projectRoot, 'push', '--quiet', bare, 'HEAD:refs/heads/branchline');
    must(await store.read());
    const outcome = await store.commit(undefined, stateChange(1, 'a', 1));
    expect(outcome.kind).toBe('denied');
    expect(JSON.stringify(outcome)).toContain('origin has a branch named branchline');
  });

  it('names it in the own repository as well', async () => {
    const root = sandbox.makeRepository('alone');
    sandbox.git(root, 'branch', 'branchline');
    const store = await openAgain(root);
    must(await store.read());
    const outcome = await store.commit(undefined, stateChange(1, 'a', 1));
    expect(JSON.stringify(outcome)).toContain('this repository has a branch named branchline');
  });

  it('says that the branch is checked out in the own repository', async () => {
    const root = sandbox.makeRepository('alone');
    const store = await openAgain(root);
    const first = await land(store, 1, 'a');
    sandbox.git(root, 'checkout', '--quiet', 'branchline/state');
    const outcome = await store.commit(first, stateChange(2, 'a', 2));
    expect(outcome).toMatchObject({ kind: 'denied' });
    expect(JSON.stringify(outcome)).toContain('checked out');
  });

  it('is once enough: what the server answered is not asked again', async () => {
    const { store } = await openWriter();
    const first = await land(store, 1, 'a');
    sandbox.setHook(bare, 'pre-receive', 'echo "no secrets here" >&2; exit 1');
    asked();
    const outcome = await store.commit(first, stateChange(2, 'a', 2));
    expect(asked().filter((kind) => kind === 'push')).toHaveLength(1);
    expect(JSON.stringify(outcome)).toContain('no secrets here');
  });

  it('keeps the state when only the witness is refused, and makes it good later', async () => {
    const { store } = await openWriter();
    sandbox.setHook(bare, 'update', 'case "$1" in refs/heads/*) exit 0;; esac; exit 1');
    await land(store, 1, 'a');
    expect(must(await store.read())).toMatchObject({ witness: false });
    await land(store, 2, 'a');
    sandbox.setHook(bare, 'update', 'exit 0');
    await land(store, 3, 'a');
    expect(must(await store.read())).toMatchObject({ witness: true });
    expect(must(await store.log(9))).toHaveLength(3);
  });

  it('of a compact names the rule and the exclusion to add', async () => {
    const { store } = await openWriter();
    const first = await land(store, 1, 'a');
    sandbox.git(bare, 'config', 'receive.denyNonFastForwards', 'true');
    const outcome = await store.compact(first, 1, stateChange(2, 'a', 2));
    expect(outcome.kind).toBe('denied');
    expect(JSON.stringify(outcome)).toContain('Exclude by pattern branchline/**');
    expect(must(await store.read()).commit).toBe(first);
    expect(must(await store.log(9))).toHaveLength(1);
  });

  it('keeps the history before a compact as a branch where other refs are refused', async () => {
    const { store } = await openWriter();
    const first = await land(store, 1, 'a', { page: '1' });
    sandbox.setHook(bare, 'update', 'case "$1" in refs/heads/*) exit 0;; esac; exit 1');
    expect((await store.compact(first, 1, stateChange(2, 'a', 2))).kind).toBe('landed');
    const archives = must(await store.archives());
    expect(archives).toMatchObject([{ seq: 1, commit: first, ref: 'refs/heads/branchline/archive/1' }]);
    expect(must(await store.log(9))).toHaveLength(2);
    expect(must(await store.dropArchives(archives))).toHaveLength(1);
    expect(sandbox.git(bare, 'for-each-ref', '--format=%(refname)', 'refs/heads/branchline/archive')).toBe('');
  });

  it('looks at whole parts of a name only', () => {
    expect(blockingRef('refs/heads/a/b', ['refs/heads/a'])).toBe('refs/heads/a');
    expect(blockingRef('refs/heads/a/b', ['refs/heads/a/b/c'])).toBe('refs/heads/a/b/c');
    expect(blockingRef('refs/heads/a/b', ['refs/heads/a/b', 'refs/heads/a/bc', 'refs/heads/ab'])).toBeUndefined();
  });
});

describe('a compact', { timeout: 240_000 }, () => {
  it('sends the changed files alone, from a private repository that holds few of the others', async () => {
    const one = await openWriter();
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`d${i % 4}/f${i}`, `${i} `.repeat(3000)]));
    await land(one.store, 1, 'a', files);
    const { store, gitDir } = await openWriter();
    const head = must(await store.read()).commit!;
    must(await store.load(head, ['d0/f0']));
    asked();
    expect((await store.compact(head, 1, stateChange(2, 'b', 1))).kind).toBe('landed');
    expect(asked()).toEqual(['advertise-fetch', 'fetch', 'advertise-push', 'push']);
    expect(objectKinds(gitDir)['blob']).toBeLessThan(5);
    expect(sandbox.git(bare, 'fsck', '--strict')).toBe('');
    expect(sandbox.git(bare, 'rev-list', '--count', 'branchline/state')).toBe('1');
  });

  it('of one branch leaves the archives of another alone', async () => {
    const { projectRoot, store } = await openWriter();
    const other = await openAgain(projectRoot, { branch: 'ops/state' });
    for (const each of [store, other]) {
      const head = await land(each, 1, 'a');
      expect((await each.compact(head, 1, stateChange(2, 'a', 2))).kind).toBe('landed');
    }
    const refs = (await Promise.all([store, other].map((each) => each.archives()))).map(
      (result) => must(result)[0]!.ref,
    );
    expect(refs).toEqual(['refs/branchline/archive/1', 'refs/branchline/archive-of/ops/state/1']);
  });

  it('that finds its number taken by an archive of a deleted branch gives its own another name', async () => {
    const { store } = await openWriter();
    const head = await land(store, 1, 'a');
    expect((await store.compact(head, 1, stateChange(2, 'a', 2))).kind).toBe('landed');
    sandbox.git(bare, 'update-ref', '-d', 'refs/heads/branchline/state');
    must(await store.read());
    const again = await store.commit(undefined, stateChange(1, 'b', 1));
    const anew = again.kind === 'landed' ? again.commit : '';
    expect((await store.compact(anew, 1, stateChange(2, 'b', 2))).kind).toBe('landed');
    // Both are of the same minute: the order says nothing.
    expect(
      must(await store.archives())
        .map(({ ref }) => ref)
        .sort(),
    ).toEqual(['refs/branchline/archive/1', `refs/branchline/archive/1-${anew.slice(0, 12)}`]);
    expect(must(await store.log(9))).toHaveLength(3);
  });
});

describe('the private repository', { timeout: 240_000 }, () => {
  it('is packed when it has grown, and nothing is lost by it', async () => {
    const { projectRoot, store, gitDir } = await openWriter();
    const one = await openWriter();
    await land(one.store, 1, 'x', { page: 'far', unseen: 'never fetched here' });
    const local = await openAgain(projectRoot, { environment: 'local' });
    await land(local, 1, 'l', { page: 'near' });
    must(await store.read());
    for (let i = 0; i < 66; i++) addPack(gitDir, `blob ${i}`);
    const packs = () => readdirSync(join(gitDir, 'objects/pack')).filter((name) => name.endsWith('.pack')).length;
    expect(packs()).toBeGreaterThan(64);
    const head = await land(store, 2, 'a');
    expect(packs()).toBeLessThan(10);
    expect(must(await store.load(head, ['page', 'unseen'])).get('unseen')).toBe('never fetched here');
    const localHead = must(await local.read()).commit!;
    expect(must(await local.load(localHead, ['page'])).get('page')).toBe('near');
    await land(store, 3, 'a');
  });

  it('is made once, however many commands start at once', async () => {
    const { projectRoot, gitDir } = await openWriter();
    await Promise.all(Array.from({ length: 5 }, () => openAgain(projectRoot, { projectName: 'other' })));
    expect(readdirSync(join(gitDir, '../../other'))).toEqual(['state.git']);
    expect(existsSync(join(gitDir, 'hooks'))).toBe(false);
  });
});

function objectKinds(gitDir: string): Record<string, number> {
  const kinds: Record<string, number> = {};
  const list = sandbox.git(gitDir, 'cat-file', '--batch-all-objects', '--batch-check=%(objecttype)');
  for (const kind of list.split('\n')) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return kinds;
}

function addPack(gitDir: string, content: string): void {
  const input = `blob\ndata ${content.length}\n${content}\n`;
  execFileSync('git', ['-c', 'fastimport.unpackLimit=0', 'fast-import', '--quiet'], {
    cwd: gitDir,
    env: sandbox.env,
    input,
  });
}
