import { expect, it } from 'vitest';
import type { StateStore } from '../../ports-state.ts';
import { AT, land, must, stateChange } from './state-changes.ts';

/** What every store does with history that is begun anew. */
export function archivesContract(open: () => Promise<StateStore>): void {
  it('begins history anew with the same tree, and keeps the old one as an archive', async () => {
    const [a, b] = [await open(), await open()];
    await a.read();
    const one = await land(a, undefined, stateChange(1, 'a', 1, { page: '1', big: 'x'.repeat(5000), 'deep/er': 'd' }));
    const two = await land(a, one, stateChange(2, 'a', 2, { page: '2' }));
    // A writer that knows nothing of it but the head.
    must(await b.read());
    const outcome = await b.compact(two, 2, stateChange(3, 'b', 1, { page: '3', 'recent/1-a-1.jsonl': null }));
    const three = outcome.kind === 'landed' ? outcome.commit : JSON.stringify(outcome);
    expect(must(await a.read())).toMatchObject({ commit: three, witness: true });
    expect(Object.fromEntries(must(await a.load(three, ['page', 'big', 'deep/er'])))).toEqual({
      page: '3',
      big: 'x'.repeat(5000),
      'deep/er': 'd',
    });
    expect(must(await a.list(three, 'recent/')).map(({ path }) => path)).toEqual([
      'recent/2-a-2.jsonl',
      'recent/3-b-1.jsonl',
    ]);
    expect(must(await a.archives())).toMatchObject([{ seq: 2, commit: two, committedAt: AT + 120_000 }]);
    expect(must(await a.log(10)).map(({ commit }) => commit)).toEqual([three, two, one]);
    expect(must(await b.log(2, two)).map(({ commit }) => commit)).toEqual([two, one]);
    expect(must(await b.resolve(new Date(AT + 90_000).toISOString()))).toBe(one);
    expect(must(await b.resolve(one.slice(0, 10)))).toBe(one);
    expect(Object.fromEntries(must(await b.load(one, ['page'])))).toEqual({ page: '1' });
  });

  it('gives a conflict to a writer and to a compact whose head a compact replaced', async () => {
    const [a, b] = [await open(), await open()];
    await a.read();
    const one = await land(a, undefined, stateChange(1, 'a', 1));
    await Promise.all([a.read(), b.read()]);
    const two = await a.compact(one, 1, stateChange(2, 'a', 2));
    expect(two.kind).toBe('landed');
    expect(await b.commit(one, stateChange(2, 'b', 1))).toMatchObject({ kind: 'conflict' });
    expect(await b.compact(one, 1, stateChange(2, 'b', 1))).toMatchObject({ kind: 'conflict' });
    const { commit } = must(await b.read());
    const three = await land(b, commit, stateChange(3, 'b', 1));
    expect(must(await a.read()).commit).toBe(three);
    expect(must(await a.log(10))).toHaveLength(3);
  });

  it('drops archives, with their history', async () => {
    const store = await open();
    await store.read();
    let head = await land(store, undefined, stateChange(1, 'a', 1));
    for (const seq of [1, 2, 3]) {
      const outcome = await store.compact(head, seq, stateChange(seq + 1, 'a', seq + 1));
      head = outcome.kind === 'landed' ? outcome.commit : JSON.stringify(outcome);
    }
    const archives = must(await store.archives());
    expect(archives.map(({ seq }) => seq)).toEqual([3, 2, 1]);
    expect(must(await store.dropArchives(archives.slice(1))).map(({ seq }) => seq)).toEqual([2, 1]);
    expect(must(await store.archives()).map(({ seq }) => seq)).toEqual([3]);
    expect(must(await store.log(10))).toHaveLength(2);
    expect(must(await store.dropArchives([]))).toEqual([]);
  });
}
