import { describe, expect, it } from 'vitest';
import { verifyState } from '../state/verify.ts';
import { must } from '../testing/contracts/state-changes.ts';
import { memoryState } from '../testing/memory-state.ts';
import { repairStore } from './state-repair.ts';

const DAY = 86_400_000;

/** Two closed days and an open one, with a snapshot. */
async function history() {
  const { server, ports, open, wait, record: recordRun, tamper } = memoryState();
  const session = open();
  const record = async (i: number, waitMs = DAY / 3) => {
    wait(waitMs);
    const run = `2026112${2 + Math.floor(i / 3)}-${String(i).padStart(4, 'a')}`;
    const assets = [{ asset: `raw/${i % 2}`, outcome: 'success' as const }];
    await recordRun(session, { run, group: 'marts', assets }, `run ${i}`);
  };
  for (let i = 0; i < 8; i++) await record(i);
  return { server, ports, record, tamper };
}

const derived = /^(snapshot|runs|rollups)\/|^format\.json$/;

describe('repair', () => {
  it('brings back every derived file that is damaged or missing, to the byte, and takes away what is too much', async () => {
    const { server, ports, tamper } = await history();
    const before = new Map(server.files());
    // Each repair is a commit, and once there are enough of them to be sealed, a lost marker is one of a later fold.
    const isFirst = (path: string): boolean => path.startsWith('snapshot/');
    const found = [...before.keys()].filter((path) => derived.test(path));
    const paths = [...found.filter(isFirst), ...found.filter((path) => !isFirst(path))];
    expect(paths.length).toBeGreaterThan(7);
    const damages = (path: string): (string | null)[] => [
      null,
      '{"half',
      before.get(path)!.replace(/\d/, (digit) => `${digit}1`),
    ];
    for (const path of paths) {
      for (const damage of damages(path)) {
        // Another number there is another format, which is refused.
        if (damage === before.get(path) || (path === 'format.json' && damage?.includes('51'))) continue;
        await tamper({ [path]: damage });
        if (verifyState(server.files(), 'production').problems.length === 0) continue;
        must(await repairStore(ports(), { dryRun: false }));
        expect([path, verifyState(server.files(), 'production').problems]).toEqual([path, []]);
        expect([path, server.files().get(path)]).toEqual([path, before.get(path)]);
      }
    }
    await tamper({ 'snapshot/fff.json': '{}', 'snapshot/folded-9999999999': 'x', 'runs/2026/11/22/0007.jsonl': 'x\n' });
    const repaired = must(await repairStore(ports(), { dryRun: false }));
    expect(repaired.removed).toEqual(['runs/2026/11/22/0007.jsonl', 'snapshot/fff.json', 'snapshot/folded-9999999999']);
    expect(verifyState(server.files(), 'production').problems).toEqual([]);
  });

  it('mends all at once, and work goes on', async () => {
    const { server, ports, tamper, record } = await history();
    const paths = [...server.files().keys()].filter((path) => derived.test(path) && path !== 'format.json');
    await tamper(Object.fromEntries(paths.map((path) => [path, null])));
    // Without a snapshot the events are all there is, and that is a state as well.
    must(await repairStore(ports(), { dryRun: false }));
    expect(verifyState(server.files(), 'production').problems).toEqual([]);
    await record(8);
    expect(verifyState(server.files(), 'production').problems).toEqual([]);
  });

  it('says in a preview what it would do, and does nothing when all is fine', async () => {
    const { server, ports, tamper } = await history();
    expect(must(await repairStore(ports(), { dryRun: false }))).toEqual({
      rebuilt: [],
      restored: [],
      removed: [],
      salvaged: [],
    });
    await tamper({ 'snapshot/index.json': null });
    const files = new Map(server.files());
    expect(must(await repairStore(ports(), { dryRun: true }))).toEqual({
      rebuilt: ['snapshot/index.json'],
      restored: [],
      removed: [],
      salvaged: [],
    });
    expect(server.files()).toEqual(files);
  });

  it('leaves a state of a newer format alone', async () => {
    const { ports, tamper } = await history();
    await tamper({ 'format.json': '{"format":7,"project":"shop","reader_min":"9.0.0"}\n' });
    const refused = await repairStore(ports(), { dryRun: false });
    expect(refused).toMatchObject({ error: { code: 'state-newer' } });
    expect(JSON.stringify(refused)).toContain('9.0.0');
  });

  it('is decided again when another writer was first, and lands once when its answer is lost', async () => {
    const { server, ports, tamper, record } = await history();
    await tamper({ 'runs/2026/11/22/0001.jsonl': '{}\n' });
    let isBetween = false;
    server.beforeCommit = async () => {
      if (isBetween) return;
      isBetween = true;
      await record(8, 0);
    };
    server.faults = ['lose-reply', 'lose-reply'];
    const repaired = must(await repairStore(ports(), { dryRun: false }));
    expect(repaired.rebuilt).toEqual(['runs/2026/11/22/0001.jsonl']);
    expect(verifyState(server.files(), 'production').problems).toEqual([]);
  });
});

