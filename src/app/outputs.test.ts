import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fakeOutputFiles } from '../testing/fake-output-files.ts';
import {
  collectOutputs,
  escapePattern,
  filesDataVersion,
  publishOutputs,
  putBack,
  restoreOutputs,
  verifyPresent,
} from './outputs.ts';

const all = [{ path: 'out/*', optional: false }];

async function collected(port: ReturnType<typeof fakeOutputFiles>, outputs = all) {
  const result = await collectOutputs(port, 'raw/a', outputs);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

test('a key of several dimensions is what it is in a pattern', () => {
  expect(`out/${escapePattern('ch|2026')}/*.csv`).toBe('out/ch\\|2026/*.csv');
});

describe('collecting', () => {
  test('gives files by path and one version for all', async () => {
    const { files, dataVersion } = await collected(fakeOutputFiles({ 'out/b': 'bb', 'out/a': 'a' }));
    expect(Object.keys(files)).toEqual(['out/a', 'out/b']);
    expect(files['out/b']).toMatchObject({ bytes: 2 });
    expect(dataVersion).toBe(filesDataVersion(files));
  });
  test('the version follows content and names, and nothing else', async () => {
    const version = async (working: Record<string, string>) => (await collected(fakeOutputFiles(working))).dataVersion;
    const base = await version({ 'out/a': '1', 'out/b': '2' });
    expect(await version({ 'out/b': '2', 'out/a': '1', other: 'x' })).toBe(base);
    expect(await version({ 'out/a': '2', 'out/b': '1' })).not.toBe(base);
    expect(await version({ 'out/a': '1', 'out/c': '2' })).not.toBe(base);
  });
  test('an output that is missing fails, unless it is optional', async () => {
    const port = fakeOutputFiles();
    expect(await collectOutputs(port, 'raw/a', all)).toMatchObject({
      ok: false,
      error: { class: 'step', code: 'output-missing' },
    });
    expect((await collected(port, [{ path: 'out/*', optional: true }])).files).toEqual({});
  });
  test('an output above the project fails, with its place and what to do; what is recorded of one stays readable', async () => {
    const port = fakeOutputFiles({ '../b': '1', 'out/a': '1' });
    const written = 'outputs: ${{ env.DIR }}/b, branchline.yaml:3';
    const refused = async (path: string, optional = false): Promise<unknown> => {
      const result = await collectOutputs(port, 'raw/a', [{ path, optional, written }]);
      return result.ok ? result.value.files : [result.error.code, result.error.message];
    };
    const told = ['output-outside', expect.stringMatching(/`\.\.\/b` .*branchline\.yaml:3.* write it inside/)];
    expect(await refused('../b')).toEqual(told);
    for (const path of ['../*', 'out/../../b', './../b', '*/../../b', '/b'])
      expect(await refused(path, true)).toMatchObject(['output-outside', expect.stringContaining('project')]);
    expect(Object.keys((await refused('out/a')) as object)).toEqual(['out/a']);
    expect(Object.keys((await refused('x/../out/a', true)) as object)).toEqual([]);
    const found = await port.find('../b');
    if (!found.ok) throw new Error('not found');
    await port.save(found.value);
    const files = Object.fromEntries(found.value.map(({ path, ...record }) => [path, record]));
    port.control.files.delete('../b');
    expect(await verifyPresent(port, [files])).toEqual([{ kind: 'ok' }]);
    expect(await restoreOutputs(port, 'raw/a', files)).toEqual({ ok: true, value: undefined });
    expect(port.control.files.get('../b')).toBe('1');
  });
  test('an output that git tracks fails with the line that mends it', async () => {
    const port = fakeOutputFiles({ 'out/a': '1' });
    port.control.tracked.add('out/a');
    expect(await collectOutputs(port, 'raw/a', all)).toMatchObject({
      error: { code: 'output-tracked', message: expect.stringContaining('git rm --cached out/a') },
    });
  });
});

describe('publishing', () => {
  test('keeps copies', async () => {
    const port = fakeOutputFiles({ 'out/a': '1' });
    const { files } = await collected(port);
    expect(await publishOutputs(port, files)).toMatchObject({ ok: true });
    expect(await verifyPresent(port, [files])).toEqual([{ kind: 'ok' }]);
  });
  test('that the store refuses is no fault of the step', async () => {
    const port = fakeOutputFiles({ 'out/a': '1' });
    port.control.refusesToSave = true;
    const { files } = await collected(port);
    expect(await publishOutputs(port, files)).toMatchObject({ ok: false, error: { class: 'infrastructure' } });
  });
});

describe('putting back', () => {
  test('what was published returns, what was not goes, whatever an attempt did', async () => {
    const texts = fc.dictionary(fc.constantFrom('out/a', 'out/b', 'out/c', 'out/d'), fc.constantFrom('1', '2', '3'));
    await fc.assert(
      fc.asyncProperty(texts, texts, async (before, after) => {
        const port = fakeOutputFiles(before);
        const optional = [{ path: 'out/*', optional: true }];
        const published = (await collected(port, optional)).files;
        await publishOutputs(port, published);
        port.control.files.clear();
        for (const [path, text] of Object.entries(after)) port.control.files.set(path, text);
        const written = (await collected(port, optional)).files;
        const { lost } = await putBack(port, published, written);
        expect(lost).toEqual([]);
        expect(Object.fromEntries(port.control.files)).toEqual(before);
      }),
    );
  });
  test('after a first attempt nothing is left', async () => {
    const port = fakeOutputFiles({ 'out/a': '1', other: 'x' });
    const { files } = await collected(port);
    expect(await putBack(port, undefined, files)).toEqual({ restored: [], removed: ['out/a'], lost: [] });
    expect([...port.control.files.keys()]).toEqual(['other']);
  });
  test('a copy that is gone is told', async () => {
    const port = fakeOutputFiles({ 'out/a': '1' });
    const published = (await collected(port)).files;
    port.control.files.set('out/a', '2');
    expect(await putBack(port, published, (await collected(port)).files)).toMatchObject({ lost: ['out/a'] });
  });
});

describe('what is published', () => {
  async function published() {
    const port = fakeOutputFiles({ 'out/a[1]': '1', 'out/b': '2' });
    const { files } = await collected(port);
    await publishOutputs(port, files);
    return { port, files, digest: (path: string) => files[path]!.digest };
  }
  test('is there as a working file, when its copy is not', async () => {
    const { port, files } = await published();
    port.control.copies.clear();
    expect(await verifyPresent(port, [files])).toEqual([{ kind: 'ok' }]);
    port.control.files.set('out/a[1]', 'other');
    expect(await verifyPresent(port, [files])).toMatchObject([{ kind: 'missing', paths: ['out/a[1]'] }]);
  });
  test('is damaged when its copy is, and there is no other', async () => {
    const { port, files, digest } = await published();
    port.control.copies.set(digest('out/b'), 'longer');
    port.control.files.clear();
    expect(await verifyPresent(port, [files])).toMatchObject([{ kind: 'damaged', paths: ['out/b'] }]);
  });
  test('needs no files', async () => expect(await verifyPresent(fakeOutputFiles(), [{}])).toEqual([{ kind: 'ok' }]));
  test('is put in place for its readers', async () => {
    const { port, files } = await published();
    port.control.files.clear();
    expect(await restoreOutputs(port, 'raw/a', files)).toMatchObject({ ok: true });
    expect(port.control.files.get('out/b')).toBe('2');
  });
  test.each([
    ['gone', undefined, { class: 'step', code: 'data-lost' }],
    ['damaged', 'X', { class: 'infrastructure', code: 'output-damaged' }],
  ])('and is not put in place when it is %s', async (_, copy, error) => {
    const { port, files, digest } = await published();
    port.control.files.clear();
    if (copy === undefined) port.control.copies.delete(digest('out/b'));
    else port.control.copies.set(digest('out/b'), copy);
    expect(await restoreOutputs(port, 'raw/a', files)).toMatchObject({ ok: false, error });
  });
  test('and is not put over a file that git tracks by now', async () => {
    const { port, files } = await published();
    port.control.tracked.add('out/b');
    expect(await restoreOutputs(port, 'raw/a', files)).toMatchObject({ ok: false, error: { code: 'output-tracked' } });
  });
});
