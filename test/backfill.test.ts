import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BackfillProgress } from '../src/model/backfills.ts';
import { type CliProject, makeCliProject, until } from '../src/testing/cli-project.ts';
import { filesOfPage } from '../src/testing/page-files.ts';

const page = resolve(import.meta.dirname, '..', 'docs', 'backfills.md');
const PROJECT = `name: shop
partitions:
  days: { daily: { start: 2026-01-01 } }
  weeks: { weekly: { start: 2025-12-28 } }
assets:
  raw/orders:
    partitions: days
    backfill_policy: { multi_run: { max_partitions_per_run: 3 } }
    run: node make.mjs raw
    outputs: ["data/raw-\${{ partition.key }}.csv"]
  marts/daily:
    partitions: days
    deps: [raw/orders]
    backfill_policy: { multi_run: { max_partitions_per_run: 3 } }
    run: node make.mjs daily
    outputs: ["data/daily-\${{ partition.key }}.csv"]
  marts/weekly:
    partitions: weeks
    deps: [marts/daily]
    run: node make.mjs weekly
    outputs: ["data/weekly-\${{ partition.key }}.csv"]
  other: { run: "true" }
`;
/** Writes a file for each of its keys but the one that is bad; waits as long as a file says that it should. */
const MAKE = `import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('data', { recursive: true });
const name = process.argv[2];
if (existsSync('data/hold-' + name)) {
  writeFileSync('data/held-' + name, '');
  while (existsSync('data/hold-' + name)) await new Promise((done) => setTimeout(done, 20));
}
for (const key of JSON.parse(process.env.BRANCHLINE_PARTITIONS))
  if (process.env.BAD !== name + '@' + key) writeFileSync('data/' + name + '-' + key + '.csv', 'day\\n' + key + '\\n');
`;

interface StartJson extends BackfillProgress {
  readonly runs: readonly { readonly run: string; readonly partitions: string | null; readonly state: string }[];
  readonly waits: readonly string[];
}

let project: CliProject;
beforeEach(() => {
  project = makeCliProject({ 'branchline.yaml': PROJECT, 'make.mjs': MAKE });
});
afterEach(() => project.remove());

const start = (partitions: string, code = 0, more: readonly string[] = [], env: Record<string, string> = {}) =>
  project.json<StartJson>(
    ['backfill', 'start', '--select', 'key:raw/orders+', '--partitions', partitions, ...more],
    code,
    {
      env,
    },
  );
const status = async (id = '') =>
  (await project.json<{ backfills: StartJson[] }>(['backfill', 'status', ...(id === '' ? [] : [id])])).backfills;
const sound = async () => expect((await project.state()).problems).toEqual([]);

