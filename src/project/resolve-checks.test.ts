import { describe, expect, it } from 'vitest';
import { checkOne, SHOP } from '../testing/manifest-findings.ts';
import { projectOf } from '../testing/project-builder.ts';

describe('checks', () => {
  it('are resolved with bounds and kinds', () => {
    const { assets } = projectOf({
      'branchline.yaml': SHOP,
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
      'branchline.yaml': SHOP,
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
