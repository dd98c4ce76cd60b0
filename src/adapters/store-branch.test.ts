import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FileStore, OutputFile } from '../ports.ts';
import type { RefMove, StateStore } from '../ports-state.ts';
import { fileStoreContract, makeWorkingFolder, type WorkingFolder } from '../testing/contracts/file-store.ts';
import { must, stateChange } from '../testing/contracts/state-changes.ts';
import { type GitHttpServer, startGitHttpServer } from '../testing/git-http.ts';
import { type GitSandbox, makeGitSandbox } from '../testing/git-sandbox.ts';
import type { DataBranch, DataChange } from './git-data-branch.ts';
import { type GitStateStore, openStateStore } from './git-state-store.ts';
import { createBranchStore } from './store-branch.ts';

const AT = Date.parse('2026-11-22T09:00:00Z');
const DATA = 'refs/heads/branchline/data';

/** One commit of these files, as the state's commit brings it. */
function dataChange(files: readonly OutputFile[], message = 'data'): DataChange {
  return { message, at: AT, files: new Map(files.map(({ path: name, blob }) => [name, blob!])) };
}

/** Machines that share one repository over HTTP. */
async function startMachines() {
  const sandbox: GitSandbox = makeGitSandbox();
  const bare = sandbox.makeBare('origin.git');
  const server: GitHttpServer = await startGitHttpServer(sandbox.root);
  let machines = 0;
  let seq = 0;
  async function machine() {
    const projectRoot = sandbox.makeRepository(`user${++machines}`);
    sandbox.git(projectRoot, 'remote', 'add', 'origin', `${server.url}/origin.git`);
    const store: GitStateStore = must(
      await openStateStore({
        projectRoot,
        projectName: 'shop',
        branch: 'branchline/state',
        remote: 'origin',
        environment: 'production',
        env: sandbox.env,
      }),
    );
    const data = store.dataBranch('branchline/data')!;
    const scratch = mkdtempSync(path.join(sandbox.root, 'scratch-'));
    return { store, data, files: createBranchStore({ data, scratch, maxFileBytes: 50_000_000 }) };
  }
  /** Moves state and data in one commit of the state; gives what came of it. */
  async function record(store: StateStore, refs: readonly RefMove[]) {
    const { commit } = must(await store.read());
    seq++;
    return store.commit(commit, { ...stateChange(seq, 'w', seq), refs });
  }
  const prepare = async (data: DataBranch, ...changes: DataChange[]): Promise<RefMove[]> => {
    const move = must(await data.prepare(changes));
    return move === undefined ? [] : [move];
  };
  return {
    sandbox,
    server,
    bare,
    machine,
    record,
    prepare,
    show: (name: string) => sandbox.git(bare, 'show', `branchline/data:${name}`),
    at: (ref: string) => sandbox.git(bare, 'rev-parse', '--verify', '--quiet', ref),
    async stop() {
      await server.stop();
      sandbox.remove();
    },
  };
}
type Machines = Awaited<ReturnType<typeof startMachines>>;

fileStoreContract('branch over HTTP', ['lose', 'outage'], async () => {
  const world = await startMachines();
  const writer = await world.machine();
  const readers = await Promise.all([1, 2, 3, 4].map(world.machine));
  let readerAt = 0;
  return {
    // Saving and reading are on machines of their own: what is read came over the line.
    open(): FileStore {
      const reader = readers[readerAt]!.files;
      return { ...reader, save: (files, from) => writer.files.save(files, from) };
    },
    async publish(files) {
      const landed = await world.record(writer.store, await world.prepare(writer.data, dataChange(files)));
      if (landed.kind !== 'landed') throw new Error(JSON.stringify(landed));
      readerAt++;
    },
    cause(fault) {
      if (fault === 'outage') {
        world.server.fail('advertise-fetch', 503, 100);
        return;
      }
      world.sandbox.git(world.bare, 'update-ref', '-d', DATA);
      world.sandbox.git(world.bare, 'gc', '--quiet', '--prune=now');
    },
    stop: () => world.stop(),
  };
});

