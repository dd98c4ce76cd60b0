import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';

const PROJECT = `name: shop
connections:
  warehouse: { type: duckdb, path: data/shop.duckdb }
partitions:
  days: { daily: { start: 2026-01-01 } }
assets:
  raw/orders:
    partitions: days
    backfill_policy: { multi_run: { max_partitions_per_run: 3 } }
    run: |
      mkdir -p data
      node ingest.mjs
    outputs: ["data/orders-\${{ partition.key }}.csv"]
    checks:
      some: { row_count: {}, error_if: "< 1", blocking: true }
  marts/daily:
    connection: warehouse
    partitions: days
    partition_expr: day
    backfill_policy: { multi_run: { max_partitions_per_run: 3 } }
    sql: |
      select cast(day as date) as day, sum(amount) as revenue from \${{ ref('raw/orders') }}
      where day >= $partition_start and day < $partition_end group by 1
    checks:
      plausible: { range: { revenue: { min: 0, max: 100 } }, blocking: true }
`;
/** One row a day of the range, from what the step is told. */
const INGEST = `import { writeFileSync } from 'node:fs';
const keys = JSON.parse(process.env.BRANCHLINE_PARTITIONS);
const bad = process.env.BAD ?? '';
for (const key of keys) writeFileSync('data/orders-' + key + '.csv', 'day,amount\\n' + key + ',' + (key === bad ? 1000 : Number(key.slice(8))) + '\\n');
console.log(process.env.BRANCHLINE_PARTITION ?? '-', process.env.BRANCHLINE_PARTITION_START, process.env.BRANCHLINE_PARTITION_END, process.env.BRANCHLINE_PARTITION_RANGE_START);
`;

describe('assets cut by day', () => {
  let project: CliProject;
  beforeAll(() => {
    project = makeCliProject({ 'branchline.yaml': PROJECT, 'ingest.mjs': INGEST });
  });
  afterAll(() => project.remove());
  const run = (partitions: string, code = 0, env: Record<string, string> = {}) =>
    project.json<RunJson>(['run', '--select', '*', '--partitions', partitions], code, { env });
  const revenue = () => project.rows('data/shop.duckdb', 'select day, revenue from marts.daily order by day');

  test('a run makes the partition that is asked for, and no other', async () => {
    const done = await run('2026-01-03');
    expect(done.events.filter((event) => event.type === 'asset.materialized').map((event) => event.partition)).toEqual([
      '2026-01-03',
      '2026-01-03',
    ]);
    expect(done.events.find((event) => event.type === 'step.started')).toMatchObject({ step: 'raw/orders@2026-01-03' });
    expect(await revenue()).toEqual(['2026-01-03|3']);
    expect(project.has('data/orders-2026-01-03.csv')).toBe(true);
  });

  test('a range is one step; partitions are replaced one by one, the others stay', async () => {
    await run('2026-01-01...2026-01-02');
    expect(await revenue()).toEqual(['2026-01-01|1', '2026-01-02|2', '2026-01-03|3']);
    await run('2026-01-02');
    expect(await revenue()).toEqual(['2026-01-01|1', '2026-01-02|2', '2026-01-03|3']);
  });

  test('a blocking check that fails keeps its partition back, the rest stays as it was', async () => {
    const failed = await run('2026-01-02', 1, { BAD: '2026-01-02' });
    expect(failed.events.find((event) => event.type === 'step.ended' && event.step.startsWith('marts'))).toMatchObject({
      outcome: 'failure',
      failedPartitions: ['2026-01-02'],
    });
    expect(await revenue()).toEqual(['2026-01-01|1', '2026-01-02|2', '2026-01-03|3']);
  });

  test('each partition is up to date for itself', async () => {
    const plan = await project.json<{
      plan: { steps: { id: string; verdict: string; assets: { reason: string }[] }[] };
    }>(['plan', '--stale', '--select', '*', '--partitions', '2026-01-02']);
    expect(plan.plan.steps.map((step) => `${step.id} ${step.verdict}`)).toEqual([
      'raw/orders@2026-01-02 skip',
      'marts/daily@2026-01-02 run',
    ]);
    const fine = await project.json<typeof plan>(['plan', '--stale', '--select', '*', '--partitions', '2026-01-03']);
    expect(fine.plan.steps.map((step) => step.verdict)).toEqual(['skip', 'skip']);
  });

  test('keys that do not exist are refused with the nearest, and nothing is recorded', async () => {
    const end = await project.run(['run', '--select', '*', '--partitions', '2025-12-31, 2026-01-99']);
    expect(end.code).toBe(2);
    expect(end.stderr).toContain('2026-01-01');
    expect((await project.state()).problems).toEqual([]);
  });

  test('rows outside of the partition are refused', async () => {
    await run('2026-01-02');
    project.write('branchline.yaml', PROJECT.replace('where day >= $partition_start and day < $partition_end ', ''));
    project.commit('a mistake');
    const end = await project.json<RunJson>(
      ['run', '--select', 'key:"marts/daily"', '--partitions', '2026-01-01...2026-01-02'],
      0,
    );
    expect(end.state).toBe('SUCCESS');
    project.write(
      'branchline.yaml',
      PROJECT.replace('where day >= $partition_start and day < $partition_end ', 'where 1 = 1 or day = $partition_key ')
        .replace('sum(amount)', 'sum(amount) + 0')
        .replace('cast(day as date) as day', 'cast(day as date) + interval 1 day as day'),
    );
    project.commit('another mistake');
    const failed = await project.json<RunJson>(
      ['run', '--select', 'key:"marts/daily"', '--partitions', '2026-01-01'],
      1,
    );
    expect(JSON.stringify(failed.events)).toContain('do not belong to the partition 2026-01-01');
    expect(await revenue()).toEqual(['2026-01-01|1', '2026-01-02|2', '2026-01-03|3']);
  });
});

