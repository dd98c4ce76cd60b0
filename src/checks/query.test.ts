import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { databases } from '../adapters/sql-open.ts';
import type { Json } from '../base/json.ts';
import type { Check, CheckKind } from '../model/project.ts';
import type { SqlSession } from '../ports.ts';
import { quoteLiteral } from '../sql/quote.ts';
import { startPostgres, type TestPostgres } from '../testing/postgres.ts';
import { checkOf } from '../testing/sql-projects.ts';
import { installedEngines, rowsOf } from '../testing/sql-sessions.ts';
import { checkSql } from './query.ts';
import { observe } from './read-query.ts';

type Row = { readonly id: number | null; readonly name: string | null; readonly kind: string | null };

let server: TestPostgres;
const sessions: SqlSession[] = [];
beforeAll(async () => {
  server = await startPostgres();
  const sql = databases(installedEngines());
  for (const target of [
    { type: 'duckdb', path: ':memory:', extensions: [] } as const,
    { type: 'postgres', url: server.database('checks') } as const,
  ]) {
    const session = await sql.open(target, { tag: 't' });
    if (!session.ok) throw new Error(session.error.message);
    sessions.push(session.value);
  }
}, 60_000);
afterAll(async () => {
  for (const session of sessions) await session.close();
  await server.stop();
}, 60_000);

/** The rules, in plain JavaScript: which rows fail. */
function naive(kind: CheckKind, rows: readonly Row[], to: readonly Row[]): number {
  const cell = (row: Row, column: string): string | number | null => row[column as keyof Row];
  switch (kind.type) {
    case 'not_null':
      return rows.filter((row) => kind.columns.some((column) => cell(row, column) === null)).length;
    case 'unique':
      return rows.filter(
        (row) =>
          kind.columns.every((column) => cell(row, column) !== null) &&
          rows.filter((other) => kind.columns.every((column) => cell(other, column) === cell(row, column))).length > 1,
      ).length;
    case 'accepted_values':
      return rows.filter((row) =>
        Object.entries(kind.values).some(
          ([column, values]) => cell(row, column) !== null && !values.includes(cell(row, column)),
        ),
      ).length;
    case 'range':
      return rows.filter((row) =>
        Object.entries(kind.ranges).some(([column, { min, max }]) => {
          const value = cell(row, column);
          return value !== null && ((min !== undefined && value < min) || (max !== undefined && value > max));
        }),
      ).length;
    case 'regex':
      return rows.filter((row) =>
        Object.entries(kind.patterns).some(
          ([column, pattern]) => cell(row, column) !== null && !new RegExp(pattern).test(String(cell(row, column))),
        ),
      ).length;
    case 'relationships':
      return rows.filter(
        (row) =>
          cell(row, kind.column) !== null && !to.some((other) => cell(other, kind.field) === cell(row, kind.column)),
      ).length;
    case 'row_count':
      return rows.length;
    case 'columns':
    case 'sql':
    case 'run':
    case 'reported':
    case 'multi':
      throw new Error(`no rule for ${kind.type}`);
  }
}

const name = fc.option(fc.constantFrom('a', 'b', "it's", 'A', '', 'a1'), { nil: null });
const row = fc.record({ id: fc.option(fc.integer({ min: -2, max: 3 }), { nil: null }), name, kind: name });
const table = fc.array(row, { maxLength: 8 });
const columns = fc.subarray(['id', 'name', 'kind'], { minLength: 1 });
const kinds: fc.Arbitrary<CheckKind> = fc.oneof(
  fc.constant<CheckKind>({ type: 'row_count' }),
  columns.map<CheckKind>((list) => ({ type: 'not_null', columns: list })),
  columns.map<CheckKind>((list) => ({ type: 'unique', columns: list })),
  fc
    .record({ name: fc.array(fc.constantFrom('a', "it's", null), { maxLength: 3 }), kind: fc.constant(['b']) })
    .map<CheckKind>((values) => ({ type: 'accepted_values', values })),
  fc
    .record({ min: fc.integer({ min: -3, max: 1 }), max: fc.integer({ min: 0, max: 3 }) }, { requiredKeys: [] })
    .map<CheckKind>((id) => ({ type: 'range', ranges: { id } })),
  fc
    .constantFrom('^a', '[0-9]$', "'", '^$')
    .map<CheckKind>((pattern) => ({ type: 'regex', patterns: { name: pattern } })),
  fc
    .constantFrom(['id', 'id'], ['name', 'kind'])
    .map<CheckKind>(([column, field]) => ({ type: 'relationships', column: column!, to: 'raw/b', field: field! })),
);

function valuesOf(rows: readonly Row[]): string {
  const tuples = rows.map(
    (each) =>
      `(${quoteLiteral(each.id)}::int, ${quoteLiteral(each.name)}::varchar, ${quoteLiteral(each.kind)}::varchar)`,
  );
  return rows.length > 0
    ? `(values ${tuples.join(', ')}) as t(id, name, kind)`
    : '(select 1::int as id, null::varchar as name, null::varchar as kind where false) as t';
}

