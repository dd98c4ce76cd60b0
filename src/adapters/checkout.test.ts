import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { checkedOutBranch, checkedOutCode, checkedOutCommit, isTracked, openTracking } from './checkout.ts';
import { listByFiles } from './checkout-listing.ts';
import { parseGitConfig, settingOf } from './git-config-file.ts';
import { findGitFolders } from './git-location-files.ts';

let sandbox: GitSandbox;
let root: string;
beforeEach(() => {
  sandbox = makeGitSandbox();
  root = sandbox.makeRepository('user');
});
afterEach(() => sandbox.remove());

const withoutGit = () => ({ ...sandbox.env, PATH: join(sandbox.root, 'no-such-folder') });
const wantsNone = () => ({ ...sandbox.env, BRANCHLINE_GIT: 'isomorphic' });

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** What git itself lists, of files that are there. */
function listedByGit(folder: string): string[] {
  const list = (...args: string[]) =>
    sandbox
      .git(folder, 'ls-files', '-z', ...args)
      .split('\0')
      .filter(Boolean);
  const gone = new Set(list('--deleted'));
  const all = new Set(list('--cached', '--others', '--exclude-standard'));
  return [...all].filter((path) => !gone.has(path)).sort();
}

/** Rules of every kind, files that they meet, and all that a working tree may be in the middle of. */
function makeUntidy(): void {
  write(root, {
    '.gitignore': '*.log\n!keep.log\n/out/\nbuild\n# a comment\n\\#odd\ntrailing \ndeep/**/x\n',
    'sub/.gitignore': '!loud.log\n*.tmp\n/only-here\n',
    'sub/deep/.gitignore': '*\n!kept.md\n',
    '.git/info/exclude': 'private.txt\n',
  });
  for (const path of [
    'a.log',
    'keep.log',
    'out/o',
    'sub/out/o',
    'build/b',
    'sub/build',
    '#odd',
    'é ü.sql',
    'private.txt',
  ])
    write(root, { [path]: path });
  for (const path of ['loud.log', 'quiet.log', 'x.tmp', 'only-here', 'more/only-here', 'deep/kept.md', 'deep/lost.md'])
    write(root, { [`sub/${path}`]: path });
  write(root, { 'deep/a/b/x': 'x', 'deep/a/y': 'y', 'tracked.log': 'in spite of the rule', 'later.txt': 'x' });
  sandbox.git(root, 'add', '--force', 'tracked.log', 'sub/x.tmp', 'later.txt', 'é ü.sql', '.gitignore');
  sandbox.git(root, 'commit', '--quiet', '-m', 'more');
  rmSync(join(root, 'later.txt'));
  write(root, { 'staged.txt': 's', 'meant.txt': 'm', 'nested/inner.txt': 'i', 'globally.bak': 'b' });
  sandbox.git(root, 'add', 'staged.txt');
  sandbox.git(root, 'add', '--intent-to-add', 'meant.txt');
  sandbox.git(sandbox.root, 'init', '--quiet', join(root, 'another'));
  write(root, { 'another/file.txt': 'not ours' });
  symlinkSync('sub', join(root, 'link-to-folder'));
  symlinkSync('nowhere', join(root, 'broken-link'));
}

