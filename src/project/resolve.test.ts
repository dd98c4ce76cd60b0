import { describe, expect, it } from 'vitest';
import { check, checkOne, SHOP } from '../testing/manifest-findings.ts';
import { buildProject, projectOf } from '../testing/project-builder.ts';

describe('assets', () => {
  it('get their defaults', () => {
    const { assets, steps } = projectOf({
      'branchline.yaml': SHOP,
      'pipelines/a.yaml': `assets:
  raw/shop/orders: { run: python load.py, outputs: [data/orders.csv] }
  marts/daily: { connection: warehouse, sql: "select 1 from \${{ ref('raw/shop/orders') }}" }
  src: { external: true, connection: pg }
`,
      'load.py': 'print(1)',
    });
    expect(assets['raw/shop/orders']).toMatchObject({
      deps: [],
      onLost: 'fail',
      materialize: 'when_stale',
      publish: 'audit',
      outputs: [{ path: 'data/orders.csv', optional: false }],
      step: 'raw/shop/orders',
    });
    expect(assets['raw/shop/orders']!.relation).toBeUndefined();
    expect(assets['marts/daily']).toMatchObject({
      deps: ['raw/shop/orders'],
      onLost: 'rebuild',
      relation: { schema: 'marts', name: 'daily' },
      publish: 'audit',
    });
    expect(assets['src']).toMatchObject({ external: true, relation: { name: 'src' } });
    expect(assets['src']!.step).toBeUndefined();
    expect(Object.keys(steps)).toEqual(['marts/daily', 'raw/shop/orders']);
    expect(steps['raw/shop/orders']!.action).toEqual({ kind: 'run', run: 'python load.py', shell: 'bash' });
    expect({ ...assets['marts/daily']!.definedAt }).toEqual({
      file: 'pipelines/a.yaml',
      line: 3,
      column: 3,
      length: 11,
    });
  });

  it('take the nearest value, and merge env, tags and metadata', () => {
    const { assets, steps } = projectOf({
      'branchline.yaml': `name: shop
defaults: { tags: { tier: bronze, area: sales, n: 1 }, timeout: 1h, env: { A: project, B: project }, owners: ["@project"], checks: { severity: warn } }
groups:
  ingest: { timeout: 30m, env: { B: group }, tags: { tier: silver }, checks: { blocking: true } }
`,
      'pipelines/a.yaml': `defaults: { env: { C: manifest }, group: ingest }
assets:
  a: { run: "true", env: { C: own, A: null }, tags: { area: null }, owners: [team:x], checks: { x: { reported: true } } }
  b: { run: "true", group: null, timeout: null, tags: null }
`,
    });
    expect(assets['a']).toMatchObject({ group: 'ingest', tags: { tier: 'silver', n: '1' }, owners: ['team:x'] });
    expect(steps['a']).toMatchObject({ env: { B: 'group', C: 'own' }, timeoutMs: 1_800_000 });
    expect(assets['a']!.checks).toMatchObject([{ name: 'x', severity: 'warn', blocking: true }]);
    expect(assets['a']!.inherited).toEqual({
      group: 'defaults of pipelines/a.yaml',
      timeout: 'group ingest',
      'env.B': 'group ingest',
      'tags.tier': 'group ingest',
      'tags.n': 'defaults of branchline.yaml',
    });
    expect(assets['b']!.group).toBeUndefined();
    expect(assets['b']!.tags).toEqual({});
    expect(steps['b']!.timeoutMs).toBeUndefined();
    expect(steps['b']!.env).toEqual({ A: 'project', B: 'project', C: 'manifest' });
  });

  it('an own action hides one of the defaults', () => {
    const { steps } = projectOf({
      'branchline.yaml': `${SHOP}defaults: { connection: warehouse, sql: select 1 }\n`,
      'pipelines/a.yaml': 'assets: { a: { run: "true" }, b: {} }\n',
    });
    expect(steps['a']!.action.kind).toBe('run');
    expect(steps['b']!.action).toMatchObject({ kind: 'sql', text: 'select 1' });
  });

  it('read SQL from the root, or with ./ from beside the manifest', () => {
    const { steps } = projectOf({
      'branchline.yaml': SHOP,
      'pipelines/x/a.yaml':
        'assets: { a: { connection: warehouse, sql: ./a.sql }, b: { connection: warehouse, sql: sql/b.sql }, c: { connection: warehouse, sql: "select \'x.sql\'" } }\n',
      'pipelines/x/a.sql': 'select 1',
      'sql/b.sql': 'select 2',
    });
    expect(steps['a']!.action).toMatchObject({
      file: 'pipelines/x/a.sql',
      text: 'select 1',
      startsAt: { line: 1, column: 1 },
    });
    expect(steps['b']!.action).toMatchObject({ file: 'sql/b.sql' });
    expect(steps['c']!.action).toMatchObject({ text: "select 'x.sql'" });
  });

  it('of a multi-asset share its step, connection and deps', () => {
    const { assets, steps } = projectOf({
      'branchline.yaml': SHOP,
      'pipelines/a.yaml': `assets: { up: { external: true }, more: { external: true } }
multi_assets:
  hub:
    run: python hub.py
    connection: warehouse
    deps: [up]
    can_subset: true
    specs:
      raw/deals: { skippable: true, deps: [more] }
      raw/contacts: { relation: crm.contacts, checks: { ids: { not_null: [id] } } }
`,
      'hub.py': '',
    });
    expect(steps['hub']).toMatchObject({
      assets: ['raw/contacts', 'raw/deals'],
      connection: 'warehouse',
      canSubset: true,
    });
    expect(assets['raw/deals']).toMatchObject({
      deps: ['more', 'up'],
      step: 'hub',
      skippable: true,
      publish: 'direct',
      relation: { schema: 'raw', name: 'deals' },
    });
    expect(assets['raw/contacts']).toMatchObject({
      deps: ['up'],
      relation: { schema: 'crm', name: 'contacts' },
      checks: [{ name: 'ids' }],
    });
  });
});

