import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';

interface StatusJson {
  readonly assets: readonly {
    readonly asset: string;
    readonly total: number;
    readonly counts: Readonly<Record<string, number>>;
    readonly ranges: Readonly<Record<string, readonly string[]>>;
    readonly newest?: string;
  }[];
}
const countsOf = (status: StatusJson): readonly string[] =>
  status.assets.map(({ asset, counts }) =>
    [asset, counts['materialized'], counts['failed'], counts['missing']].join(' '),
  );
const madeBy = (run: RunJson): readonly string[] =>
  run.events.flatMap((event) =>
    event.type === 'asset.materialized' ? [`${event.asset}${event.partition ? `@${event.partition}` : ''}`] : [],
  );

/** Takes a published copy out of the store, wherever the store keeps it. */
function removeStored(project: CliProject, digest: string): void {
  const found = readdirSync(join(project.root, '.git/branchline'), { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && `${entry.parentPath}/${entry.name}`.replaceAll('/', '').includes(digest.slice(2)),
  );
  expect(found.length).toBeGreaterThan(0);
  for (const entry of found) rmSync(join(entry.parentPath, entry.name));
}

const DYNAMIC = `name: crm
connections:
  warehouse: { type: duckdb, path: data/crm.duckdb }
assets:
  customers:
    run: node find.mjs
    outputs: [data/customers.json]
  orders:
    deps: [customers]
    partitions: { dynamic: customers }
    backfill_policy: { single_run: true }
    run: node orders.mjs
    outputs: ["data/orders/\${{ partition.key }}.csv"]
    checks: { said: { reported: true, blocking: true } }
  totals:
    connection: warehouse
    sql: select count(*) as customers, sum(amount) as amount from \${{ ref('orders') }}
`;
/** Finds customers, and says so. */
const FIND = `import { appendFileSync, writeFileSync } from 'node:fs';
const found = (process.env.FOUND ?? 'acme,zeta').split(',');
writeFileSync('data/customers.json', JSON.stringify(found));
appendFileSync(process.env.BRANCHLINE_OUTPUT, JSON.stringify({ partitions: { customers: { add: found } } }) + '\\n');
`;
/** Writes a file a customer; says of each how it went. */
const ORDERS = `import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('data/orders', { recursive: true });
const say = (line) => appendFileSync(process.env.BRANCHLINE_OUTPUT, JSON.stringify(line) + '\\n');
for (const key of JSON.parse(process.env.BRANCHLINE_PARTITIONS)) {
  writeFileSync('data/orders/' + key + '.csv', 'customer,amount\\n' + key + ',' + (process.env.AMOUNT ?? 5) + '\\n');
  say({ partition: key, row_count: 1, metadata: { for: key } });
  say({ check: 'said', partition: key, passed: key !== process.env.BAD });
  if (key === process.env.STOP_AFTER) process.exit(3);
}
`;

describe('a dynamic set', () => {
  let project: CliProject;
  beforeAll(() => {
    project = makeCliProject({ 'branchline.yaml': DYNAMIC, 'find.mjs': FIND, 'orders.mjs': ORDERS });
    project.write('data/.keep', '');
  });
  afterAll(() => project.remove());
  const status = () => project.json<StatusJson>(['partitions', 'status']);
  const totals = () => project.rows('data/crm.duckdb', 'select customers, amount from totals');

  test('has no keys at first: a run of it says where they come from', async () => {
    const end = await project.run(['run', '--select', 'key:orders', '--partitions', 'acme']);
    expect(end.code).toBe(2);
    expect(end.stderr).toContain('branchline partitions add');
  });

  test('takes the keys that a step reports, then makes them; unpartitioned readers read all of them', async () => {
    await project.json<RunJson>(['run', '--select', 'key:customers']);
    expect(await project.json(['partitions', 'list', 'customers'])).toMatchObject({ keys: ['acme', 'zeta'] });
    const run = await project.json<RunJson>(['run', '--select', 'key:orders+', '--partitions', 'all']);
    expect(madeBy(run)).toEqual(['orders@acme', 'orders@zeta', 'totals']);
    expect(run.events.find((event) => event.type === 'asset.materialized' && event.partition === 'zeta')).toMatchObject(
      { rows: 1, metadata: { for: 'zeta' } },
    );
    expect(await totals()).toEqual(['2|10']);
    expect(countsOf(await status())).toEqual(['orders 2 0 0']);
  });

  test('takes keys by hand, once; refuses what cannot be one, and what is not there', async () => {
    const added = await project.json(['partitions', 'add', 'customers', 'nova', 'acme']);
    expect(added).toMatchObject({ set: 'customers', added: ['nova'], keys: 3 });
    expect(await project.json(['partitions', 'add', 'customers', 'nova'])).toMatchObject({
      added: [],
      stateCommit: null,
    });
    const wrong = await project.run(['partitions', 'add', 'customers', 'a...b']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('writes a range')]);
    const unknown = await project.run(['partitions', 'add', 'custmers', 'x']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean `customers`?')]);
    const missing = await project.run(['partitions', 'remove', 'customers', 'novo', '--yes']);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining('did you mean `nova`?')]);
    const asks = await project.run(['partitions', 'remove', 'customers', 'nova']);
    expect([asks.code, asks.stderr]).toEqual([2, expect.stringContaining('--yes')]);
    expect(countsOf(await status())).toEqual(['orders 2 0 1']);
    expect((await status()).assets[0]!.ranges['missing']).toEqual(['nova']);
  });

  test('status shows a bar and the ranges; `state show` too', async () => {
    const end = await project.run(['partitions', 'status', 'orders']);
    expect(end.stdout).toMatch(/orders {2}[█#]+[░.]+ {2}2 made, 1 missing of 3/);
    expect(end.stdout).toContain('newest made  zeta');
    const shown = await project.json<{ partitions: { total: number } }>(['state', 'show', 'orders']);
    expect(shown.partitions.total).toBe(3);
    expect(await project.json(['list', '--select', 'status:missing and partitions:customers'])).toMatchObject({
      assets: [{ asset: 'orders', partitions: 'dynamic', partitions_written: 'dynamic customers' }],
    });
    expect((await project.json<{ assets: unknown[] }>(['list', '--select', 'partitions:<null>'])).assets).toHaveLength(
      2,
    );
  });

  test('a step that dies keeps what it handed over; the rest has failed and its files are put back', async () => {
    const run = await project.json<RunJson>(['run', '--select', 'key:orders', '--partitions', 'all'], 1, {
      env: { STOP_AFTER: 'acme', AMOUNT: '7' },
    });
    expect(madeBy(run)).toEqual(['orders@acme']);
    expect(countsOf(await status())).toEqual(['orders 1 2 0']);
    expect(project.read('data/orders/acme.csv')).toContain('acme,7');
    expect(project.read('data/orders/zeta.csv')).toContain('zeta,5');
    expect(project.has('data/orders/nova.csv')).toBe(false);
    expect((await project.json<StatusJson>(['partitions', 'status', 'customers'])).assets[0]).toMatchObject({
      ranges: { failed: ['zeta...nova'] },
      newest: 'zeta',
    });
  });

  test('a blocking check that fails keeps its partition back alone', async () => {
    const run = await project.json<RunJson>(['run', '--select', 'key:orders', '--partitions', 'all'], 1, {
      env: { BAD: 'nova', AMOUNT: '9' },
    });
    expect(madeBy(run)).toEqual(['orders@acme', 'orders@zeta']);
    expect(countsOf(await status())).toEqual(['orders 2 1 0']);
    await project.json<RunJson>(['run', '--select', 'key:orders+', '--partitions', 'failed']);
    expect(countsOf(await status())).toEqual(['orders 3 0 0']);
    expect(await totals()).toEqual(['3|23']);
  });

  test('a key that is taken out is made no more, and what was made stays recorded', async () => {
    await project.json(['partitions', 'remove', 'customers', 'nova', '--yes']);
    expect(countsOf(await status())).toEqual(['orders 2 0 0']);
    const { view, problems } = await project.state();
    expect(problems).toEqual([]);
    expect(view.dynamicKeys?.get('customers')).toEqual(['acme', 'zeta']);
    // Made anew without the key's rows.
    await project.json<RunJson>(['run', '--select', 'key:totals']);
    expect(await totals()).toEqual(['2|18']);
  });

  test('a partition whose files are gone is made again, and only that one', async () => {
    const plan = async () =>
      (
        await project.json<{ plan: { steps: { verdict: string; assets: { reason: string; detail: string[] }[] }[] } }>([
          'plan',
          '--stale',
          '--select',
          'key:orders',
          '--partitions',
          'all',
        ])
      ).plan.steps[0]!;
    expect((await plan()).verdict).toBe('skip');
    rmSync(join(project.root, 'data/orders/zeta.csv'));
    expect((await plan()).verdict).toBe('skip');
    const { view } = await project.state();
    const files = view.partitions?.get('orders')?.get('zeta')?.materialized?.files ?? {};
    for (const { digest } of Object.values(files)) removeStored(project, digest);
    expect(await plan()).toMatchObject({ verdict: 'run', assets: [{ reason: 'data_lost' }] });
  });
});

const MULTI = `name: shop
timezone: Europe/Berlin
connections:
  warehouse: { type: duckdb, path: data/shop.duckdb }
partitions:
  days: { daily: { start: 2026-03-28 } }
  sales: { multi: { day: days, region: { static: [eu, us] } } }
assets:
  sales:
    connection: warehouse
    partitions: sales
    partition_expr: { day: day, region: region }
    backfill_policy: { single_run: true }
    sql: |
      select cast(\${{ partition.keys.day }} as date) as day, \${{ partition.keys.region }} as region, 1 as n
    checks: { one: { row_count: {}, error_if: "!= 1", blocking: true } }
  days:
    connection: warehouse
    partitions: days
    partition_expr: day
    backfill_policy: { single_run: true }
    sql: |
      select day, sum(n) as n, any_value(extract(epoch from $partition_end - $partition_start) / 3600) as hours
      from \${{ ref('sales') }} where day >= $partition_start and day < $partition_end group by day
  growth:
    connection: warehouse
    partitions: days
    partition_expr: day
    backfill_policy: { single_run: true }
    deps: [{ asset: days, partition_mapping: { time_window: { start_offset: -1 } } }]
    sql: |
      select day, n - lag(n) over (order by day) as growth from days
      where day >= $partition_start - interval 1 day and day < $partition_end
      qualify day >= $partition_start
  env:
    partitions: sales
    run: echo "$BRANCHLINE_PARTITION $BRANCHLINE_PARTITION_DAY $BRANCHLINE_PARTITION_REGION $BRANCHLINE_PARTITION_START $BRANCHLINE_PARTITION_END" > data/env.txt
`;

describe('several dimensions, a zone, and offsets', () => {
  let project: CliProject;
  beforeAll(() => {
    project = makeCliProject({ 'branchline.yaml': MULTI });
    project.write('data/.keep', '');
  });
  afterAll(() => project.remove());
  const run = (select: string, partitions: string, code = 0) =>
    project.json<RunJson>(['run', '--select', select, '--partitions', partitions], code);
  const rows = (sql: string) => project.rows('data/shop.duckdb', sql);

  test('a range of two dimensions is made key by key, each in its own column', async () => {
    const done = await run('key:sales', '2026-03-28|us...2026-03-29|us');
    expect(madeBy(done)).toEqual(['sales@2026-03-28|us', 'sales@2026-03-29|eu', 'sales@2026-03-29|us']);
    await run('key:sales', '2026-03-28|us...2026-03-29|us');
    expect(await rows('select day, region, n from sales order by all')).toEqual([
      '2026-03-28|us|1',
      '2026-03-29|eu|1',
      '2026-03-29|us|1',
    ]);
  });

  test('a step sees each dimension, and the window of the day with 23 hours', async () => {
    await run('key:env', '2026-03-29|eu');
    expect(project.read('data/env.txt').trim()).toBe(
      '2026-03-29|eu 2026-03-29 eu 2026-03-29T00:00:00+01:00 2026-03-30T00:00:00+02:00',
    );
  });

  test('one dimension reads all keys of the other; what was never made is told', async () => {
    const refused = await project.run(['run', '--select', 'key:days', '--partitions', '2026-03-28']);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('sales@2026-03-28|eu')]);
    await run('key:sales', '2026-03-28|eu');
    await run('key:days', '2026-03-28...2026-03-29');
    expect(await rows('select day, n from days order by all')).toEqual(['2026-03-28|2', '2026-03-29|2']);
  });

  test('an offset reads the window before, and nothing before the first one', async () => {
    await run('key:growth', '2026-03-28...2026-03-29');
    expect(await rows('select day, growth from growth order by all')).toEqual(['2026-03-28|null', '2026-03-29|0']);
    // The day before is made anew with other data: the day that reads it is stale, and it alone.
    const planned = async (key: string) =>
      (
        await project.json<{ plan: { steps: { verdict: string }[] } }>([
          'plan',
          '--stale',
          '--select',
          'key:growth',
          '--partitions',
          key,
        ])
      ).plan.steps[0]!.verdict;
    expect([await planned('2026-03-28'), await planned('2026-03-29')]).toEqual(['skip', 'skip']);
    project.write('branchline.yaml', MULTI.replace('1 as n', '2 as n'));
    project.commit('twice as much');
    await run('key:sales', '2026-03-29|eu');
    await run('key:days', '2026-03-29');
    expect([await planned('2026-03-28'), await planned('2026-03-29')]).toEqual(['skip', 'run']);
  });
});
