import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../base/digest.ts';
import { fail, ok } from '../base/result.ts';
import type { Wave } from '../model/wave.ts';
import type { Artifacts } from '../ports-storage.ts';
import { zipOf } from '../testing/zip.ts';
import type { TakenFile } from './storage.ts';
import type { Uploads } from './wave-artifacts.ts';
import { createDataCarrier, takeInData } from './wave-data.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'branchline-data-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const blobOf = (text: string): string => createHash('sha1').update(`blob ${text.length}\0${text}`).digest('hex');

function put(text: string): TakenFile {
  const file = join(folder, sha256(text));
  writeFileSync(file, text);
  return { file, blob: blobOf(text) };
}

/** Artifacts in memory; the next upload may be refused. */
function memory() {
  const archives = new Map<string, Uint8Array>();
  let refusals = 0;
  const artifacts: Pick<Artifacts, 'upload'> = {
    async upload({ name, folder: from, files }) {
      if (refusals-- > 0) return fail({ code: 'unavailable', message: 'no answer' });
      archives.set(name, zipOf(files.map((file) => ({ name: file, content: readFileSync(join(from, file)) }))));
      return ok({ id: 1, name, bytes: 1 });
    },
  };
  const uploads: Uploads = {
    names: async () => ok([...archives.keys()]),
    read: async (name) => ok(archives.get(name)!),
  };
  return {
    artifacts: artifacts as Artifacts,
    uploads,
    archives,
    refuse: (times: number): void => {
      refusals = times;
    },
  };
}

const wave = { attempt: 1, shards: [{ id: 's000' }, { id: 's001' }] } as unknown as Wave;
const recorded = (...texts: string[]) =>
  texts.map((text) => ({ digest: sha256(text), bytes: text.length, blob: blobOf(text) }));

async function takeIn(uploads: Uploads, wanted: ReturnType<typeof recorded>) {
  const warnings: string[] = [];
  const takes: string[] = [];
  const take = async (files: readonly string[]) => {
    takes.push(...files.map((file) => basename(file)));
    return ok(files.map((file) => blobOf(readFileSync(file, 'utf8'))));
  };
  const kept = await takeInData(uploads, wave, { temp: folder, take, warn: (text) => warnings.push(text) }, wanted);
  if (!kept.ok) throw new Error(kept.error.message);
  return { kept: kept.value, warnings, takes };
}

describe('files of a shard', () => {
  test('travel once each, and those that are recorded are taken in', async () => {
    const { artifacts, uploads, archives } = memory();
    const taken = [put('one'), put('two'), put('one')];
    const carrier = createDataCarrier(artifacts, { shard: 's000', attempt: 1 }, () => taken);
    await carrier.upload();
    await carrier.upload();
    expect([...archives.keys()]).toEqual(['bl-data-s000-1-a1']);
    taken.push(put('three'));
    await carrier.upload();
    expect([...archives.keys()]).toEqual(['bl-data-s000-1-a1', 'bl-data-s000-2-a1']);
    const { kept, warnings, takes } = await takeIn(uploads, recorded('one', 'three', 'four'));
    expect(kept).toEqual(
      new Map([
        [sha256('one'), blobOf('one')],
        [sha256('three'), blobOf('three')],
      ]),
    );
    expect(warnings).toEqual([]);
    // What no event names is not kept in git.
    expect(takes).not.toContain(sha256('two'));
    expect(readdirSync(folder).filter((name) => name.startsWith('data-'))).toEqual([]);
  });

  test('that could not be uploaded go with the next', async () => {
    const { artifacts, uploads, refuse } = memory();
    const taken = [put('one')];
    const carrier = createDataCarrier(artifacts, { shard: 's000', attempt: 1 }, () => taken);
    refuse(1);
    expect(await carrier.upload()).toMatchObject({ ok: false, error: 'no answer' });
    taken.push(put('two'));
    expect((await carrier.upload()).ok).toBe(true);
    expect((await takeIn(uploads, recorded('one', 'two'))).kept.size).toBe(2);
  });

  test('are what their names say, or are left out', async () => {
    const { uploads, archives } = memory();
    archives.set('bl-data-s000-1-a1', zipOf([{ name: sha256('one'), content: Buffer.from('other') }]));
    archives.set('bl-data-s001-1-a1', Buffer.from('no archive'));
    archives.set('bl-data-s001-2-a1', zipOf([{ name: sha256('two'), content: Buffer.from('two') }]));
    // Of another attempt, and of a shard that there is not.
    archives.set('bl-data-s001-1-a2', zipOf([{ name: sha256('one'), content: Buffer.from('one') }]));
    archives.set('bl-data-s007-1-a1', zipOf([{ name: sha256('one'), content: Buffer.from('one') }]));
    const { kept, warnings } = await takeIn(uploads, recorded('one', 'two'));
    expect([...kept.keys()]).toEqual([sha256('two')]);
    expect(warnings).toEqual([expect.stringContaining('bl-data-s001-1-a1')]);
  });
});

test('a file that the other job would not unpack is refused before it travels, with what to do', async () => {
  const { artifacts, archives } = memory();
  const file = join(folder, 'f'.repeat(64));
  writeFileSync(file, '');
  truncateSync(file, 200_000_001);
  const done = await createDataCarrier(artifacts, { shard: 's000', attempt: 1 }, () => [{ file }]).upload();
  expect(done).toMatchObject({ ok: false });
  expect(JSON.stringify(done)).toContain('201 MB');
  expect([...archives.keys()]).toEqual([]);
});

test('a link in an archive is its bytes, and leads nowhere', async () => {
  const { uploads, archives } = memory();
  // A symbolic link travels as a file whose content is its target.
  archives.set('bl-data-s000-1-a1', zipOf([{ name: sha256('one'), content: Buffer.from('/etc/passwd') }]));
  const { kept, takes } = await takeIn(uploads, recorded('one'));
  expect([...kept.keys()]).toEqual([]);
  expect(takes).toEqual([]);
});
