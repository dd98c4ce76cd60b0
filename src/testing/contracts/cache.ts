import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cache } from '../../ports-storage.ts';

/**
 * What can befall: an entry is gone; its bytes are others, or half of them; this job may only read from now on; another
 * job has reserved a key; the next upload does not arrive whole; nothing answers from now on.
 */
export type CacheFault = 'evict' | 'garble' | 'cut-short' | 'read-only' | 'reserve' | 'break-upload' | 'outage';

export interface CacheRig {
  readonly cache: Cache;
  cause(fault: CacheFault, key?: string): void;
  /** The state is as new: no entries, no faults. */
  reset(): void;
  stop(): void | Promise<void>;
}

/** What every `Cache` does. */
export function cacheContract(name: string, makeRig: () => Promise<CacheRig>): void {
  describe(`cache: ${name}`, () => {
    let rig: CacheRig;
    let cache: Cache;
    let folder: string;
    beforeAll(async () => {
      rig = await makeRig();
    });
    afterAll(() => rig.stop());
    beforeEach(() => {
      rig.reset();
      ({ cache } = rig);
      folder = mkdtempSync(path.join(os.tmpdir(), 'branchline-cache-'));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    /** A file with that text, at a place of its own. */
    const file = (text: string): string => {
      const made = path.join(folder, `made-${text.slice(0, 20)}`);
      writeFileSync(made, text);
      return made;
    };
    const into = (): string => path.join(folder, 'new', 'restored');
    const restored = (): string => readFileSync(into(), 'utf8');

    it('gives back byte for byte what was saved', async () => {
      const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251));
      writeFileSync(path.join(folder, 'binary'), bytes);
      expect(await cache.save('bl1-a-1', path.join(folder, 'binary'))).toEqual({ kind: 'saved' });
      expect(await cache.restore(['bl1-a-1'], into())).toEqual({ kind: 'hit', key: 'bl1-a-1' });
      expect(readFileSync(into()).equals(bytes)).toBe(true);
      // What was saved stays where it was.
      expect(readFileSync(path.join(folder, 'binary')).equals(bytes)).toBe(true);
    });

    it('finds the exact key first, then the newest with that beginning, then the next key', async () => {
      for (const key of ['bl1-a', 'bl1-a-1', 'bl1-a-2', 'bl1-b-1']) await cache.save(key, file(key));
      const find = async (...keys: string[]) => {
        const found = await cache.restore(keys, into());
        expect(await cache.lookup(keys)).toEqual(found);
        return found.kind === 'hit' ? { key: found.key, text: restored() } : found;
      };
      expect(await find('bl1-a')).toEqual({ key: 'bl1-a', text: 'bl1-a' });
      expect(await find('bl1-a-')).toEqual({ key: 'bl1-a-2', text: 'bl1-a-2' });
      expect(await find('bl1-c-', 'bl1-b-', 'bl1-a')).toEqual({ key: 'bl1-b-1', text: 'bl1-b-1' });
      expect(await find('bl1-c-')).toEqual({ kind: 'miss' });
    });

    it('a miss touches nothing, a hit overwrites', async () => {
      const place = file('old');
      expect(await cache.restore(['bl1-a'], place)).toEqual({ kind: 'miss' });
      expect(readFileSync(place, 'utf8')).toBe('old');
      await cache.save('bl1-a', file('new'));
      expect(await cache.restore(['bl1-a'], place)).toEqual({ kind: 'hit', key: 'bl1-a' });
      expect(readFileSync(place, 'utf8')).toBe('new');
    });

    it('a key is taken once and for all', async () => {
      await cache.save('bl1-a', file('first'));
      expect(await cache.save('bl1-a', file('second'))).toEqual({ kind: 'exists' });
      await cache.restore(['bl1-a'], into());
      expect(restored()).toBe('first');
    });

    it('an entry that another job is saving exists, and cannot be read', async () => {
      rig.cause('reserve', 'bl1-a');
      expect(await cache.save('bl1-a', file('x'))).toEqual({ kind: 'exists' });
      expect(await cache.restore(['bl1-a'], into())).toEqual({ kind: 'miss' });
    });

    it('an evicted entry is a miss', async () => {
      await cache.save('bl1-a', file('x'));
      rig.cause('evict', 'bl1-a');
      expect(await cache.restore(['bl1-a'], into())).toEqual({ kind: 'miss' });
      expect(await cache.save('bl1-a', file('again'))).toEqual({ kind: 'saved' });
    });

    it.each(['garble', 'cut-short'] as const)(
      '%s: a damaged entry says so, and a newer one takes its place',
      async (how) => {
        await cache.save('bl1-a-1', file('x'.repeat(5_000)));
        rig.cause(how, 'bl1-a-1');
        const place = file('old');
        expect(await cache.restore(['bl1-a-'], place)).toMatchObject({ kind: 'damaged', key: 'bl1-a-1' });
        expect(readFileSync(place, 'utf8')).toBe('old');
        expect(await cache.save('bl1-a-2', file('whole'))).toEqual({ kind: 'saved' });
        expect(await cache.restore(['bl1-a-'], into())).toEqual({ kind: 'hit', key: 'bl1-a-2' });
        expect(restored()).toBe('whole');
      },
    );

    it('an upload that does not arrive whole leaves nothing', async () => {
      rig.cause('break-upload');
      expect(await cache.save('bl1-a', file('x'.repeat(5_000)))).toMatchObject({ kind: 'refused' });
      expect(await cache.restore(['bl1-a'], into())).toEqual({ kind: 'miss' });
      expect(await cache.save('bl1-a', file('whole'))).toEqual({ kind: 'saved' });
    });

    it('a job that may only read restores and does not save', async () => {
      await cache.save('bl1-a', file('x'));
      rig.cause('read-only');
      expect(await cache.save('bl1-b', file('y'))).toMatchObject({ kind: 'read-only' });
      expect(await cache.restore(['bl1-a'], into())).toEqual({ kind: 'hit', key: 'bl1-a' });
      expect(await cache.lookup(['bl1-b'])).toEqual({ kind: 'miss' });
    });

    it('an outage is no miss', async () => {
      await cache.save('bl1-a', file('x'));
      rig.cause('outage');
      expect(await cache.restore(['bl1-a'], into())).toMatchObject({ kind: 'unavailable' });
      expect(await cache.lookup(['bl1-a'])).toMatchObject({ kind: 'unavailable' });
      expect(await cache.save('bl1-b', file('y'))).toMatchObject({ kind: 'unavailable' });
    });

    it('calls that overlap do not mix', async () => {
      const keys = ['one', 'two', 'three'];
      const saved = await Promise.all(keys.map((key) => cache.save(key, file(key))));
      expect(saved).toEqual(keys.map(() => ({ kind: 'saved' })));
      await Promise.all(keys.map((key) => cache.restore([key], path.join(folder, `restored-${key}`))));
      expect(keys.map((key) => readFileSync(path.join(folder, `restored-${key}`), 'utf8'))).toEqual(keys);
    });
  });
}
