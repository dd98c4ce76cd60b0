import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type CliEnd,
  type CliProject,
  cliProjectIn,
  enginesFolder,
  makeCliProject,
  type RunJson,
  startNode,
} from '../src/testing/cli-project.ts';
import { dailyShop } from '../src/testing/daily-shop.ts';

// Rows in a table that the state did not make: another machine, another environment, a state that is no more. Whoever reads
// the whole table would count them. Here 10 a day is the truth, and 11 what anybody else writes.

let project: CliProject;
afterEach(() => project.remove());

const days = (from: number, to: number): string => `2026-01-0${from}...2026-01-0${to}`;
const ok = (end: CliEnd): void => expect(end, end.stdout + end.stderr).toMatchObject({ code: 0 });
const total = (): Promise<string[]> => project.rows('data/w.duckdb', 'select total from marts.total');
const revenue = (): Promise<string[]> =>
  project.rows('data/w.duckdb', 'select count(*), sum(amount) from marts.revenue');

async function failureOf(asset: string, environment?: string): Promise<string> {
  const { attempt } = await project.asset(asset, environment);
  return attempt?.failure?.code === 'data-unknown' ? attempt.failure.message : `another failure: ${attempt?.outcome}`;
}

/** The commands that a message names, as they stand there. */
function waysOut(text: string): string[][] {
  return [...text.matchAll(/`branchline (run[^`]+|backfill start[^`]+)`/g)].map(([, command]) =>
    [...command!.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!),
  );
}

/** The same project on another machine, where a day is 11, with a state of its own; its database comes over. */
async function fillElsewhere(
  partitions: string,
  change: (manifest: string) => string = (text) => text,
  selection = '+key:marts/total',
): Promise<void> {
  const other = cliProjectIn(project.sandbox, 'elsewhere');
  cpSync(project.root, other.root, { recursive: true });
  rmSync(join(other.root, '.git', 'branchline'), { recursive: true, force: true });
  other.write('branchline.yaml', change(project.read('branchline.yaml').replaceAll('10 as amount', '11 as amount')));
  ok(await other.run(['run', '--select', selection, '--partitions', partitions]));
  mkdirSync(join(project.root, 'data'), { recursive: true });
  cpSync(join(other.root, 'data/w.duckdb'), join(project.root, 'data/w.duckdb'));
}

