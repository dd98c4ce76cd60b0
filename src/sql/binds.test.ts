import { expect, test } from 'vitest';
import { bindNames, positionalBinds } from './binds.ts';

test('names become positions, the same name the same position, outside of quotes and comments only', () => {
  const sql = `select $b, '$a', "$a", $$ $a $$, x$a, $a::int -- $c\n/* $c */ , $b, $1`;
  expect(positionalBinds(sql)).toMatchObject({
    sql: `select $1, '$a', "$a", $$ $a $$, x$a, $2::int -- $c\n/* $c */ , $1, $1`,
    names: ['b', 'a'],
  });
  expect(bindNames(sql)).toEqual(['b', 'a']);
});

test('places lead back to the text as it was', () => {
  const sql = 'select $first_name, $x, here';
  const { sql: sent, originalOffset } = positionalBinds(sql);
  expect(originalOffset(sent.indexOf('here'))).toBe(sql.indexOf('here'));
  expect(originalOffset(sent.indexOf('$2'))).toBe(sql.indexOf('$x'));
  expect(originalOffset(3)).toBe(3);
});
