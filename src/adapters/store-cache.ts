import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { FileStore, HeldOutcome, OutputFile, StoreLoss, StoreRefusal } from '../ports.ts';
import type { Cache } from '../ports-storage.ts';
import { readArchive, writeArchive } from './cache-archive.ts';
import { isSealed, type Seal } from './cache-seal.ts';
import { sizeOf } from './file-copy.ts';

export interface CacheStoreOptions {
  readonly cache: Cache;
  /** A folder for this process alone (absolute): archives under way, and contents that came. */
  readonly scratch: string;
  /** Encrypts what is saved; undefined = the contents are as public as the repository. */
  readonly seal: Seal | undefined;
  /** Anybody may read the cache of a public repository: said once, at the first save without a seal. */
  readonly isPublic: boolean;
  /** What a person should know though nothing failed; one sentence or two. */
  readonly onNotice: (text: string) => void;
}

/** Contents that share one entry of the cache. */
export interface CacheEntry {
  /** Its key is `bl1-<id>-<n>`. */
  readonly id: string;
  readonly files: readonly OutputFile[];
}

/** A file from this size on has an entry of its own: one that did not change is not saved again with its neighbours. */
const OWN_ENTRY_BYTES = 1024 * 1024;
/** Small files share entries up to this size. */
const BUNDLE_BYTES_MAX = 64 * 1024 * 1024;
/** The cache of a repository has 10 GB for everything. */
const WARN_BYTES = 2_000_000_000;
/** Entries under one id that are tried before a save gives up: others save at the same time. */
const SAVE_TRIES = 5;
const LOOKUPS_AT_ONCE = 8;

const EVICTED: StoreLoss = { loss: 'missing', message: 'cache entry evicted' };

/** How the contents of one materialization are cut into entries: a function of their digests alone. */
export function cacheEntries(files: readonly OutputFile[]): readonly CacheEntry[] {
  const unique = [...new Map(files.map((file) => [file.digest, file])).values()];
  unique.sort((a, b) => byText(a.digest, b.digest));
  const entries: CacheEntry[] = [];
  let bundle: OutputFile[] = [];
  let bytes = 0;
  const flush = (): void => {
    if (bundle.length === 0) return;
    const digests = bundle.map(({ digest }) => digest);
    entries.push({ id: digests.length === 1 ? digests[0]! : sha256(digests.join('\n')), files: bundle });
    bundle = [];
    bytes = 0;
  };
  for (const file of unique) {
    if (file.bytes >= OWN_ENTRY_BYTES) {
      entries.push({ id: file.digest, files: [file] });
      continue;
    }
    if (bytes + file.bytes > BUNDLE_BYTES_MAX) flush();
    bundle.push(file);
    bytes += file.bytes;
  }
  flush();
  return entries;
}

/**
 * Published files in the Actions cache. Entries are immutable, so each try under an id has a number of its own, and the
 * newest counts; one that was found damaged gets a mark after it, which every later look sees without fetching it.
 */