describe('a DuckDB file that another machine filled', () => {
  const begin = async (): Promise<string> => {
    project = makeCliProject(dailyShop('2026-01-11'));
    await fillElsewhere(days(1, 9));
    const run = await project.run(['run']);
    expect(run.code).toBe(1);
    // What was there before lies untouched, and nothing was made from it: the total is still that of the other machine.
    expect(await revenue()).toEqual(['10|109']);
    expect(await total()).toEqual(['99']);
    expect(run.stderr).toMatch(/Data unknown, not made by this state: 9 partitions \(2026-01-01 to 2026-01-09\)/);
    expect(run.stdout).not.toContain('After a fix');
    const failure = await failureOf('marts/total');
    expect(failure).toMatch(/^data unknown: marts\/total reads marts\/revenue, in which this state did not make 9/);
    expect(waysOut(run.stdout)).toEqual(waysOut(failure));
    return failure;
  };

  test('is not counted by who reads the whole table; the first command makes it', async () => {
    const failure = await begin();
    const [makes] = waysOut(failure);
    ok(await project.run(makes!));
    expect(await total()).toEqual(['100']);
    expect((await project.run(['plan'])).stderr).not.toContain('unknown');
  });

  test('the second takes it out, with what reads it made in the same run; a plan says so before', async () => {
    const failure = await begin();
    const [, takes] = waysOut(failure);
    const plan = await project.run(['plan', ...takes!.slice(1)]);
    expect(plan.stderr).toMatch(/taken out by this run: 9 partitions \(2026-01-01 to 2026-01-09\)/);
    expect(await revenue()).toEqual(['10|109']);
    ok(await project.run(takes!));
    expect(await revenue()).toEqual(['1|10']);
    expect(await total()).toEqual(['10']);
    ok(await project.run(['run', '--select', '*', '--partitions', 'missing']));
    expect(await total()).toEqual(['100']);
  });

  test('a tick, a retry and a run of one more day do not get round it; a plan says it before', async () => {
    project = makeCliProject(dailyShop('2026-01-11', 'schedules:\n  daily: { cron: "0 5 * * *", selection: "*" }\n'));
    await fillElsewhere(days(1, 9));
    expect((await project.run(['plan'])).stderr).toMatch(/Data unknown, .*9 partitions.* What reads all of it fails/);
    const status = await project.run(['partitions', 'status']);
    expect(status.stderr).toMatch(/Data unknown, not made by this state: 9 partitions/);
    await project.run(['tick', '--now', '2026-01-10T04:00:00Z']);
    expect((await project.run(['tick', '--now', '2026-01-11T06:00:00Z'])).code).toBe(1);
    expect(await failureOf('marts/total')).toContain('9 partitions');
    const run = await project.json<RunJson>(['run', '--select', '*', '--partitions', '2026-01-09'], 1);
    await project.json<RunJson>(['retry', run.run], 1);
    expect(await failureOf('marts/total')).toContain('8 partitions');
    expect(await total()).toEqual(['99']);
  });

  test('who reads a day by its key makes it as ever, and a check that looks into all of it is not judged', async () => {
    project = makeCliProject({
      'branchline.yaml': `${dailyShop('2026-01-11')['branchline.yaml']}  marts/net: { connection: w, partitions: days, partition_expr: day, sql: "select day, amount - 1 as amount from \${{ ref('marts/revenue') }} where day = $partition_start::date" }
  marts/asked:
    connection: w
    sql: "select 10 as amount"
    checks:
      known: { relationships: { column: amount, to: marts/revenue, field: amount } }
      own: { not_null: [amount] }
`,
    });
    await fillElsewhere(days(1, 9));
    ok(await project.run(['run', '--select', 'key:marts/revenue or key:marts/net', '--partitions', '2026-01-10']));
    expect(await project.rows('data/w.duckdb', "select amount from marts.net where day = '2026-01-10'")).toEqual(['9']);
    expect((await project.run(['run', '--select', 'key:marts/asked'])).code).toBe(1);
    const { checks } = await project.asset('marts/asked');
    expect(checks['own']).toMatchObject({ status: 'PASSED' });
    expect(checks['known']).toMatchObject({ status: 'ERRORED' });
    const said = JSON.stringify(checks['known']);
    expect(said).toMatch(/data unknown: the check known reads marts\/revenue, in which this state did not make 9/);
    // What it does not know of days that a reader asks for by key is refused as never made.
    expect((await project.run(['run', '--select', 'key:marts/net', '--partitions', '2026-01-05'])).code).toBe(2);
  });

  test('through a view, and with upstreams that were never made here either', async () => {
    project = makeCliProject({
      'branchline.yaml': `${dailyShop('2026-01-11')['branchline.yaml'].replace('select $partition_start::date as day, 10 as amount', "select day, amount from ${{ ref('raw/sales') }} where day = $partition_start::date")}  raw/sales: { connection: w, partitions: days, partition_expr: day, sql: "select $partition_start::date as day, 10 as amount" }
  marts/each: { connection: w, materialized: view, sql: "select amount from \${{ ref('marts/revenue') }}" }
  marts/sum: { connection: w, sql: "select sum(amount) as total from \${{ ref('marts/each') }}" }
`,
    });
    await fillElsewhere(days(1, 9));
    expect((await project.run(['run'])).code).toBe(1);
    const failure = await failureOf('marts/total');
    expect(failure).toContain('--with-upstream');
    expect(await failureOf('marts/each')).toContain('9 partitions');
    const [makes] = waysOut(failure);
    ok(await project.run(makes!));
    expect(await total()).toEqual(['100']);
    expect(await project.rows('data/w.duckdb', 'select total from marts.sum')).toEqual(['100']);
  });
});