describe('what is checked out, without git', () => {
  it.each([2, 3, 4])('is listed as git lists it, with an index of version %i', (version) => {
    makeUntidy();
    write(sandbox.root, { ignored: '*.bak\n' });
    sandbox.git(root, 'config', '--global', 'core.excludesFile', join(sandbox.root, 'ignored'));
    sandbox.git(root, 'update-index', '--index-version', String(version));
    // git shows a repository inside as a folder, which is no file.
    const expected = listedByGit(root).filter((path) => !path.endsWith('/'));
    expect(expected).toContain('tracked.log');
    expect(expected.length).toBeGreaterThan(12);
    // A link to nowhere is there for git.
    const listed = listByFiles(root, withoutGit());
    expect(listed?.files).toEqual(expected);
    const tracked = sandbox.git(root, 'ls-files', '-z').split('\0').filter(Boolean);
    expect([...(listed?.tracked ?? [])].sort()).toEqual(tracked.sort());
    const below = listedByGit(join(root, 'sub'));
    expect(listByFiles(join(root, 'sub'), withoutGit())?.files).toEqual(below);
  });

  it('is not listed where the index is not whole, or there is no repository', () => {
    write(sandbox.root, { 'plain/x': '' });
    expect(listByFiles(join(sandbox.root, 'plain'), withoutGit())).toBeUndefined();
    sandbox.git(root, 'update-index', '--split-index');
    expect(listByFiles(root, withoutGit())).toBeUndefined();
    writeFileSync(join(root, '.git/index'), 'DIRC damaged, and long enough to be looked at');
    expect(listByFiles(root, withoutGit())).toBeUndefined();
  });

  it('has the branch and the commit that git says, loose and packed, in a worktree and without a branch', async () => {
    const same = async (folder: string): Promise<void> => {
      for (const env of [sandbox.env, withoutGit(), wantsNone()]) {
        const code = await checkedOutCode(folder, env);
        const told = code && { commit: code.commit, at: await code.at() };
        expect(told).toEqual(await checkedOutCommit(folder, sandbox.env));
      }
      for (const env of [withoutGit(), wantsNone()]) {
        expect(await checkedOutBranch(folder, env)).toBe(await checkedOutBranch(folder, sandbox.env));
        expect(await checkedOutCommit(folder, env)).toEqual(await checkedOutCommit(folder, sandbox.env));
      }
    };
    await same(root);
    expect((await checkedOutCommit(root, withoutGit()))?.commit).toBe(sandbox.git(root, 'rev-parse', 'HEAD'));
    sandbox.git(root, 'gc', '--quiet');
    sandbox.git(root, 'pack-refs', '--all');
    await same(root);
    // A branch that is another's name now, and was one of its own when refs were packed.
    sandbox.git(root, 'branch', '--quiet', 'alias');
    sandbox.git(root, 'pack-refs', '--all');
    sandbox.git(root, 'commit', '--quiet', '--allow-empty', '-m', 'later');
    const own = await checkedOutBranch(root, sandbox.env);
    sandbox.git(root, 'symbolic-ref', 'refs/heads/alias', `refs/heads/${own}`);
    sandbox.git(root, 'symbolic-ref', 'HEAD', 'refs/heads/alias');
    expect((await checkedOutCode(root, sandbox.env))?.commit).toBe(sandbox.git(root, 'rev-parse', 'HEAD'));
    sandbox.git(root, 'symbolic-ref', 'HEAD', `refs/heads/${own}`);
    sandbox.git(root, 'worktree', 'add', '--quiet', '-b', 'topic/x', '../tree');
    const tree = join(sandbox.root, 'tree');
    await same(tree);
    expect(await checkedOutBranch(tree, withoutGit())).toBe('topic/x');
    expect(findGitFolders(join(tree))?.commonDir).toBe(join(root, '.git'));
    sandbox.git(root, 'checkout', '--quiet', '--detach');
    await same(root);
    expect(await checkedOutBranch(root, withoutGit())).toBe('');
    sandbox.git(sandbox.root, 'init', '--quiet', 'empty');
    await same(join(sandbox.root, 'empty'));
    expect(await checkedOutCommit(join(sandbox.root, 'empty'), withoutGit())).toBeUndefined();
    mkdirSync(join(sandbox.root, 'plain'));
    expect(await checkedOutCommit(join(sandbox.root, 'plain'), withoutGit())).toBeUndefined();
  });

  it('knows which files are tracked', async () => {
    makeUntidy();
    for (const file of ['a.txt', 'tracked.log', 'a.log', 'staged.txt', 'nested/inner.txt', 'é ü.sql', '../elsewhere'])
      expect([file, await isTracked(root, withoutGit(), file)]).toEqual([
        file,
        await isTracked(root, sandbox.env, file),
      ]);
    expect(await isTracked(join(root, 'sub'), withoutGit(), 'x.tmp')).toBe(true);
  });
  it('knows it of all of them at once, and of the index as it is now', async () => {
    makeUntidy();
    for (const env of [sandbox.env, withoutGit()]) {
      const tracks = openTracking(root, env);
      for (const file of ['a.txt', 'tracked.log', 'a.log', 'staged.txt', 'nested/inner.txt', 'é ü.sql', '../elsewhere'])
        expect([file, await tracks(file)]).toEqual([file, await isTracked(root, env, file)]);
      sandbox.git(root, 'rm', '--quiet', '--cached', 'a.txt');
      expect(await tracks('a.txt')).toBe(false);
      sandbox.git(root, 'add', 'a.txt');
      expect(await tracks('a.txt')).toBe(true);
    }
  });
});

describe('a configuration file', () => {
  it('is read as git reads it', () => {
    const text = `; comment
[core]
  bare = false
  Editor = "vi # not a comment"  ; a comment
[remote "Ori.gin"]
	url = https://example.org/a\\"b.git
	fetch = +refs/*:refs/*
[remote "Ori.gin"]
	url = second
[http "https://example.org/"]
	extraheader = AUTHORIZATION: basic \\
abc
[alias] st = status
[flag]
	on
	empty =
	tabs = a\\tb  "  c "
`;
    writeFileSync(join(root, '.git/config'), text);
    const lines = sandbox.git(root, 'config', '--local', '--list', '-z').split('\0').filter(Boolean);
    const expected = lines.map((line) => {
      const end = line.indexOf('\n');
      return end < 0 ? [line, 'true'] : [line.slice(0, end), line.slice(end + 1)];
    });
    expect(parseGitConfig(text)).toEqual(expected);
    expect(settingOf(parseGitConfig(text), 'remote.Ori.gin.url')).toBe('second');
  });
});
