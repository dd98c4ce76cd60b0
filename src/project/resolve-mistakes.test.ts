import { describe, expect, it } from 'vitest';
import { parseManifest } from '../manifest/parse.ts';
import { check, checkOne, SHOP } from '../testing/manifest-findings.ts';
import { buildProject, projectOf, showDiagnostic, sourceTreeOf } from '../testing/project-builder.ts';
import { resolveProject } from './resolve.ts';

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
    expect(buildProject({ 'branchline.yaml': SHOP, ...files }).diagnostics[0]!.related).toEqual([
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
      'branchline.yaml': SHOP,
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