describe('data on a branch', { timeout: 240_000 }, () => {
  let world: Machines;
  let folder: WorkingFolder;
  beforeEach(async () => {
    world = await startMachines();
    folder = makeWorkingFolder();
  });
  afterEach(async () => {
    folder.remove();
    await world.stop();
  });

  const saved = async (machine: Awaited<ReturnType<Machines['machine']>>, ...files: OutputFile[]) =>
    must(await machine.files.save(files, folder.from));

  it('moves with the state in one push, is readable, and has a history', async () => {
    const a = await world.machine();
    const one = await saved(a, folder.write('data/a.csv', 'day,n\n1,1\n'));
    expect((await world.record(a.store, await world.prepare(a.data, dataChange(one, 'a: 1 file')))).kind).toBe(
      'landed',
    );
    expect(world.server.requests.filter((kind) => kind === 'push')).toHaveLength(2);
    const two = await saved(a, folder.write('data/a.csv', 'day,n\n1,1\n2,5\n'));
    expect((await world.record(a.store, await world.prepare(a.data, dataChange(two, 'a: more')))).kind).toBe('landed');
    expect(world.sandbox.git(world.bare, 'log', '-p', '--format=%s', 'branchline/data')).toContain('+2,5');
    expect(world.sandbox.git(world.bare, 'log', '--format=%s', 'branchline/data').split('\n')).toEqual([
      'a: more',
      'a: 1 file',
    ]);
    expect(world.sandbox.git(world.bare, 'log', '-1', '--format=%an', 'branchline/data')).toBe('github-actions[bot]');
  });

  it('is not pushed when the state moved meanwhile, and the state not when data moved', async () => {
    const [a, b] = [await world.machine(), await world.machine()];
    await world.record(a.store, []);
    const mine = await saved(a, folder.write('a.csv', 'mine'));
    const moves = await world.prepare(a.data, dataChange(mine));
    const { commit: head } = must(await a.store.read());
    await world.record(b.store, []);
    expect(await a.store.commit(head, { ...stateChange(50, 'a', 50), refs: moves })).toMatchObject({
      kind: 'conflict',
    });
    expect(() => world.at(DATA)).toThrow('rev-parse');

    const theirs = await saved(b, folder.write('b.csv', 'theirs'));
    const { commit: newHead } = must(await a.store.read());
    const stale = await world.prepare(a.data, dataChange(mine));
    // Data alone moves, as from a server that cannot push both at once.
    const [move] = await world.prepare(b.data, dataChange(theirs));
    await world.record(b.store, [move!]);
    const { commit: newest } = must(await a.store.read());
    expect(newest).not.toBe(newHead);
    expect(await a.store.commit(newest, { ...stateChange(51, 'a', 51), refs: stale })).toMatchObject({
      kind: 'conflict',
    });
    expect(must(await a.store.read()).commit).toBe(newest);
    // Prepared anew, both have a place.
    expect((await world.record(a.store, await world.prepare(a.data, dataChange(mine)))).kind).toBe('landed');
    expect([world.show('a.csv'), world.show('b.csv')]).toEqual(['mine', 'theirs']);
  });

  it('that landed without an answer is found to have landed', async () => {
    const a = await world.machine();
    const files = await saved(a, folder.write('a.csv', 'one'));
    await world.record(a.store, []);
    world.server.fail('push', 'drop-reply');
    expect((await world.record(a.store, await world.prepare(a.data, dataChange(files)))).kind).toBe('landed');
    expect(world.show('a.csv')).toBe('one');
    // What is there already needs no commit.
    expect(await world.prepare(a.data, dataChange(files))).toEqual([]);
  });

  it('that the server refuses keeps the state from moving', async () => {
    const a = await world.machine();
    await world.record(a.store, []);
    const files = await saved(a, folder.write('a.csv', 'one'));
    world.sandbox.setHook(world.bare, 'update', `#!/bin/sh\n[ "$1" != ${DATA} ] || { echo too large; exit 1; }\n`);
    const before = must(await a.store.read()).commit;
    const outcome = await world.record(a.store, await world.prepare(a.data, dataChange(files)));
    expect(outcome.kind).toBe('denied');
    expect(must(await a.store.read()).commit).toBe(before);
  });

  it('goes ahead of the state where a server cannot move both at once', async () => {
    const a = await world.machine();
    await world.record(a.store, []);
    world.sandbox.git(world.bare, 'config', 'receive.advertiseAtomic', 'false');
    const files = await saved(a, folder.write('a.csv', 'one'));
    const outcome = await world.record(a.store, await world.prepare(a.data, dataChange(files)));
    expect(outcome.kind).toBe('landed');
    expect(world.show('a.csv')).toBe('one');
    expect(must(await a.store.read()).commit).toBe(outcome.kind === 'landed' ? outcome.commit : '');
  });

  it('is brought by its blob, also when the tip has other content by now', async () => {
    const a = await world.machine();
    const one = await saved(a, folder.write('a.csv', 'one'));
    await world.record(a.store, await world.prepare(a.data, dataChange(one)));
    const two = await saved(a, folder.write('a.csv', 'two'));
    await world.record(a.store, await world.prepare(a.data, dataChange(two)));
    const b = await world.machine();
    expect((await b.files.fetch(one, one[0]!)).ok).toBe(true);
    expect(await b.files.holds(one)).toEqual([{ kind: 'present' }]);
  });

  it('loses paths at the tip and never in history', async () => {
    const a = await world.machine();
    const files = await saved(a, folder.write('a.csv', 'one'), folder.write('b.csv', 'two'));
    await world.record(a.store, await world.prepare(a.data, dataChange(files)));
    const gone: DataChange = { message: 'less', at: AT, files: new Map([['b.csv', null]]) };
    await world.record(a.store, await world.prepare(a.data, gone));
    expect(world.sandbox.git(world.bare, 'ls-tree', '-r', '--name-only', 'branchline/data')).toBe('a.csv');
    const b = await world.machine();
    expect((await b.files.fetch(files, files[1]!)).ok).toBe(true);
  });

  it('takes no file and no commit over its limits, and says what to do instead', async () => {
    const { data } = await world.machine();
    const small = createBranchStore({ data, scratch: path.join(world.sandbox.root, 's'), maxFileBytes: 5 });
    const refused = await small.save([folder.write('a.csv', 'longer')], folder.from);
    expect(refused.ok ? '' : refused.error.message).toMatch(/a\.csv has 0 kB, and branchline\/data takes .*max_file/);
    const file = folder.write('b.csv', 'x');
    const many = Array.from({ length: 5 }, (_, i) => ({ ...file, path: `b${i}.csv`, bytes: 45_000_000 }));
    const large = createBranchStore({ data, scratch: path.join(world.sandbox.root, 's'), maxFileBytes: 50_000_000 });
    const tooMuch = await large.save(many, folder.from);
    expect(tooMuch.ok ? '' : tooMuch.error.message).toContain('one commit of branchline/data takes 200 MB');
  });

  it('keeps names that git and shells find hard', async () => {
    const a = await world.machine();
    const names = ['data/ä ö.csv', 'data/"quoted".csv', "data/it's.csv", 'data/-n', 'data/$HOME.csv'];
    const files = await saved(a, ...names.map((name) => folder.write(name, name)));
    await world.record(a.store, await world.prepare(a.data, dataChange(files)));
    const listed = world.sandbox.git(world.bare, 'ls-tree', '-r', '-z', '--name-only', 'branchline/data').split('\0');
    expect(listed.filter(Boolean).sort()).toEqual([...names].sort());
  });
});
