import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';

let project: CliProject;
afterEach(() => project.remove());

describe('`env` in SQL', () => {
  const manifest = `name: nearest
connections: { lake: { type: duckdb, path: data/lake.duckdb } }
env: { WHO: "project of \${{ asset.name }}", WHERE: "\${{ environment.name }}" }
assets:
  marts/a:
    connection: lake
    env: { WHO: "asset", UNUSED: "\${{ env.NOT_SET_ANYWHERE }}" }
    sql: select \${{ env.WHO }} as who, \${{ env.WHERE }} as place
    checks:
      own: { sql: "select * from \${{ this }} where who <> \${{ env.EXPECTED }}", env: { EXPECTED: asset } }
      lacks: { sql: "select \${{ env.NOT_SET_ANYWHERE }}" }
  marts/b: { connection: lake, sql: "select \${{ env.WHO }} as who" }
  marts/c: { connection: lake, env: { NEEDED: "\${{ env.NOT_SET_ANYWHERE }}" }, sql: "select \${{ env.NEEDED }} as who" }
`;

  test('the asset’s and the check’s own are nearest; what is not read need not be set', async () => {
    project = makeCliProject({ 'branchline.yaml': manifest });
    const run = await project.json<RunJson>(['run'], 1);
    expect(await project.rows('data/lake.duckdb', "select who || ' ' || place from marts.a")).toEqual(['asset local']);
    expect(await project.rows('data/lake.duckdb', 'select who from marts.b')).toEqual(['project of b']);
    const { checks } = await project.asset('marts/a');
    expect(checks['own']).toMatchObject({ status: 'PASSED' });
    expect(checks['lacks']).toMatchObject({
      status: 'ERRORED',
      message: expect.stringContaining('NOT_SET_ANYWHERE is not set'),
    });
    expect(run.events).toContainEqual(
      expect.objectContaining({
        type: 'step.ended',
        step: 'marts/c',
        failure: expect.objectContaining({ message: expect.stringContaining('env.NEEDED of marts/c') }),
      }),
    );
  });
});

test('a file that others make is read where it lies; a script without its table is told what to write', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: others
connections: { lake: { type: duckdb, path: data/lake.duckdb } }
assets:
  given: { external: true, outputs: ["data/\${{ asset.name }}.csv"] }
  read: { connection: lake, sql: "select * from \${{ ref('given') }}" }
  script: { connection: lake, run: "true" }
`,
    'data/given.csv': 'n\n7\n',
  });
  const run = await project.json<RunJson>(['run'], 1);
  expect(await project.rows('data/lake.duckdb', 'select n from read')).toEqual(['7']);
  expect(JSON.stringify(run.events)).toContain('If it makes no table, write `materialized: none`');
});

test('the local report has the pages of all runs of a tick', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: ticks
assets: { a: { run: "true" }, b: { run: "true" } }
schedules:
  first: { cron: "0 6 * * *", selection: "key:a" }
  second: { cron: "0 6 * * *", selection: "key:b" }
`,
  });
  await project.json(['tick', '--now', '2026-03-01T05:00:00Z']);
  await project.json(['tick', '--now', '2026-03-01T06:30:00Z']);
  const report = join(project.root, '.git', 'branchline', 'ticks', 'report');
  expect(
    ['README.md', 'health/assets/c/a/a.md', 'health/assets/3/e/b.md'].filter((page) => existsSync(join(report, page))),
  ).toHaveLength(3);
});

test('a cache that cannot be written is the outside’s refusal, with what to do', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: nocache
connections: { lake: { type: duckdb, path: data/lake.duckdb } }
assets: { a: { connection: lake, sql: select 1 as a } }
`,
    file: 'no folder',
  });
  const end = await project.run(['run'], {
    env: { BRANCHLINE_ENGINES: '', BRANCHLINE_CACHE: join(project.root, 'file') },
  });
  expect(end.code).toBe(3);
  expect(end.stderr).toContain('BRANCHLINE_CACHE names another folder');
});

test('a reader that goes away gets no stack trace', async () => {
  project = makeCliProject({ 'branchline.yaml': 'name: pipe\nassets: { a: { run: "true" } }\n' });
  const { child, end } = project.start(['schema', 'manifest']);
  child.stdout?.destroy();
  expect((await end).stderr).toBe('');
});
