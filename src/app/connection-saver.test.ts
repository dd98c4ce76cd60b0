import { expect, test } from 'vitest';
import { fail, ok } from '../base/result.ts';
import type { Claim, EventDraft } from '../model/events.ts';
import type { ConnectionRecord } from '../model/state.ts';
import type { ConnectionTarget, SqlPool } from '../ports.ts';
import { fakeOutputFiles } from '../testing/fake-output-files.ts';
import { projectOf } from '../testing/project-builder.ts';
import { openConnectionSaver } from './connection-saver.ts';

const MINUTE = 60_000;
const project = projectOf({
  'branchline.yaml': `name: shop
connections: { w: { type: duckdb, path: w.db }, m: { type: duckdb, path: ":memory:" }, o: { type: duckdb, path: "\${{ env.OUT }}" } }
`,
});

/** A run that holds `w`, whose file is `content` on this machine and was kept as `kept`. */
function start(content: string | undefined, kept?: string) {
  const files = fakeOutputFiles(kept === undefined ? {} : { 'w.db': kept });
  const held: string[] = [];
  const warned: string[] = [];
  let now = 0;
  const sql: SqlPool = {
    async open() {
      // Asked only whether it is a whole database.
      if (files.control.files.get('w.db') === 'damaged') return fail({ code: 'damaged', message: 'no database' });
      const query = async () => ok({ columns: [], rows: [] });
      return ok({ dialect: 'duckdb', engineVersion: '1', query, split: async () => ok([]), close: async () => {} });
    },
    async exclusive(target: ConnectionTarget) {
      held.push(target.type === 'duckdb' ? target.path : target.url);
      return () => held.push('released');
    },
    end: async () => {},
  };
  const events: EventDraft[] = [];
  const open = async () => {
    const connections = new Map<string, ConnectionRecord>();
    let startedFrom = '';
    if (kept !== undefined) {
      const found = await files.find('w.db');
      if (!found.ok) throw new Error('no w.db');
      await files.save(found.value);
      const { path, digest, bytes } = found.value[0]!;
      startedFrom = digest;
      connections.set('w', { connection: 'w', file: { path, digest, bytes, run: 'r0', at: 't' }, unsaved: {} });
    }
    if (content === undefined) files.control.files.delete('w.db');
    else files.control.files.set('w.db', content);
    const claim = { run: 'r1', epoch: 1, connections: [{ name: 'w', startedFrom }] } as unknown as Claim;
    return openConnectionSaver({
      scope: { project, environment: 'production', env: { OUT: '/elsewhere/o.db' }, root: '/p' },
      keptFile: () => ({ inPlace: files, aside: files, asideFolder: '/aside' }),
      sql,
      clock: { now: () => now, sleep: async () => {} },
      claim,
      view: { connections },
      warn: (text) => warned.push(text),
    });
  };
  return {
    files,
    held,
    warned,
    events,
    open,
    emit: (event: EventDraft) => void events.push(event),
    wait: (ms: number) => {
      now += ms;
    },
    made: (asset: string, connection = 'w') =>
      ({ type: 'asset.materialized', asset, materialization: `r1.1/${asset}`, connection }) as unknown as EventDraft,
    saves: () => events.map((event) => (event.type === 'connection.saved' ? 'saved' : event.type)),
  };
}

test('the kept file is put in place, alone, and what lies beside it goes', async () => {
  const run = start('something else', 'kept');
  run.files.control.files.set('w.db.wal', 'of a process that was cut off');
  const saver = await run.open();
  expect(await saver.place('w')).toBeUndefined();
  expect([...run.files.control.files]).toEqual([['w.db', 'kept']]);
  // Once to put it there, and once more so that nobody idles in it.
  expect(run.held).toEqual(['/p/w.db', 'released', '/p/w.db', 'released']);
  // Once a run: what it makes from now on stays.
  run.files.control.files.set('w.db', 'kept and more');
  await saver.place('w');
  expect(run.files.control.files.get('w.db')).toBe('kept and more');
});