export function createCacheStore(options: CacheStoreOptions): FileStore {
  const { cache, scratch, seal } = options;
  const contents = path.join(scratch, 'contents');
  const restores = new Map<string, Promise<Result<void, StoreLoss>>>();
  /** The newest number under each id that was found damaged here: its mark may not be seen yet, or not be allowed. */
  const damagedAt = new Map<string, number>();
  let hasWarned = false;

  const inScratch = async <T>(work: (file: (name: string) => string) => Promise<T>): Promise<T> => {
    const folder = path.join(scratch, randomBytes(6).toString('hex'));
    await mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      return await work((name) => path.join(folder, name));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

  /** Brings an entry's contents here, once a process. */
  const restore = (entry: CacheEntry): Promise<Result<void, StoreLoss>> => {
    const known = restores.get(entry.id);
    if (known) return known;
    const coming = inScratch((file) => bring(entry, file));
    restores.set(entry.id, coming);
    return coming;
  };
  const bring = async (entry: CacheEntry, file: (name: string) => string): Promise<Result<void, StoreLoss>> => {
    const came = await cache.restore([prefixOf(entry.id)], file('entry'));
    if (came.kind === 'miss') return fail(EVICTED);
    if (came.kind === 'unavailable') return fail({ loss: 'unavailable', message: came.message });
    const key = parseKey(came.key);
    if (key?.isVoid) return fail(damaged('an earlier run found it so'));
    const taken =
      came.kind === 'damaged' ? fail(damaged(came.message)) : await take(file, options.seal, contents, entry);
    // The mark is a favour to those who come later; who may not save leaves none.
    if (!taken.ok && taken.error.loss === 'damaged') {
      damagedAt.set(entry.id, key?.n ?? 0);
      await markVoid(cache, entry.id, (key?.n ?? 0) + 1, file('void'));
    }
    return taken;
  };

  const saveEntry = async (
    entry: CacheEntry,
    from: (file: OutputFile) => string,
  ): Promise<Result<void, StoreRefusal>> => {
    const first = await cache.lookup([prefixOf(entry.id)]);
    if (first.kind === 'unavailable') return fail(notKept(entry, first.message));
    const found = first.kind === 'hit' ? parseKey(first.key) : undefined;
    if (found && !found.isVoid && found.n > (damagedAt.get(entry.id) ?? -1)) return ok(undefined);
    return inScratch(async (file) => {
      try {
        const archive = file('archive');
        await writeArchive(
          entry.files.map((one) => ({ ...one, from: from(one) })),
          archive,
        );
        if (seal) await seal.close(archive, file('entry'));
        return await upload(entry, seal ? file('entry') : archive, (found?.n ?? 0) + 1);
      } catch (error) {
        return fail(notKept(entry, (error as Error).message));
      }
    });
  };
  const upload = async (entry: CacheEntry, file: string, firstN: number): Promise<Result<void, StoreRefusal>> => {
    warnBefore((await sizeOf(file)).size);
    for (let n = firstN; n < firstN + SAVE_TRIES; n++) {
      const saved = await cache.save(`${prefixOf(entry.id)}${n}`, file);
      switch (saved.kind) {
        case 'saved':
          restores.delete(entry.id);
          return ok(undefined);
        case 'exists': {
          // Another job saves the same content; once that is there, it is as good as ours.
          const there = await cache.lookup([prefixOf(entry.id)]);
          const key = there.kind === 'hit' ? parseKey(there.key) : undefined;
          if (key && !key.isVoid && key.n >= n) {
            restores.delete(entry.id);
            return ok(undefined);
          }
          continue;
        }
        case 'read-only':
          return fail(notKept(entry, `${saved.message}. A job with a token that may save has to make it`));
        case 'refused':
        case 'unavailable':
          return fail(notKept(entry, saved.message));
      }
    }
    return fail(notKept(entry, `${SAVE_TRIES} keys in a row were taken by other jobs that have not ended`));
  };
  const warnBefore = (bytes: number): void => {
    if (bytes > WARN_BYTES)
      options.onNotice(
        `An entry of the Actions cache has ${(bytes / 1e9).toFixed(1)} GB: the cache of a repository has 10 GB in all, and the oldest entries go first. Split it, or keep it in a bucket or a database.`,
      );
    if (seal || !options.isPublic || hasWarned) return;
    hasWarned = true;
    options.onNotice(
      'The outputs are saved in the Actions cache, and anybody who can open a pull request here can read it. Set the secret BRANCHLINE_STORAGE_KEY to encrypt them, if they are not meant for everybody (docs/storage.md).',
    );
  };

  return {
    looks: 'call',
    async save(files, from) {
      for (const entry of cacheEntries(files)) {
        const saved = await saveEntry(entry, from);
        if (!saved.ok) return saved;
      }
      return ok(files);
    },
    async fetch(files, wanted) {
      const entry = cacheEntries(files).find((one) => one.files.some(({ digest }) => digest === wanted.digest))!;
      const restored = await restore(entry);
      return restored.ok ? ok(path.join(contents, wanted.digest)) : restored;
    },
    async holds(files) {
      const byDigest = new Map<string, HeldOutcome>();
      const waiting = [...cacheEntries(files)];
      const look = async (): Promise<void> => {
        for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
          const held = await lookAt(cache, entry.id);
          for (const { digest } of entry.files) byDigest.set(digest, held);
        }
      };
      await Promise.all(Array.from({ length: LOOKUPS_AT_ONCE }, look));
      return files.map(({ digest }) => byDigest.get(digest)!);
    },
  };
}

async function lookAt(cache: Cache, id: string): Promise<HeldOutcome> {
  const found = await cache.lookup([prefixOf(id)]);
  switch (found.kind) {
    case 'miss':
      return { kind: 'lost', ...EVICTED };
    case 'unavailable':
      return { kind: 'lost', loss: 'unavailable', message: found.message };
    case 'hit':
      return parseKey(found.key)?.isVoid === true
        ? { kind: 'lost', ...damaged('an earlier run found it so') }
        : { kind: 'present' };
  }
}

/** Opens what came and takes its contents out. */
async function take(
  file: (name: string) => string,
  seal: Seal | undefined,
  contents: string,
  entry: CacheEntry,
): Promise<Result<void, StoreLoss>> {
  let archive = file('entry');
  if (await isSealed(archive)) {
    if (seal === undefined)
      return fail({ loss: 'unavailable', message: 'it is encrypted, and BRANCHLINE_STORAGE_KEY is not set here' });
    const opened = await seal.open(archive, file('open'));
    if (!opened.ok)
      return fail(
        opened.error.code === 'wrong-key'
          ? { loss: 'unavailable', message: `it is ${opened.error.message}` }
          : damaged(opened.error.message),
      );
    archive = file('open');
  }
  const digests = await readArchive(archive, contents);
  if (!digests.ok) return fail(damaged(digests.error));
  const missing = entry.files.some(({ digest }) => !digests.value.includes(digest));
  return missing ? fail(damaged('it holds other files')) : ok(undefined);
}

async function markVoid(cache: Cache, id: string, n: number, file: string): Promise<void> {
  await writeFile(file, 'The entry before this one is damaged.\n');
  await cache.save(`${prefixOf(id)}${n}-void`, file);
}

function damaged(how: string): StoreLoss {
  return { loss: 'damaged', message: `damaged in the cache: ${how}` };
}

function notKept({ files }: CacheEntry, why: string): StoreRefusal {
  const more = files.length > 1 ? ` and ${files.length - 1} more` : '';
  return { code: 'infrastructure', message: `${files[0]!.path}${more} could not be kept in the Actions cache: ${why}` };
}

function prefixOf(id: string): string {
  return `bl1-${id}-`;
}

function parseKey(key: string): { readonly n: number; readonly isVoid: boolean } | undefined {
  const match = /^bl1-[0-9a-f]{64}-(\d+)(-void)?$/.exec(key);
  return match ? { n: Number(match[1]), isVoid: match[2] !== undefined } : undefined;
}
