import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readArchive, writeArchive } from './cache-archive.ts';
import { createSeal, isSealed } from './cache-seal.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-archive-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => path.join(folder, name);
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function archiveOf(...contents: Uint8Array[]): Promise<string> {
  const files = contents.map((bytes, i) => {
    writeFileSync(at(`in-${i}`), bytes);
    return { digest: sha(bytes), bytes: bytes.length, from: at(`in-${i}`) };
  });
  await writeArchive(files, at('archive'));
  return at('archive');
}

it('gives back what was written, sealed or not', async () => {
  const seal = createSeal('word');
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.uint8Array({ maxLength: 300 }), { selector: sha, maxLength: 5 }),
      async (all) => {
        const archive = await archiveOf(...all);
        await seal.close(archive, at('sealed'));
        expect(await isSealed(at('sealed'))).toBe(true);
        expect(await isSealed(archive)).toBe(false);
        expect(await seal.open(at('sealed'), at('opened'))).toEqual({ ok: true, value: undefined });
        expect(readFileSync(at('opened')).equals(readFileSync(archive))).toBe(true);
        const out = mkdtempSync(path.join(folder, 'out-'));
        const read = await readArchive(at('opened'), out);
        expect(read.ok && [...read.value].sort()).toEqual(all.map(sha).sort());
        for (const bytes of all) expect(readFileSync(path.join(out, sha(bytes))).equals(bytes)).toBe(true);
      },
    ),
    { numRuns: 30 },
  );
});

it('takes no archive with any byte changed, cut or added, and leaves nothing of it', async () => {
  const good = readFileSync(await archiveOf(Buffer.from('one'), Buffer.from('two, and more of it')));
  const wrong = fc.oneof(
    fc.nat(good.length - 1).map((i) => {
      const bytes = Buffer.from(good);
      bytes[i]! ^= 1;
      return bytes;
    }),
    fc.nat(good.length - 1).map((n) => good.subarray(0, n)),
    fc.uint8Array({ minLength: 1, maxLength: 9 }).map((more) => Buffer.concat([good, more])),
  );
  await fc.assert(
    fc.asyncProperty(wrong, async (bytes) => {
      writeFileSync(at('wrong'), bytes);
      rmSync(at('out'), { recursive: true, force: true });
      const read = await readArchive(at('wrong'), at('out'));
      expect(read.ok).toBe(false);
      expect(existsSync(at('out')) ? readdirSync(at('out')) : []).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

it('never writes outside of its folder, whatever an archive says', async () => {
  for (const digest of ['../../escaped', '/tmp/escaped', 'a'.repeat(63), `${'a'.repeat(64)}/x`]) {
    writeFileSync(at('hostile'), `branchline-files 1\n${JSON.stringify({ files: [{ digest, bytes: 3 }] })}\nabc`);
    expect(await readArchive(at('hostile'), at('out'))).toMatchObject({ ok: false });
  }
  for (const list of ['null', '[]', '{"files":{}}', '{"files":[null]}', '{"files":[{"digest":1,"bytes":1}]}', 'x']) {
    writeFileSync(at('hostile'), `branchline-files 1\n${list}\n`);
    expect(await readArchive(at('hostile'), at('out'))).toMatchObject({ ok: false });
  }
});

it('opens no sealed content with any byte changed or cut, and tells another key from damage', async () => {
  const seal = createSeal('word');
  await seal.close(await archiveOf(Buffer.from('one')), at('sealed'));
  const good = readFileSync(at('sealed'));
  const keyAt = good.indexOf('"key":"') + 7;
  for (let i = 0; i < good.length; i++) {
    const bytes = Buffer.from(good);
    bytes[i]! ^= 1;
    writeFileSync(at('wrong'), bytes);
    const opened = await seal.open(at('wrong'), at('opened'));
    expect(opened.ok).toBe(false);
    expect(existsSync(at('opened'))).toBe(false);
    const isOfKey = i >= keyAt && i < keyAt + 16;
    if (!isOfKey) expect(opened.ok ? '' : opened.error.code, `byte ${i}`).toBe('damaged');
  }
  writeFileSync(at('wrong'), good.subarray(0, good.length - 1));
  expect(await seal.open(at('wrong'), at('opened'))).toMatchObject({ error: { code: 'damaged' } });
  expect(await createSeal('other').open(at('sealed'), at('opened'))).toMatchObject({ error: { code: 'wrong-key' } });
});

it('seals the same content differently each time', async () => {
  const seal = createSeal('word');
  const archive = await archiveOf(Buffer.from('one'));
  await seal.close(archive, at('a'));
  await seal.close(archive, at('b'));
  expect(readFileSync(at('a')).equals(readFileSync(at('b')))).toBe(false);
});
