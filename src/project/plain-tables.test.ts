import { expect, it } from 'vitest';
import { buildProject, showDiagnostic } from '../testing/project-builder.ts';

const ENVIRONMENTS = 'environments: { local: { connections: { w: { path: local.duckdb } } } }';

/** What is said of one asset's SQL beside the assets `marts/days` and `flat` on the same connection. */
function warnings(sql: string, environments = ENVIRONMENTS): readonly string[] {
  const { diagnostics } = buildProject({
    'branchline.yaml': `name: shop
connections: { w: { type: duckdb, path: w.duckdb }, other: { type: duckdb, path: o.duckdb } }
${environments}
assets:
  marts/days: { connection: w, sql: select 1 as a }
  flat: { connection: w, sql: select 1 as a }
  elsewhere: { connection: other, sql: select 1 as a }
  reads: { connection: w, sql: q.sql }
`,
    'q.sql': sql,
  });
  return diagnostics.map((one) => `${showDiagnostic(one)} → ${one.help}`);
}
const told = (place: string, written: string, owner: string, instead: string): string =>
  `warning plain-table q.sql:${place} \`${written}\` is the table of \`${owner}\`, and its plain name is the same in every environment → write \`${instead}\``;

it.each([
  ['select * from marts.days', '1:15 (10)', 'marts.days', 'marts/days', "${{ ref('marts/days') }}"],
  [
    'select *\nFROM x\nleft join "marts" . "days" d on 1=1',
    '3:11 (16)',
    '"marts" . "days"',
    'marts/days',
    "${{ ref('marts/days') }}",
  ],
  ['select * from w.main.FLAT', '1:15 (11)', 'w.main.FLAT', 'flat', "${{ ref('flat') }}"],
  ['select * from reads', '1:15 (5)', 'reads', 'reads', '${{ this }}'],
])('%j: the table of another asset', (sql, place, written, owner, instead) => {
  expect(warnings(sql)).toEqual([told(place, written, owner, instead)]);
});

it.each([
  ["select * from ${{ ref('marts/days') }} join ${{ this }} on 1=1"],
  ['with flat as (select 1 as a) select * from flat'],
  ['with x as (select 2), flat (a) as materialized (select 1) select * from flat'],
  ["select 'from flat' as s -- from flat\n/* join flat */"],
  ['select * from flat(3)'],
  ['select * from elsewhere'],
  ['select * from other_schema.days'],
  ['select flat from x'],
])('%j: none', (sql) => {
  expect(warnings(sql)).toEqual([]);
});

it('without environments a plain name is as good as any', () => {
  expect(warnings('select * from marts.days', '')).toEqual([]);
});
