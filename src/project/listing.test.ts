import { expect, it } from 'vitest';
import { projectOf } from '../testing/project-builder.ts';
import { list, selectionScope } from './listing.ts';
import { select } from './selection-evaluate.ts';

const project = projectOf({
  'branchline.yaml': 'name: shop\nconnections: { w: { type: duckdb, path: w.duckdb } }\n',
  'pipelines/a.yaml': `assets:
  marts/b: { connection: w, sql: "select * from \${{ ref('raw/a') }}", group: marts, description: The mart }
  raw/a: { external: true, connection: w, relation: plain }
multi_assets: { hub: { run: "true", specs: { raw/x: { outputs: [x.csv] } } } }
checks: { filled: { selection: "key:marts/*", row_count: {}, error_if: "< 1", blocking: true } }
multi_checks: { all: { asset: raw/x, run: "true", specs: { fresh: {} } } }
jobs:
  nightly: { selection: "+group:marts", tags: { team: x } }
  late: { selection: "status:stale" }
schedules: { s: { cron: "0 2 * * *", job: nightly } }
selections: { mine: { selection: "job:nightly", pinned: true } }
exposures: { board: { type: dashboard, owner: "@acme/finance", deps: [marts/b, raw/x, marts/b], url: "https://bi.example.org/board" } }
`,
});

it('lists assets in order, with what makes them and where they are', () => {
  expect(list('assets', project)).toEqual([
    {
      asset: 'raw/a',
      kinds: [],
      owners: [],
      deps: [],
      checks: 0,
      made_by: 'external',
      connection: 'w',
      relation: 'plain',
      outputs: [],
      file: 'pipelines/a.yaml',
      line: 3,
    },
    {
      asset: 'raw/x',
      kinds: [],
      owners: [],
      deps: [],
      checks: 1,
      made_by: 'multi_asset',
      step: 'hub',
      outputs: ['x.csv'],
      file: 'pipelines/a.yaml',
      line: 4,
    },
    {
      asset: 'marts/b',
      group: 'marts',
      kinds: [],
      owners: [],
      deps: ['raw/a'],
      checks: 1,
      made_by: 'sql',
      step: 'marts/b',
      connection: 'w',
      relation: 'marts.b',
      outputs: [],
      description: 'The mart',
      file: 'pipelines/a.yaml',
      line: 2,
    },
  ]);
  const selected = select('group:marts', selectionScope(project));
  expect(selected.ok && list('assets', project, selected.value)).toMatchObject([{ asset: 'marts/b' }]);
});

it('lists checks, jobs, schedules and selections', () => {
  expect(list('checks', project)).toEqual([
    {
      asset: 'raw/x',
      check: 'fresh',
      kind: 'multi_checks.all',
      severity: 'error',
      blocking: false,
      file: 'pipelines/a.yaml',
      line: 6,
    },
    {
      asset: 'marts/b',
      check: 'filled',
      kind: 'row_count',
      severity: 'error',
      blocking: true,
      error_if: '< 1',
      factory: 'filled',
      file: 'pipelines/a.yaml',
      line: 5,
    },
  ]);
  expect(list('jobs', project)).toEqual([
    { job: 'late', selection: 'status:stale', schedules: [], tags: {}, file: 'pipelines/a.yaml', line: 9 },
    {
      job: 'nightly',
      selection: '+group:marts',
      assets: 2,
      schedules: ['s'],
      tags: { team: 'x' },
      file: 'pipelines/a.yaml',
      line: 8,
    },
  ]);
  expect(list('schedules', project)).toEqual([
    {
      schedule: 's',
      crons: ['0 2 * * *'],
      timezone: 'UTC',
      job: 'nightly',
      catchup: 'latest',
      file: 'pipelines/a.yaml',
      line: 10,
    },
  ]);
  expect(list('selections', project)).toEqual([
    {
      name: 'mine',
      selection: 'job:nightly',
      assets: 2,
      visibility: 'public',
      pinned: true,
      file: 'pipelines/a.yaml',
      line: 11,
    },
  ]);
});

it('lists exposures with what they read', () => {
  expect(list('exposures', project)).toEqual([
    {
      exposure: 'board',
      type: 'dashboard',
      owner: '@acme/finance',
      deps: ['marts/b', 'raw/x'],
      url: 'https://bi.example.org/board',
      file: 'pipelines/a.yaml',
      line: 12,
    },
  ]);
});
