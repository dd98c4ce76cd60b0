import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StateStore } from '../../ports-state.ts';
import { filesBehindContract } from './files-behind.ts';
import { archivesContract } from './state-archives.ts';
import { AT, land, must, stateChange } from './state-changes.ts';
import { type RigFault, type StateStoreRig, storeFaultsContract } from './state-faults.ts';

/** Real git, eight writers and a busy machine. */
const TIMEOUT_MS = 60_000;
/**
 * What every `StateStore` does: one ref, moved by compare-and-swap, its outcome found by looking.
 * `faults`: those that can befall this one.
 */
export function stateStoreContract(
  name: string,
  faults: readonly RigFault[],
  makeRig: () => Promise<StateStoreRig>,
): void {
  describe(`state store: ${name}`, { timeout: TIMEOUT_MS }, () => {
    let rig: StateStoreRig;
    beforeEach(async () => {
      rig = await makeRig();
    }, TIMEOUT_MS);
    afterEach(async () => {
      await rig.stop();
    }, TIMEOUT_MS);

    it('has no head and no witness before the first commit', async () => {
      const store = await rig.open();
      expect(must(await store.read())).toMatchObject({ commit: undefined, witness: false });
      expect(must(await store.log(10))).toEqual([]);
      expect(must(await store.resolve('2030-01-01T00:00:00Z'))).toBeUndefined();
    });

    it('shows a commit to the other writers, with its time, its tree and its texts', async () => {
      const [a, b] = [await rig.open(), await rig.open()];
      await a.read();
      const files = { 'format.json': '{"format":1}\n', 'health/a b.md': 'é "quoted" \\ \u{1F600}\n', 'empty.txt': '' };
      const first = await land(a, undefined, stateChange(1, 'a', 1, files));
      const head = must(await b.read());
      expect(head).toMatchObject({ commit: first, witness: true, committedAt: AT + 60_000 });
      const paths = must(await b.list(first, '')).map(({ path }) => path);
      expect(paths).toEqual(['empty.txt', 'format.json', 'health/a b.md', 'recent/1-a-1.jsonl']);
      const texts = must(await b.load(first, [...Object.keys(files), 'not/there.json', 'health']));
      expect(Object.fromEntries(texts)).toEqual(files);
      expect([...must(await b.load(first, []))]).toEqual([]);
    });

    it('lists by any prefix, and equal bytes have equal blobs', async () => {
      const store = await rig.open();
      await store.read();
      const first = await land(
        store,
        undefined,
        stateChange(1, 'a', 1, { 'x/ab': 'same', 'x/ac': 'same', xy: 'other' }),
      );
      expect(must(await store.list(first, 'x/a')).map(({ path }) => path)).toEqual(['x/ab', 'x/ac']);
      expect(must(await store.list(first, 'x')).map(({ path }) => path)).toEqual(['x/ab', 'x/ac', 'xy']);
      expect(must(await store.list(first, 'nothing/'))).toEqual([]);
      const [ab, ac] = must(await store.list(first, 'x/'));
      expect(ab!.blob).toBe(ac!.blob);
    });

    it('leaves a folder out where one is named, and finds it and what is in it all the same', async () => {
      const store = await rig.open();
      await store.read();
      const files = { 'health/a/b.md': 'same', 'health/c.md': '1', 'healthy/d.md': 'same', 'x/health/e.md': '2' };
      const first = await land(store, undefined, stateChange(1, 'a', 1, { ...files, healthz: '3' }));
      const listed = async (by: StateStore, commit: string, prefix: string, without?: string): Promise<string[]> =>
        must(await by.list(commit, prefix, without)).map(({ path }) => path);
      const others = ['healthy/d.md', 'healthz', 'recent/1-a-1.jsonl', 'x/health/e.md'];
      const pages = ['health/a/b.md', 'health/c.md'];
      // Whatever was asked before.
      for (const order of [
        [0, 1, 2, 3, 0],
        [1, 3, 0],
      ]) {
        const by = await rig.open();
        await by.read();
        for (const question of order) {
          if (question === 0) expect(await listed(by, first, '', 'health/')).toEqual(others);
          if (question === 1) expect(await listed(by, first, 'health/')).toEqual(pages);
          if (question === 2) expect(await listed(by, first, '')).toEqual([...pages, ...others]);
          if (question === 3) expect(await listed(by, first, 'health')).toEqual([...pages, 'healthy/d.md', 'healthz']);
          const texts = must(await by.load(first, ['health/a/b.md', 'x/health/e.md']));
          expect([...texts.values()]).toEqual(['same', '2']);
        }
      }
      // Another folder than the one before; and one that is not there.
      expect(await listed(store, first, '', 'health/')).toEqual(others);
      expect(await listed(store, first, '', 'x/')).toEqual([...pages, ...others.slice(0, 3)]);
      const none = await land(store, first, stateChange(2, 'a', 2, { 'health/a/b.md': null, 'health/c.md': null }));
      expect(await listed(store, none, '', 'health/')).toEqual([
        ...others.slice(0, 2),
        'recent/1-a-1.jsonl',
        'recent/2-a-2.jsonl',
        'x/health/e.md',
      ]);
      expect(await listed(store, none, 'health/')).toEqual([]);
    });

    it('keeps what a commit does not name, replaces what it does and deletes what is null', async () => {
      const store = await rig.open();
      await store.read();
      const first = await land(store, undefined, stateChange(1, 'a', 1, { keep: '1', change: '1', drop: '1' }));
      const second = await land(store, first, stateChange(2, 'a', 2, { change: '2', drop: null, 'never/was': null }));
      const texts = must(await store.load(second, ['keep', 'change', 'drop']));
      expect(Object.fromEntries(texts)).toEqual({ keep: '1', change: '2' });
      expect(must(await store.load(first, ['change', 'drop'])).size).toBe(2);
    });

    it('gives a conflict to who is late, also for the first commit, and nothing of theirs lands', async () => {
      const [a, b] = [await rig.open(), await rig.open()];
      await Promise.all([a.read(), b.read()]);
      const first = await land(a, undefined, stateChange(1, 'a', 1));
      expect(await b.commit(undefined, stateChange(1, 'b', 1))).toMatchObject({ kind: 'conflict' });
      must(await b.read());
      const second = await land(a, first, stateChange(2, 'a', 2));
      expect(await b.commit(first, stateChange(2, 'b', 1))).toMatchObject({ kind: 'conflict' });
      expect(must(await b.read()).commit).toBe(second);
      expect(must(await b.list(second, 'recent/')).map(({ path }) => path)).toEqual([
        'recent/1-a-1.jsonl',
        'recent/2-a-2.jsonl',
      ]);
    });

    it('takes a head that never was for a conflict', async () => {
      const store = await rig.open();
      await store.read();
      await land(store, undefined, stateChange(1, 'a', 1));
      expect(await store.commit('1234567890'.repeat(4), stateChange(2, 'a', 2))).toMatchObject({ kind: 'conflict' });
    });

    it('tells the history, newest first, and finds commits in it', async () => {
      const [a, b] = [await rig.open(), await rig.open()];
      await a.read();
      const one = await land(a, undefined, stateChange(1, 'a', 1, { page: '1' }));
      const two = await land(a, one, stateChange(2, 'a', 2, { page: '2' }));
      const three = await land(a, two, stateChange(3, 'a', 3, { page: '3' }));
      await b.read();
      const log = must(await b.log(10));
      expect(log.map(({ commit }) => commit)).toEqual([three, two, one]);
      expect(log[0]).toMatchObject({
        at: AT + 180_000,
        subject: 'state: commit 3',
        trailers: { 'Branchline-Run': 'r3' },
      });
      expect(must(await b.log(1, two)).map(({ commit }) => commit)).toEqual([two]);
      expect(must(await b.resolve(two))).toBe(two);
      expect(must(await b.resolve(two.slice(0, 12)))).toBe(two);
      expect(must(await b.resolve('f'.repeat(12)))).toBeUndefined();
      expect(must(await b.resolve(new Date(AT + 150_000).toISOString()))).toBe(two);
      expect(must(await b.resolve(new Date(AT).toISOString()))).toBeUndefined();
      expect(Object.fromEntries(must(await b.load(one, ['page'])))).toEqual({ page: '1' });
    });

    archivesContract(() => rig.open());

    filesBehindContract(() => rig.open());

    storeFaultsContract(() => rig, faults);

    it('loses no transaction when many writers race', async () => {
      const stores = await Promise.all(Array.from({ length: rig.racers ?? 8 }, () => rig.open()));
      await Promise.all(stores.map((store, i) => commitUntilLanded(store, `w${i}`)));
      const head = must(await stores[0]!.read()).commit!;
      const paths = must(await stores[0]!.list(head, 'recent/')).map(({ path }) => path);
      expect(paths.map((path) => path.replace(/^recent\/\d+-/, '')).sort()).toEqual(
        stores.map((_, i) => `w${i}-1.jsonl`),
      );
      // One after the other: as many commits as writers, each with the next number.
      expect(paths.map((path) => Number.parseInt(path.slice('recent/'.length), 10)).sort((a, b) => a - b)).toEqual(
        stores.map((_, i) => i + 1),
      );
      expect(must(await stores[0]!.log(20))).toHaveLength(stores.length);
    });
  });
}

/** A writer that reads and commits until it has landed once: gives up after 200 losses. */
async function commitUntilLanded(store: StateStore, writer: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { commit } = must(await store.read());
    const seq = commit === undefined ? 1 : must(await store.list(commit, 'recent/')).length + 1;
    const outcome = await store.commit(commit, stateChange(seq, writer, 1));
    if (outcome.kind === 'landed') return;
    if (outcome.kind !== 'conflict') throw new Error(`${writer}: ${JSON.stringify(outcome)}`);
  }
  throw new Error(`${writer} never landed`);
}
