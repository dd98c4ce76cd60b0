import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileFormat } from './files.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import { auditRelation, nameProblem } from './relation.ts';
import { leavesTraces } from './traces.ts';

test('the audit copy stands beside the relation', () => {
  expect(auditRelation({ schema: 'marts', name: 'days' })).toEqual({ schema: 'marts', name: 'days__branchline_audit' });
});

test('property: copies fit into 63 bytes, differ from their relation, and from each other', () => {
  const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 70 });
  fc.assert(
    fc.property(name, name, (a, b) => {
      const copies = [a, b].map((each) => auditRelation({ name: each }).name);
      expect(Buffer.byteLength(copies[0]!)).toBeLessThanOrEqual(63);
      expect(copies[0] === copies[1]).toBe(a === b);
      expect(copies[0]).not.toBe(a);
    }),
  );
});

test('names that Postgres would cut are named', () => {
  expect(nameProblem({ name: 'ü'.repeat(31) })).toBeUndefined();
  expect(nameProblem({ schema: 's', name: 'ü'.repeat(32) })).toContain('has 64 bytes');
});

test('literals and identifiers are closed, whatever they hold', () => {
  expect(quoteLiteral("it's")).toBe("'it''s'");
  expect(quoteLiteral(1e6)).toBe('1000000');
  expect(quoteLiteral(null)).toBe('null');
  expect(quoteIdentifier('a"b')).toBe('"a""b"');
  expect(() => quoteLiteral(Number.NaN)).toThrow('not a SQL number');
  expect(() => quoteIdentifier('a\0b')).toThrow('NUL');
});

test.each([
  ['data/a.csv', 'csv'],
  ['a.TSV.gz', 'csv'],
  ['a.parquet', 'parquet'],
  ['a.ndjson', 'json'],
  ['a.png', undefined],
])('%s is read as %s', (path, format) => expect(fileFormat(path)).toBe(format));

test.each([
  ['select 1', false],
  ['create table t as select 1; drop table t', false],
  ['begin; insert into t values (1); commit', false],
  ['begin; insert into t values (1)', true],
  ['create or replace temp table t as select 1', true],
  ['select 1; set threads = 1', true],
  ["attach 'x.duckdb' as x", true],
  ["select 'set x'", false],
])('%s leaves traces in the session: %s', (sql, expected) => expect(leavesTraces(sql)).toBe(expected));
