import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { createSourceTree } from './source-tree.ts';

let sandbox: GitSandbox;
beforeEach(() => {
  sandbox = makeGitSandbox();
});
afterEach(() => sandbox.remove());

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

describe('source tree', () => {
  it('lists what git does not ignore and what is there, sorted', () => {
    const root = sandbox.makeRepository('user');
    write(root, {
      '.gitignore': '*.log\nout/\n',
      'b é.sql': 'select 1',
      'p/x.yaml': 'x',
      'p/run.log': '',
      'out/y': '',
    });
    sandbox.git(root, 'add', '.');
    sandbox.git(root, 'commit', '--quiet', '-m', 'more');
    write(root, { 'new.yaml': '', 'B.yaml': '' });
    rmSync(join(root, 'a.txt'));
    const tree = createSourceTree(root, sandbox.env);
    expect(tree.files()).toEqual(['.gitignore', 'B.yaml', 'b é.sql', 'new.yaml', 'p/x.yaml']);
    const tracked = ['a.txt', 'b é.sql', 'new.yaml', 'p/run.log', 'nothing'].filter((path) => tree.isTracked?.(path));
    expect(tracked).toEqual(['a.txt', 'b é.sql']);
  });

  it('lists only what is under a project in a subfolder, and reaches the rest of the repository by name', () => {
    const root = sandbox.makeRepository('user');
    write(root, { 'data/branchline.yaml': 'name: x', 'shared/q.sql': 'select 2' });
    const tree = createSourceTree(join(root, 'data'), sandbox.env);
    expect(tree.files()).toEqual(['branchline.yaml']);
    expect(tree.kind('../shared/q.sql')).toBe('file');
    expect(tree.text('../shared/q.sql')).toBe('select 2');
    expect(tree.kind('../../elsewhere')).toBe('outside');
  });

  it('is not led astray by variables of a git hook', () => {
    const root = sandbox.makeRepository('user');
    const other = sandbox.makeRepository('other');
    write(root, { 'mine.yaml': '' });
    const env = { ...sandbox.env, GIT_DIR: join(other, '.git'), GIT_WORK_TREE: other, GIT_INDEX_FILE: '/nowhere' };
    expect(createSourceTree(root, env).files()).toEqual(['a.txt', 'mine.yaml']);
  });

  it('walks where there is no git, without our own and installed things', () => {
    write(sandbox.root, {
      'plain/x.yaml': '',
      'plain/d/y.yaml': '',
      'plain/node_modules/m/z': '',
      'plain/.branchline/c': '',
    });
    const tree = createSourceTree(join(sandbox.root, 'plain'), sandbox.env);
    expect(tree.files()).toEqual(['d/y.yaml', 'x.yaml']);
    expect(tree.kind('../plain2')).toBe('outside');
  });

  it('says what a path is, and what leaves the repository, by dots, by a link or through a linked folder', () => {
    const root = sandbox.makeRepository('user');
    write(sandbox.root, { 'secret/s.txt': 'secret' });
    write(root, { 'd/x.sql': 'x' });
    symlinkSync('../secret/s.txt', join(root, 'leak'));
    symlinkSync('../secret', join(root, 'leaks'));
    symlinkSync('../secret/none', join(root, 'dangling'));
    symlinkSync('d/x.sql', join(root, 'inner'));
    symlinkSync('d', join(root, 'folder'));
    const tree = createSourceTree(root, sandbox.env);
    const kinds = (paths: readonly string[]) => paths.map((path) => [path, tree.kind(path)]);
    expect(kinds(['d/x.sql', 'inner', 'folder/x.sql', './d/../a.txt'])).toEqual([
      ['d/x.sql', 'file'],
      ['inner', 'file'],
      ['folder/x.sql', 'file'],
      ['./d/../a.txt', 'file'],
    ]);
    expect(kinds(['d', 'folder', '.', ''])).toEqual([
      ['d', 'directory'],
      ['folder', 'directory'],
      ['.', 'directory'],
      ['', 'directory'],
    ]);
    expect(kinds(['none', 'd/none/deeper', 'a.txt/below', 'nul\0'])).toEqual([
      ['none', 'missing'],
      ['d/none/deeper', 'missing'],
      ['a.txt/below', 'missing'],
      ['nul\0', 'missing'],
    ]);
    for (const path of [
      'leak',
      'leaks',
      'leaks/s.txt',
      'leaks/none',
      '../secret/s.txt',
      '../none',
      '/etc/hostname',
      '.git/config',
      '.git',
    ]) {
      expect([path, tree.kind(path), tree.text(path), tree.digest(path)]).toEqual([
        path,
        'outside',
        undefined,
        undefined,
      ]);
    }
    expect(tree.text('dangling')).toBeUndefined();
  });

  it('says where a text is no UTF-8, and not where the sign for that was written', () => {
    const root = sandbox.makeRepository('user');
    write(root, { good: 'a \ufffd é 😀\n' });
    writeFileSync(join(root, 'latin'), Buffer.concat([Buffer.from('😀 \ufffd\ufffd z\n'), Buffer.from([0xe9, 0x0a])]));
    writeFileSync(join(root, 'cut'), Buffer.from([0x61, 0xe2, 0x82]));
    const tree = createSourceTree(root, sandbox.env);
    expect(['good', 'latin', 'cut', 'none'].map((path) => tree.notUtf8At?.(path))).toEqual([
      undefined,
      '😀 \ufffd\ufffd z\n'.length,
      1,
      undefined,
    ]);
    expect(tree.digest('latin')).toBe(sandbox.git(root, 'hash-object', 'latin'));
  });

  it('gives the digest that git gives, and reads a file that git ignores when it is named', () => {
    const root = sandbox.makeRepository('user');
    write(root, { '.gitignore': 'ignored\n', ignored: 'hidden é\n' });
    const tree = createSourceTree(root, sandbox.env);
    expect(tree.text('ignored')).toBe('hidden é\n');
    expect(tree.digest('ignored')).toBe(sandbox.git(root, 'hash-object', 'ignored'));
    expect(tree.digest('a.txt')).toBe(sandbox.git(root, 'hash-object', 'a.txt'));
    expect(tree.text('none')).toBeUndefined();
    expect(tree.digest('none')).toBeUndefined();
  });

  it('shows one version of a file, however often it is asked for', () => {
    const root = sandbox.makeRepository('user');
    const tree = createSourceTree(root, sandbox.env);
    expect(tree.text('a.txt')).toBe('one\n');
    write(root, { 'a.txt': 'two\n' });
    expect(tree.text('a.txt')).toBe('one\n');
    expect(tree.digest('a.txt')).toBe('5626abf0f72e58d7a153368ba57db4c673c0e171');
  });
});
