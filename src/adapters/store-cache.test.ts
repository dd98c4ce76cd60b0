import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileStore, OutputFile } from '../ports.ts';
import { fileStoreContract, makeWorkingFolder, type WorkingFolder } from '../testing/contracts/file-store.ts';
import { type FakeCache, fakeCache } from '../testing/github/fake-storage.ts';
import { startJobPorts } from '../testing/github/job-ports.ts';
import { startResultsService } from '../testing/github/results-service.ts';
import { jobOnBranch } from '../testing/github/runtime-token.ts';
import { createSeal } from './cache-seal.ts';
import { type CacheStoreOptions, cacheEntries, createCacheStore } from './store-cache.ts';

let scratch: string;
let opened = 0;
beforeEach(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'branchline-cache-store-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

/** A store as a job of its own has it: its own scratch folder, the same cache. */
function open(cache: CacheStoreOptions['cache'], more: Partial<CacheStoreOptions> = {}): FileStore {
  const own = path.join(scratch, String(opened++));
  return createCacheStore({ cache, scratch: own, seal: undefined, isPublic: false, onNotice: () => {}, ...more });
}

for (const secret of [undefined, 'a word that people chose']) {
  fileStoreContract(`cache, ${secret ? 'sealed' : 'open'}, in memory`, ['lose', 'damage', 'outage'], async () => {
    const cache = fakeCache();
    return {
      open: () => open(cache, { seal: secret === undefined ? undefined : createSeal(secret) }),
      publish: () => {},
      cause(fault) {
        if (fault === 'lose') cache.entries.clear();
        else if (fault === 'outage') cache.state = 'unavailable';
        else for (const [key, bytes] of cache.entries) cache.entries.set(key, garbled(bytes));
      },
      stop: () => {},
    };
  });
}

fileStoreContract('cache by @actions/cache on the loopback', ['lose', 'damage', 'outage'], async () => {
  const service = await startResultsService();
  const job = startJobPorts(service.url, jobOnBranch(7));
  return {
    open: () => open(job.cache),
    publish: () => {},
    cause(fault) {
      const keys = service.cache.entries.map(({ key }) => key);
      if (fault === 'lose') for (const key of keys) service.cache.evict(key);
      else if (fault === 'damage') for (const key of keys) service.cache.damage(key);
      else service.fail('GetCacheEntryDownloadURL', 'drop', Number.POSITIVE_INFINITY);
    },
    async stop() {
      await job.stop();
      await service.stop();
    },
  };
});

/** The last byte is another one: a content of the archive, or the seal's tag. */
function garbled(bytes: Uint8Array): Uint8Array {
  const other = Uint8Array.from(bytes);
  other[other.length - 1]! ^= 0xff;
  return other;
}

describe('entries of the cache', () => {
  let cache: FakeCache;
  let folder: WorkingFolder;
  let said: string[];
  beforeEach(() => {
    cache = fakeCache();
    folder = makeWorkingFolder();
    said = [];
  });
  afterEach(() => folder.remove());
  const notices = { onNotice: (text: string) => void said.push(text) };
  const keys = (): string[] => [...cache.entries.keys()].map((key) => key.replace(/[0-9a-f]{60}/, '…'));
  const readBack = async (store: FileStore, file: OutputFile): Promise<string> => {
    const fetched = await store.fetch([file], file);
    return fetched.ok ? readFileSync(fetched.value, 'utf8') : `${fetched.error.loss}: ${fetched.error.message}`;
  };

  it('bundle what is small, and leave what is large alone', () => {
    const file = (name: string, bytes: number): OutputFile => ({ path: name, digest: name.repeat(64), bytes });
    const shapes = (files: OutputFile[]) => cacheEntries(files).map((entry) => entry.files.map(({ path: p }) => p));
    const files = [file('c', 10), file('a', 2_000_000), file('b', 20), file('d', 900_000)];
    expect(shapes(files)).toEqual([['a'], ['b', 'c', 'd']]);
    // The order and the names of the files say nothing.
    expect(cacheEntries([...files].reverse()).map(({ id }) => id)).toEqual(cacheEntries(files).map(({ id }) => id));
    expect(cacheEntries([file('a', 2_000_000)])[0]!.id).toBe('a'.repeat(64));
    const many = Array.from({ length: 150 }, (_, i) => ({
      ...file('x', 1_000_000),
      digest: String(i).padStart(64, '0'),
    }));
    expect(cacheEntries(many).map((entry) => entry.files.length)).toEqual([67, 67, 16]);
  });

  it('have the same bytes for the same contents, whatever the files are called', async () => {
    await open(cache).save([folder.write('a.csv', 'one'), folder.write('b.csv', 'two')], folder.from);
    const other = fakeCache();
    await open(other).save([folder.write('z/two.csv', 'two'), folder.write('one.csv', 'one')], folder.from);
    expect([...other.entries]).toEqual([...cache.entries]);
  });

  it('are not uploaded again when they are there', async () => {
    const file = folder.write('a.csv', 'one');
    await open(cache).save([file], folder.from);
    await open(cache).save([file], folder.from);
    expect(cache.calls).toHaveLength(1);
    expect(cache.calls[0]).toBe(`save bl1-${file.digest}-1`);
  });

  it('that are found damaged get a mark, which later jobs see without fetching', async () => {
    const file = folder.write('a.csv', 'one');
    await open(cache).save([file], folder.from);
    cache.damaged.add(`bl1-${file.digest}-1`);
    expect(await readBack(open(cache), file)).toContain('damaged');
    expect(keys().map((key) => key.slice(-7))).toEqual([
      expect.stringMatching(/-1$/),
      expect.stringMatching(/-2-void$/),
    ]);
    cache.calls.splice(0);
    const later = open(cache);
    expect(await later.holds([file])).toMatchObject([{ kind: 'lost', loss: 'damaged' }]);
    expect(cache.calls).toEqual([]);
    await later.save([file], folder.from);
    expect(cache.calls).toEqual([`save bl1-${file.digest}-3`]);
    expect(await readBack(open(cache), file)).toBe('one');
  });

  it('that are damaged are replaced in the same job also where the mark cannot be seen', async () => {
    const file = folder.write('a.csv', 'one');
    await open(cache).save([file], folder.from);
    cache.damaged.add(`bl1-${file.digest}-1`);
    cache.refusesNext = true;
    const store = open(cache);
    expect(await readBack(store, file)).toContain('damaged');
    expect((await store.save([file], folder.from)).ok).toBe(true);
    expect(await readBack(store, file)).toBe('one');
  });

  it('that another job has just saved are as good as ours', async () => {
    const file = folder.write('a.csv', 'one');
    const other = fakeCache(cache.entries);
    const racing = {
      ...cache,
      async save(key: string, from: string) {
        await other.save(key, from);
        return cache.save(key, from);
      },
    };
    expect((await open(racing).save([file], folder.from)).ok).toBe(true);
    expect(cache.entries.size).toBe(1);
  });

  it('that another job has reserved and not finished are saved under the next number', async () => {
    const file = folder.write('a.csv', 'one');
    cache.reserved.add(`bl1-${file.digest}-1`);
    expect((await open(cache).save([file], folder.from)).ok).toBe(true);
    expect([...cache.entries.keys()]).toEqual([`bl1-${file.digest}-2`]);
    for (let n = 1; n < 10; n++) cache.reserved.add(`bl1-${file.digest}-${n}`);
    cache.entries.clear();
    expect(await open(cache).save([file], folder.from)).toMatchObject({ ok: false, error: { code: 'infrastructure' } });
  });

  it.each([
    ['a token that may only read', { state: 'read-only' }, /may only read/],
    ['a service that does not answer', { state: 'unavailable' }, /did not answer/],
    ['an upload that is refused', { refusesNext: true }, /did not take/],
  ] as const)('that cannot be saved because of %s are said not to be kept', async (_, fault, words) => {
    Object.assign(cache, fault);
    const saved = await open(cache).save([folder.write('a.csv', 'one')], folder.from);
    expect(saved.ok ? '' : saved.error.message).toMatch(words);
    expect(saved.ok ? '' : saved.error.message).toContain('a.csv could not be kept in the Actions cache');
    expect(cache.entries.size).toBe(0);
  });

  it('hide nothing in a public repository without a key, which is said once', async () => {
    const store = open(cache, { isPublic: true, ...notices });
    await store.save([folder.write('a.csv', 'one')], folder.from);
    await store.save([folder.write('a.csv', 'two')], folder.from);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('BRANCHLINE_STORAGE_KEY');
    await open(cache, { isPublic: true, seal: createSeal('word'), ...notices }).save(
      [folder.write('a.csv', 'three')],
      folder.from,
    );
    expect(said).toHaveLength(1);
  });

  it('are closed to who has another key or none, and are not called damaged for that', async () => {
    const file = folder.write('a.csv', 'a secret figure');
    await open(cache, { seal: createSeal('right') }).save([file], folder.from);
    const [bytes] = [...cache.entries.values()];
    expect(Buffer.from(bytes!).toString('latin1')).not.toContain('a secret figure');
    expect(await readBack(open(cache, { seal: createSeal('wrong') }), file)).toMatch(
      /^unavailable: .*another BRANCHLINE/,
    );
    expect(await readBack(open(cache), file)).toMatch(/^unavailable: .*is not set/);
    expect(cache.entries.size).toBe(1);
    expect(await readBack(open(cache, { seal: createSeal('right') }), file)).toBe('a secret figure');
  });

  it('that hold something else than they should are damaged', async () => {
    const [a, b] = [folder.write('a.csv', 'one'), folder.write('b.csv', 'two')];
    await open(cache).save([b], folder.from);
    cache.entries.set(`bl1-${a.digest}-1`, cache.entries.get(`bl1-${b.digest}-1`)!);
    expect(await readBack(open(cache), a)).toMatch(/^damaged: /);
  });
});
