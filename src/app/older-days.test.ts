import { describe, expect, it } from 'vitest';
import type { StateStore } from '../ports-state.ts';
import { cutDayOf, parseRollupPath, SUMS_PATH } from '../state/layout.ts';
import { must } from '../testing/contracts/state-changes.ts';
import { memoryState } from '../testing/memory-state.ts';
import { findRun } from './find-run.ts';
import { verifyStore } from './state-commands.ts';
import { readState } from './state-reading.ts';
import { repairStore } from './state-repair.ts';
import { commitSource } from './state-replay.ts';
import { compactState } from './state-upkeep.ts';

const DAY = 86_400_000;
const dayOf = (now: number): string => new Date(now).toISOString().slice(0, 10);
const runOf = (day: string, n: number): string => `${day.replaceAll('-', '')}-${String(n).padStart(4, 'a')}`;

/** A state of which each day has two runs. */
function world(options: Parameters<typeof memoryState>[0] = {}) {
  const state = memoryState(options);
  const { server, open, wait, now } = state;
  /** The tree of the head, without what left it. */
  const tree = (): ReadonlyMap<string, string> => server.filesOf(server.heads.at(-1)!);
  const days: string[] = [];
  const live = async (count: number, store?: StateStore): Promise<void> => {
    const session = open(store);
    for (let i = 0; i < count; i++) {
      const day = dayOf(now());
      days.push(day);
      for (const n of [1, 2]) {
        await state.record(session, {
          run: runOf(day, n),
          group: 'g',
          assets: [{ asset: `raw/${n}`, outcome: 'success' }],
        });
        wait(3_600_000);
      }
      wait(DAY - 2 * 3_600_000);
    }
  };
  const folders = (of: 'events' | 'runs'): string[] => [
    ...new Set(
      [...tree().keys()].flatMap((path) =>
        path.startsWith(`${of}/`) ? path.slice(of.length + 1, of.length + 11) : [],
      ),
    ),
  ];
  const verify = async () => must(await verifyStore(server.open(), 'production', undefined));
  const showRun = async (run: string, at?: string) => {
    const ports = state.ports();
    return must(await findRun(ports.store, must(await readState(ports, at)), run));
  };
  return { ...state, tree, live, days, folders, verify, showRun };
}