test('days that the definition does not have can only be taken out; what it had once stays', async () => {
  project = makeCliProject(dailyShop('2026-01-05'));
  const manifest = project.read('branchline.yaml');
  ok(await project.run(['run', '--select', '*', '--partitions', days(1, 4)]));
  expect(await total()).toEqual(['40']);
  await fillElsewhere('2025-12-30...2026-01-09', (text) =>
    text.replace('start: 2026-01-01, end: 2026-01-05', 'start: 2025-12-30, end: 2026-01-10'),
  );
  // The first two days are no longer asked for; the state has made them all the same.
  project.write('branchline.yaml', manifest.replace('start: 2026-01-01', 'start: 2026-01-03'));
  ok(await project.run(['run', '--select', 'key:marts/revenue', '--partitions', days(3, 4)]));
  expect((await project.run(['run', '--select', 'key:marts/total'])).code).toBe(1);
  const failure = await failureOf('marts/total');
  expect(failure).toContain('9 partitions (2025-12-30 to 2026-01-09)');
  const [takes, more] = waysOut(failure);
  expect(takes).toContain('--full-refresh');
  expect(more).toBeUndefined();
  ok(await project.run(takes!));
  expect(await revenue()).toEqual(['2|20']);
  expect(await total()).toEqual(['20']);
});

test('a definition that begins later is no reason to call older days unknown, and they are not taken out', async () => {
  project = makeCliProject(dailyShop('2026-01-05'));
  const manifest = project.read('branchline.yaml');
  ok(await project.run(['run', '--select', '*', '--partitions', days(1, 4)]));
  project.write('branchline.yaml', manifest.replace('start: 2026-01-01', 'start: 2026-01-03'));
  ok(await project.run(['run', '--select', 'key:marts/total']));
  expect(await total()).toEqual(['40']);
  ok(await project.run(['run', '--select', 'key:marts/revenue+', '--partitions', '2026-01-04', '--full-refresh']));
  expect(await total()).toEqual(['40']);
  // A definition of months knows no second of January: nothing is taken out by guess.
  project.write('branchline.yaml', manifest);
  const longer = (text: string): string => text.replace('end: 2026-01-05', 'end: 2026-01-10');
  await fillElsewhere(days(5, 9), longer, 'key:marts/revenue');
  const monthly = manifest.replace('daily: { start: 2026-01-01, end: 2026-01-05 }', 'monthly: { start: 2026-01-01 }');
  project.write('branchline.yaml', monthly);
  const refresh = ['--partitions', '2026-02-01', '--full-refresh'];
  const refused = await project.run(['run', '--select', 'key:marts/revenue', ...refresh]);
  expect(refused.code, refused.stderr).toBe(1);
  expect(refused.stdout).toContain('cannot be taken out of');
  expect(await revenue()).toEqual(['9|95']);
});

test('keys that were taken out of a dynamic set were made here, and count on', async () => {
  project = makeCliProject({
    'branchline.yaml': dailyShop('2026-01-05')
      ['branchline.yaml'].replace('daily: { start: 2026-01-01, end: 2026-01-05 }', 'dynamic: customers')
      .replace('$partition_start::date as day', '$partition_key as day'),
  });
  await project.json(['partitions', 'add', 'customers', 'acme', 'zeta']);
  ok(await project.run(['run', '--select', '*', '--partitions', 'all']));
  await project.json(['partitions', 'remove', 'customers', 'zeta', '--yes']);
  ok(await project.run(['run', '--select', 'key:marts/total']));
  expect(await total()).toEqual(['20']);
});

test('another environment in the same file: its days are not those of this one', async () => {
  project = makeCliProject(dailyShop('2026-01-11'));
  ok(await project.run(['run', '--select', '*', '--partitions', days(1, 9)]));
  const production = ['--environment', 'production', '--yes'];
  expect((await project.run(['run', '--select', '*', '--partitions', '2026-01-10', ...production])).code).toBe(1);
  const failure = await failureOf('marts/total', 'production');
  expect(failure).toContain('environment local made it');
  ok(await project.run([...waysOut(failure)[0]!, '--yes']));
  expect(await total()).toEqual(['100']);
});

test('a state that was forced back, and one that was begun anew, did not make what is in the table', async () => {
  project = makeCliProject(dailyShop('2026-01-11'));
  const run = (partitions: string): Promise<CliEnd> =>
    project.run(['run', '--select', '*', '--partitions', partitions]);
  ok(await run(days(1, 4)));
  const states = join(project.root, '.git', 'branchline');
  cpSync(states, `${states}-older`, { recursive: true });
  ok(await run(days(5, 9)));
  rmSync(states, { recursive: true });
  cpSync(`${states}-older`, states, { recursive: true });
  expect((await run('2026-01-10')).code).toBe(1);
  expect(await failureOf('marts/total')).toContain('5 partitions (2026-01-05 to 2026-01-09)');
  rmSync(states, { recursive: true });
  expect((await run('2026-01-10')).code).toBe(1);
  const failure = await failureOf('marts/total');
  expect(failure).toContain('9 partitions (2026-01-01 to 2026-01-09)');
  ok(await project.run(waysOut(failure)[0]!));
  expect(await total()).toEqual(['100']);
});

