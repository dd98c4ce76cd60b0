import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type CliProject, makeCliProject, type RunJson } from '../src/testing/cli-project.ts';
import { dailyShop } from '../src/testing/daily-shop.ts';

// Who asks for an asset with what it needs gets that also where it was made once and is gone.

let project: CliProject;
afterEach(() => project.remove());

const files = (onLost = 'rebuild') => ({
  'branchline.yaml': `name: shop
storage: { type: directory }
connections:
  w: { type: duckdb, path: data/w.duckdb }
  x: { type: duckdb, path: data/x.duckdb }
assets:
  raw/a: { connection: w, on_lost: ${onLost}, sql: "select 1 as n" }
  raw/b: { connection: w, sql: "select n + 1 as n from \${{ ref('raw/a') }}" }
  raw/c: { connection: w, sql: "select 5 as n" }
  marts/v: { connection: w, materialized: view, sql: "select n from \${{ ref('raw/b') }}" }
  marts/n: { connection: w, sql: "select n * 10 as n from \${{ ref('marts/v') }}" }
`,
});
interface PlanJson {
  readonly plan: {
    readonly steps: readonly { id: string; verdict: string; assets: readonly { asset: string; reason: string }[] }[];
  };
}
const planned = async (...args: string[]): Promise<string[]> => {
  const { plan } = await project.json<PlanJson>(['plan', ...args]);
  return plan.steps.map(({ id, verdict, assets }) => `${id} ${verdict} ${assets[0]!.reason}`);
};
const lose = (): void => rmSync(join(project.root, 'data/w.duckdb'));
const withUpstream = ['--select', 'key:marts/n', '--with-upstream'];

describe('tables of a database file that is gone', () => {
  test('are made for who asks with what is needed, all the way up, and nothing else is', async () => {
    project = makeCliProject(files());
    await project.json(['run', '--select', '*']);
    expect(await planned(...withUpstream)).toEqual(['marts/n run requested']);
    lose();
    expect(await planned(...withUpstream)).toEqual([
      'raw/a run data_lost',
      'raw/b run data_lost',
      'marts/v run data_lost',
      'marts/n run requested',
    ]);
    expect(await planned('--select', 'key:marts/n')).toEqual(['marts/n run requested']);
    await project.json<RunJson>(['run', ...withUpstream]);
    expect(await project.rows('data/w.duckdb', 'select n from marts.n')).toEqual(['20']);
  });

  test('are refused where their source is not made by itself, unless it is named', async () => {
    project = makeCliProject(files('fail'));
    await project.json(['run', '--select', '*']);
    lose();
    const run = await project.json<RunJson>(['run', ...withUpstream], 1);
    expect(run).toMatchObject({ state: 'FAILURE', counts: { materialized: 0 } });
    expect((await project.asset('raw/b')).attempt?.failure?.message).toMatch(/^data lost: raw\/b reads raw\/a/);
    const named = ['--select', 'key:marts/n or key:raw/a', '--with-upstream'];
    await project.json<RunJson>(['run', ...named]);
    expect(await project.rows('data/w.duckdb', 'select n from marts.n')).toEqual(['20']);
  });
});

test('partitions that are gone are made for who asks with what is needed: those that the run has', async () => {
  project = makeCliProject({
    'branchline.yaml': `name: shop
storage: { type: directory, path: data/kept }
partitions:
  days: { daily: { start: 2026-01-01, end: 2026-01-04 } }
defaults: { partitions: days }
assets:
  raw/a:
    on_lost: rebuild
    run: "mkdir -p data/a && echo 1 > data/a/$BRANCHLINE_PARTITION"
    outputs: ["data/a/\${{ partition.key }}"]
  raw/b:
    deps: [raw/a]
    run: "mkdir -p data/b && cat data/a/$BRANCHLINE_PARTITION > data/b/$BRANCHLINE_PARTITION"
    outputs: ["data/b/\${{ partition.key }}"]
  marts/n:
    deps: [raw/b]
    run: "mkdir -p data/n && cat data/b/$BRANCHLINE_PARTITION > data/n/$BRANCHLINE_PARTITION"
    outputs: ["data/n/\${{ partition.key }}"]
`,
  });
  await project.json(['run', '--select', '*', '--partitions', 'all']);
  rmSync(join(project.root, 'data'), { recursive: true });
  const day = ['--partitions', '2026-01-02'];
  expect(await planned(...withUpstream, ...day)).toEqual([
    'raw/a@2026-01-02 run data_lost',
    'raw/b@2026-01-02 run data_lost',
    'marts/n@2026-01-02 run requested',
  ]);
  await project.json<RunJson>(['run', ...withUpstream, ...day]);
  expect(await planned(...withUpstream, ...day)).toEqual(['marts/n@2026-01-02 run requested']);
});

describe('what has no partitions and reads many', () => {
  const shop = (onLost: string, more = '') => {
    const { 'branchline.yaml': text } = dailyShop('2026-01-06');
    return {
      'branchline.yaml':
        text.replace('    partitions: days\n', `    partitions: days\n    on_lost: ${onLost}\n`) + more,
    };
  };
  const total = ['--select', 'key:marts/total', '--with-upstream'];
  const sum = async (): Promise<string[]> => project.rows('data/w.duckdb', 'select total from marts.total');
  interface RunsJson {
    readonly runs: readonly { readonly state: string }[];
  }

  test('gets those that are gone made before it, and no others', async () => {
    project = makeCliProject(shop('rebuild'));
    await project.json(['run', '--select', '*', '--partitions', '2026-01-01...2026-01-04']);
    cpSync(join(project.root, 'data/w.duckdb'), join(project.root, 'data/older'));
    await project.json(['run', '--select', '*', '--partitions', '2026-01-05']);
    cpSync(join(project.root, 'data/older'), join(project.root, 'data/w.duckdb'));
    const preview = await project.json<{ runs: { partitions: string | null }[] }>(['plan', ...total]);
    expect(preview.runs.map(({ partitions }) => partitions)).toEqual(['2026-01-05', null]);
    const { runs } = await project.json<RunsJson>(['run', ...total]);
    expect(runs.map(({ state }) => state)).toEqual(['SUCCESS', 'SUCCESS']);
    expect(await sum()).toEqual(['50']);
    lose();
    expect((await project.json<RunsJson>(['run', ...total])).runs).toHaveLength(6);
    expect(await sum()).toEqual(['50']);
    // Nothing is gone: one run, as ever.
    expect(await planned(...total)).toEqual(['marts/total run requested']);
  });

  test('through what lies between, which is gone as well', async () => {
    const between = `  marts/twice: { connection: w, partitions: days, partition_expr: day, sql: "select day, amount * 2 as amount from \${{ ref('marts/revenue') }} where day = $partition_start::date" }
  marts/sum: { connection: w, sql: "select sum(amount) as total from \${{ ref('marts/twice') }}" }
`;
    project = makeCliProject(shop('rebuild', between));
    await project.json(['run', '--select', '*', '--partitions', 'all']);
    lose();
    await project.json<RunsJson>(['run', '--select', 'key:marts/sum', '--with-upstream']);
    expect(await project.rows('data/w.duckdb', 'select total from marts.sum')).toEqual(['100']);
  });

  test('but not what is not to be made by itself, unless it is named', async () => {
    project = makeCliProject(shop('fail'));
    await project.json(['run', '--select', '*', '--partitions', 'all']);
    lose();
    await project.json<RunJson>(['run', ...total], 1);
    await project.json<RunsJson>(['run', '--select', 'key:marts/total or key:marts/revenue', '--with-upstream']);
    expect(await sum()).toEqual(['50']);
  });
});
