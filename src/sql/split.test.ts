import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitStatements } from './split.ts';

function check(sql: string, expected: readonly string[]): void {
  const split = splitStatements(sql);
  if (!split.ok) throw new Error(split.error.message);
  expect(split.value.map(({ text }) => text)).toEqual(expected);
  for (const { text, offset } of split.value) expect(sql.slice(offset, offset + text.length)).toBe(text);
}

test.each([
  ['', []],
  [' ;; -- nothing\n ; /* ; */', []],
  ['select 1', ['select 1']],
  ['select 1; select 2;', ['select 1', 'select 2']],
  ["select ';''; ' as a;select 2", ["select ';''; ' as a", 'select 2']],
  [`select 1 as "a;""b" ; select 2`, [`select 1 as "a;""b"`, 'select 2']],
  ["select E'it\\'s; one' ; select 2", ["select E'it\\'s; one'", 'select 2']],
  ["select 'back\\' ; select 2", ["select 'back\\'", 'select 2']],
  ['select $$a;b$$; select $t$ $$;$$ $t$; select 3', ['select $$a;b$$', 'select $t$ $$;$$ $t$', 'select 3']],
  ['/* a; /* b; */ c; */ select 1 -- d; e\n ; select 2', ['select 1', 'select 2']],
  ['select $a; select foo$b$c; select 3', ['select $a', 'select foo$b$c', 'select 3']],
  [
    'create rule r as on insert to t do also (select 1; select 2); select 3',
    ['create rule r as on insert to t do also (select 1; select 2)', 'select 3'],
  ],
  [
    'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3',
    [
      'create or replace function f() returns int begin atomic select case when true then 1 end; select 2; end',
      'select 3',
    ],
  ],
  ['begin; select 1; commit', ['begin', 'select 1', 'commit']],
])('%s', (sql, expected) => check(sql, expected));

test.each([
  ["select 1;\n  'open", 2, 3, 'this quote is never closed'],
  ['select "open', 1, 8, 'this double quote is never closed'],
  ['select 1\n/* open', 2, 1, 'this comment is never closed'],
  ['select $x$ open $x', 1, 8, 'this quote is never closed'],
])('%s is refused at its place', (sql, line, column, message) => {
  expect(splitStatements(sql)).toEqual({ ok: false, error: { line, column, message } });
});

test.each([
  ['select 1', true],
  ['-- c\n (select 1)', true],
  ['WITH a AS (INSERT INTO t VALUES (1) RETURNING x) SELECT * FROM a', true],
  ['with a as (select 1) insert into t select * from a', false],
  ['with recursive a(x) as materialized (select 1) from a', true],
  ['from t', true],
  ['values (1)', true],
  ['table t', true],
  ['insert into t select 1', false],
  ['create table t as select 1', false],
  ['explain select 1', false],
  ['set x = 1', false],
])('%s yields rows: %s', (sql, isSelect) => {
  const split = splitStatements(sql);
  expect(split.ok && split.value[0]!.isSelect).toBe(isSelect);
});

test('property: statements joined by semicolons come back as they were', () => {
  const piece = fc.constantFrom(
    'select 1',
    `'a;''b'`,
    '"c;""d"',
    '$$;$$',
    '$tag$;$$;$tag$',
    '/* ; /* ; */ */ x',
    '(a;b)',
    'e',
    '$name',
    '1e5',
    "E'\\';'",
  );
  const statement = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => `select ${pieces.join(' , ')} z`);
  fc.assert(
    fc.property(
      fc.array(statement, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(';', ' ;\n', ';;', '; -- c;\n'),
      (statements, separator) => check(statements.join(separator), statements),
    ),
  );
});