test('a table that was dropped and made anew holds what was made since, whatever its stamps said before', async () => {
  project = makeCliProject(dailyShop('2026-01-11'));
  await fillElsewhere(days(1, 4));
  ok(await project.run(['run', '--select', 'key:marts/revenue', '--partitions', days(5, 9)]));
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(join(project.root, 'data/w.duckdb'));
  const connection = await instance.connect();
  await connection.run('drop table marts.revenue');
  connection.closeSync();
  instance.closeSync();
  // The days of the other machine are gone with it, and so are this state's own.
  expect((await project.run(['run', '--select', '*', '--partitions', '2026-01-10'])).code).toBe(1);
  const { attempt } = await project.asset('marts/total');
  expect(attempt?.failure?.code).toBe('data-lost');
  expect(attempt?.failure?.message).toContain('5 partitions (2026-01-05 to 2026-01-09) are gone');
});

test('a run that was killed before it could record a day: the day does not count, and the message says so', async () => {
  project = makeCliProject(dailyShop('2026-01-11'));
  ok(await project.run(['run', '--select', '*', '--partitions', days(1, 9)]));
  const end = await cutOff(await placeOfCommit());
  expect(end.signal).toBe('SIGKILL');
  expect(await revenue()).toEqual(['10|100']);
  expect((await project.run(['run', '--select', 'key:marts/total'])).code).toBe(1);
  const failure = await failureOf('marts/total');
  expect(failure).toMatch(
    /in which this state did not make the partition 2026-01-10; .*and was cut off before that was/,
  );
  expect(await total()).toEqual(['90']);
  // The next run makes it again by itself, as it failed last.
  ok(await project.run(['run', '--stale']));
  expect(await total()).toEqual(['100']);
});

/** `run`, killed at a port call; 0 = never (src/testing/cut-off-run.ts). */
function cutOff(at: number, of = project): Promise<CliEnd> {
  const env = {
    ...of.sandbox.env,
    BRANCHLINE_ENGINES: enginesFolder,
    CUT_AT: String(at),
    CUT_TRACE: `${of.root}.trace`,
  };
  return startNode([process.env['BRANCHLINE_TEST_CUT_OFF'] ?? ''], { cwd: of.root, env }).end;
}

/** The moment at which the partition is published and nothing has been written into the journal yet. */
async function placeOfCommit(): Promise<number> {
  const calm = cliProjectIn(project.sandbox, 'calm');
  cpSync(project.root, calm.root, { recursive: true });
  ok(await cutOff(0, calm));
  const trace = readFileSync(`${calm.root}.trace`, 'utf8').trim().split('\n');
  return trace.indexOf('< sql commit') + 1;
}

test('a script that opens the file by itself is not kept out by who looked into it before', async () => {
  const driver = join(enginesFolder, '@duckdb', 'node-api', 'lib', 'index.js');
  project = makeCliProject({
    'branchline.yaml': `${dailyShop('2026-01-11')['branchline.yaml']}  marts/list: { deps: [marts/revenue], run: "node client.mjs", outputs: [data/list.csv] }
`,
    'client.mjs': `import { DuckDBInstance } from ${JSON.stringify(driver)};
const connection = await (await DuckDBInstance.create('data/w.duckdb')).connect();
await connection.run("copy (select * from marts.revenue) to 'data/list.csv'");
connection.closeSync();
`,
  });
  ok(await project.run(['run', '--select', 'key:marts/revenue', '--partitions', days(1, 9)]));
  ok(await project.run(['run', '--select', 'key:marts/list']));
  await fillElsewhere('2026-01-10', undefined, 'key:marts/revenue');
  expect((await project.run(['run', '--select', 'key:marts/list'])).code).toBe(1);
  expect(await failureOf('marts/list')).toContain('the partition 2026-01-10');
});
