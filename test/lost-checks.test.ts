import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';

// A check that looks into another table is not judged by what is left of it.

let project: CliProject;
afterEach(() => project.remove());
const file = (name: string): string => join(project.root, 'data', name);

const looking = `      customer: { relationships: { column: customer, to: raw/customers, field: id } }
      through: { relationships: { column: customer, to: raw/known, field: id } }
`;
const shop = (orders: string, checks: string): Readonly<Record<string, string>> => ({
  'branchline.yaml': `name: shop
storage: { type: directory }
connections:
  w: { type: duckdb, path: data/w.duckdb }
partitions:
  days: { daily: { start: 2026-01-01, end: 2026-01-05 } }
assets:
  raw/customers:
    connection: w
    partitions: days
    partition_expr: day
    sql: "select $partition_start::date as day, extract(day from $partition_start::date)::int as id"
  raw/known: { connection: w, materialized: view, sql: "select id from \${{ ref('raw/customers') }}" }
  raw/orders:
    ${orders}
    checks:
${checks}      by_hand: { connection: w, sql: "select 1 where (select count(*) from \${{ ref('raw/customers') }}) > 2" }
      own: { not_null: [customer] }
`,
});
const COMMAND = '`branchline run --select key:raw/customers+ --partitions 2026-01-03...2026-01-04`';

/** What a run said of each check. */
async function said(run: string): Promise<Readonly<Record<string, string>>> {
  const { view } = await project.state();
  const { steps } = [...view.endedRuns.values()].find((ended) => ended.run === run)!;
  const checks = Object.values(steps).flatMap((step) => step.checks);
  return Object.fromEntries(checks.map(({ check, status, message }) => [check, `${status} ${message}`]));
}

describe.each([
  ['made by SQL', 'connection: w\n    sql: "select 1 as customer"', looking],
  ['made by SQL and judged after it', 'connection: w\n    publish: direct\n    sql: "select 1 as customer"', looking],
  ['of files', `run: "mkdir -p data && echo customer,1 | tr , '\\\\n' > data/o.csv"\n    outputs: [data/o.csv]`, ''],
])('orders %s', (_how, made, checks) => {
  test('have no result of a check that looks into another table, while some of that is gone', async () => {
    project = makeCliProject(shop(made, checks));
    const customers = ['run', '--select', 'key:raw/customers or key:raw/known', '--partitions'];
    await project.json(['check']);
    await project.json([...customers, '2026-01-01...2026-01-02']);
    cpSync(file('w.duckdb'), file('older'));
    await project.json([...customers, '2026-01-03...2026-01-04']);
    cpSync(file('older'), file('w.duckdb'));

    const orders = ['run', '--select', 'key:raw/orders'];
    const elsewhere = checks === '' ? ['by_hand'] : ['by_hand', 'customer', 'through'];
    const before = await said((await project.json<RunJson>(orders, 1)).run);
    for (const name of elsewhere) {
      expect(before[name]).toMatch(/^ERRORED data lost: .* raw\/customers, of which 2 partitions .* are gone/);
      expect(before[name]).toContain(COMMAND);
    }
    expect(before['own']).toMatch(/^PASSED/);

    await project.json([...customers, '2026-01-03...2026-01-04']);
    const after = await said((await project.json<RunJson>(orders, 1)).run);
    expect(Object.keys(after).sort()).toEqual([...elsewhere, 'own'].sort());
    for (const [name, text] of Object.entries(after)) expect(text).toMatch(name === 'by_hand' ? /^FAILED/ : /^PASSED/);
  });
});
