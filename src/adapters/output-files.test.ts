import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OutputFile, OutputFiles } from '../ports.ts';
import { createOutputFiles } from './output-files.ts';
import { createDirectoryStore } from './store-directory.ts';

let folder: string;
let root: string;
let outputs: OutputFiles;
let cases = 0;
const tracked = new Set<string>();

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'branchline-outputs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => {
  const repository = path.join(folder, String(cases++));
  root = path.join(repository, 'project');
  mkdirSync(root, { recursive: true });
  tracked.clear();
  const isTracked = (file: string): boolean => tracked.has(file);
  outputs = createOutputFiles({
    root,
    repository,
    store: createDirectoryStore(path.join(repository, '.store')),
    isTracked,
  });
});

function write(file: string, text: string): OutputFile {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
  return { path: file, digest: createHash('sha256').update(text).digest('hex'), bytes: Buffer.byteLength(text) };
}
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const copyOf = (file: OutputFile): string => path.join(root, '..', '.store', file.digest.slice(0, 2), file.digest);

/** One file at a time: a word for what came of it. */
const save = (file: OutputFile) => outputs.save([file]);
async function restore(file: OutputFile): Promise<string> {
  const [outcome] = await outputs.restore([file]);
  return outcome!.kind === 'lost' ? outcome!.loss : outcome!.kind;
}
async function holds(file: OutputFile): Promise<string> {
  const [outcome] = await outputs.holds([file]);
  return outcome!.kind === 'lost' ? outcome!.loss : outcome!.kind;
}

describe('finding', () => {
  const paths = async (pattern: string) => {
    const found = await outputs.find(pattern);
    return found.ok ? found.value.map((file) => file.path) : found.error;
  };
  test('a file by its name, with digest and size', async () => {
    const file = write('out/a.csv', 'x,ü\n');
    expect(await outputs.find('out/a.csv')).toEqual({ ok: true, value: [file] });
    expect(await outputs.find('./out/a.csv')).toEqual({ ok: true, value: [file] });
  });
  test('files by a pattern, sorted', async () => {
    for (const file of ['out/b.csv', 'out/a.csv', 'out/deep/c.csv', 'out/.hidden.csv', 'other.csv']) write(file, file);
    expect(await paths('out/*.csv')).toEqual(['out/a.csv', 'out/b.csv']);
    expect(await paths('out/**')).toEqual(['out/a.csv', 'out/b.csv', 'out/deep/c.csv']);
    expect(await paths('out/?.{csv,json}')).toEqual(['out/a.csv', 'out/b.csv']);
  });
  test('nothing', async () => {
    mkdirSync(path.join(root, 'out'));
    expect(await paths('out/*.csv')).toEqual([]);
    expect(await paths('no/such.csv')).toEqual([]);
    expect(await paths('out')).toEqual([]);
  });
  test('refuses what lies outside of the repository, also by a link', async () => {
    expect(await paths('../../x.csv')).toEqual({ code: 'outside', path: '../../x.csv' });
    expect(await paths('../../*.csv')).toEqual({ code: 'outside', path: '../../*.csv' });
    symlinkSync('/etc', path.join(root, 'etc'));
    expect(await paths('etc/hostname')).toMatchObject({ code: 'outside' });
    expect(await paths('etc/*')).toMatchObject({ code: 'outside' });
    mkdirSync(path.join(root, 'out'));
    symlinkSync('/etc/hostname', path.join(root, 'out', 'a.csv'));
    expect(await paths('out/*.csv')).toEqual({ code: 'outside', path: 'out/a.csv' });
    expect(await paths('out/**')).toEqual({ code: 'outside', path: 'out/a.csv' });
  });
  test('takes everything for inside where the root of the disk is the work tree', async () => {
    const disk = path.parse(root).root;
    const all = createOutputFiles({ root: disk, repository: disk, store: undefined, isTracked: () => false });
    const file = write('data/a.csv', 'a');
    const there = path.relative(disk, path.join(root, file.path)).split(path.sep).join('/');
    expect(await all.find(there)).toMatchObject({ ok: true, value: [{ path: there, digest: file.digest }] });
  });
  test('does not walk through links, but takes one to a file of the repository', async () => {
    write('data/a.csv', 'a');
    mkdirSync(path.join(root, 'out'));
    symlinkSync('../data', path.join(root, 'out', 'data'));
    symlinkSync('../data/a.csv', path.join(root, 'out', 'a.csv'));
    expect(await paths('out/**')).toEqual(['out/a.csv']);
  });
  test('a name with the signs of patterns, escaped', async () => {
    write('out/a[1].csv', 'a');
    expect(await paths('out/a\\[1\\].csv')).toEqual(['out/a[1].csv']);
    write('out/ch|2026/a.csv', 'a');
    expect(await paths('out/ch\\|2026/*.csv')).toEqual(['out/ch|2026/a.csv']);
  });
  test('refuses what git tracks', async () => {
    write('out/a.csv', 'a');
    tracked.add('out/a.csv');
    expect(await paths('out/*.csv')).toEqual({ code: 'tracked', path: 'out/a.csv' });
  });
});

