import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { createLocalRef } from './git-local-ref.ts';
import { committedAt, GitSilence, openObjectReader, treeEntries } from './git-object-reader.ts';
import { systemObjects } from './git-objects.ts';
import { createStateStore } from './git-store.ts';

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

/** A git that hangs when it is asked for objects, as long as the file `hangs` is there; `pid` has its process. */
function hangingGit(): { readonly env: GitSandbox['env']; readonly hangs: string; readonly pid: string } {
  const bin = join(sandbox.root, 'bin');
  const [hangs, pid] = [join(sandbox.root, 'hangs'), join(sandbox.root, 'pid')];
  mkdirSync(bin);
  writeFileSync(hangs, '');
  const real = execFileSync('/bin/sh', ['-c', 'command -v git'], { env: sandbox.env, encoding: 'utf8' }).trim();
  const script = `if [ "$1" = cat-file ] && [ -e "${hangs}" ]; then echo $$ >"${pid}"; exec sleep 1000; fi\nexec "${real}" "$@"\n`;
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}`);
  chmodSync(join(bin, 'git'), 0o755);
  return { env: { ...sandbox.env, PATH: `${bin}:${sandbox.env['PATH']}` }, hangs, pid };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test('a git that sends nothing is stopped, every question is told so, and the next one starts another', async () => {
  const { env, hangs, pid } = hangingGit();
  const { read } = openObjectReader({ gitDir: join(root, '.git'), env, silenceMs: 3_000 });
  const questions = [read(['HEAD']), read(['HEAD^{tree}', 'HEAD'])];
  // Not "there is none": nobody has looked.
  for (const question of await Promise.allSettled(questions))
    expect(question).toMatchObject({ status: 'rejected', reason: { name: 'GitSilence' } });
  expect(existsSync(pid)).toBe(true);
  await expect.poll(() => isAlive(Number(readFileSync(pid, 'utf8')))).toBe(false);
  rmSync(hangs);
  expect((await read(['HEAD']))[0]?.type).toBe('commit');
});

test('a git that answered while this process could not listen was not silent', async () => {
  const { read } = openObjectReader({ gitDir: join(root, '.git'), env: sandbox.env, silenceMs: 200 });
  const question = read(['HEAD']);
  // It is stopped for longer than that, as by Ctrl+Z or a machine that has no time for it.
  const until = performance.now() + 1_000;
  while (performance.now() < until);
  expect((await question)[0]?.type).toBe('commit');
});

test('to a state store a git that hangs is a state that cannot be reached, not one that is empty', async () => {
  const { env } = hangingGit();
  const store = { gitDir: join(root, '.git'), format: 'sha1', env } as const;
  const head = git('rev-parse', 'HEAD');
  git('update-ref', 'refs/branchline/local', head);
  git('update-ref', 'refs/branchline/local-witness', head);
  const reader = openObjectReader({ ...store, silenceMs: 500 });
  const state = createStateStore(systemObjects(store, reader), createLocalRef(store, reader));
  const message = expect.stringMatching(/git has sent nothing for 0.5 s when asked for objects of .*work/);
  const silent = { ok: false, error: { code: 'unreachable', message } };
  expect(await state.read()).toEqual(silent);
  expect(await state.list(head, '')).toEqual(silent);
  expect(await state.load(head, ['a.txt'])).toEqual(silent);
  const change = { message: 'more\n', at: 0, files: new Map([['b', '1']]), writer: 'w', tx: 1 };
  // Of a shared branch the history is in a repository of its own, with a git of its own.
  const history = async () => Promise.reject(new GitSilence('history.git', 500));
  const shared = createStateStore(systemObjects(store, reader), { ...createLocalRef(store, reader), history });
  const unread = { ok: false, error: { code: 'unreachable', message: expect.stringContaining('history.git') } };
  expect(await shared.log(10)).toEqual(unread);
  expect(await shared.resolve(head)).toEqual(unread);
  // The ref is elsewhere, so that the commit is looked after.
  const refused = await state.commit('f'.repeat(40), change);
  expect(refused).toEqual({ kind: 'unreachable', message });
});
