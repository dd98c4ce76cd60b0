import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { locateRepository } from './git-location.ts';
import { ensurePrivateRepository } from './git-private-repository.ts';
import type { Environment } from './git-process.ts';

let folder = '';

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function repository(globalConfig = ''): { root: string; env: Environment; git: (...args: string[]) => string } {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'branchline-location-')));
  const root = join(folder, 'work');
  writeFileSync(join(folder, 'global'), globalConfig);
  const env = { ...process.env, GIT_CONFIG_GLOBAL: join(folder, 'global'), GIT_CONFIG_NOSYSTEM: '1' };
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: root, env, encoding: 'utf8' }).trim();
  execFileSync('git', ['init', '--quiet', root], { env });
  return { root, env, git };
}

async function urlOf(root: string, env: Environment, remote = 'origin'): Promise<string | undefined> {
  const found = await locateRepository(root, remote, env);
  if (!found.ok) throw new Error(found.error.message);
  return found.value.remoteUrl;
}

describe('the address of a remote is the one that git would say', () => {
  test.each([
    ['plain', '', 'https://a.example/x.git'],
    ['rewritten by the longest rule', '[url "https://b.example/"]\n\tinsteadOf = https://a.example/\n', ''],
    [
      'rewritten by the longest of several',
      '[url "https://b.example/"]\n\tinsteadOf = https://\n[url "ssh://c.example/"]\n\tinsteadOf = https://a.example/\n',
      '',
    ],
    ['with an address in the settings of the user as well', '[remote "origin"]\n\turl = https://z.example/y.git\n', ''],
  ])('%s', async (_, globalConfig, expected) => {
    const { root, env, git } = repository(globalConfig);
    git('config', '--add', 'remote.origin.url', 'https://a.example/x.git');
    const url = await urlOf(root, env);
    expect(url).toBe(git('remote', 'get-url', 'origin'));
    if (expected !== '') expect(url).toBe(expected);
  });

  test('the first of several, with git and without', async () => {
    const { root, env, git } = repository();
    git('config', '--add', 'remote.origin.url', 'https://a.example/x.git');
    git('config', '--add', 'remote.origin.url', 'https://b.example/y.git');
    const said = git('remote', 'get-url', 'origin');
    expect(said).toBe('https://a.example/x.git');
    expect(await urlOf(root, env)).toBe(said);
    expect(await urlOf(root, { ...env, BRANCHLINE_GIT: 'isomorphic' })).toBe(said);
  });

  test('none', async () => {
    const { root, env, git } = repository();
    expect(await urlOf(root, env)).toBeUndefined();
    mkdirSync(join(root, '.git', 'remotes'), { recursive: true });
    writeFileSync(join(root, '.git', 'remotes', 'origin'), 'URL: https://old.example/x.git\n');
    expect(await urlOf(root, env)).toBe(git('remote', 'get-url', 'origin'));
    rmSync(join(root, '.git', 'remotes', 'origin'));
    expect(await locateRepository(root, 'backup', env)).toMatchObject({ ok: false, error: { code: 'no-remote' } });
  });
});

test('what the repository itself configures for the line is handed on, what the user does is not', async () => {
  const { root, env, git } = repository('[http]\n\tproxy = http://user.example\n');
  git('config', 'http.https://a.example/.extraheader', 'X: 1\n2');
  const found = await locateRepository(root, 'origin', env);
  expect(found).toMatchObject({ ok: true, value: { transport: [['http.https://a.example/.extraheader', 'X: 1\n2']] } });
});

describe('where a repository is, and how it names objects, is what git says', () => {
  const asked = async (from: string, env: Environment): Promise<unknown> => {
    const found = await locateRepository(from, 'origin', env);
    if (!found.ok) return found.error.code;
    const { commonDir, top, format } = found.value;
    return [commonDir, format, top];
  };
  const said = (from: string, env: Environment): readonly string[] => {
    const args = ['rev-parse', '--path-format=absolute', '--git-common-dir', '--show-object-format', '--show-toplevel'];
    return execFileSync('git', args, { cwd: from, env: { ...process.env, ...env }, encoding: 'utf8' })
      .trim()
      .split('\n');
  };

  test('from its top, below it, through a link, in a worktree, in a repository inside of another', async () => {
    const { root, env, git } = repository();
    mkdirSync(join(root, 'a', 'b'), { recursive: true });
    symlinkSync(join(root, 'a'), join(folder, 'link'));
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '--allow-empty', '-m', 'x');
    git('worktree', 'add', '--quiet', join(folder, 'tree'));
    execFileSync('git', ['init', '--quiet', join(root, 'inner')], { env });
    for (const place of [root, join(root, 'a', 'b'), join(folder, 'link'), join(folder, 'tree'), join(root, 'inner')])
      expect(await asked(place, env)).toEqual(said(place, env));
  });

  test.each([
    ['with another format', ['--object-format=sha256']],
    ['with its git folder elsewhere', ['--separate-git-dir=../elsewhere']],
  ])('%s', async (_, options) => {
    const { env } = repository();
    const root = join(folder, 'odd');
    execFileSync('git', ['init', '--quiet', ...options, root], { env, cwd: join(folder, 'work') });
    expect(await asked(root, env)).toEqual(said(root, env));
  });

  test('with a working tree elsewhere, and where a folder only looks like one', async () => {
    const { root, env, git } = repository();
    mkdirSync(join(root, 'x', '.git'), { recursive: true });
    expect(await asked(join(root, 'x'), env)).toEqual(said(join(root, 'x'), env));
    git('config', 'core.worktree', root);
    expect(await asked(join(root, '.git'), env)).toEqual([join(root, '.git'), 'sha1', root]);
    const plain = join(folder, 'plain');
    mkdirSync(plain);
    expect(await asked(plain, { ...env, GIT_CEILING_DIRECTORIES: folder })).toBe('no-repository');
    expect(await asked(join(root, 'x'), { ...env, GIT_CEILING_DIRECTORIES: root })).toBe('no-repository');
  });
});

test.each(['sha1', 'sha256'] as const)('git takes the private repository that we make, with %s', (format) => {
  const { env } = repository();
  const gitDir = join(folder, 'deep', 'state.git');
  expect(ensurePrivateRepository(gitDir, format)).toEqual({ ok: true, value: undefined });
  const git = (...args: string[]): string =>
    execFileSync('git', args, { env: { ...env, GIT_DIR: gitDir }, encoding: 'utf8' }).trim();
  expect(git('rev-parse', '--is-bare-repository', '--show-object-format')).toBe(`true\n${format}`);
  const tree = git('hash-object', '-t', 'tree', '-w', '/dev/null');
  const id = git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit-tree', '-m', 'x', tree);
  git('update-ref', 'refs/heads/main', id);
  expect(git('rev-parse', 'HEAD')).toBe(id);
  expect(git('fsck', '--strict')).toBe('');
  expect(ensurePrivateRepository(gitDir, format)).toEqual({ ok: true, value: undefined });
  expect(git('rev-parse', 'HEAD')).toBe(id);
});
