import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
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

  test('none', async () => {
    const { root, env } = repository();
    expect(await urlOf(root, env)).toBeUndefined();
    expect(await locateRepository(root, 'backup', env)).toMatchObject({ ok: false, error: { code: 'no-remote' } });
  });
});

test('what the repository itself configures for the line is handed on, what the user does is not', async () => {
  const { root, env, git } = repository('[http]\n\tproxy = http://user.example\n');
  git('config', 'http.https://a.example/.extraheader', 'X: 1\n2');
  const found = await locateRepository(root, 'origin', env);
  expect(found).toMatchObject({ ok: true, value: { transport: [['http.https://a.example/.extraheader', 'X: 1\n2']] } });
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