describe('jobs, schedules and selections', () => {
  it('are resolved', () => {
    const project = projectOf({
      'branchline.yaml': `${SHOP}timezone: Europe/Berlin\n`,
      'pipelines/a.yaml': `assets: { a: { run: "true" } }
jobs: { nightly: { selection: "key:a+", tags: { x: 5 } } }
schedules:
  one: { cron: "23 2 * * *", job: nightly }
  two: { cron: ["0 1 * * *", "0 0 * * *"], selection: "schedule:one", timezone: UTC, grace: 2h, catchup: none }
selections: { mine: { selection: "job:nightly" } }
`,
    });
    expect(project.schedules['one']).toMatchObject({
      crons: ['23 2 * * *'],
      timezone: 'Europe/Berlin',
      job: 'nightly',
      catchup: 'latest',
      graceMs: 3_600_000,
      maxCatchupRuns: 5,
      skipIfRunning: false,
    });
    expect(project.schedules['two']).toMatchObject({
      crons: ['0 0 * * *', '0 1 * * *'],
      timezone: 'UTC',
      graceMs: 7_200_000,
    });
    expect(project.jobs['nightly']).toMatchObject({ tags: { x: '5' }, materialize: 'when_stale' });
    expect(project.selections['mine']).toMatchObject({ visibility: 'public', pinned: false });
  });
  it('are checked', () => {
    checkOne(
      `assets: { a: { run: "true", group: ingest } }
jobs:
  j1: { selection: "key:a and" }
  j2: { selection: "automation:eagre" }
  j3: { selection: "group:ingst+" }
  j4: { selection: "job:j4" }
  j5: { selection: "status:stale" }
schedules:
  s1: { cron: "61 * * * *", job: j5 }
  s2: { cron: "0 0 * * *", job: j55, timezone: Europe/Berln }
  s3: { cron: "@daily", selection: "raw" }
`,
      [
        'bad-selection 3:29 (1) the selection ends too early',
        'bad-selection 4:21 (16) there is no such automation',
        'warning selects-unknown 5:21 (11) no asset has `group:ingst`',
        'bad-selection 6:21 (6) this selects itself: job:j4 → job:j4',
      ].concat([
        'bad-cron 9:16 (2) `61` is not a minute: it takes 0 to 59',
        'unknown-job 10:33 (3) there is no job `j55`',
        'unknown-zone 10:48 (12) there is no time zone `Europe/Berln`',
        'bad-selection 11:37 (3) `raw` by itself selects nothing',
      ]),
    );
  });
});

