import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import { startPostgres, type TestPostgres } from '../src/testing/postgres.ts';

let project: CliProject;
afterEach(() => project.remove());

const outcomes = (run: RunJson): string[] =>
  run.events
    .flatMap((event) => (event.type === 'check.judged' ? [`${event.asset}/${event.check} ${event.status}`] : []))
    .sort();

test('an output that a value of env leads above the project is refused in one job as in a fan-out', async () => {
  project = makeCliProject({
    'sub/branchline.yaml':
      'name: above\nassets:\n  raw/a: { run: "mkdir -p $OUT; echo 1 > $OUT/a.csv", outputs: ["${{ env.OUT }}/a.csv"] }\n',
  });
  const at = (OUT: string) => ({ cwd: `${project.root}/sub`, env: { OUT } });
  const run = await project.json<RunJson>(['run'], 1, at('../above'));
  const said = JSON.stringify(run.events);
  expect(said).toContain('output-outside');
  expect(said).toContain('../above/a.csv');
  expect(said).toContain('branchline.yaml:3');
  expect(await project.json(['run'], 0, at('data'))).toMatchObject({ state: 'SUCCESS' });
});

describe('one execution, several assets', () => {
  const manifest = (script: string, more = '') => `name: several
multi_assets:
  load:
    run: |
${script.replace(/^/gm, '      ')}
${more}    specs:
      raw/a: { outputs: [data/a.csv], checks: { rows: { row_count: {}, error_if: "< 1", blocking: true }, told: { reported: true } } }
      raw/b: { outputs: [data/b.csv] }
      raw/c: { skippable: true, outputs: [{ path: data/c.csv, optional: true }] }
assets:
  below/a: { deps: [raw/a], run: "cp data/a.csv data/below-a.csv", outputs: [data/below-a.csv] }
  below/c: { deps: [raw/c], run: "cp data/c.csv data/below-c.csv", outputs: [data/below-c.csv] }
  below/b: { deps: [raw/b], run: "cp data/b.csv data/below-b.csv", outputs: [data/below-b.csv] }
`;
  const write = `mkdir -p data; printf 'n\\n1\\n' > data/a.csv; printf 'n\\n2\\n' > data/b.csv
echo '{"asset":"raw/a","row_count":1}' >> "$BRANCHLINE_OUTPUT"
echo '{"asset":"raw/a","check":"told","passed":true,"value":7}' >> "$BRANCHLINE_OUTPUT"`;

  test('all that is wanted is made at the end; a skippable one only when it is reported', async () => {
    project = makeCliProject({ 'branchline.yaml': manifest(write) });
    const run = await project.json<RunJson>(['run']);
    expect(run).toMatchObject({
      state: 'SUCCESS',
      counts: { materialized: 4, upToDate: 1, skipped: 1, checksPassed: 2 },
    });
    expect(outcomes(run)).toEqual(['raw/a/rows PASSED', 'raw/a/told PASSED']);
    expect((await project.asset('raw/a')).checks['told']).toMatchObject({ value: 7 });
    expect((await project.json<RunJson>(['run'])).counts).toMatchObject({ materialized: 0, upToDate: 5, skipped: 1 });
    project.write(
      'branchline.yaml',
      manifest(`${write}\nprintf 'n\\n3\\n' > data/c.csv; echo '{"asset":"raw/c"}' >> "$BRANCHLINE_OUTPUT"`),
    );
    expect((await project.json<RunJson>(['run'])).counts).toMatchObject({ materialized: 4, upToDate: 2 });
    expect(project.read('data/below-c.csv')).toBe('n\n3\n');
  });

  test('what was handed over before a failure stays; only what reads the rest is skipped', async () => {
    project = makeCliProject({ 'branchline.yaml': manifest(`${write}\nexit 4`) });
    const run = await project.json<RunJson>(['run'], 1);
    expect(run).toMatchObject({ state: 'FAILURE', counts: { materialized: 2, failed: 2, skipped: 2 } });
    expect(project.read('data/below-a.csv')).toBe('n\n1\n');
    expect(project.has('data/below-b.csv')).toBe(false);
    expect((await project.asset('raw/b')).attempt).toMatchObject({ outcome: 'failure' });
  });

  test('with can_subset a part of it runs, and knows which', async () => {
    const script = `mkdir -p data; echo "$BRANCHLINE_ASSETS" > wanted.json; echo n > data/b.csv`;
    project = makeCliProject({ 'branchline.yaml': manifest(script, '    can_subset: true\n') });
    const run = await project.json<RunJson>(['run', '--select', 'key:raw/b']);
    expect(run.counts).toMatchObject({ materialized: 1 });
    expect(JSON.parse(project.read('wanted.json'))).toEqual(['raw/b']);
  });

  test('a result for a check that nobody declared fails the step', async () => {
    const script = `${write}\necho '{"asset":"raw/a","check":"other","passed":true}' >> "$BRANCHLINE_OUTPUT"`;
    project = makeCliProject({ 'branchline.yaml': manifest(script) });
    expect((await project.json<RunJson>(['run'], 1)).state).toBe('FAILURE');
  });
});

