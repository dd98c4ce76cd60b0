import { afterEach, expect, test } from 'vitest';
import type { AssetRecord } from '../src/model/state.ts';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

const manifest = `name: week
connections: { warehouse: { type: duckdb, path: data/warehouse.duckdb } }
assets:
  raw/orders:
    run: mkdir -p data && cp orders.csv data/orders.csv
    code: [orders.csv]
    outputs: [data/orders.csv]
    checks: { enough: { row_count: {}, error_if: "< 1", blocking: true } }
  staging/orders:
    connection: warehouse
    sql: select id, amount from \${{ ref('raw/orders') }}
    checks: { ids: { unique: [id], blocking: true }, amounts: { range: { amount: { min: 0 } }, severity: warn } }
  marts/revenue:
    connection: warehouse
    sql: select sum(amount)::bigint as revenue from \${{ ref('staging/orders') }}
schedules:
  nightly: { selection: "*", cron: "30 2 * * *" }
`;
const orders = (...rows: string[]): string => `id,amount\n${rows.join('\n')}\n`;

interface Log {
  readonly commits: readonly { readonly commit: string; readonly at: string; readonly subject: string }[];
}

test('a week of the state branch reads like a diary', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest, 'orders.csv': orders('1,10', '2,20') });
  const tick = (now: string, code = 0) => project.json(['tick', '--now', now], code);
  await tick('2026-11-15T12:00:00Z');
  await tick('2026-11-16T02:31:00Z');
  // Nothing new on Tuesday.
  await tick('2026-11-17T02:31:00Z');
  project.write('orders.csv', orders('1,10', '2,20', '3,-5'));
  await tick('2026-11-18T02:31:00Z');
  // An id comes twice: nothing of it is published.
  project.write('orders.csv', orders('1,10', '2,20', '2,5'));
  await tick('2026-11-19T02:31:00Z', 1);
  await tick('2026-11-20T02:31:00Z', 1);
  project.write('orders.csv', orders('1,10', '2,20', '3,5'));
  await tick('2026-11-21T02:31:00Z');
  // Nobody woke it for a day, and then late.
  await tick('2026-11-23T07:12:00Z');

  const { commits } = await project.json<Log>(['state', 'log', '--limit', '50']);
  const diary = [...commits].reverse().map(({ at, subject }) => `${at.slice(5, 10)} ${subject}`);
  expect(diary).toMatchInlineSnapshot(`
    [
      "11-15 ○ schedules begin: nightly",
      "11-16 … nightly 02:30 started: 3 steps",
      "11-16 ✓ 3 ok · nightly 02:30",
      "11-17 … nightly 02:30 started: 3 steps",
      "11-17 ✓ 1 ok, 2 up to date · nightly 02:30",
      "11-18 … nightly 02:30 started: 3 steps",
      "11-18 ! 1 warned, 2 ok: staging/orders warns (amounts) · nightly 02:30",
      "11-19 … nightly 02:30 started: 3 steps",
      "11-19 ✗ 1 failed, 1 ok, 1 skipped: staging/orders not published (ids) · nightly 02:30",
      "11-20 … nightly 02:30 started: 3 steps",
      "11-20 ✗ 1 failed, 1 ok, 1 skipped: staging/orders not published (ids) · nightly 02:30",
      "11-21 … nightly 02:30 started: 3 steps",
      "11-21 ✓ 3 ok · nightly 02:30",
      "11-23 … nightly 02:30 started: 3 steps",
      "11-23 ✓ 1 ok, 2 up to date · nightly 02:30",
    ]
  `);
  expect((await project.state()).problems).toEqual([]);
});

test('time travel: the state as it was at a commit, and at an instant', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest, 'orders.csv': orders('1,10') });
  await project.json(['tick', '--now', '2026-11-15T12:00:00Z']);
  await project.json(['tick', '--now', '2026-11-16T02:31:00Z']);
  project.write('orders.csv', orders('1,10', '2,20'));
  await project.json(['tick', '--now', '2026-11-18T02:31:00Z']);
  const show = (at: string) => project.json<{ asset: AssetRecord }>(['state', 'show', 'staging/orders', '--at', at]);
  expect((await show('2026-11-17')).asset.materialized?.rows).toBe(1);
  expect((await show('2026-11-18T12:00:00Z')).asset.materialized?.rows).toBe(2);
  const { commits } = await project.json<Log>(['state', 'log']);
  const newest = commits[0]!.commit;
  expect((await show(newest.slice(0, 10))).asset.materialized?.rows).toBe(2);
  const before = await project.json<Log>(['state', 'log', '--at', '2026-11-17']);
  expect(before.commits.length).toBeLessThan(commits.length);
  expect(commits.slice(-before.commits.length)).toEqual(before.commits);
  const { problems } = await project.json<{ problems: unknown[] }>(['state', 'verify', '--at', '2026-11-17']);
  expect(problems).toEqual([]);
  expect((await project.run(['state', 'show', '--at', '2020-01-01'])).code).toBe(2);
  expect((await project.run(['state', 'show', 'no/such'])).code).toBe(2);
});

test('pages, schemas and a new project that cannot be written are refused with what is in the way', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest, 'orders.csv': orders('1,10') });
  await project.json(['run']);
  for (const args of [
    ['report', '--out', 'orders.csv'],
    ['report', '--out', 'orders.csv/pages'],
    ['schema', '--write', 'orders.csv'],
    ['init', '--project', 'orders.csv'],
  ]) {
    const { error } = await project.json<{ error: { code: string } }>([...args, '--json'], 3);
    expect(error.code).toBe('cannot-write');
  }
  expect(project.read('orders.csv')).toBe(orders('1,10'));
});

test('a plan that was previewed is refused when the world has changed, and what changed is named', async () => {
  project = makeCliProject({ 'branchline.yaml': manifest, 'orders.csv': orders('1,10') });
  const plan = () => project.json<{ plan: { digest: string } }>(['plan']);
  const refused = async (digest: string): Promise<string> => {
    const end = await project.run(['run', '--json', '--plan', digest]);
    expect(end.code).toBe(3);
    const { error } = JSON.parse(end.stdout) as { error: { code: string; message: string } };
    expect(error.code).toBe('plan-outdated');
    return error.message;
  };
  const first = (await plan()).plan.digest;
  project.write('orders.csv', orders('1,11'));
  expect(await refused(first)).toContain('raw/orders: its code changed (orders.csv)');
  const second = (await plan()).plan.digest;
  expect(await project.json<RunJson>(['run', '--plan', second])).toMatchObject({
    state: 'SUCCESS',
    planDigest: second,
  });
  expect(await refused(second)).toMatch(/staging\/orders/);
  expect((await project.run(['run', '--plan', 'feedbeef'])).code).toBe(2);
});