test('a file that is lost leaves what lies there; one that cannot be asked for stops the step', async () => {
  const run = start('what lies here', 'kept');
  const saver = await run.open();
  run.files.control.copies.clear();
  expect(await saver.place('w')).toBeUndefined();
  expect(run.files.control.files.get('w.db')).toBe('what lies here');
  const other = await start(undefined, 'kept').open();
  expect(await other.place('m')).toBeUndefined();
  expect(await other.place('o')).toMatchObject({ code: 'connection-outside' });
});

test('a run that made nothing saves nothing', async () => {
  const run = start('new', 'kept');
  const saver = await run.open();
  expect(await saver.finish(run.emit)).toBeUndefined();
  expect(run.events).toEqual([]);
});

test('saves follow each other, each from the one before, at most every 10 minutes and at the end', async () => {
  const run = start('one');
  const saver = await run.open();
  saver.note(run.made('a'));
  saver.pause(run.emit);
  run.wait(9 * MINUTE);
  saver.pause(run.emit);
  expect(run.events).toEqual([]);
  run.wait(MINUTE);
  saver.pause(run.emit);
  await saver.finish(run.emit);
  expect(run.saves()).toEqual(['saved']);
  run.files.control.files.set('w.db', 'two');
  saver.note(run.made('b'));
  await saver.finish(run.emit);
  const [first, second] = run.events as { digest: string; startedFrom: string }[];
  expect(first!.startedFrom).toBe('');
  expect(second!.startedFrom).toBe(first!.digest);
  expect(saver.saved.get('w')).toBe(second!.digest);
});

test('a save in the middle that is refused is tried again; only at the end what was made is lost', async () => {
  const run = start('one');
  const saver = await run.open();
  saver.note(run.made('a'));
  run.files.control.refusesToSave = true;
  run.wait(11 * MINUTE);
  saver.pause(run.emit);
  saver.note(run.made('b'));
  expect(await saver.finish(run.emit)).toMatchObject({ class: 'infrastructure', code: 'connection-not-kept' });
  expect(run.events).toMatchObject([
    { type: 'asset.lost', asset: 'a', materialization: 'r1.1/a' },
    { type: 'asset.lost', asset: 'b', materialization: 'r1.1/b' },
  ]);
  const better = start('one');
  const second = await better.open();
  second.note(better.made('a'));
  better.files.control.refusesToSave = true;
  better.wait(11 * MINUTE);
  second.pause(better.emit);
  await Promise.resolve();
  // The save under way was refused; the one at the end is taken.
  const ended = second.finish(better.emit);
  better.files.control.refusesToSave = false;
  expect(await ended).toBeUndefined();
  expect(better.saves()).toEqual(['saved']);
});

test('a database that another process has open, or that is not there, is not saved', async () => {
  const run = start('one');
  const saver = await run.open();
  saver.note(run.made('a'));
  run.files.control.files.set('w.db.wal', 'more');
  expect((await saver.finish(run.emit))!.message).toContain('another process has it open');
  run.files.control.files.delete('w.db.wal');
  run.files.control.tracked.add('w.db');
  expect((await saver.finish(run.emit))!.message).toContain('git rm --cached w.db');
  const gone = start(undefined);
  const other = await gone.open();
  other.note(gone.made('a'));
  expect((await other.finish(gone.emit))!.message).toContain('there is no w.db');
});

test('what is kept and is no whole database is taken away again, once; what others put there stays', async () => {
  const run = start(undefined, 'damaged');
  const saver = await run.open();
  expect(await saver.place('w')).toBeUndefined();
  expect(await saver.place('w')).toBeUndefined();
  expect([...run.files.control.files]).toEqual([]);
  expect(run.warned).toEqual([expect.stringContaining('is damaged, though it is what was saved')]);

  const gone = start('damaged', 'whole');
  const other = await gone.open();
  gone.files.control.copies.clear();
  expect(await other.place('w')).toBeUndefined();
  expect([...gone.files.control.files]).toEqual([['w.db', 'damaged']]);
  expect(gone.warned).toEqual([]);
});