describe('a backfill', () => {
  test('that is over counts what a retry by hand makes of it, and says when nothing is lacking any more', async () => {
    const select = ['--select', 'key:raw/orders or key:marts/daily', '--partitions', '2026-01-01...2026-01-03'];
    const ended = await project.json<StartJson>(['backfill', 'start', ...select], 1, {
      env: { BAD: 'raw@2026-01-02' },
    });
    const before = (await status())[0]!;
    expect(before).toMatchObject({ state: 'COMPLETED_FAILED', failed: 1 });
    expect(before).not.toHaveProperty('repaired');
    const [failed] = ended.runs.filter(({ state }) => state === 'FAILURE');
    expect(await project.run(['retry', failed!.run, '--all'])).toMatchObject({ code: 0 });
    const after = (await status())[0]!;
    expect(after).toMatchObject({
      state: 'COMPLETED_FAILED',
      endedAt: before.endedAt,
      repaired: true,
      done: 6,
      left: 0,
    });
    expect([after.failed, after.leftOut, after.failedPartitions, after.leftOutPartitions]).toEqual([0, 0, {}, {}]);
    expect((await project.run(['backfill', 'status'])).stdout).toContain('all made since by retries');
    // What is made anew of a run of a backfill are its own assets and keys.
    const good = ended.runs.find(({ state, partitions }) => state === 'SUCCESS' && partitions === '2026-01-01');
    const refused = await project.run(['retry', good!.run]);
    expect(refused.code).toBe(2);
    const [, command] = /make the same anew: `branchline ([^`]+)`/.exec(refused.stderr)!;
    expect(command).toMatch(/^run --select 'key:"[^']+' --partitions '2026-01-01'$/);
    const words = [...command!.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
    expect(await project.run(words)).toMatchObject({ code: 0 });
    await sound();
  });

  test('that failed advises only what is still missing, whoever made the rest', async () => {
    const bad = { BAD: 'raw@2026-01-02' };
    const first = await start('2026-01-01...2026-01-03', 1, [], bad);
    const ofRaw = async () => {
      const told = await project.json<{ backfills: (StartJson & { madeSince?: object; failedRuns?: object })[] }>([
        'backfill',
        'status',
        first.backfill,
      ]);
      return told.backfills[0]!;
    };
    const text = async () => (await project.run(['backfill', 'status', first.backfill])).stdout;
    const before = await ofRaw();
    expect(before).toMatchObject({ failedRuns: { 'raw/orders': [expect.any(String)] } });
    expect(before).not.toHaveProperty('madeSince');
    expect(await text()).toContain('branchline retry ');
    // A later backfill makes the roots, another run all that is downstream.
    expect(
      await project.run(['backfill', 'start', '--select', 'key:raw/orders', '--partitions', 'failed']),
    ).toMatchObject({
      code: 0,
    });
    const roots = await ofRaw();
    expect(roots).toMatchObject({ state: 'COMPLETED_FAILED', madeSince: { 'raw/orders': ['2026-01-02'] } });
    expect(roots).not.toHaveProperty('failedRuns');
    expect([roots.failedPartitions, roots.leftOutPartitions]).toEqual([
      before.failedPartitions,
      before.leftOutPartitions,
    ]);
    const said = await text();
    expect(said).not.toContain('branchline retry');
    expect(said).toContain('made since by other runs: raw/orders 2026-01-02');
    await project.run(['run', '--select', 'key:marts/daily', '--partitions', '2026-01-02']);
    expect(await ofRaw()).toMatchObject({ madeSince: { 'marts/daily': ['2026-01-02'], 'raw/orders': ['2026-01-02'] } });
  });

  test('of several dimensions takes keys of one of them, and says how where it cannot', async () => {
    project.write(
      'branchline.yaml',
      `name: shop
assets:
  sales:
    partitions: { multi: { day: { static: [mon, tue, wed] }, region: { static: [eu, us] } } }
    run: "true"
`,
    );
    const preview = async (partitions: string, code = 0) =>
      project.json<{ runs: { partitions: string }[] }>(
        ['backfill', 'preview', '--select', 'key:sales', '--partitions', partitions],
        code,
      );
    const keys = async (partitions: string) => (await preview(partitions)).runs.map((run) => run.partitions);
    expect(await keys('region=eu,day=tue...wed')).toEqual(['tue|eu', 'wed|eu']);
    expect(await preview('eu', 2)).toMatchObject({
      error: { code: 'unknown-partition', message: expect.stringContaining('write `region=eu`') },
    });
    expect(await project.run(['run', '--select', 'key:sales', '--partitions', 'region=us,day=mon'])).toMatchObject({
      code: 0,
    });
    expect(await keys('region=us,missing')).toEqual(['tue|us', 'wed|us']);
    const args = ['backfill', 'start', '--select', 'key:sales', '--partitions', 'day=mon'];
    const done = await project.json<StartJson>(args);
    expect(done).toMatchObject({ state: 'COMPLETED_SUCCESS', partitions: 'day=mon', done: 2 });
    expect(new Set(done.runs.map(({ partitions }) => partitions))).toEqual(new Set(['mon|eu', 'mon|us']));
    expect(done.runs).toHaveLength(2);
    await sound();
  });

  test('stands in the health report, with the partitions that it made and those that it did not', async () => {
    await start('2026-01-01...2026-01-04', 1, [], { BAD: 'raw@2026-01-03' });
    const report = await project.json<{
      queue: { inProgress: unknown[]; waiting: unknown[] };
      backfills: BackfillProgress[];
      assets: { asset: string; partitions?: { total: number; made: number; failed: number; failedKeys: string[] } }[];
    }>(['report']);
    const [told] = await status();
    expect(report.backfills).toMatchObject([
      { backfill: told!.backfill, state: 'COMPLETED_FAILED', failed: told!.failed },
    ]);
    expect(report.queue).toMatchObject({ inProgress: [], waiting: [] });
    const { assets } = await project.json<{
      assets: { asset: string; total: number; counts: Record<string, number> }[];
    }>(['partitions', 'status']);
    for (const { asset, total, counts } of assets)
      expect(report.assets.find((each) => each.asset === asset)?.partitions).toMatchObject({
        total,
        made: counts['materialized'],
        failed: counts['failed'],
        missing: counts['missing'],
      });
    expect(report.assets.find(({ asset }) => asset === 'raw/orders')?.partitions?.failedKeys).toContain('2026-01-03');
    const out = join(project.root, 'pages');
    await project.run(['report', '--out', out]);
    const readme = readFileSync(join(out, 'README.md'), 'utf8');
    expect(readme).toMatch(/## Backfills[\s\S]*ended, not all made[\s\S]*failed: `raw\/orders` `2026-01-03`/);
    expect(readme).toMatch(/## Partitions[\s\S]*raw\/orders[^\n]*1 failed/);
  });

  test('shows its exact runs first, carries them out, and says what came of each partition', async () => {
    const preview = await project.json<{ partitions: number; runs: { partitions: string; assets: string[] }[] }>([
      'backfill',
      'preview',
      '--select',
      'key:raw/orders+',
      '--partitions',
      '2026-01-01...2026-01-10',
    ]);
    expect(preview.partitions).toBe(22);
    expect(preview.runs.map(({ assets, partitions }) => `${assets.join('+')} ${partitions}`)).toEqual([
      'raw/orders+marts/daily 2026-01-01...2026-01-03',
      'raw/orders+marts/daily 2026-01-04...2026-01-06',
      'raw/orders+marts/daily 2026-01-07...2026-01-09',
      'raw/orders+marts/daily 2026-01-10',
      'marts/weekly 2025-12-28',
      'marts/weekly 2026-01-04',
    ]);
    expect((await project.state()).view.backfills).toBeUndefined();

    const done = await start('2026-01-01...2026-01-10', 0, ['--reason', 'new source', '--tag', 'team=shop']);
    expect(done).toMatchObject({
      state: 'COMPLETED_SUCCESS',
      total: 22,
      done: 22,
      failed: 0,
      left: 0,
      reason: 'new source',
    });
    const chunks = (of: readonly { readonly partitions: string | null }[]) =>
      new Set(of.map(({ partitions }) => partitions));
    expect(done.runs).toHaveLength(preview.runs.length);
    expect(chunks(done.runs)).toEqual(chunks(preview.runs));
    expect(project.has('data/weekly-2026-01-04.csv')).toBe(true);
    const { view } = await project.state();
    const run = [...view.endedRuns.values()].find(({ tags }) => tags['branchline/partition'] === '2025-12-28');
    expect(run?.tags).toEqual({
      team: 'shop',
      'branchline/backfill': done.backfill,
      'branchline/priority': '-1',
      'branchline/partition': '2025-12-28',
    });
    expect(await status(done.backfill)).toMatchObject([{ state: 'COMPLETED_SUCCESS', done: 22 }]);
    await sound();
  });

  test('leaves out what reads a failed partition, makes the rest, and `failed` and `missing` name what is left', async () => {
    const ended = await start('2026-01-01...2026-01-10', 1, [], { BAD: 'raw@2026-01-02' });
    expect(ended).toMatchObject({ state: 'COMPLETED_FAILED', total: 22, done: 19, failed: 1, leftOut: 2 });
    expect(ended.failedPartitions).toEqual({ 'raw/orders': ['2026-01-02'] });
    expect(ended.leftOutPartitions).toEqual({ 'marts/daily': ['2026-01-02'], 'marts/weekly': ['2025-12-28'] });
    expect(project.has('data/daily-2026-01-03.csv')).toBe(true);

    const again = await start('failed');
    expect(again).toMatchObject({ state: 'COMPLETED_SUCCESS', total: 3, done: 3, partitions: 'failed' });
    const nothing = await project.run(['backfill', 'start', '--select', 'key:raw/orders', '--partitions', 'failed']);
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toContain('No partition of raw/orders is failed');
    const missing = await project.json<{ runs: { partitions: string }[] }>([
      'backfill',
      'preview',
      '--select',
      'key:raw/orders',
      '--partitions',
      'missing',
    ]);
    expect(missing.runs[0]!.partitions).toBe('2026-01-11...2026-01-13');
    await sound();
  });

  test('that was killed goes on where it was, by the next tick or by hand', async () => {
    project.write('data/hold-raw', '');
    const started = project.start([
      'backfill',
      'start',
      '--select',
      'key:raw/orders+',
      '--partitions',
      '2026-01-01...2026-01-10',
    ]);
    await until(() => project.has('data/held-raw'));
    started.child.kill('SIGKILL');
    await started.end;
    const [cut] = await status();
    expect(cut).toMatchObject({ state: 'IN_PROGRESS', done: 0 });
    rmSync(join(project.root, 'data', 'hold-raw'));
    const tick = await project.run(['tick']);
    expect(tick.code).toBe(0);
    expect(await status(cut!.backfill)).toMatchObject([{ state: 'COMPLETED_SUCCESS', done: 22 }]);
    await sound();
  }, 60_000);

  test('that is detached waits for whoever carries it on, and can be canceled', async () => {
    await project.json(['backfill', 'start', '--select', 'key:raw/orders+', '--partitions', 'all', '--detach']);
    const [waiting] = await status();
    expect(waiting).toMatchObject({ state: 'IN_PROGRESS', done: 0 });
    const canceled = await project.json<{ runs: { outcome: string }[] }>(['backfill', 'cancel', waiting!.backfill]);
    expect(canceled.runs.every(({ outcome }) => outcome === 'canceled')).toBe(true);
    const [over] = await status();
    expect(over).toMatchObject({ state: 'CANCELED', done: 0, left: 0 });
    expect(over!.leftOut).toBe(over!.total);
    const twice = await project.run(['backfill', 'cancel', waiting!.backfill]);
    expect(twice.code).toBe(3);
    const asRun = await project.run(['cancel', waiting!.backfill]);
    expect(asRun).toMatchObject({ code: 3, stderr: twice.stderr });
    expect(asRun.stderr).toContain('is over already (CANCELED)');
    const unknown = await project.run(['cancel', 'bf-20200101-aaaaaaaaaa']);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('There is no backfill `bf-20200101-aaaaaaaaaa`.');
    expect(unknown.stderr).toContain(`Known: ${waiting!.backfill} (CANCELED)`);
    await sound();
  });

  test.each([
    [
      'a key that is none, with the nearest',
      ['--select', 'key:raw/orders', '--partitions', '2025-12-31'],
      '2026-01-01',
    ],
    ['no keys where there are partitions', ['--select', 'key:raw/orders'], 'names none'],
    ['keys where there are none', ['--select', 'key:other', '--partitions', '2026-01-01'], 'no partitions'],
    [
      'roots that are not cut alike, by name',
      ['--select', 'key:raw/orders or key:other', '--partitions', 'all'],
      'raw/orders (days)',
    ],
    ['a name that is none', ['--select', 'key:raw/ordrs', '--partitions', 'all'], 'raw/orders'],
    ['a priority that is no number', ['--select', 'key:other', '--priority', 'high'], 'no whole number'],
    ['a tag of the engine', ['--select', 'key:other', '--tag', 'branchline/backfill=x'], 'belong to the engine'],
  ])('is refused for %s, and nothing is queued', async (_why, args, said) => {
    const end = await project.run(['backfill', 'start', ...args]);
    expect(end.code).toBe(2);
    expect(end.stderr).toContain(said);
    expect((await project.state()).view.seq).toBe(0);
  });
});

test('docs/backfills.md: the preview is what its project would do, and the backfill does it', async () => {
  project.remove();
  project = makeCliProject(filesOfPage('docs/backfills.md'));
  const args = ['--select', 'key:raw/orders+', '--partitions', '2026-01-01...2026-01-10'];
  const preview = await project.run(['backfill', 'preview', ...args]);
  const shown = /\$ branchline backfill preview [^\n]*\n([\s\S]*?)```/.exec(readFileSync(page, 'utf8'))![1]!;
  expect(preview.stdout.trim()).toBe(shown.trim());
  expect(await project.json(['backfill', 'start', ...args])).toMatchObject({
    state: 'COMPLETED_SUCCESS',
    total: 12,
    done: 12,
  });
});
