import { expect, it } from 'vitest';
import type { StateStore } from '../../ports-state.ts';
import { land, must, stateChange } from './state-changes.ts';

/**
 * What can befall an implementation: the next commit lands and its answer is lost; from now on commits are refused;
 * the ref goes away; from now on nothing can be reached.
 * `unwritable`: this machine takes no new objects, as on a full disk.
 */
export type RigFault = 'lose-reply' | 'refuse' | 'delete-ref' | 'disconnect' | 'unwritable';

/** What the contract needs of an implementation. */
export interface StateStoreRig {
  /** One writer's own view of the same state, as a process of its own would have it. */
  open(): Promise<StateStore>;
  cause(fault: RigFault): void | Promise<void>;
  /** How many writers race in the test of that; default 8. */
  readonly racers?: number;
  stop(): void | Promise<void>;
}

/** What every store says when something befalls it; `faults`: those that can befall this one. */
export function storeFaultsContract(rig: () => StateStoreRig, faults: readonly RigFault[]): void {
  if (faults.includes('lose-reply')) {
    it('knows its own commit when the answer was lost', async () => {
      const store = await rig().open();
      await store.read();
      const first = await land(store, undefined, stateChange(1, 'a', 1));
      await rig().cause('lose-reply');
      const outcome = await store.commit(first, stateChange(2, 'a', 2));
      expect(outcome.kind).toBe('landed');
      expect(must(await store.read()).commit).toBe(outcome.kind === 'landed' ? outcome.commit : '');
    });
    it('knows its own compact when the answer was lost', async () => {
      const store = await rig().open();
      await store.read();
      const first = await land(store, undefined, stateChange(1, 'a', 1));
      await rig().cause('lose-reply');
      const outcome = await store.compact(first, 1, stateChange(2, 'a', 2));
      expect(outcome.kind).toBe('landed');
      expect(must(await store.archives())).toHaveLength(1);
    });
  }

  if (faults.includes('refuse')) {
    it('says denied when the ref stays where it was', async () => {
      const store = await rig().open();
      await store.read();
      const first = await land(store, undefined, stateChange(1, 'a', 1));
      await rig().cause('refuse');
      const outcome = await store.commit(first, stateChange(2, 'a', 2));
      expect(outcome.kind).toBe('denied');
      expect(must(await store.read()).commit).toBe(first);
      expect((await store.compact(first, 1, stateChange(2, 'a', 2))).kind).toBe('denied');
      expect(must(await store.log(5))).toHaveLength(1);
    });
    it('says denied for a first commit, and leaves no witness of a branch that never was', async () => {
      const store = await rig().open();
      await store.read();
      await rig().cause('refuse');
      expect((await store.commit(undefined, stateChange(1, 'a', 1))).kind).toBe('denied');
      expect(must(await store.read())).toMatchObject({ commit: undefined, witness: false });
    });
  }

  if (faults.includes('unwritable')) {
    it('says that a commit could not be written here, which is no refusal', async () => {
      const store = await rig().open();
      const first = await land(store, undefined, stateChange(1, 'a', 1));
      await rig().cause('unwritable');
      // So many that no object of theirs may be there already.
      const files = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`folder-${i}/file`, `${i}`]));
      const change = stateChange(2, 'a', 2, files);
      expect(await store.commit(first, change)).toMatchObject({
        kind: 'unwritten',
        message: expect.stringContaining('state.git'),
      });
      expect((await store.compact(first, 1, change)).kind).toBe('unwritten');
      expect(must(await store.read()).commit).toBe(first);
    });
  }

  if (faults.includes('delete-ref')) {
    it('says gone when the branch that was read is not there any more, and never makes it anew', async () => {
      const [a, b] = [await rig().open(), await rig().open()];
      await a.read();
      const first = await land(a, undefined, stateChange(1, 'a', 1));
      await rig().cause('delete-ref');
      expect(await a.commit(first, stateChange(2, 'a', 2))).toEqual({ kind: 'gone' });
      expect(must(await b.read())).toMatchObject({ commit: undefined, witness: true });
    });
  }

  if (faults.includes('disconnect')) {
    it('says unreachable, with a sentence', async () => {
      const store = await rig().open();
      await store.read();
      const first = await land(store, undefined, stateChange(1, 'a', 1));
      await rig().cause('disconnect');
      const read = await store.read();
      expect(read.ok ? '' : read.error.code).toBe('unreachable');
      expect(await store.commit(first, stateChange(2, 'a', 2))).toMatchObject({ kind: 'unreachable' });
    });
  }
}
