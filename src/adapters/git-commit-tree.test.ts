import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceTree } from '../ports.ts';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import { openCommitTree } from './git-commit-tree.ts';
import { createSourceTree } from './source-tree.ts';

let sandbox: GitSandbox;
let root: string;

function write(path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

beforeAll(() => {
  sandbox = makeGitSandbox();
  root = sandbox.makeRepository('repository');
  write('app/branchline.yaml', 'name: shop\n');
  write('app/pipelines/a.yaml', 'assets: {}\n');
  write('app/pipelines/ä b.sql', 'select 1\n');
  write('app/run.py', 'print(1)\n');
  write('app/data.bin', Buffer.from([0, 255, 254, 10]));
  write('shared/x.sql', 'select 2\n');
  symlinkSync('../shared/x.sql', join(root, 'app/in.sql'));
  symlinkSync('../../gitconfig', join(root, 'app/out.sql'));
  symlinkSync('/etc/passwd', join(root, 'app/absolute.sql'));
  symlinkSync('round.sql', join(root, 'app/round.sql'));
  symlinkSync('pipelines', join(root, 'app/folder'));
  sandbox.git(root, 'add', '--all');
  sandbox.git(root, 'commit', '--quiet', '-m', 'second');
});
afterAll(() => sandbox.remove());

async function treeOf(folder: string, beside?: SourceTree): Promise<SourceTree> {
  const options = { cwd: root, env: sandbox.env, commit: 'HEAD', folder, ...(beside ? { beside } : {}) };
  const tree = await openCommitTree(options);
  if (!tree.ok) throw new Error(tree.error);
  return tree.value;
}

const PATHS = [
  'branchline.yaml',
  'pipelines/a.yaml',
  'pipelines/ä b.sql',
  'run.py',
  'in.sql',
  'out.sql',
  'absolute.sql',
  'folder/a.yaml',
  'folder',
  'pipelines',
  '',
  'nothing.sql',
  'pipelines/nothing.sql',
  '../shared/x.sql',
  '../../elsewhere',
];

describe('a commit is read like its checkout', () => {
  test.each(['app', ''])('from the folder %j', async (folder) => {
    const disk = createSourceTree(join(root, folder), sandbox.env);
    const tree = await treeOf(folder);
    expect(tree.files()).toEqual(disk.files());
    const paths = folder === '' ? PATHS.map((path) => `app/${path}`) : PATHS;
    const see = (of: SourceTree): unknown[] =>
      paths.map((path) => [path, of.kind(path), of.text(path), of.digest(path)]);
    expect(see(tree)).toEqual(see(disk));
    expect(tree.digest(folder === '' ? 'app/data.bin' : 'data.bin')).toBe(
      disk.digest(folder === '' ? 'app/data.bin' : 'data.bin'),
    );
  });

  test('a link in a circle leads nowhere', async () => {
    expect((await treeOf('app')).text('round.sql')).toBeUndefined();
  });

  test('what is beside it with the same bytes is not asked of git', async () => {
    const disk = createSourceTree(join(root, 'app'), sandbox.env);
    const asked: string[] = [];
    const beside: SourceTree = {
      ...disk,
      text(path) {
        asked.push(path);
        return disk.text(path);
      },
    };
    const tree = await treeOf('app', beside);
    expect(tree.text('pipelines/a.yaml')).toBe('assets: {}\n');
    expect(asked).toEqual(['pipelines/a.yaml']);
  });

  test('an older commit keeps its own bytes', async () => {
    write('app/run.py', 'print(2)\n');
    const tree = await treeOf('app', createSourceTree(join(root, 'app'), sandbox.env));
    expect(tree.text('run.py')).toBe('print(1)\n');
    write('app/run.py', 'print(1)\n');
  });

  test('a commit that is not there is said', async () => {
    const tree = await openCommitTree({ cwd: root, env: sandbox.env, commit: 'f'.repeat(40), folder: '' });
    expect(tree).toMatchObject({ ok: false, error: expect.stringContaining('not a tree object') });
  });

  test('digests of the other object format are those of the working tree', async () => {
    const other = join(sandbox.root, 'sha256');
    sandbox.git(sandbox.root, 'init', '--quiet', '--object-format=sha256', other);
    writeFileSync(join(other, 'run.py'), 'print(1)\n');
    sandbox.git(other, 'add', '.');
    sandbox.git(other, 'commit', '--quiet', '-m', 'first');
    const tree = await openCommitTree({ cwd: other, env: sandbox.env, commit: 'HEAD', folder: '' });
    expect(tree.ok && tree.value.digest('run.py')).toBe(createSourceTree(other, sandbox.env).digest('run.py'));
  });
});