/** Ids of all events that a reader finds. */
function eventIds(files: ReadonlyMap<string, string>): string[] {
  const paths = [...files.keys()].filter((path) => /^(recent|events)\//.test(path));
  const ids = paths.flatMap((path) =>
    files
      .get(path)!
      .split('\n')
      .map((line) => /"id":"([^"]+#\d+)"/.exec(line)?.[1]),
  );
  return ids.filter((id) => id !== undefined).sort();
}

describe('quarantine', () => {
  it.each([
    ['a segment of a closed day', (path: string) => path.startsWith('events/')],
    ['a recent file', (path: string) => path.startsWith('recent/')],
  ])('keeps the damaged file of %s as it is, leaves out what cannot be read, and work goes on', async (_, isIt) => {
    const { server, ports, record, tamper } = await history();
    await record(8, 0);
    const before = new Map(server.files());
    const path = [...before.keys()].filter(isIt).sort()[0]!;
    const lines = before.get(path)!.split('\n');
    const line = lines.findIndex((text) => text.includes('"asset.materialized"'));
    const lost = /"id":"([^"]+)"/.exec(lines[line]!)![1]!;
    const damaged = lines.with(line, `${lines[line]!.slice(0, 40)}\uFFFD`).join('\n');
    await tamper({ [path]: damaged });

    const preview = must(await repairStore(ports(), { dryRun: true }));
    expect(preview.salvaged).toMatchObject([{ path, problems: [{ code: 'broken', line: line + 1 }] }]);
    expect(server.files().get(path)).toBe(damaged);
    const repaired = must(await repairStore(ports(), { dryRun: false }));
    expect(server.files().get(repaired.salvaged[0]!.kept!)).toBe(damaged);
    const record0 = [...server.files()].find(([name]) => /^quarantine\/\d+\.json$/.test(name))!;
    expect(JSON.parse(record0[1])).toMatchObject({ v: 1, files: [{ path, problems: [{ line: line + 1 }] }] });
    expect(verifyState(server.files(), 'production').problems).toEqual([]);
    expect(eventIds(server.files())).toEqual(eventIds(before).filter((id) => id !== lost));
    // Through a new day, which seals and folds what was repaired.
    await record(9);
    await record(10, DAY);
    expect(verifyState(server.files(), 'production').problems).toEqual([]);
  });

  it('lets go of nothing for good: the file as it was, brought back, makes the state what it was', async () => {
    const { server, ports, tamper } = await history();
    const before = new Map(server.files());
    const path = [...before.keys()].find((name) => name.startsWith('events/'))!;
    await tamper({ [path]: before.get(path)!.replaceAll('{', '[') });
    must(await repairStore(ports(), { dryRun: false }));
    expect(eventIds(server.files()).length).toBeLessThan(eventIds(before).length);
    await tamper({ [path]: before.get(path)! });
    must(await repairStore(ports(), { dryRun: false }));
    expect(verifyState(server.files(), 'production').problems).toEqual([]);
    expect(eventIds(server.files())).toEqual(eventIds(before));
    for (const [name, text] of before)
      if (derived.test(name)) expect([name, server.files().get(name)]).toEqual([name, text]);
  });

  it('leaves records of a newer Branchline alone, and says so', async () => {
    const { server, ports, tamper } = await history();
    const path = [...server.files().keys()].find((name) => name.startsWith('recent/'))!;
    const text = server.files().get(path)!.replace('"type":"run.ended","v":1', '"type":"run.ended","v":3');
    await tamper({ [path]: text });
    const files = new Map(server.files());
    expect(await repairStore(ports(), { dryRun: false })).toMatchObject({ ok: false, error: { code: 'state-newer' } });
    expect(server.files()).toEqual(files);
  });
});