describe('keeping and putting back', () => {
  test('a later write in place leaves the copy alone', async () => {
    const file = write('a.csv', 'one');
    expect(await save(file)).toEqual({ ok: true, value: [file] });
    write('a.csv', 'two!');
    expect(await restore(file)).toBe('restored');
    expect(read('a.csv')).toBe('one');
    expect(await restore(file)).toBe('unchanged');
    // What was put back can be written by the next step.
    expect(statSync(path.join(root, 'a.csv')).mode & 0o777).toBe(0o644);
  });
  test('a file of the same size that differs is put back', async () => {
    const file = write('a.csv', 'one');
    await save(file);
    write('a.csv', 'two');
    expect(await restore(file)).toBe('restored');
    expect(read('a.csv')).toBe('one');
  });
  test('a file that is gone is put back, with its folder', async () => {
    const file = write('deep/er/a.csv', 'one');
    await save(file);
    rmSync(path.join(root, 'deep'), { recursive: true });
    expect(await restore(file)).toBe('restored');
    expect(readdirSync(path.join(root, 'deep', 'er'))).toEqual(['a.csv']);
  });
  test('keeping twice is keeping once', async () => {
    const file = write('a.csv', 'one');
    await save(file);
    const { ino } = statSync(copyOf(file));
    expect(await save(file)).toMatchObject({ ok: true });
    expect(statSync(copyOf(file)).ino).toBe(ino);
    expect(readdirSync(path.dirname(copyOf(file)))).toEqual([file.digest]);
  });
  test('a file that changed since it was found is not kept under the old digest', async () => {
    const file = write('a.csv', 'one');
    write('a.csv', 'two');
    expect(await save(file)).toMatchObject({ ok: false, error: { code: 'infrastructure' } });
    expect(readdirSync(path.dirname(copyOf(file)))).toEqual([]);
  });
  test('a copy that is gone or damaged is said to be', async () => {
    const file = write('a.csv', 'one');
    expect(await holds(file)).toBe('missing');
    await save(file);
    expect(await holds(file)).toBe('present');
    rmSync(path.join(root, 'a.csv'));
    chmodSync(copyOf(file), 0o644);
    writeFileSync(copyOf(file), 'onf');
    expect(await restore(file)).toBe('damaged');
    writeFileSync(copyOf(file), 'longer');
    expect(await holds(file)).toBe('damaged');
    rmSync(copyOf(file));
    expect(await restore(file)).toBe('missing');
    expect(existsSync(path.join(root, 'a.csv'))).toBe(false);
  });
  test('nothing tracked or outside is written or removed', async () => {
    const file = write('a.csv', 'one');
    await save(file);
    write('a.csv', 'mine');
    tracked.add('a.csv');
    expect(await restore(file)).toBe('refused');
    await outputs.remove('a.csv');
    expect(read('a.csv')).toBe('mine');
    const victim = path.join(folder, 'victim.csv');
    writeFileSync(victim, 'theirs');
    expect(await restore({ ...file, path: '../../victim.csv' })).toBe('refused');
    await outputs.remove('../../victim.csv');
    expect(readFileSync(victim, 'utf8')).toBe('theirs');
  });
  test('removing removes, once or twice, and no folders', async () => {
    write('out/a.csv', 'one');
    await outputs.remove('out/a.csv');
    await outputs.remove('out/a.csv');
    await outputs.remove('out');
    expect(readdirSync(path.join(root, 'out'))).toEqual([]);
  });
  test('without a store working files are left as they are', async () => {
    const bare = createOutputFiles({ root, repository: root, store: undefined, isTracked: () => false });
    const file = write('a.csv', 'one');
    expect(await bare.save([file])).toEqual({ ok: true, value: [file] });
    write('a.csv', 'two');
    expect(await bare.holds([file])).toEqual([{ kind: 'present' }]);
    expect(await bare.restore([file])).toEqual([{ kind: 'unchanged' }]);
    await bare.remove('a.csv');
    expect(read('a.csv')).toBe('two');
  });
  test('a large file passes through in pieces', async () => {
    const big = path.join(root, 'big.bin');
    execFileSync('truncate', ['-s', '64M', big]);
    const found = await outputs.find('big.bin');
    const digest = execFileSync('sha256sum', [big], { encoding: 'utf8' }).slice(0, 64);
    expect(found).toEqual({ ok: true, value: [{ path: 'big.bin', digest, bytes: 64 * 1024 * 1024 }] });
  });
});