test('checks of every kind: several in one execution, scripts by exit code, factories, could not be judged', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: kinds
connections: { warehouse: { type: duckdb, path: data/w.duckdb } }
assets:
  base:
    connection: warehouse
    sql: select 1 as n, 'x' as name union all select 2, null
    checks:
      zero: { run: exit 0 }
      one: { run: exit 1, severity: warn }
      two: { run: exit 2, on_error: warn }
      values: { accepted_values: { name: [x] } }
      least: { sql: "select min(n) from \${{ this }}", value: true, error_if: "< 1" }
      pattern: { regex: { name: "^[a-z]$" } }
  other: { connection: warehouse, sql: "select n from \${{ ref('base') }}" }
checks:
  filled: { selection: "*", for_each: { column: [n] }, not_null: ["\${{ column }}"] }
multi_checks:
  several:
    asset: other
    run: |
      echo '{"check":"good","passed":true,"value":3}' >> "$BRANCHLINE_OUTPUT"
      echo '{"check":"odd","passed":false}' >> "$BRANCHLINE_OUTPUT"
    specs: { good: { blocking: true }, odd: { severity: warn }, silent: { on_error: warn } }
`,
  });
  const run = await project.json<RunJson>(['run']);
  expect(outcomes(run)).toEqual([
    'base/filled[n] PASSED',
    'base/least PASSED',
    'base/one FAILED',
    'base/pattern PASSED',
    'base/two ERRORED',
    'base/values PASSED',
    'base/zero PASSED',
    'other/filled[n] PASSED',
    'other/good PASSED',
    'other/odd FAILED',
    'other/silent ERRORED',
  ]);
  expect((await project.asset('base')).checks['least']).toMatchObject({ value: 1 });
  const listed = await project.json<{ checks: { check: string; asset: string; sql?: unknown }[] }>(['list', 'checks']);
  expect(listed.checks).toHaveLength(11);
  const failing = await project.run(['run', '--select', '*', '--fail-on', 'warning']);
  expect(failing.code).toBe(1);
});

describe('Postgres', () => {
  let server: TestPostgres;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => server.stop());

  test('tables, views, checks and write–audit–publish on a server; its password is a secret', async () => {
    const url = server.database('kinds').replace('postgres@', 'postgres:topsecret99@');
    const manifest = (n: number) => `name: pg
connections: { db: { type: postgres, url: "\${{ env.DATABASE_URL }}" } }
defaults: { connection: db }
assets:
  raw/n:
    sql: select i as n from generate_series(1, ${n}) as s(i)
    checks: { few: { row_count: {}, error_if: "> 5", blocking: true }, ids: { unique: [n] } }
  marts/big:
    materialized: view
    sql: select n from \${{ ref('raw/n') }} where n > 2
  marts/total:
    sql: select count(*) as total, '\${{ environment.name }}' as place from \${{ ref('marts/big') }}
    checks: { known: { relationships: { column: total, to: raw/n, field: n } } }
`;
    project = makeCliProject({
      'branchline.yaml': manifest(4).replace("'${{ environment.name }}'", '${{ environment.name }}::text'),
    });
    const env = { DATABASE_URL: url };
    const first = await project.json<RunJson>(['run'], 0, { env });
    expect(first).toMatchObject({ state: 'SUCCESS', counts: { materialized: 3, checksPassed: 3 } });
    expect(await pgRows(url, 'select total, place from marts.total')).toEqual([['2', 'local']]);
    expect((await project.json<RunJson>(['run'], 0, { env })).counts).toMatchObject({ upToDate: 3 });

    project.write('branchline.yaml', manifest(9).replace("'${{ environment.name }}'", '${{ environment.name }}::text'));
    const bad = await project.run(['run', '--json'], { env });
    expect(bad.code).toBe(1);
    expect(await pgRows(url, 'select count(*) from raw.n')).toEqual([['4']]);
    expect(`${bad.stdout}${bad.stderr}`).not.toContain('topsecret99');

    // Without its variable nothing can be asked; that is said, and no data is called lost.
    const unset = await project.json<RunJson>(['run', '--select', 'key:marts/total'], 1);
    expect(JSON.stringify(unset.events)).toContain('missing-env');
  });

  async function pgRows(url: string, sql: string): Promise<unknown[][]> {
    const { Client } = (await import('pg')).default;
    const client = new Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query({ text: sql, rowMode: 'array' })).rows.map((row: unknown[]) => row.map(String));
    } finally {
      await client.end();
    }
  }
});

describe('OIDC tokens', () => {
  test('are asked for by the steps of a job that says so, in its own runs alone', async () => {
    project = makeCliProject({
      'branchline.yaml': `name: cloud
assets: { a: { run: 'test -n "$ACTIONS_ID_TOKEN_REQUEST_URL"' } }
jobs:
  cloud: { selection: "*", oidc: true }
  plain: { selection: "*" }
`,
    });
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://id.example.org' };
    expect((await project.run(['run', '--job', 'plain'], { env })).code).toBe(1);
    expect((await project.run(['run', '--select', '*'], { env })).code).toBe(1);
    expect((await project.run(['run', '--job', 'cloud'], { env })).code).toBe(0);
  });
});

describe('a run of what others make', () => {
  test('says what it left alone and why, and makes the rest', async () => {
    project = makeCliProject({
      'branchline.yaml': `name: others
assets:
  raw/a: { external: true }
  raw/b: { external: true }
  below: { deps: [raw/a, raw/b], run: "true" }
`,
    });
    const end = await project.run(['run', '--select', 'key:raw/*']);
    expect([end.code, end.stderr]).toEqual([0, '']);
    const [first, ...rest] = end.stdout.split('\n');
    expect(first).toMatch(/^[^ ] raw\/a, raw\/b {2}skipped: external: made by others$/);
    expect(rest.slice(0, 2)).toEqual(['', expect.stringMatching(/^Nothing to do in /)]);
    const all = await project.run(['run', '--select', '*']);
    expect(all.code).toBe(0);
    expect(all.stdout).toMatch(/^[^ ] below .*\n\n1 passed in /);
  });
});
