import { describe, expect, it } from 'vitest';
import type { StateStore } from '../ports-state.ts';
import { compactedSeq } from '../state/layout.ts';
import { must } from '../testing/contracts/state-changes.ts';
import { memoryState } from '../testing/memory-state.ts';
import { STORY_START } from '../testing/state-story.ts';
import type { StatePorts } from './state-ports.ts';
import { commitSource, replayEvents } from './state-replay.ts';
import type { StateSession } from './state-session.ts';
import { compactState, createState } from './state-upkeep.ts';

const DAY = 86_400_000;
const place = (store: StateStore) => ({ store, environment: 'production', projectName: 'shop' });

function world(options: Pick<StatePorts, 'compactAfter' | 'retentionMs'> = {}) {
  const { server, warnings, open, wait, record: recordRun, problems } = memoryState(options);
  const record = async (session: StateSession, i: number): Promise<void> => {
    wait(60_000);
    const run = `20261122-${String(i).padStart(4, 'a')}`;
    await recordRun(session, { run, assets: [{ asset: `raw/${i % 3}`, outcome: 'success' }] }, `run ${i}`);
  };
  const fine = () => expect(problems()).toEqual([]);
  return { server, warnings, open, record, fine, wait };
}

describe('compact by itself', () => {
  it('happens every so many commits, is an ordinary commit otherwise, and loses nothing', async () => {
    const { server, open, record, fine } = world({ compactAfter: 5 });
    const session = open();
    for (let i = 1; i <= 18; i++) {
      await record(session, i);
      fine();
    }
    const store = server.open();
    expect(must(await store.archives()).map(({ seq }) => seq)).toEqual([15, 10, 5]);
    expect(compactedSeq(server.files().keys())).toBe(15);
    expect(must(await store.log(100))).toHaveLength(18);
    expect([...server.files().keys()].filter((path) => path.startsWith('compacted/'))).toHaveLength(1);
  });

  it('is given up for the commit at hand where the server refuses it, with the reason, and asked for again later', async () => {
    const { server, open, record, fine, warnings } = world({ compactAfter: 3 });
    const allowed = server.open();
    const strict: StateStore = { ...allowed, compact: async () => ({ kind: 'denied', message: 'no forced pushes' }) };
    const session = open(strict);
    for (let i = 1; i <= 8; i++) await record(session, i);
    fine();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('no forced pushes');
    expect(compactedSeq(server.files().keys())).toBe(0);
    expect(must(await allowed.log(100))).toHaveLength(8);
    for (let i = 9; i <= 103; i++) await record(session, i);
    await record(open(allowed), 104);
    expect(compactedSeq(server.files().keys())).toBe(103);
  });

  it('may come in the middle of the transaction of another writer, who decides again', async () => {
    const { server, open, record, fine } = world();
    const [a, b] = [open(), open()];
    await record(a, 1);
    await record(a, 2);
    const store = server.open();
    let isBetween = false;
    server.beforeCommit = async () => {
      if (isBetween) return;
      isBetween = true;
      must(await compactState(place(store), b, { keepMs: undefined, now: 0, dryRun: false }));
    };
    await record(a, 3);
    expect(isBetween).toBe(true);
    fine();
    expect(must(await store.log(10)).map(({ subject }) => subject)).toEqual([
      'run 3',
      '◇ compacted: 2 commits are in archive 2',
      'run 2',
      'run 1',
    ]);
  });
});

describe('compact', () => {
  it('is recognised when its answer was lost, and not made twice', async () => {
    for (const fault of ['lose-reply', 'lose-all'] as const) {
      const { server, open, record, fine } = world();
      const session = open();
      await record(session, 1);
      await record(session, 2);
      server.faults = [fault];
      const done = must(
        await compactState(place(server.open()), session, { keepMs: undefined, now: 0, dryRun: false }),
      );
      expect(done).toMatchObject({ commits: 2, seq: 2 });
      expect(must(await server.open().archives())).toHaveLength(1);
      fine();
    }
  });

  it('that is denied is no ordinary commit', async () => {
    const { server, open, record } = world();
    const session = open();
    await record(session, 1);
    await record(session, 2);
    server.isRefusing = true;
    const refused = await compactState(place(server.open()), session, { keepMs: undefined, now: 0, dryRun: false });
    expect(refused).toMatchObject({ ok: false, error: { code: 'state-denied' } });
    server.isRefusing = false;
    expect(must(await server.open().log(10))).toHaveLength(2);
    expect([...server.files().keys()].some((path) => path.startsWith('compacted/'))).toBe(false);
  });

  it('deletes archives that are old enough, and keeps the others', async () => {
    const { server, open, record, wait } = world();
    const session = open();
    for (let i = 1; i <= 3; i++) {
      await record(session, i);
      must(await compactState(place(server.open()), session, { keepMs: undefined, now: 0, dryRun: false }));
      wait(10 * DAY);
    }
    await record(session, 4);
    const options = { keepMs: 15 * DAY, now: STORY_START + 31 * DAY, dryRun: false };
    const preview = must(await compactState(place(server.open()), session, { ...options, dryRun: true }));
    expect(preview.dropped).toEqual([]);
    const done = must(await compactState(place(server.open()), session, options));
    expect(done.dropped).toEqual(preview.drop);
    expect(done.dropped.length).toBe(1);
    expect(must(await server.open().archives())).toHaveLength(2);
  });
});

describe('create', () => {
  it('makes a first commit once, and goes on after a deleted branch when asked', async () => {
    const { server, open, record, fine } = world();
    expect(must(await createState(open(), { anew: false }))).toBeTypeOf('string');
    expect(must(await createState(open(), { anew: false }))).toBeUndefined();
    await record(open(), 1);
    fine();
    server.deleteRef();
    expect(await createState(open(), { anew: false })).toMatchObject({ error: { code: 'state-deleted' } });
    expect(must(await createState(open(), { anew: true }))).toBeTypeOf('string');
    fine();
  });
});

describe('replay of an archive', () => {
  it('brings the events that are missing back, and only those', async () => {
    const { server, open, record, fine } = world();
    const session = open();
    for (let i = 1; i <= 3; i++) await record(session, i);
    const store = server.open();
    must(await compactState(place(store), session, { keepMs: undefined, now: 0, dryRun: false }));
    const source = must(await commitSource(store, 'archive/3'));
    // The compact kept all of its files.
    expect(source.events).toEqual([]);
    expect(await commitSource(store, 'archive/9')).toMatchObject({ error: { code: 'unknown-archive' } });
    server.deleteRef();
    must(await createState(open(), { anew: true }));
    const again = must(await commitSource(store, 'archive/3'));
    const ports = { session: open(), environment: 'production', writer: 'w9', label: store.label };
    const options = { force: false, dryRun: false };
    const replayed = must(await replayEvents(ports, again, options));
    expect(replayed.fresh).toBe(again.events.length);
    expect(must(await replayEvents({ ...ports, session: open() }, again, options))).toMatchObject({ fresh: 0 });
    fine();
  });
});