test('what is missing before a partition is made with it, as far back as it goes, and what is there is not', async () => {
  const step = (name: string, deps: string): string =>
    `  ${name}: { deps: [${deps}], run: "echo ${name} >> log", partitions: { static: [x] } }\n`;
  const project = makeCliProject({
    'branchline.yaml': `name: chain\nassets:\n${step('a', '')}${step('b', 'a')}${step('c', 'b')}schedules: { s: { cron: "0 0 1 1 *", selection: "key:a" } }\n`,
  });
  try {
    await project.json(['run', '--select', 'key:a', '--partitions', 'x']);
    // Two days later what is known of partitions stands in files of its own, which are read when they are asked for.
    const later = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
    for (const days of [1, 2]) await project.json(['tick', '--now', later(days)]);
    const plan = await project.json<{ plan: { steps: { id: string }[] } }>([
      'plan',
      '--select',
      'key:c',
      '--partitions',
      'x',
      '--with-upstream',
    ]);
    expect(plan.plan.steps.map(({ id }) => id)).toEqual(['b@x', 'c@x']);
    await project.json(['run', '--select', 'key:c', '--partitions', 'x', '--with-upstream']);
    expect(project.read('log')).toBe('a\nb\nc\n');
    expect((await project.state()).problems).toEqual([]);
  } finally {
    project.remove();
  }
});

describe('several runs, because assets are cut in different ways', () => {
  let project: CliProject;
  beforeAll(() => {
    project = makeCliProject({
      'branchline.yaml': `name: two
assets:
  days: { partitions: { daily: { start: 2026-01-01, end: 2026-01-04 } }, run: "true" }
  weeks: { partitions: { weekly: { start: 2026-01-04, end: 2026-02-01 } }, run: "true" }
`,
    });
  });
  afterAll(() => project.remove());

  test('what is planned is the first that has something to do', async () => {
    type Planned = { plan: { steps: { id: string; verdict: string }[] }; planOf: number; runs: unknown[] };
    const planned = async () => {
      const { plan, planOf, runs } = await project.json<Planned>(['plan']);
      return [planOf, runs.length, ...plan.steps.map(({ id, verdict }) => `${id} ${verdict}`)];
    };
    const text = async () => (await project.run(['plan'])).stdout;
    expect(await planned()).toEqual([1, 2, 'days@2026-01-03 run']);
    expect(await text()).toMatch(/^This is 2 runs, one after the other: 2026-01-03, 2026-01-25\. The first one:\n/);
    await project.json(['run', '--select', 'key:days']);
    expect(await planned()).toEqual([2, 2, 'weeks@2026-01-25 run']);
    expect(await text()).toMatch(/2026-01-25\. Run 1 has nothing to do\. Run 2:\nWould run 1 of 1 asset/);
    await project.json(['run', '--select', 'key:weeks']);
    expect(await planned()).toEqual([1, 2, 'days@2026-01-03 skip']);
    expect(await text()).toMatch(/2026-01-25\. None of them has anything to do\. The first one:\nNothing to do/);
  });
});

