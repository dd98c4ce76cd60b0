import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json } from '../base/json.ts';
import { templateOf } from '../testing/sql-projects.ts';
import { lexSql } from './lex.ts';
import { quoteRelation } from './quote.ts';
import { type RenderContext, renderSql } from './render.ts';

const context: RenderContext = {
  ref: (asset) => (asset === 'gone' ? undefined : quoteRelation({ schema: 'raw', name: asset })),
  self: '"marts"."a"',
};

function render(
  sql: string,
  overrides: Partial<RenderContext> = {},
  value = (expression: string): Json => `value of ${expression}`,
) {
  return renderSql(templateOf(sql, value), { ...context, ...overrides });
}

test('values become binds, relations become quoted names', () => {
  const rendered = render(
    `select \${{ env.A }}, \${{ env.B }} from \${{ ref('or"ders') }} join \${{ this }} on true -- \${{ env.C }}`,
  );
  expect(rendered.ok && rendered.value.sql).toBe(
    `select $branchline_1, $branchline_2 from "raw"."or""ders" join "marts"."a" on true -- $branchline_3`,
  );
  expect(rendered.ok && rendered.value.binds).toMatchObject({
    branchline_1: 'value of env.A',
    branchline_2: 'value of env.B',
  });
});

test.each([
  ["select\n '${{ env.A }}'", 2, 3, 'inside of quotes'],
  ['select "${{ this }}"', 1, 9, 'inside of quotes'],
  ["select $$ ${{ ref('x') }} $$", 1, 11, 'inside of quotes'],
  ['select a${{ env.A }}', 1, 9, 'part of a word'],
  ['select ${{ env.A }}a', 1, 8, 'part of a word'],
  ['select 1${{ env.A }}', 1, 9, 'part of a word'],
  ['select ${{ this }}"x"', 1, 8, 'inside of quotes'],
  ["select * from ${{ ref('gone') }}", 1, 15, 'gone has no relation'],
])('%s is refused at its place', (sql, line, column, message) => {
  expect(render(sql)).toMatchObject({ ok: false, error: { line, column, message: expect.stringContaining(message) } });
});

test('a view takes names and refuses values', () => {
  expect(render('select * from ${{ this }}', { bindsAllowed: false }).ok).toBe(true);
  expect(render('select ${{ env.A }}', { bindsAllowed: false })).toMatchObject({ ok: false, error: { column: 8 } });
});

test('places lead back to the source: behind, before and inside of expressions', () => {
  const sql = 'select ${{ env.LONG_NAME }}, here from ${{ this }} there';
  const rendered = render(sql);
  if (!rendered.ok) throw new Error(rendered.error.message);
  const back = (text: string): number => rendered.value.sourceOffset(rendered.value.sql.indexOf(text));
  expect(back('here')).toBe(sql.indexOf('here'));
  expect(back('there')).toBe(sql.indexOf('there'));
  expect(back('"a"')).toBe(sql.indexOf('${{ this'));
  expect(back('select')).toBe(0);
});

test('property: no value is ever part of the SQL, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const rendered = render('select ${{ env.A }} as x', {}, () => value);
      expect(rendered.ok && rendered.value.sql).toBe('select $branchline_1 as x');
      expect(rendered.ok && rendered.value.binds).toEqual({ branchline_1: value });
    }),
  );
});

test('property: a quoted name is one token, whatever the name', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1 }).filter((name) => !name.includes('\0')),
      (name) => {
        expect(lexSql(quoteRelation({ name })).tokens.map(({ kind }) => kind)).toEqual(['identifier']);
      },
    ),
  );
});
