import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { BranchlineEvent } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import { cutDayOf, parseSegmentPath } from '../state/layout.ts';
import { must } from '../testing/contracts/state-changes.ts';
import { memoryState } from '../testing/memory-state.ts';
import { runEvents } from '../testing/state-story.ts';
import { findRun } from './find-run.ts';
import { describeState } from './state-commands.ts';
import type { StatePorts } from './state-ports.ts';
import { readState } from './state-reading.ts';
import { repairStore } from './state-repair.ts';
import { commitSource, replayEvents } from './state-replay.ts';
import { compactState } from './state-upkeep.ts';

const DAY = 86_400_000;

/** A run every eight hours, over the end of a month. */
function world(options: Pick<StatePorts, 'compactAfter' | 'retentionMs'> = {}) {
  const state = memoryState(options);
  const { server, warnings, ports, wait, tamper, problems, now } = state;
  let count = 0;
  const session = state.open();
  const record = async (days: number) => {
    for (const end = now() + days * DAY; now() < end; ) {
      wait(DAY / 3);
      const run = `${timestamp(now()).slice(0, 10).replaceAll('-', '')}-${String(count++).padStart(6, 'a')}`;
      await state.record(session, { run, group: 'marts', assets: [{ asset: `raw/${count % 2}`, outcome: 'success' }] });
    }
  };
  const compact = (retentionMs: number, more: { readonly dryRun?: boolean; readonly keepMs?: number } = {}) =>
    compactState(ports(), state.open(), { keepMs: undefined, now: now(), dryRun: false, retentionMs, ...more });
  return { server, warnings, ports, session, record, compact, tamper, problems, now };
}

const view = async (ports: StatePorts) => {
  const { head: _, seq: __, at: ___, writers: ____, ...rest } = must(await readState(ports)).read.view;
  return rest;
};
const segmentDays = (files: ReadonlyMap<string, string>) =>
  [...new Set([...files.keys()].flatMap((path) => parseSegmentPath(path)?.day ?? []))].sort();