describe('the project', () => {
  it('has its settings', () => {
    const project = projectOf({
      'branchline.yaml': `name: shop
env: { A: 1 }
max_parallel: 3
prices: { ubuntu-latest: 0.5, our-machine: 0 }
connections: { w: { type: duckdb, path: ./data/w.duckdb }, p: { type: postgres, url: "\${{ env.U }}", schema: s } }
environments:
  production: { branches: [main], env: { T: prod } }
  local: { connections: { w: { path: .branchline/local.duckdb } } }
`,
    });
    expect(project).toMatchObject({
      name: 'shop',
      timezone: 'UTC',
      env: { A: '1' },
      maxParallel: 3,
      prices: { 'ubuntu-latest': 0.5, 'our-machine': 0 },
      state: { branch: 'branchline/state', remote: 'origin' },
      connections: { w: { path: 'data/w.duckdb', extensions: [] }, p: { schema: 's' } },
      environments: {
        production: { branches: ['main'], env: { T: 'prod' } },
        local: { connections: { w: { path: '.branchline/local.duckdb' } } },
      },
    });
  });
  it('checks its settings', () => {
    check(
      {
        'branchline.yaml': `name: shop
timezone: Berlin
connections: { w: { type: duckdb, path: ../w.duckdb }, p: { type: postgres, url: "\${{ env }}" } }
environments:
  local: { connections: { w: { url: x }, q: { path: x } } }
`,
      },
      [
        'unknown-zone branchline.yaml:2:11 (6) there is no time zone `Berlin`',
        "outside-repository branchline.yaml:3:41 (11) `../w.duckdb` leads out of the project's folder",
        'bad-expression branchline.yaml:3:87 (3) `env` needs a name behind a dot',
        'wrong-connection-key branchline.yaml:5:32 (3) `w` is a duckdb connection, which has no `url`',
        'unknown-connection branchline.yaml:5:42 (1) there is no connection `q`',
      ],
    );
  });
  it('does not report again what is missing because of another mistake', () => {
    const broken = buildProject({
      'branchline.yaml': SHOP,
      'pipelines/a.yaml':
        'assets: { a: { rnu: "true" }, b: { run: "true", deps: [c, nobody] }, c: { run: 5, deps: a } }\njobs: { j: { selectio: "*" } }\nschedules: { s: { cron: "0 0 * * *", job: j } }\n',
    });
    expect(broken.diagnostics.map(({ code, span }) => `${code} ${span.line}`)).toEqual([
      'unknown-key 1',
      'wrong-type 1',
      'wrong-type 1',
      'unknown-key 2',
      'unknown-asset 1',
    ]);
    expect(broken.project).toBeUndefined();
    const unread = buildProject({
      'branchline.yaml': SHOP,
      'pipelines/a.yaml': 'assets: { x: [',
      'pipelines/b.yaml': 'assets: { b: { run: "true", deps: [x] } }\n',
    });
    expect(unread.diagnostics.map(({ span }) => span.file)).toEqual(['pipelines/a.yaml']);
    expect(unread.project).toBeUndefined();
    const alone = buildProject({
      'branchline.yaml': SHOP,
      'pipelines/a.yaml': 'assets: { x: [',
      'pipelines/b.yaml': 'assets: { b: { run: "true", connection: warehose } }\n',
    });
    expect(alone.diagnostics.map(({ code }) => code)).toEqual(['yaml-syntax', 'unknown-connection']);
  });

  it('does not say of refused outputs, connections and names that their data cannot be read', () => {
    const readers = `  b: { connection: warehouse, sql: "select * from \${{ ref('raw/a') }}" }
  c: { run: "true", outputs: [c.csv], checks: { r: { relationships: { column: x, to: raw/a, field: x } } } }
`;
    const own = 'checks: { n: { not_null: [x] } }';
    const causes: readonly (readonly [string, string])[] = [
      [`raw/a: { run: "true", output: [a.csv], ${own} }`, 'unknown-key'],
      [`raw/a: { run: "true", outputs: a.csv, ${own} }`, 'wrong-type'],
      [`raw/a: { run: "true", outputs: [../a.csv], ${own} }`, 'outside-repository'],
      [`raw/a: { sql: select 1 as x, ${own} }`, 'sql-without-connection'],
      [`raw/a: { run: "true", connection: nowhere, ${own} }`, 'unknown-connection'],
      [`raw//a: { run: "true", outputs: [a.csv], ${own} }`, 'bad-name'],
    ];
    for (const [asset, code] of causes) {
      const { diagnostics } = buildProject({
        'branchline.yaml': SHOP,
        'pipelines/a.yaml': `assets:\n  ${asset}\n${readers}`,
      });
      expect(diagnostics.map((one) => one.code)).toEqual([code]);
    }
    // A reader of what has no data at all is told so.
    checkOne(`assets:\n  raw/a: { run: "true" }\n${readers}`, [
      'ref-not-readable 3:60 (5) `raw/a` has neither a table nor a file',
      'ref-not-readable 4:86 (5) `raw/a` is not a CSV, Parquet or JSON file, and this check compares files',
    ]);
  });
});

describe('what a broken project file may have said is not missed', () => {
  const manifest = `assets:
  a: { group: marts, sql: "select 1 as n", checks: { n: { not_null: [n] } } }
  b:
    group: marts
    sql: "select * from \${{ ref('a') }} join \${{ this }} using (n)"
    checks: { n: { relationships: { column: n, to: a, field: n } } }
`;
  it.each([
    ['no YAML', 'name: [shop\n'],
    ['a group that is none', 'name: shop\nconnections: { w: { type: duckdb, path: w.db } }\ngroups: { marts: [w] }\n'],
    ['defaults that are none', 'name: shop\nconnections: { w: { type: duckdb, path: w.db } }\ndefaults: w\n'],
  ])('%s', (_, project) => {
    const { diagnostics } = buildProject({ 'branchline.yaml': project, 'pipelines/a.yaml': manifest });
    expect(diagnostics.map(({ span }) => span.file)).toEqual(['branchline.yaml']);
  });
});