describe('an asset that has no partitions yet', () => {
  const HINT =
    'b has no partitions yet: it is left out, and so is c, which reads it. Add keys by `branchline partitions add customers <key>`.';
  let project: CliProject;
  beforeAll(() => {
    project = makeCliProject({
      'branchline.yaml': `name: keyless
assets:
  a: { run: "echo a >> log" }
  b: { deps: [a], partitions: { dynamic: customers }, run: "echo b >> log" }
  c: { deps: [b], run: "echo c >> log" }
  e: { partitions: { static: [x, y] }, run: 'echo "e $BRANCHLINE_PARTITION" >> log' }
schedules:
  all: { cron: "0 2 * * *", selection: "*" }
  none: { cron: "0 2 * * *", selection: "key:b" }
`,
    });
  });
  afterAll(() => project.remove());
  const logged = (): string[] => {
    const lines = project.has('log') ? project.read('log').trim().split('\n').sort() : [];
    project.write('log', '');
    return lines.filter((line) => line !== '');
  };

  test('keeps a plan, a run and a schedule from nothing else, and each says so', async () => {
    const planned = await project.run(['plan', '--select', '*']);
    expect(planned.code).toBe(0);
    expect(planned.stderr).toContain(HINT);
    expect(planned.stdout).toContain('Would run 2 of 2 assets');
    const ran = await project.run(['run', '--select', '*']);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain(HINT);
    expect(logged()).toEqual(['a', 'e y']);
    await project.run(['run', '--select', '*', '--partitions', 'x']);
    expect(logged()).toEqual(['a', 'e x']);
    await project.run(['tick', '--now', '2036-11-21T12:00:00Z']);
    project.write('branchline.yaml', project.read('branchline.yaml').replace('echo a >>', 'echo a again >>'));
    const ticked = await project.run(['tick', '--now', '2036-11-22T02:30:00Z']);
    expect(ticked.code).toBe(0);
    const said = ticked.stdout + ticked.stderr;
    expect(said).toContain(`Schedule \`all\`: ${HINT}`);
    expect(said).toMatch(/Schedule `none`: .* asks for nothing: b has no partitions yet\. Add keys by .*<key>`\.\n/);
    // The log is a file that the scripts name, so that e is stale as well.
    expect(logged()).toEqual(['a again', 'e y']);
  });
  test('is refused where nothing else is left, and made once it has keys', async () => {
    for (const more of [['key:b or key:c'], ['key:a or key:b', '--partitions', 'all']]) {
      const refused = await project.run(['run', '--select', ...more]);
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain(
        'b has no partitions yet.\nAdd keys by `branchline partitions add customers <key>`.',
      );
    }
    expect(logged()).toEqual([]);
    await project.run(['partitions', 'add', 'customers', 'acme']);
    const ran = await project.run(['run', '--select', '*']);
    expect(ran.stderr).not.toContain('no partitions yet');
    expect(logged()).toEqual(['a again', 'b', 'c', 'e y']);
    expect((await project.state()).problems).toEqual([]);
  });
});

test('a schedule that selects by status leaves out what has no partitions yet, says so, and makes the rest', async () => {
  const project = makeCliProject({
    'branchline.yaml': `name: keyless
assets:
  a: { run: "echo a >> log" }
  b: { partitions: { dynamic: customers }, run: "echo b >> log" }
  c: { deps: [b], run: "echo c >> log" }
schedules:
  new: { cron: "0 2 * * *", selection: "status:unknown" }
`,
  });
  try {
    await project.run(['tick', '--now', '2036-11-21T12:00:00Z']);
    for (const day of [22, 23]) {
      const ticked = await project.run(['tick', '--now', `2036-11-${day}T02:30:00Z`]);
      expect(ticked.code, ticked.stderr).toBe(0);
      expect(ticked.stdout + ticked.stderr).toContain(
        'b has no partitions yet: it is left out, and so is c, which reads it. Add keys by `branchline partitions add customers <key>`.',
      );
      expect(project.read('log')).toBe('a\n');
    }
    const { view, problems } = await project.state();
    expect(problems).toEqual([]);
    expect([...view.endedRuns.values()].map(({ state }) => state)).toEqual(['SUCCESS', 'SUCCESS']);
  } finally {
    project.remove();
  }
});
