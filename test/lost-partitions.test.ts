import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type CliEnd, type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import { dailyShop } from '../src/testing/daily-shop.ts';

const days = Array.from({ length: 9 }, (_, i) => `2026-01-0${i + 1}`);
const all = `${days[0]}...${days[8]}`;
const schedules = 'schedules:\n  daily: { cron: "0 5 * * *", selection: "*" }\n';
const tables = dailyShop('2026-01-11', schedules);
const csvs = {
  'branchline.yaml': `name: shop
storage: { type: directory, path: data/kept }
partitions:
  days: { daily: { start: 2026-01-01, end: 2026-01-11 } }
schedules:
  daily: { cron: "0 5 * * *", selection: "*" }
assets:
  marts/revenue:
    partitions: days
    run: "mkdir -p data/revenue && echo 10 $BRANCHLINE_PARTITION > data/revenue/$BRANCHLINE_PARTITION.csv"
    outputs: ["data/revenue/\${{ partition.key }}.csv"]
  marts/total:
    deps: [marts/revenue]
    run: "cat data/revenue/*.csv | awk '{ sum += $1 } END { print sum }' > data/total.csv"
    outputs: [data/total.csv]
`,
};

let project: CliProject;
afterEach(() => project.remove());

interface Shape {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly lose: () => void;
  readonly total: () => Promise<string>;
}
const shapes: Shape[] = [
  {
    name: 'tables of a DuckDB file',
    files: tables,
    lose: () => rmSync(join(project.root, 'data/w.duckdb')),
    total: async () => (await project.rows('data/w.duckdb', 'select total from marts.total'))[0]!,
  },
  {
    name: 'CSV files in a directory',
    files: csvs,
    lose: () => {
      rmSync(join(project.root, 'data/kept'), { recursive: true });
      rmSync(join(project.root, 'data/revenue'), { recursive: true });
    },
    total: async () => project.read('data/total.csv').trim(),
  },
];

