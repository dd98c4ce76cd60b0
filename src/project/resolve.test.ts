import { describe, expect, it } from 'vitest';
import { parseManifest } from '../manifest/parse.ts';
import { buildProject, type Files, projectOf, showDiagnostic, sourceTreeOf } from '../testing/project-builder.ts';
import { resolveProject } from './resolve.ts';

const PROJECT = `name: shop
connections:
  warehouse: { type: duckdb, path: data/warehouse.duckdb }
  pg: { type: postgres, url: "\${{ env.DATABASE_URL }}" }
`;

/** Manifests (the project's file is added) against lines of \`showDiagnostic\`. */
function check(files: Files, expected: readonly string[]): void {
  const { diagnostics, project } = buildProject({ 'branchline.yaml': PROJECT, ...files });
  expect(diagnostics.map(showDiagnostic)).toEqual(expected);
  expect(project !== undefined).toBe(diagnostics.every(({ severity }) => severity !== 'error'));
}

/** One manifest at pipelines/a.yaml, against what stands behind the file's name. */
function checkOne(manifest: string, expected: readonly string[], others: Files = {}): void {
  const { diagnostics } = buildProject({ 'branchline.yaml': PROJECT, 'pipelines/a.yaml': manifest, ...others });
  expect(diagnostics.map((one) => showDiagnostic(one).replace('pipelines/a.yaml:', ''))).toEqual(expected);
}

