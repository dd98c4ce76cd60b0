import { copyFile, link, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../ports.ts';
import type { Cache, CacheLookup, CacheRestore, CacheSave } from '../ports-storage.ts';
import { callTo, isOutage, type SeenRequest, toldAnswer, watchClient } from './client-watch.ts';
import { mayWriteCache } from './runtime-claims.ts';

/**
 * Where an entry lies while it is packed or unpacked, from the working directory. Part of what finds an entry again (the client
 * digests the path), so it never changes.
 */
const FOLDER = '.branchline-cache';
const ENTRY = `${FOLDER}/entry`;

/** The client retries by itself; what takes longer than this is given up. */
const DEADLINE_MS = 10 * 60_000;

export interface ActionsCacheOptions {
  /** The environment of the process: the client reads it by itself, so no other can be given. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly deadlineMs?: number;
}

type Client = typeof import('@actions/cache');

/**
 * The Actions cache through its own client. That swallows each failure, so what happened is read from the status of the
 * service's answers; and it packs a fixed path, so calls are carried out one after the other.
 */
export function actionsCache({ env, clock, deadlineMs = DEADLINE_MS }: ActionsCacheOptions): Cache {
  let last: Promise<unknown> = Promise.resolve();
  /** A call that was given up and may still be at work in the folder. */
  let straggler: Promise<unknown> | undefined;

  function inTurn<T extends { readonly kind: string }>(act: (client: Client) => Promise<T>): Promise<T | Unavailable> {
    const turn = last.then(async () => {
      if (straggler !== undefined) return unavailable('an earlier call to it has not come back');
      if (!isThere(env)) return unavailable('there is none here (ACTIONS_RESULTS_URL is not set)');
      // Loaded when first needed: it takes longer to load than a tick with nothing to do.
      const client = await import('@actions/cache');
      return within(
        inFolder(() => act(client)).catch((error: unknown) => {
          // A key that no entry can have is a bug of ours; all else is the machine's doing.
          if (error instanceof client.ValidationError) throw error;
          return unavailable(error instanceof Error ? error.message : String(error));
        }),
      );
    });
    last = turn.catch(() => {});
    return turn;
  }

  async function within<T>(work: Promise<T>): Promise<T | Unavailable> {
    const end = new AbortController();
    const tooLate = clock.sleep(deadlineMs, end.signal).then(() => undefined);
    const done = await Promise.race([work.then((value) => ({ value })), tooLate]);
    end.abort();
    if (done !== undefined) return done.value;
    const settled = work.then(
      () => {},
      () => {},
    );
    straggler = settled.then(() => {
      straggler = undefined;
    });
    return unavailable(`no end within ${Math.round(deadlineMs / 1000)} s`);
  }

  const ask = (client: Client, keys: readonly string[], lookupOnly: boolean) =>
    watchClient(() => client.restoreCache([ENTRY], keys[0]!, keys.slice(1), { lookupOnly }, true));

  return {
    restore: (keys, into) =>
      inTurn<CacheRestore>(async (client) => {
        const { value: key, seen } = await ask(client, keys, false);
        if (key !== undefined) return (await take(path.resolve(ENTRY), into)) ? { kind: 'hit', key } : damaged(key);
        const missing = judgeMissing(seen);
        if (missing !== 'broken') return missing;
        const { value } = await ask(client, keys, true);
        return value === undefined ? { kind: 'miss' } : damaged(value);
      }),
    lookup: (keys) =>
      inTurn<CacheLookup>(async (client) => {
        const { value: key, seen } = await ask(client, keys, true);
        if (key !== undefined) return { kind: 'hit', key };
        const missing = judgeMissing(seen);
        return missing === 'broken' ? { kind: 'miss' } : missing;
      }),
    save(key, file) {
      if (!mayWriteCache(env)) {
        const message = 'the token of this job may read the cache and not write it (a pull request of a fork, usually)';
        return Promise.resolve({ kind: 'read-only', message });
      }
      return inTurn<CacheSave>(async (client) => {
        await link(file, ENTRY).catch(() => copyFile(file, ENTRY));
        const { value: id, seen } = await watchClient(() => client.saveCache([ENTRY], key, undefined, true));
        if (id >= 0) return { kind: 'saved' };
        return judgeSave(seen) ?? judgeReservation((await ask(client, [key], true)).value === key);
      });
    },
  };
}

type Unavailable = { readonly kind: 'unavailable'; readonly message: string };
function unavailable(why: string): Unavailable {
  return { kind: 'unavailable', message: `the Actions cache: ${why}` };
}
function damaged(key: string): CacheRestore {
  return { kind: 'damaged', key, message: `the entry ${key} of the Actions cache could not be unpacked` };
}

function isThere(env: ActionsCacheOptions['env']): boolean {
  return (env['ACTIONS_RESULTS_URL'] ?? '') !== '' && (env['ACTIONS_RUNTIME_TOKEN'] ?? '') !== '';
}

/** Nothing came back: because nothing is there, because the service does not work, or because what is there is broken. */
function judgeMissing(seen: readonly SeenRequest[]): { readonly kind: 'miss' } | Unavailable | 'broken' {
  const asked = callTo(seen, 'GetCacheEntryDownloadURL');
  if (asked === undefined) return unavailable('this job may not read it (cache-mode), or its client could not ask');
  if (asked.status !== 200) return unavailable(`its service ${toldAnswer(asked)}`);
  const bytes = seen.filter((request) => request !== asked);
  if (bytes.length === 0) return { kind: 'miss' };
  const failed = bytes.find(isOutage);
  return failed === undefined ? 'broken' : unavailable(`the download ${toldAnswer(failed)}`);
}

/** Undefined: the service answered the reservation with no, and its reason is not for us to see. */
function judgeSave(seen: readonly SeenRequest[]): CacheSave | undefined {
  const reserved = callTo(seen, 'CreateCacheEntry');
  if (reserved === undefined) return { kind: 'refused', message: 'the archive for the Actions cache was not made' };
  if (reserved.status === 409) return { kind: 'exists' };
  if (reserved.status === 403 || reserved.status === 401) {
    return { kind: 'read-only', message: `the Actions cache ${toldAnswer(reserved)} to a reservation` };
  }
  if (reserved.status !== 200) return unavailable(`its service ${toldAnswer(reserved)} to a reservation`);
  const after = seen.slice(seen.indexOf(reserved) + 1);
  if (after.length === 0) return undefined;
  const failed = after.find(isOutage);
  if (failed !== undefined) return unavailable(`the upload ${toldAnswer(failed)}`);
  const upload = after.find(({ status = 0 }) => status >= 400);
  const what = upload === undefined ? 'did not take what was uploaded' : `${toldAnswer(upload)} to the upload`;
  return { kind: 'refused', message: `the Actions cache ${what}` };
}

function judgeReservation(isThereNow: boolean): CacheSave {
  if (isThereNow) return { kind: 'exists' };
  const message = 'the Actions cache gave no reservation: another job may be saving this key, or it is too large';
  return { kind: 'refused', message };
}

/** Makes the folder, hidden from git, and removes it with all that is in it. */
/**
 * The client packs paths from GITHUB_WORKSPACE and finds them from the working directory. A project may lie in a folder
 * of its repository, and its entries must have one path wherever it lies: so for the client both are the same.
 */
async function inFolder<T>(act: () => Promise<T>): Promise<T> {
  const folder = path.resolve(FOLDER);
  const workspace = process.env['GITHUB_WORKSPACE'];
  process.env['GITHUB_WORKSPACE'] = process.cwd();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, '.gitignore'), '*\n');
  try {
    return await act();
  } finally {
    if (workspace === undefined) delete process.env['GITHUB_WORKSPACE'];
    else process.env['GITHUB_WORKSPACE'] = workspace;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Moves what was unpacked; false when that is no file (an entry is what others may have written). */
async function take(entry: string, into: string): Promise<boolean> {
  const found = await lstat(entry).catch(() => undefined);
  if (found?.isFile() !== true) return false;
  await mkdir(path.dirname(into), { recursive: true });
  await rename(entry, into).catch(async () => {
    // Another file system.
    await copyFile(entry, into);
  });
  return true;
}