/** The command that a message names, as it stands there. */
function wayOut(text: string): string[] {
  const [, command] = /`branchline ([^`]+)`/.exec(text) ?? [];
  if (command === undefined) throw new Error(`no command is named in: ${text}`);
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

async function failureOf(asset: string): Promise<string> {
  return (await project.asset(asset)).attempt?.failure?.message ?? '';
}
const missingKeys = async (): Promise<number> => {
  const { assets } = await project.json<{ assets: { counts: { missing: number } }[] }>([
    'partitions',
    'status',
    'marts/revenue',
  ]);
  return assets[0]!.counts.missing;
};
const ok = (end: CliEnd): void => expect(end, end.stdout + end.stderr).toMatchObject({ code: 0 });

describe.each(shapes)('$name that are lost', ({ files, lose, total }) => {
  const begin = async (): Promise<void> => {
    project = makeCliProject(files);
    // From here on the schedule counts.
    await project.run(['tick', '--now', '2026-01-10T04:00:00Z']);
    ok(await project.run(['run', '--select', '*', '--partitions', all]));
    expect(await total()).toBe('90');
    expect(await missingKeys()).toBe(1);
    lose();
  };

  test('count as missing wherever somebody asks', async () => {
    await begin();
    expect(await missingKeys()).toBe(10);
    const status = await project.run(['partitions', 'status']);
    expect(status.stdout).toContain('10 missing of 10');
    expect(status.stderr).toContain('9 partitions that were made are lost');
    const plan = await project.run(['plan', '--select', 'key:marts/revenue']);
    expect(plan.stderr).toMatch(/9 of 10 partitions of marts\/revenue \(2026-01-01 to 2026-01-09\)/);
    const runs = await project.json<{ runs: unknown[] }>(['plan', '--select', '*', '--partitions', 'missing']);
    expect(runs.runs).toHaveLength(11);
    const ask = ['backfill', 'preview', '--select', 'key:marts/revenue', '--partitions', 'missing'];
    const preview = await project.json<{ partitions: number }>(ask);
    expect(preview.partitions).toBe(10);
    const explained = await project.json<{ partitions: { counts: { missing: number } } }>(['explain', 'marts/revenue']);
    expect(explained.partitions.counts.missing).toBe(10);
    const selected = await project.json<{ plan: { steps: { id: string }[] } }>(['plan', '--select', 'status:missing']);
    expect(selected.plan.steps.map(({ id }) => id.split('@')[0])).toContain('marts/revenue');
  });

  test('nothing is made from the rest: a tick fails and names the command that makes all again', async () => {
    await begin();
    const ticked = await project.run(['tick', '--now', '2026-01-11T06:00:00Z']);
    expect(ticked.code).toBe(1);
    expect(ticked.stderr).toMatch(/Data lost, and not made by this run: 9 of 10 partitions of marts\/revenue/);
    const failure = await failureOf('marts/total');
    expect(failure).toMatch(/^data lost: marts\/total reads marts\/revenue, of which 9 partitions .* are gone/);
    // A line of the terminal has the command whole, and nothing beside it that would not help.
    expect(wayOut(/✗ marts\/total.*/.exec(ticked.stdout)?.[0] ?? '')).toEqual(wayOut(failure));
    expect(ticked.stdout).not.toContain('After a fix');
    // The newest day is there, and no total was made of it.
    expect(await missingKeys()).toBe(9);
    ok(await project.run(wayOut(failure)));
    expect(await missingKeys()).toBe(0);
    expect(await total()).toBe('100');
    ok(await project.run(['run', '--stale', '--select', '*', '--partitions', 'all']));
  });

  test('are a fact of the state that reports tell, until they are made again', async () => {
    await begin();
    expect((await project.run(['run', '--select', 'key:marts/total'])).code).toBe(1);
    const cure = 'branchline run --select key:marts/revenue+ --partitions 2026-01-01...2026-01-09';
    const report = await project.run(['report']);
    expect(report.stdout).toMatch(/✗ marts\/revenue lost the data of 9 partitions: `2026-01-09`, .* and 6 more/);
    expect(report.stdout).toContain(`\`${cure}\` makes what is gone again`);
    const shown = await project.run(['state', 'show', 'marts/revenue']);
    expect(shown.stdout).toMatch(/^marts\/revenue: missing$/m);
    expect(shown.stdout).toMatch(/ {2}lost +9 partitions \(2026-01-01 to 2026-01-09\), /);
    expect(shown.stdout).toContain(`cure           ${cure}`);
    expect((await project.run(['state', 'show'])).stdout).toMatch(/^marts\/revenue +missing/m);
    // Of the state alone, where nobody can look.
    const listed = await project.run(['list', 'assets', '--select', 'status:missing', '--json']);
    expect(listed.stdout).toContain('marts/revenue');
    const { view } = await project.state();
    expect(view.assets.get('marts/revenue')?.partitions).toMatchObject({ made: 0, lost: 9, losing: days });
    ok(await project.run(wayOut(`\`${cure}\``)));
    ok(await project.run(['state', 'verify']));
    expect((await project.run(['report'])).stdout).not.toContain('lost');
    const again = await project.state();
    expect(again.view.assets.get('marts/revenue')?.partitions).toMatchObject({ made: 9 });
    expect(again.view.assets.get('marts/revenue')?.partitions).not.toHaveProperty('lost');
  });

  test('a run that names no partitions says so, and how to go on, whether or not it has something to do', async () => {
    await begin();
    const left = /Data lost, and not made by this run: 9 of 10 partitions of marts\/revenue/;
    const run = await project.run(['run']);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(left);
    const said = run.stdout.slice(run.stdout.indexOf('✗ marts/total'));
    expect(said).not.toContain('After a fix');
    const shown = await project.run(['state', 'show', 'marts/total']);
    expect(wayOut(shown.stdout)).toEqual(wayOut(said));
    const again = await project.run(['run', '--stale', '--select', 'key:marts/revenue']);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('1 up to date') as unknown });
    expect(again.stderr).toMatch(left);
    ok(await project.run(wayOut(said)));
    expect(await total()).toBe('100');
  });

  test('of which a run of one is no better, and one of those that are missing makes them', async () => {
    await begin();
    const run = await project.json<RunJson>(['run', '--select', '*', '--partitions', '2026-01-10'], 1);
    expect(run).toMatchObject({ state: 'FAILURE', counts: { materialized: 1, failed: 1 } });
    await project.json<RunJson>(['run', '--select', 'key:marts/total'], 1);
    await project.json<RunJson>(['retry', run.run], 1);
    ok(await project.run(['run', '--select', '*', '--partitions', 'missing']));
    expect(await total()).toBe('100');
  });

  test('a backfill makes what is missing of them again, though their source is not made by itself', async () => {
    await begin();
    ok(await project.run(['backfill', 'start', '--select', '*', '--partitions', 'missing']));
    expect(await missingKeys()).toBe(0);
    expect(await total()).toBe('100');
  });

  test('that are not to be made by themselves are refused, each with the command', async () => {
    await begin();
    const run = await project.run(['run', '--select', 'key:marts/revenue+', '--partitions', '2026-01-05', '--stale']);
    expect(run.code).toBe(1);
    const failure = /`(branchline run[^`]+)`/.exec(await refusal());
    expect(failure?.[1]).toBe('branchline run --select key:marts/revenue+ --partitions 2026-01-01...2026-01-09');
  });
});

async function refusal(): Promise<string> {
  const { view } = await project.state();
  const steps = [...view.endedRuns.values()].flatMap((run) => Object.values(run.steps));
  return steps.map((step) => step.failure?.message ?? '').find((message) => message.includes('on_lost')) ?? '';
}

describe('a DuckDB file that is another one', () => {
  const file = (name: string): string => join(project.root, 'data', name);
  const run = (...more: string[]) => project.run(['run', '--select', '*', ...more]);

  const begin = async (): Promise<void> => {
    project = makeCliProject(tables);
    ok(await run('--partitions', '2026-01-01...2026-01-04'));
    cpSync(file('w.duckdb'), file('older'));
    ok(await run('--partitions', '2026-01-05...2026-01-09'));
  };

  test('an older copy, put back: half of it is gone, and nothing is made of the other half', async () => {
    await begin();
    cpSync(file('older'), file('w.duckdb'));
    expect(await missingKeys()).toBe(6);
    expect((await run('--partitions', '2026-01-10')).code).toBe(1);
    const failure = await failureOf('marts/total');
    expect(failure).toContain('5 partitions (2026-01-05 to 2026-01-09) are gone');
    ok(await project.run(wayOut(failure)));
    expect(await project.rows('data/w.duckdb', 'select total from marts.total')).toEqual(['100']);
  });

  test('the newer one, put back again: nothing is lost', async () => {
    await begin();
    cpSync(file('w.duckdb'), file('newer'));
    rmSync(file('w.duckdb'));
    expect((await run('--partitions', '2026-01-10')).code).toBe(1);
    cpSync(file('newer'), file('w.duckdb'));
    // Only the day that was made in the meantime is not in it.
    expect(await missingKeys()).toBe(1);
    ok(await run('--partitions', 'missing'));
    const { view } = await project.state();
    expect(view.assets.get('marts/revenue')?.partitions).toMatchObject({ made: 10 });
    expect(view.assets.get('marts/revenue')?.partitions).not.toHaveProperty('lost');
    ok(await project.run(['state', 'verify']));
    expect(await project.rows('data/w.duckdb', 'select total from marts.total')).toEqual(['100']);
  });

  test('rows of every second day are read through a view as well', async () => {
    await begin();
    project.write(
      'branchline.yaml',
      `${tables['branchline.yaml']}  marts/each: { connection: w, materialized: view, sql: "select amount from \${{ ref('marts/revenue') }}" }
  marts/sum: { connection: w, sql: "select sum(amount) as total from \${{ ref('marts/each') }}" }