describe('assets', () => {
  it('get their defaults', () => {
    const { assets, steps } = projectOf({
      'branchline.yaml': PROJECT,
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
      'branchline.yaml': `${PROJECT}defaults: { connection: warehouse, sql: select 1 }\n`,
      'pipelines/a.yaml': 'assets: { a: { run: "true" }, b: {} }\n',
    });
    expect(steps['a']!.action.kind).toBe('run');
    expect(steps['b']!.action).toMatchObject({ kind: 'sql', text: 'select 1' });
  });

  it('read SQL from the root, or with ./ from beside the manifest', () => {
    const { steps } = projectOf({
      'branchline.yaml': PROJECT,
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
      'branchline.yaml': PROJECT,
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

describe('mistakes', () => {
  it('of names', () => {
    checkOne(
      `assets:
  raw/orders: { external: true }
  Raw/Orders: { external: true }
  a: { run: "true", deps: [raw/order, hub] }
  b: { connection: warehous, sql: "select * from \${{ ref('raw/ordrs') }}" }
  c: { run: "true", connection: nope }
multi_assets:
  hub: { run: "true", specs: { x: {}, y: {} } }
  a: { run: "true", specs: { z: {} } }
`,
      [
        'duplicate-definition 3:3 (10) `Raw/Orders` and `raw/orders` differ by upper and lower case alone',
        'unknown-asset 4:28 (9) there is no asset `raw/order`',
        'unknown-asset 4:39 (3) `hub` makes several assets and is none itself',
        'unknown-connection 5:20 (8) there is no connection `warehous`',
        'unknown-asset 5:59 (9) there is no asset `raw/ordrs`',
        'unknown-connection 6:33 (4) there is no connection `nope`',
        'duplicate-definition 9:3 (1) the asset `a` is defined twice',
      ],
    );
  });
  it('of exposures', () => {
    checkOne(
      `assets:
  marts/a: { external: true }
exposures:
  board: { type: dashboard, deps: [marts/a, marts/b], owner: "@acme/finance", url: "https://bi.example.org" }
  page: { type: dashbord, deps: [], url: "javascript:alert(1)", owner: nobody }
`,
      [
        'unknown-value 5:17 (8) `type` cannot be `dashbord`; did you mean `dashboard`?',
        'out-of-range 5:33 (2) `deps` is an empty list',
        'bad-format 5:42 (21) `javascript:alert(1)` does not fit: an address begins with `https://` or `http://` and has no blanks',
        'bad-format 5:72 (6) `nobody` does not fit: an owner is `@login`, `@org/team`, an e-mail address or `team:name`',
        'unknown-asset 4:45 (7) there is no asset `marts/b`',
      ],
    );
  });
  it('of two files that define the same', () => {
    const files = {
      'pipelines/b.yaml': 'assets:\n  x: { external: true }\n',
      'pipelines/a.yaml': 'assets: { x: { run: "true" } }\n',
    };
    check(files, ['duplicate-definition pipelines/b.yaml:2:3 (1) the asset `x` is defined twice']);
    expect(buildProject({ 'branchline.yaml': PROJECT, ...files }).diagnostics[0]!.related).toEqual([
      { note: 'first defined here', span: { file: 'pipelines/a.yaml', line: 1, column: 11, length: 1 } },
    ]);
  });
  it('of what makes an asset', () => {
    checkOne(
      `assets:
  a: { description: x }
  b: { sql: select 1 }
  c: { run: "true", relation: x.y }
  d: { connection: warehouse, sql: select 1, materialized: none, relation: x.y }
  e: { connection: warehouse, sql: select 1, relation: a.b.c }
  f: { run: "true", external: true }
`,
      [
        'nothing-makes-it 2:3 (1) nothing says how `a` is made',
        'sql-without-connection 3:13 (8) `b` is made by SQL and has no connection',
        'relation-without-connection 4:31 (3) `c` has a relation and no connection',
        'relation-of-none 5:76 (3) `d` has a relation, and `materialized: none` says that it has none',
        "bad-relation 6:56 (5) `a.b.c` is not a table's name",
        'external-is-made 7:31 (4) `f` is external, and yet `run` would make it',
      ],
    );
  });
  it('of paths', () => {
    checkOne(
      `assets:
  a: { connection: warehouse, sql: monthly.sql }
  b: { connection: warehouse, sql: sql/monthy.sql }
  c: { connection: warehouse, sql: ../x.sql }
  d: { run: python ingest/order.py, outputs: [/tmp/x], working-directory: nowhere }
  e: { run: python ingest/order.py, code: [lib, "none/**", ingest/none.py] }
`,
      [
        'missing-file 2:36 (11) there is no file `monthly.sql`',
        'missing-file 3:36 (14) there is no file `sql/monthy.sql`',
        "outside-repository 4:36 (8) `../x.sql` leads out of the project's folder",
        "outside-repository 5:47 (6) `/tmp/x` leads out of the project's folder",
        'warning missing-folder 5:75 (7) there is no folder `nowhere` now',
        'warning missing-file 6:13 (22) there is no file `ingest/order.py` now',
        'missing-file 6:44 (3) `lib` is a folder',
        'warning no-file-matches 6:49 (9) no file matches `none/**`',
        'missing-file 6:60 (14) there is no file `ingest/none.py`',
      ],
      { 'pipelines/monthly.sql': '', 'sql/monthly.sql': '', 'ingest/orders.py': '', 'lib/x.py': '' },
    );
  });
  it('of expressions and scripts', () => {
    checkOne(
      `assets:
  a: { run: "echo \${{ env.X }}", env: { A: "\${{ evn.X }}" }, outputs: ["data/\${{ partition.key }}.csv"] }
  b:
    connection: warehouse
    sql: |
      select *
      from \${{ ref(a) }}
  c: { connection: warehouse, materialized: view, sql: "select \${{ env.X }}" }
  d: { run: python -m ingest.orders }
`,
      [
        'expression-in-run 2:19 (12) scripts hold no expressions: what they say is not pasted into a shell',
        'bad-expression 2:49 (3) there is no `evn` here',
        'partition-of-none 2:72 (31) `a` has no partitions, so there is no `partition` here',
        'bad-expression 7:20 (1) there is no `a` here',
        'view-with-values 8:64 (3) a view cannot hold a value that is filled in when it is made',
        'warning python-module-code 9:13 (23) `python -m ingest.orders` names no file, so a change of its code makes nothing stale',
      ],
    );
  });
  it('of cycles, as a path with the place of every edge', () => {
    const files = {
      'branchline.yaml': PROJECT,
      'pipelines/a.yaml': `assets:
  a: { run: "true", deps: [b] }
  b: { connection: warehouse, sql: "select * from \${{ ref('c') }}" }
  c: { connection: warehouse, run: "true", deps: [x, a] }
  x: { external: true }
  self: { connection: warehouse, sql: "select * from \${{ ref('self') }}" }
  p: { run: "true", deps: [p] }
  days: { run: "true", deps: [{ asset: days, partition_mapping: { time_window: { start_offset: -1, end_offset: -1 } } }], partitions: { daily: { start: 2026-01-01 } } }
`,
    };
    const { diagnostics } = buildProject(files);
    expect(diagnostics.map(showDiagnostic)).toEqual([
      'cycle pipelines/a.yaml:2:28 (1) these assets wait for each other: a → b → c → a (each reads the next)',
      'cycle pipelines/a.yaml:6:63 (4) `self` reads itself',
      'cycle pipelines/a.yaml:7:28 (1) `p` reads itself',
      'cycle pipelines/a.yaml:8:40 (4) `days` reads itself: partitions of one asset do not wait for each other',
    ]);
    expect(diagnostics.at(-1)!.help).toContain('`backfill_policy: single_run`');
    expect(diagnostics[0]!.related).toEqual([
      { note: '`b` reads `c` here', span: { file: 'pipelines/a.yaml', line: 3, column: 60, length: 1 } },
      { note: '`c` reads `a` here', span: { file: 'pipelines/a.yaml', line: 4, column: 54, length: 1 } },
    ]);
  });
  it('of a step that waits for what is made from one of its assets', () => {
    checkOne(
      `assets: { mid: { run: "true", deps: [one] } }
multi_assets:
  several: { run: "true", specs: { one: {}, two: { deps: [mid] } } }
`,
      [
        'cycle 3:3 (7) `several` makes several assets at once, and waits for what is made from one of them: mid → several → mid (each waits for the next)',
      ],
    );
  });
  it('of tables and files that two assets claim', () => {
    checkOne(
      `assets:
  raw/orders: { connection: warehouse, sql: select 1 }
  other: { connection: warehouse, run: "true", relation: RAW.orders }
  fine: { connection: pg, run: "true", relation: raw.orders }
  main/x: { connection: warehouse, sql: select 1 }
  x: { connection: warehouse, sql: select 1 }
  f1: { run: "true", outputs: [data/a.csv, "out/*.csv"] }
  f2: { run: "true", outputs: [./../data/a.csv] }
  f3: { run: "true", outputs: ["out/2026/../b?.csv"] }
  f4: { run: "true", outputs: ["out/**/*.parquet", "x/\${{ asset.name }}.csv"] }
  f5: { run: "true", outputs: ["x/\${{ asset.name }}.csv"] }
`,
      [
        'relation-taken 2:3 (10) `raw/orders` and `other` have the same table, `raw.orders`',
        'relation-taken 6:3 (1) `x` and `main/x` have the same table, `main.x`',
        'output-taken 8:32 (15) `f2` and `f1` both write `data/a.csv`',
        'output-taken 9:32 (20) `f3` and `f1` both write what `out/b?.csv` and `out/*.csv` match',
      ],
    );
  });
  it('of outputs that git tracks', () => {
    const text = `name: shop
assets:
  a: { run: "true", outputs: [data/a.csv, { path: "data/\${{ asset.name }}.json", optional: true }] }
  b: { run: "true", outputs: [data/b.csv, "data/*.txt"] }
`;
    const tracked = ['data/a.csv', 'data/a.json', 'data/c.txt'];
    const tree = { ...sourceTreeOf({ 'branchline.yaml': text }), isTracked: (path: string) => tracked.includes(path) };
    const { document } = parseManifest({ path: 'branchline.yaml', text }, 'project');
    expect(resolveProject([document!], tree).diagnostics.map(showDiagnostic)).toEqual([
      'output-tracked branchline.yaml:3:31 (10) git tracks `data/a.csv`, which a step would overwrite',
      'output-tracked branchline.yaml:3:51 (29) git tracks `data/a.json`, which a step would overwrite',
    ]);
  });
  it('of refs across connections', () => {
    checkOne(
      `assets:
  csv: { run: "true", outputs: [data/a.csv] }
  two: { run: "true", outputs: [data/b.csv, data/c.csv] }
  png: { run: "true", outputs: [data/a.png] }
  none: { connection: warehouse, materialized: none, sql: "delete from x" }
  remote: { connection: pg, sql: "select * from \${{ ref('csv') }}" }
  a:
    connection: warehouse
    sql: |
      select * from \${{ ref('csv') }}, \${{ ref('two') }},
        \${{ ref('png') }}, \${{ ref('none') }}, \${{ ref('remote') }}
  nothing: { connection: warehouse, materialized: none, sql: "delete from \${{ this }}" }
`,
      [
        'ref-not-readable 6:58 (3) `csv` is a file, which only DuckDB can read',
        'ref-not-readable 10:49 (3) `two` has several outputs, and a table needs exactly one file',
        'ref-not-readable 11:18 (3) the output of `png` is no CSV, Parquet or JSON file',
        'ref-not-readable 11:37 (4) `none` has no table: it is `materialized: none`',
        'ref-not-readable 11:57 (6) `remote` is on the connection `pg`, and this runs on `warehouse`',
        'no-relation 12:75 (3) `this` stands for a table, and this asset has none',
      ],
    );
  });
  it('of groups that nearly have a declared name', () => {
    const files = {
      'branchline.yaml': 'name: x\ngroups: { ingest: {} }\n',
      'pipelines/a.yaml': 'assets: { a: { run: "true", group: ingst }, b: { run: "true", group: marts } }\n',
    };
    check(files, ['warning undeclared-group pipelines/a.yaml:1:36 (5) no group `ingst` is declared']);
  });
  it('of secrets', () => {
    check(
      {
        'branchline.yaml': `name: shop\nsecrets: [STRIPE, UNUSED]\n`,
        'pipelines/a.yaml':
          'assets: { a: { run: "true", secrets: [STRIPR, MY_TOKEN], env: { S: "${{ env.STRIPE }}" } } }\n',
      },
      [
        'warning unused-secret branchline.yaml:2:19 (6) no step is handed the secret `UNUSED`',
        'undeclared-secret pipelines/a.yaml:1:39 (6) `STRIPR` is not declared as a secret',
      ],
    );
    const { steps } = projectOf({
      'branchline.yaml':
        'name: x\nsecrets: [STRIPE]\nassets: { a: { run: "true", env: { S: "${{ env.STRIPE }}", T: "${{ env.HOME }}" } } }\n',
    });
    expect(steps['a']!.secrets).toEqual(['STRIPE']);
  });
});

describe('checks', () => {
  it('are resolved with bounds and kinds', () => {
    const { assets } = projectOf({
      'branchline.yaml': PROJECT,
      'pipelines/a.yaml': `assets:
  a:
    connection: warehouse
    sql: select 1
    columns: { id: { type: bigint, nullable: false } }
    checks:
      enough: { row_count: {}, warn_if: "< 1000", error_if: "< 1" }
      lag: { sql: "select max(lag) from \${{ this }}", value: true, warn_if: "not between 1 and 3" }
      own: { run: python checks/a.py, timeout: 5m, on_error: warn }
`,
      'checks/a.py': '',
    });
    expect(assets['a']!.checks.map(({ definedAt: _, ...rest }) => rest)).toMatchObject([
      { name: 'columns', kind: { type: 'columns', columns: { id: { type: 'bigint', nullable: false } } } },
      {
        name: 'enough',
        warnIf: { op: '<', value: 1000, percent: false },
        errorIf: { op: '<', value: 1 },
        kind: { type: 'row_count' },
      },
      { name: 'lag', kind: { type: 'sql', value: true }, warnIf: { op: 'not between', low: 1, high: 3 } },
      {
        name: 'own',
        timeoutMs: 300_000,
        onError: 'warn',
        kind: { type: 'run', run: 'python checks/a.py', shell: 'bash' },
      },
    ]);
  });
  it('refuse what cannot be judged', () => {
    checkOne(
      `assets:
  a:
    run: "true"
    checks:
      ids: { not_null: [id] }
      script: { run: "true" }
  b:
    connection: warehouse
    sql: select 1
    checks:
      says: { reported: true }
      percent: { sql: "select 1", error_if: "> 1%" }
      bound: { not_null: [id], error_if: "not between 3 and 1" }
      warns: { not_null: [id], severity: warn, error_if: "> 1" }
      rel: { relationships: { column: a, to: nobody, field: id } }
      empty: { range: { a: { min: 5, max: 1 }, day: { min: 2026-02-01, max: 2026-01-01 }, ok: { min: 10, max: 9z } } }
`,
      [
        'check-without-data 5:14 (8) `not_null` cannot look into `a`: it has no connection and no outputs',
        'nobody-reports 11:15 (8) no step can report this check: `b` is made by SQL',
        'percent 12:45 (6) `%` has no meaning for `sql`: how many rows were checked is not known',
        'bad-bound 13:43 (19) 3 is more than 1, so no value lies between',
        'warning error-if-ignored 14:58 (5) `error_if` is ignored: this check can only warn',
        'unknown-asset 15:46 (6) there is no asset `nobody`',
        'bad-bound 16:28 (18) nothing is between 5 and 1',
        'bad-bound 16:53 (36) nothing is between 2026-02-01 and 2026-01-01',
      ],
    );
  });
  it('obey every key that is written on them, or refuse it', () => {
    checkOne(
      `defaults: { shell: sh, env: { A: b } }
assets:
  s:
    connection: warehouse
    sql: select 1 as id
    shell: bash
    working-directory: .
    checks:
      script: { run: "true", where: "a > 1", samples: 3, connection: warehouse }
      rows: { row_count: {}, error_if: "< 1", where: "id > 0", samples: 1 }
      ids: { not_null: [id], where: "id > 0", samples: 1, env: { A: b }, secrets: [API_TOKEN], connection: warehouse }
      query: { sql: "select 1", where: "id > 0", samples: 1, env: { A: b }, connection: warehouse }
      value: { sql: "select 1", value: true, error_if: "> 1", samples: 1 }
      shape: { columns: { id: integer }, where: "id > 0", warn_if: "> 1" }
      late: { not_null: [id], where: "id > \${{ env.X }}" }
  x: { external: true, columns: { a: {} }, timeout: 3m, code: [x.py], on_lost: fail, checks: { c: { run: "true" } } }
  n: { run: "true", columns: { a: {} }, checks: { told: { reported: true, timeout: 3m } } }
multi_checks: { m: { asset: x, run: "true", specs: { one: {} } } }
checks: { all: { selection: "*", run: "true" } }
`,
      [
        'key-without-effect 6:5 (5) `shell` does nothing for `s`: it is made by SQL',
        'key-without-effect 7:5 (17) `working-directory` does nothing for `s`: it is made by SQL',
        'key-without-effect 9:30 (5) `where` does nothing for `run`',
        'key-without-effect 9:46 (7) `samples` does nothing for `run`',
        'key-without-effect 9:58 (10) `connection` does nothing for `run`',
        'key-without-effect 10:64 (7) `samples` does nothing for `row_count`',
        'key-without-effect 11:59 (3) `env` does nothing for `not_null`',
        'key-without-effect 11:74 (7) `secrets` does nothing for `not_null`',
        'key-without-effect 11:96 (10) `connection` does nothing for `not_null`',
        'key-without-effect 12:33 (5) `where` does nothing for `sql`',
        'key-without-effect 13:63 (7) `samples` does nothing beside `value: true`: one value has no failing rows',
        'key-without-effect 14:42 (5) `where` does nothing for `columns`',
        'bad-expression 15:38 (19) `where` holds no expressions',
        'key-without-effect 16:44 (7) `timeout` does nothing for `x`: it is external',
        'key-without-effect 16:57 (4) `code` does nothing for `x`: it is external',
        'key-without-effect 16:71 (7) `on_lost` does nothing for `x`: it is external',
        'key-without-effect 16:86 (6) `x` is external, and this version judges no checks of external assets yet',
        'warning columns-not-read 17:21 (7) nobody can look at the columns of `n`: they are no contract, and only described',
        'key-without-effect 17:75 (7) `timeout` does nothing for `reported`: the asset’s own step reports it',
        'key-without-effect 18:29 (1) `x` is external, and this version judges no checks of external assets yet',
      ],
    );
  });
  it('that only warn cannot fail, also when their defaults say so', () => {
    checkOne(
      `defaults: { checks: { severity: warn } }
assets:
  r:
    run: "true"
    outputs: [data/r.csv]
    checks:
      few: { row_count: {}, error_if: "< 1" }
      some: { not_null: [a], error_if: "> 1" }
      both: { row_count: {}, warn_if: "< 9", error_if: "< 1" }
      fails: { row_count: {}, severity: error, error_if: "< 1" }
`,
      [
        'error-if-ignored 7:39 (5) `error_if` is ignored: this check can only warn, by the defaults of its asset, and no bound is left',
        'warning error-if-ignored 8:40 (5) `error_if` is ignored: this check can only warn, by the defaults of its asset',
        'warning error-if-ignored 9:56 (5) `error_if` is ignored: this check can only warn, by the defaults of its asset',
      ],
    );
  });
  it('come from factories, one for each combination', () => {
    const { assets } = projectOf({
      'branchline.yaml': PROJECT,
      'pipelines/a.yaml': `assets:
  a: { connection: warehouse, sql: select 1, group: scrape }
  b: { connection: warehouse, sql: select 1 }
checks:
  no_nulls: { selection: "group:scrape", for_each: { column: [station, date] }, not_null: ["\${{ column }}"], severity: warn }
  both: { selection: "key:a", for_each: { column: [x], at_least: [1, 2] }, range: { "\${{ column }}": { min: "\${{ at_least }}" } } }
  own: { selection: "key:b", for_each: { column: ["it's"] }, sql: "select * from \${{ this }} where c = \${{ column }}" }
`,
    });
    expect(assets['a']!.checks).toMatchObject([
      { name: 'both[1,x]', kind: { type: 'range', ranges: { x: { min: 1 } } }, factory: 'both' },
      { name: 'both[2,x]', kind: { ranges: { x: { min: 2 } } } },
      { name: 'no_nulls[date]', severity: 'warn', kind: { type: 'not_null', columns: ['date'] } },
      { name: 'no_nulls[station]', kind: { columns: ['station'] } },
    ]);
    expect(assets['b']!.checks).toMatchObject([
      { name: "own[it's]", kind: { type: 'sql', text: "select * from ${{ this }} where c = ${{ 'it''s' }}" } },
    ]);
  });
  it('of factories and multi-checks are checked like others', () => {
    checkOne(
      `assets: { a: { connection: warehouse, sql: select 1, checks: { dup: { not_null: [x] } } }, f: { run: "true" } }
checks:
  bad: { selection: "grup:x", not_null: [id] }
  name: { selection: "key:a", for_each: { column: [x] }, not_null: ["\${{ colunm }}"] }
  late: { selection: "key:a", not_null: ["\${{ env.X }}"] }
  blind: { selection: "*", row_count: {}, error_if: "< 1" }
  none: { selection: "key:zz*", not_null: [id] }
multi_checks:
  m: { asset: a, run: "true", specs: { dup: {}, fine: { blocking: true } } }
  n: { asset: zz, run: "true", specs: { x: {} } }
`,
      [
        'bad-selection 3:22 (5) there is no attribute `grup:`',
        'bad-expression 4:74 (6) there is no `colunm` here',
        'bad-expression 5:47 (3) `env` is not known before the check runs',
        'check-without-data 6:28 (9) `row_count` cannot look into `f`: it has no connection and no outputs',
        'warning empty-selection 7:22 (9) this selects no asset',
        'duplicate-definition 9:40 (3) `a` has two checks `dup`',
        'unknown-asset 10:15 (2) there is no asset `zz`',
      ],
    );
  });
});

describe('jobs, schedules and selections', () => {
  it('are resolved', () => {
    const project = projectOf({
      'branchline.yaml': `${PROJECT}timezone: Europe/Berlin\n`,
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
      'branchline.yaml': PROJECT,
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
      'branchline.yaml': PROJECT,
      'pipelines/a.yaml': 'assets: { x: [',
      'pipelines/b.yaml': 'assets: { b: { run: "true", deps: [x] } }\n',
    });
    expect(unread.diagnostics.map(({ span }) => span.file)).toEqual(['pipelines/a.yaml']);
    expect(unread.project).toBeUndefined();
    const alone = buildProject({
      'branchline.yaml': PROJECT,
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
        'branchline.yaml': PROJECT,
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