describe('state.retention', () => {
  it('drops whole days behind a checkpoint, says so before, and keeps sums and what is known', async () => {
    const { server, ports, record, compact, problems } = world();
    await record(14);
    const before = new Map(server.files());
    const known = await view(ports());
    const preview = must(await compact(5 * DAY, { dryRun: true }));
    expect(server.files()).toEqual(before);
    expect(preview.events).toMatchObject({ from: '2026-11-22', until: '2026-11-30', days: 9 });
    const done = must(await compact(5 * DAY));
    expect(done.events).toEqual(preview.events);
    const files = server.files();
    expect(segmentDays(files)[0]).toBe('2026-12-01');
    expect(cutDayOf(files.keys())).toBe('2026-11-30');
    expect([...files.keys()].some((path) => path.startsWith('runs/2026/11/'))).toBe(false);
    for (const [path, text] of before)
      if (path.startsWith('rollups/')) expect([path, files.get(path)]).toEqual([path, text]);
    expect(JSON.parse(files.get('format.json')!)).toMatchObject({ format: 6 });
    expect(problems()).toEqual([]);
    expect(await view(ports())).toEqual(known);
    const gone = [...before].filter(([path]) => /^(events|runs)\//.test(path) && !files.has(path));
    const bytes = gone.reduce((sum, [, text]) => sum + text.length, 0);
    const events = gone
      .filter(([path]) => path.startsWith('events/'))
      .flatMap(([, text]) => text.match(/"type":"/g) ?? []);
    expect(preview.events).toMatchObject({ bytes, events: events.length });
  });

  it('goes on from its checkpoint: new days, further cuts, over months', async () => {
    const { server, record, compact, problems } = world();
    await record(14);
    must(await compact(5 * DAY));
    for (let i = 0; i < 5; i++) {
      await record(9);
      expect(problems()).toEqual([]);
      must(await compact(5 * DAY));
      expect(problems()).toEqual([]);
    }
    const days = [...server.files().keys()].filter((path) => /^rollups\/day\/[^/]+\.json$/.test(path));
    expect(days.length).toBeGreaterThan(55);
    expect([...server.files().keys()].filter((path) => path.startsWith('rollups/month/2026-12'))).not.toEqual([]);
    expect(segmentDays(server.files()).length).toBeLessThan(8);
  });

  it('leaves the archive whole, which `--at` reads, and replaying it brings nothing twice', async () => {
    const { server, ports, session, record, compact } = world();
    await record(40);
    const { seq } = must(await compact(5 * DAY));
    const store = server.open();
    const [archive] = must(await store.archives());
    const old = must(await readState(ports(), archive!.commit));
    const run = '20261122-aaaaa0';
    expect(must(await findRun(store, old, run))).toMatchObject({ run, state: 'SUCCESS' });
    expect(must(await findRun(store, must(await readState(ports())), run))).toBeUndefined();
    expect(must(await commitSource(store, `archive/${seq}`)).events).toEqual([]);
    const gone = await describeState(store, must(await readState(ports())), run);
    expect(gone).toMatchObject({ error: { help: expect.stringContaining(`--at archive/${seq}`) } });
    // What was recent then is sealed now, under another name.
    await record(1);
    const source = must(await commitSource(store, `archive/${seq}`));
    expect(source.events.length).toBeLessThan(200);
    const adoption = { session, environment: 'production', writer: 'w9', label: store.label };
    expect(must(await replayEvents(adoption, source, { force: false, dryRun: false }))).toMatchObject({ fresh: 0 });
  });

  it('rebuilds all that follows from checkpoint and events, to the byte, and takes damaged events apart', async () => {
    const { server, ports, record, compact, tamper, problems } = world();
    await record(12);
    must(await compact(5 * DAY));
    await record(1);
    const whole = new Map(server.files());
    const day = cutDayOf(whole.keys())!;
    const derived = [...whole.keys()].filter(
      (path) =>
        /^(snapshot|runs|rollups)\//.test(path) && !(path.startsWith('rollups/day/') && path.slice(12, 22) <= day),
    );
    expect(derived.length).toBeGreaterThan(15);
    for (const damage of [null, '{"half']) {
      for (const path of derived) {
        // A month that was not summed up yet is no problem.
        if (damage === null && path.startsWith('rollups/month/')) continue;
        await tamper({ [path]: damage });
        expect([path, problems().length]).not.toEqual([path, 0]);
        must(await repairStore(ports(), { dryRun: false }));
        expect([path, server.files().get(path)]).toEqual([path, whole.get(path)]);
      }
    }
    await tamper(Object.fromEntries(derived.map((path) => [path, null])));
    must(await repairStore(ports(), { dryRun: false }));
    expect(problems()).toEqual([]);
    // The first segment behind the checkpoint, gone or half.
    for (const damage of [null, (text: string) => text.slice(0, text.length / 2)]) {
      const path = [...server.files().keys()].filter((name) => name.startsWith('events/')).sort()[0]!;
      const text = server.files().get(path)!;
      await tamper({ [path]: damage === null ? null : damage(text) });
      expect(must(await repairStore(ports(), { dryRun: false })).salvaged.length).toBeGreaterThan(0);
      expect(problems()).toEqual([]);
      await tamper({ [path]: text });
      must(await repairStore(ports(), { dryRun: false }));
      expect(problems()).toEqual([]);
    }
  });

  it('notices each edit of the checkpoint and of the roll-ups before it, which nothing can rebuild', async () => {
    const { server, ports, record, compact, tamper, problems } = world();
    await record(14);
    must(await compact(5 * DAY));
    await record(1);
    const whole = new Map(server.files());
    const truth = [...whole.keys()].filter((path) => /^(checkpoint\/|rollups\/day\/2026-11-)/.test(path));
    expect(truth.length).toBeGreaterThan(10);
    for (const path of truth) {
      for (const damage of [null, '{"half', whole.get(path)!.replace(/\d/, (digit) => `${digit}1`)]) {
        await tamper({ [path]: damage });
        expect([path, problems().length]).not.toEqual([path, 0]);
        expect(await repairStore(ports(), { dryRun: false })).toMatchObject({
          ok: false,
          error: { code: 'state-broken' },
        });
        expect((await compact(DAY)).ok).toBe(false);
        await tamper({ [path]: whole.get(path)! });
        expect(problems()).toEqual([]);
      }
    }
  });

  it.each([
    ['a segment', /^events\/2026\/11\/24\//],
    ['a segment that stays', /^events\/2026\/12\/01\//],
    ['sums', /^rollups\/day\/2026-11-24\.json/],
    ['sums of assets', /^rollups\/day\/2026-11-24\/000\.json/],
  ])('drops nothing where %s was edited', async (_, which) => {
    const { server, record, compact, tamper } = world();
    await record(14);
    const path = [...server.files().keys()].find((name) => which.test(name))!;
    const text = server.files().get(path)!;
    await tamper({
      [path]: text.includes('"after":"')
        ? text.replace('"after":"', '"after":"0')
        : text.replace('"materialized":', '"materialized":1'),
    });
    const files = new Map(server.files());
    expect(await compact(5 * DAY)).toMatchObject({ ok: false, error: { code: 'state-broken' } });
    expect(server.files()).toEqual(files);
  });

  it('keeps partitions, runs and claims that were open at the cut, as the events after it go on from them', async () => {
    const { server, ports, session, record, compact, tamper, problems, now } = world();
    const commit = async (events: readonly BranchlineEvent[]) =>
      must(await session.transact(async () => ({ kind: 'commit', events, message: 'by parts', value: undefined })));
    const long = runEvents({ run: '20261122-long00', at: now(), assets: [{ asset: 'raw/long', outcome: 'success' }] });
    await commit(long.slice(0, 3));
    for (let i = 0; i < 12; i++) {
      await record(1);
      const run = `20261123-parts${String(i).padStart(2, '0')}`;
      const events = runEvents({ run, at: now(), assets: [{ asset: 'raw/days', outcome: 'success' }] });
      const partition = `2026-11-${String(10 + (i % 7)).padStart(2, '0')}`;
      await commit(events.map((event) => (event.type === 'asset.materialized' ? { ...event, partition } : event)));
    }
    must(await compact(4 * DAY));
    expect([...server.files().keys()].some((path) => path.startsWith('checkpoint/partitions/'))).toBe(true);
    expect(problems()).toEqual([]);
    const leaf = [...server.files().keys()].find((path) => path.startsWith('partitions/'))!;
    const text = server.files().get(leaf)!;
    await tamper({ [leaf]: null });
    expect(problems().length).toBeGreaterThan(0);
    must(await repairStore(ports(), { dryRun: false }));
    expect(server.files().get(leaf)).toBe(text);
    await commit(long.slice(3));
    await record(2);
    expect(problems()).toEqual([]);
    const { view } = must(
      await readState(ports(), undefined, { runsOf: [timestamp(now() - 2 * DAY).slice(0, 10)] }),
    ).read;
    expect(view.endedRuns.get('20261122-long00')).toMatchObject({ state: 'SUCCESS' });
    expect(view.assets.get('raw/long')?.materialized?.run).toBe('20261122-long00');
  });

  it('comes with the compact that comes by itself, which goes on without it where the events are damaged', async () => {
    const { server, record, problems, tamper, warnings } = world({ compactAfter: 20, retentionMs: 2 * DAY });
    await record(14);
    expect(cutDayOf(server.files().keys())).toBe('2026-12-03');
    expect(problems()).toEqual([]);
    const path = [...server.files().keys()].filter((name) => name.startsWith('events/')).sort()[0]!;
    await tamper({ [path]: server.files().get(path)!.replace('"rows":365', '"rows":366') });
    await record(7);
    expect(warnings.join('\n')).toContain('`state.retention` were not dropped');
    expect(warnings.join('\n')).toContain('the digest of the segment before differs');
    expect(cutDayOf(server.files().keys())).toBe('2026-12-03');
    expect(must(await server.open().archives()).length).toBeGreaterThan(2);
  });

  it('comes with the version of the layout that its commit leads to, where that leaves the one before', async () => {
    for (const waits of [0, 10 * DAY]) {
      const { server, ports, open, wait, tamper, problems, now } = memoryState({ projectName: 'weather' });
      const file = new URL('../testing/states/format-1.jsonl', import.meta.url);
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      wait(Date.UTC(2026, 10, 30, 12) - now());
      await tamper(Object.fromEntries(lines.map((line) => JSON.parse(line) as [string, string])));
      wait(waits);
      const options = { keepMs: undefined, now: now(), dryRun: false, retentionMs: DAY };
      expect(must(await compactState(ports(), open(), options)).events?.commits).toBeGreaterThan(0);
      // A commit of the same day folds nothing; one of a later day does, and leaves the layout.
      expect(JSON.parse(server.files().get('format.json')!)).toMatchObject({ format: waits === 0 ? 2 : 6 });
      expect(problems()).toEqual([]);
    }
  });

  it('changes nothing where no day is old enough, or the history is too short to be compacted', async () => {
    const { record, compact, server } = world();
    await record(4);
    expect(must(await compact(30 * DAY)).events).toBeUndefined();
    expect(JSON.parse(server.files().get('format.json')!)).toMatchObject({ format: 5 });
    expect(must(await compact(DAY))).toMatchObject({ commits: 1 });
    expect(cutDayOf(server.files().keys())).toBeUndefined();
  });
});