`,
    );
    ok(await run('--partitions', '2026-01-09'));
    cpSync(file('w.duckdb'), file('whole'));
    ok(await project.run(['run', '--select', 'key:marts/revenue', '--partitions', '2026-01-10']));
    cpSync(file('whole'), file('w.duckdb'));
    expect((await project.run(['run', '--select', 'key:marts/sum'])).code).toBe(1);
    expect(await failureOf('marts/sum')).toContain('2026-01-10 is gone');
  });
});

describe('SQL that reads its own table', () => {
  const file = (name: string): string => join(project.root, 'data', name);
  const wants = ['run', '--select', 'key:sums'];
  const sums = async (): Promise<string[]> => project.rows('data/w.duckdb', 'select count(*) from sums');
  const self = `name: selves
storage: { type: directory }
connections: { w: { type: duckdb, path: data/w.duckdb } }
assets:
  sums:
    connection: w
    on_lost: rebuild
    sql: "create table if not exists \${{ this }} (n int); select n from \${{ this }} union all select 1"
`;

  test('reads no older and no empty one in its place', async () => {
    project = makeCliProject({ 'branchline.yaml': self });
    for (let i = 0; i < 3; i++) {
      if (i === 2) cpSync(file('w.duckdb'), file('older'));
      ok(await project.run(wants));
    }
    expect(await sums()).toEqual(['3']);
    cpSync(file('w.duckdb'), file('newest'));
    for (const lose of [() => cpSync(file('older'), file('w.duckdb')), () => rmSync(file('w.duckdb'))]) {
      lose();
      const run = await project.run(wants);
      expect(run.code, run.stdout).toBe(1);
      expect(run.stdout).toContain('data lost: sums reads what it made last (`this`), which is gone');
      expect((await project.asset('sums')).attempt?.failure?.code).toBe('data-lost');
      cpSync(file('newest'), file('w.duckdb'));
    }
    ok(await project.run(wants));
    expect(await sums()).toEqual(['4']);
    rmSync(file('w.duckdb'));
    ok(await project.run(wayOut((await project.run(wants)).stdout)));
    expect(await sums()).toEqual(['1']);
  });

  test('of partitions reads those before: they are made again in their order', async () => {
    const cut = self
      .replace('assets:', 'partitions:\n  days: { daily: { start: 2026-01-01, end: 2026-01-05 } }\nassets:')
      .replace('on_lost: rebuild', 'on_lost: rebuild\n    partitions: days\n    partition_expr: day')
      .replace(
        /sql: .*/,
        'sql: "create table if not exists ${{ this }} (day date, n int); select $partition_start::date as day, (select count(*) from ${{ this }} where day < $partition_start::date)::int as n"',
      );
    project = makeCliProject({ 'branchline.yaml': cut });
    ok(await project.run([...wants, '--partitions', '2026-01-01...2026-01-03']));
    rmSync(file('w.duckdb'));
    const run = await project.run([...wants, '--partitions', '2026-01-04']);
    expect(run.code).toBe(1);
    expect(run.stdout).toContain('sums reads what it made last (`this`), of which 3 partitions');
    ok(await project.run(wayOut(/data lost: sums.*/.exec(run.stdout)![0])));
    ok(await project.run([...wants, '--partitions', '2026-01-04']));
    expect(await project.rows('data/w.duckdb', 'select sum(n) from sums')).toEqual(['6']);
  });
});