test('property: each declarative check counts what plain JavaScript counts, on both databases, with and without where', {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(kinds, table, table, fc.boolean(), async (kind, rows, others, isRestricted) => {
      const check: Check = checkOf(kind, isRestricted ? { where: "name <> 'b' -- not b" } : {});
      const judged = isRestricted ? rows.filter((each) => each.name !== null && each.name !== 'b') : rows;
      for (const session of sessions) {
        await rowsOf(session, 'drop table if exists a');
        await rowsOf(session, 'drop table if exists b');
        await rowsOf(session, `create table a as select * from ${valuesOf(rows)}`);
        await rowsOf(session, `create table b as select * from ${valuesOf(others)}`);
        const query = checkSql(check, { dialect: session.dialect, relation: '"a"', to: '"b"' })!;
        expect(observe(check, query, await rowsOf(session, query.sql)), `${session.dialect}: ${query.sql}`).toEqual({
          kind: 'measured',
          value: naive(kind, judged, others),
          of: judged.length,
        });
      }
    }),
    { numRuns: 120 },
  );
});

test('samples are keys of failing rows, in order, at most as many as asked for', async () => {
  const kindsWithSamples: [CheckKind, Json[][]][] = [
    [
      { type: 'not_null', columns: ['name'] },
      [
        [1, null],
        [2, null],
      ],
    ],
    [{ type: 'unique', columns: ['kind'] }, [['x']]],
    [{ type: 'range', ranges: { id: { max: 1 } } }, [[2], [3]]],
    [
      { type: 'relationships', column: 'kind', to: 'raw/b', field: 'name' },
      [
        [1, 'x'],
        [2, 'x'],
      ],
    ],
  ];
  for (const session of sessions) {
    await rowsOf(session, 'drop table if exists a');
    await rowsOf(
      session,
      `create table a as select * from (values (3, 'n', 'y'), (1, null, 'x'), (2, null, 'x')) as t(id, name, kind)`,
    );
    for (const [kind, expected] of kindsWithSamples) {
      const query = checkSql(checkOf(kind, { samples: 2 }), {
        dialect: session.dialect,
        relation: '"a"',
        to: `(select 'y' as name) as b`,
        keyColumns: ['id'],
      })!;
      if (query.kind !== 'count') throw new Error(query.kind);
      expect({ kind, rows: await rowsOf(session, query.samplesSql!) }).toEqual({ kind, rows: expected });
      expect(checkSql(checkOf(kind), { dialect: session.dialect, relation: '"a"', to: '"b"' })).not.toHaveProperty(
        'samplesSql',
      );
    }
  }
});

test('columns are compared by what the database says, and missing values are counted', async () => {
  for (const session of sessions) {
    await rowsOf(session, 'drop table if exists "od d"');
    await rowsOf(
      session,
      'create table "od d" as select 1::bigint as id, null::varchar as "na""me", 1.5::decimal(10,2) as amount',
    );
    const check = checkOf({
      type: 'columns',
      columns: {
        id: { type: 'bigint', nullable: false },
        'na"me': { type: 'text', nullable: false },
        amount: { type: 'decimal(10,3)' },
      },
    });
    const query = checkSql(check, { dialect: session.dialect, relation: '"od d"' })!;
    if (query.kind !== 'columns') throw new Error(query.kind);
    const found = observe(check, query, await rowsOf(session, query.sql), await rowsOf(session, query.nullsSql!));
    expect(found).toEqual({
      kind: 'columns',
      of: 3,
      differences: [
        'na"me is missing in 1 row',
        expect.stringMatching(/^amount is (decimal|numeric)\(10,2\), not decimal\(10,3\)$/),
      ],
    });
  }
});

test('a check’s own SQL may end in a comment and hold a name that looks like one of ours', async () => {
  for (const session of sessions) {
    const check = checkOf(
      { type: 'sql', text: '', startsAt: checkOf({ type: 'row_count' }).definedAt, value: false },
      { samples: 1 },
    );
    const query = checkSql(check, {
      dialect: session.dialect,
      relation: '',
      select: 'select 1 as value union all select 2 order by 1 -- end',
    })!;
    expect(observe(check, query, await rowsOf(session, query.sql))).toEqual({ kind: 'measured', value: 2 });
    expect(query.kind === 'failing-rows' && (await rowsOf(session, query.samplesSql!))).toEqual([[1]]);
  }
});

test.each<[Json[][], unknown]>([
  [[['12.5']], { kind: 'measured', value: 12.5 }],
  [[[true]], { kind: 'measured', value: 1 }],
  [[[null]], { kind: 'measured', value: null }],
  [[], { kind: 'measured', value: null }],
  [[['x']], { kind: 'raised', message: 'the query returned "x", which is no number' }],
  [[[1], [2]], { kind: 'raised', message: 'the query returned more than one row: `value: true` wants one value' }],
])('one value from %j', (rows, expected) => {
  const check = checkOf({ type: 'sql', text: '', startsAt: checkOf({ type: 'row_count' }).definedAt, value: true });
  expect(observe(check, { kind: 'value', sql: '' }, rows)).toEqual(expected);
});

test('checks of other kinds ask no database', () => {
  for (const kind of [
    { type: 'reported' },
    { type: 'multi', multiCheck: 'm' },
    { type: 'run', run: 'true', shell: 'bash' },
  ] as const) {
    expect(checkSql(checkOf(kind), { dialect: 'duckdb', relation: '"a"' })).toBeUndefined();
  }
});