describe('older days', () => {
  it('leave the tree, and who asks for them finds them', async () => {
    const { tree, live, days, folders, verify, showRun, server } = world();
    await live(80);
    const [first, closed] = [days[0]!, days.at(-2)!];
    // The day that the newest fold closed, and nothing of today yet.
    expect(folders('events')).toEqual([closed.replaceAll('-', '/')]);
    expect(folders('runs')).toEqual([closed.replaceAll('-', '/')]);
    const sums = [...tree().keys()].map(parseRollupPath).filter((name) => name !== undefined);
    expect(new Set(sums.map(({ period }) => period)).size).toBeLessThanOrEqual(50);
    expect(tree().has(SUMS_PATH)).toBe(true);
    const { problems, files } = await verify();
    expect(problems).toEqual([]);
    expect(files).toBe(server.files().size);
    expect(await showRun(runOf(first, 1))).toMatchObject({ run: runOf(first, 1), state: 'SUCCESS' });
    expect(await showRun(runOf(closed, 2))).toMatchObject({ state: 'SUCCESS' });
    // A state of the past has the days of that past.
    const early = server.heads[20]!;
    expect(await showRun(runOf(first, 1), early)).toMatchObject({ state: 'SUCCESS' });
    expect(await showRun(runOf(closed, 1), early)).toBeUndefined();
    expect(must(await verifyStore(server.open(), 'production', early)).problems).toEqual([]);
  });

  it('have sums that are read as if they were in the tree', async () => {
    const { live, days, ports } = world();
    await live(100);
    const { view } = must(await readState(ports(), undefined, { days: 100, assetDays: 100 })).read;
    expect([...view.days.keys()].sort()).toEqual(days);
    expect(view.days.get(days[0]!)?.get('project')).toMatchObject({ runs: 2 });
    expect(view.days.get(days[0]!)?.get('asset:raw/1')).toMatchObject({ materialized: 1 });
  });

  it('are not asked for by a transaction that closes no day, nor by who reads the state as it is', async () => {
    const { live, server, open, ports } = world();
    await live(20);
    const store: StateStore = {
      ...server.open(),
      listBehind: async () => expect.unreachable(),
      loadBlobs: async () => expect.unreachable(),
      keepBehind: async () => expect.unreachable(),
    };
    const nothing = async () => ({ kind: 'commit', events: [], message: 'a commit', value: undefined }) as const;
    // Closes the day before, as any writer does.
    must(await open().transact(nothing));
    must(await open(store).transact(nothing));
    must(await readState(ports(store)));
  });

  it('stay in the tree where they cannot leave now, and leave with the next day', async () => {
    const { live, folders, verify, server } = world();
    const broken: StateStore = {
      ...server.open(),
      keepBehind: async () => ({ ok: false, error: { code: 'unreachable', message: 'no' } }),
    };
    await live(4, broken);
    expect(folders('events')).toHaveLength(3);
    expect((await verify()).problems).toEqual([]);
    await live(1);
    expect(folders('events')).toHaveLength(1);
    expect((await verify()).problems).toEqual([]);
  });

  it('stay in the tree of a server that takes no commit with two parents, and nothing else is lost by that', async () => {
    const { live, folders, verify, server, warnings, days, showRun } = world();
    server.refuses = ({ behind = [] }) => behind.length > 0;
    await live(4);
    expect(folders('events')).toHaveLength(3);
    // Said with each day that is closed and has one before it.
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('two parents');
    expect((await verify()).problems).toEqual([]);
    expect(await showRun(runOf(days[0]!, 1))).toMatchObject({ state: 'SUCCESS' });
    server.refuses = undefined;
    await live(1);
    expect(folders('events')).toHaveLength(1);
  });

  it('of a state in a layout before leave all at once, with the first day that is closed', async () => {
    const { live, folders, tree, verify, tamper, days, server, showRun } = world();
    const before: StateStore = {
      ...server.open(),
      keepBehind: async () => ({ ok: false, error: { code: 'unreachable', message: 'no' } }),
    };
    await live(70, before);
    await tamper({ 'format.json': tree().get('format.json')!.replace('5', '3') });
    expect((await verify()).problems).toEqual([]);
    expect(folders('events')).toHaveLength(69);
    await live(1);
    expect(JSON.parse(tree().get('format.json')!)).toMatchObject({ format: 5 });
    expect(folders('events')).toHaveLength(1);
    expect([...tree().keys()].filter((path) => path.startsWith('history/'))).toHaveLength(4);
    expect((await verify()).problems).toEqual([]);
    expect(await showRun(runOf(days[0]!, 1))).toMatchObject({ state: 'SUCCESS' });
  });

  it('are kept by a history that is begun anew, by itself or when asked for, also without its archives', async () => {
    const { live, ports, open, now, verify, showRun, server, days, tree } = world({ compactAfter: 30 });
    await live(40);
    const store = server.open();
    expect(must(await store.archives()).length).toBeGreaterThan(1);
    must(await compactState(ports(), open(), { keepMs: 0, now: now() + DAY, dryRun: false }));
    expect(must(await store.archives())).toHaveLength(1);
    expect((await verify()).problems).toEqual([]);
    expect(await showRun(runOf(days[0]!, 2))).toMatchObject({ state: 'SUCCESS' });
    // All chains that the tree names are behind the commit that begins history anew.
    const tips = [...tree()]
      .filter(([path]) => path.startsWith('history/'))
      .map(([, text]) => JSON.parse(text).tip as string);
    expect(server.behindOf(server.heads.at(-1)!).toSorted()).toEqual(tips.toSorted());
  });

  it('are let go by a retention, day by day, and their chain with the last day of its month', async () => {
    const { live, ports, open, now, verify, showRun, server, days, tree } = world();
    await live(70);
    const retentionMs = 20 * DAY;
    must(await compactState(ports(), open(), { keepMs: undefined, now: now(), dryRun: false, retentionMs }));
    const cutDay = cutDayOf(tree().keys())!;
    expect(cutDay > days[40]!).toBe(true);
    expect((await verify()).problems).toEqual([]);
    expect(await showRun(runOf(days[0]!, 1))).toBeUndefined();
    expect(await showRun(runOf(days.at(-5)!, 1))).toMatchObject({ state: 'SUCCESS' });
    expect([...tree().keys()].filter((path) => /^history\/\d/.test(path))).toEqual([
      ...new Set(
        days.filter((day) => day > cutDay && day < days.at(-2)!).map((day) => `history/${day.slice(0, 7)}.json`),
      ),
    ]);
    const [archive] = must(await server.open().archives());
    expect(await showRun(runOf(days[0]!, 1), archive!.commit)).toMatchObject({ state: 'SUCCESS' });
    // What was sealed since has another name; what the retention let go of is not missing.
    const beyond = must(await commitSource(server.open(), `archive/${archive!.seq}`)).events;
    expect(beyond.filter(({ at }) => at.slice(0, 10) < days.at(-1)!)).toEqual([]);
    await live(3);
    expect((await verify()).problems).toEqual([]);
  });

  it('that are forced back are brought back by a replay of the archive or commit that has them', async () => {
    const { live, server, ports, verify } = world();
    await live(12);
    const newest = server.heads.at(-1)!;
    server.forceTo(server.heads[3]!);
    const source = must(await commitSource(ports().store, newest));
    expect(source.events.length).toBeGreaterThan(100);
    expect((await verify()).problems).toEqual([]);
  });

  it('that are damaged are named and mended: the day comes back into the tree, and leaves again', async () => {
    const { live, tamper, verify, ports, server, folders, days, tree } = world();
    await live(50);
    const day = days[3]!.replaceAll('-', '/');
    const damages: [RegExp, (text: string) => string | null][] = [
      [new RegExp(`^runs/${day}`), () => '{}\n'],
      [new RegExp(`^runs/${day}`), () => null],
      [/^rollups\/day\/2026-11-2\d.json$/, (text) => text.replace(/"runs":\d/, '"runs":7')],
      [/^rollups\/day\/2026-11-2\d.json$/, () => null],
    ];
    for (const [pattern, damage] of damages) {
      const [path, whole] = [...server.files()].find(([each]) => pattern.test(each))!;
      expect(tree().has(path)).toBe(false);
      await tamper({ [path]: damage(whole) });
      expect((await verify()).problems.map(({ file }) => file)).toEqual([path]);
      expect(must(await repairStore(ports(), { dryRun: false })).rebuilt).toEqual([path]);
      expect((await verify()).problems).toEqual([]);
      expect(tree().get(path)).toBe(whole);
      await live(2);
      expect(tree().has(path)).toBe(false);
      expect(server.files().get(path)).toBe(whole);
      expect(folders('runs')).toHaveLength(1);
    }
    // Of events what can be read takes their place, as in the tree.
    const [path, whole] = [...server.files()].find(([each]) => each.startsWith(`events/${day}`))!;
    await tamper({ [path]: whole.replace('"type":"run.ended"', '"type":"run.') });
    expect((await verify()).problems[0]?.file).toBe(path);
    const { salvaged } = must(await repairStore(ports(), { dryRun: false }));
    expect(salvaged.map((file) => file.path)).toContain(path);
    expect((await verify()).problems).toEqual([]);
    await live(2);
    expect((await verify()).problems).toEqual([]);
  });

  it('cannot be found by a damaged file of history: it is named, and comes back as an earlier commit has it', async () => {
    const damages: ((whole: string) => string)[] = [
      () => '{',
      (whole) => whole.replace('"tip":"', '"tip":"x'),
      (whole) => whole.replace('"v":1', '"v":1,"x":2'),
      (whole) => whole.replace(/\n$/, ''),
      (whole) => whole.replace('"days":{', '"days":{"2026-01-01":"x",'),
    ];
    for (const [i, damage] of damages.entries()) {
      const { live, tamper, verify, ports, open, server, tree, now, days, folders, showRun } = world();
      await live(4);
      const path = `history/${days[0]!.slice(0, 7)}.json`;
      const whole = tree().get(path)!;
      const damaged = damage(whole);
      await tamper({ [path]: damaged });
      expect((await verify()).problems.map(({ file }) => file)).toEqual([path]);
      const compacted = await compactState(ports(), open(), { keepMs: undefined, now: now(), dryRun: false });
      expect(compacted).toMatchObject({ ok: false, error: { message: expect.stringContaining(path) } });
      // Work goes on: what cannot be named stays in the tree.
      const before = folders('events').length;
      const more = 1 + (i % 2);
      await live(more);
      expect(folders('events').length).toBe(before + more);
      expect(tree().get(path)).toBe(damaged);
      // Nobody knows how it was: nothing is done.
      const forgetful: StateStore = { ...server.open(), log: async () => ({ ok: true, value: [] }) };
      expect(await repairStore(ports(forgetful), { dryRun: false })).toMatchObject({
        ok: false,
        error: { code: 'state-broken', message: expect.stringContaining(path) },
      });
      const done = { restored: [path], salvaged: [], removed: [] };
      expect(must(await repairStore(ports(), { dryRun: true }))).toMatchObject(done);
      expect(tree().get(path)).toBe(damaged);
      expect(must(await repairStore(ports(), { dryRun: false }))).toMatchObject(done);
      expect((await verify()).problems).toEqual([]);
      // The repair was the first commit of its day: the next day closes it.
      await live(2);
      expect(folders('events')).toHaveLength(1);
      expect((await verify()).problems).toEqual([]);
      expect(await showRun(runOf(days[0]!, 1))).toMatchObject({ state: 'SUCCESS' });
    }
  });

  it('are not taken for lost where their file of history was deleted: it comes back', async () => {
    const { live, tamper, verify, ports, tree, days, showRun } = world();
    await live(4);
    const path = `history/${days[0]!.slice(0, 7)}.json`;
    const whole = tree().get(path)!;
    await tamper({ [path]: null });
    await tamper({ note: 'one more commit' });
    await tamper({ note: null });
    expect((await verify()).problems).not.toEqual([]);
    const repaired = must(await repairStore(ports(), { dryRun: false }));
    expect(repaired).toMatchObject({ restored: [path], salvaged: [], removed: [] });
    expect(tree().get(path)).toBe(whole);
    expect((await verify()).problems).toEqual([]);
    expect(await showRun(runOf(days[0]!, 1))).toMatchObject({ state: 'SUCCESS' });
  });

  it('come back into the tree where their file of history was deleted and begun anew, and leave it again', async () => {
    const { live, tamper, verify, ports, open, now, tree, days, folders, showRun } = world();
    await live(4);
    const path = `history/${days[0]!.slice(0, 7)}.json`;
    await tamper({ [path]: null });
    await live(2);
    const anew = tree().get(path)!;
    expect(anew).not.toContain(days[0]);
    expect((await verify()).problems).not.toEqual([]);
    const repaired = must(await repairStore(ports(), { dryRun: false }));
    expect(repaired).toMatchObject({ restored: [path], salvaged: [], removed: [] });
    expect(tree().get(path)).toBe(anew);
    expect(folders('events')).toContain(days[0]!.replaceAll('-', '/'));
    expect((await verify()).problems).toEqual([]);
    await live(2);
    expect(folders('events')).toHaveLength(1);
    expect(tree().get(path)).toContain(days[0]);
    must(await compactState(ports(), open(), { keepMs: 0, now: now(), dryRun: false }));
    expect((await verify()).problems).toEqual([]);
    expect(await showRun(runOf(days[0]!, 1))).toMatchObject({ state: 'SUCCESS' });
  });
});
