import { expect, test } from 'vitest';
import type { Bound, Check, CheckKind } from '../model/project.ts';
import { checkOf } from '../testing/sql-projects.ts';
import { boundText, numberText } from './bounds.ts';
import { columnDifferences, sameType } from './columns.ts';
import { isHolding, judge, type Observed } from './judge.ts';

const bound = (op: Exclude<Bound['op'], 'not between'>, value: number, percent = false): Bound => ({
  op,
  value,
  percent,
});
const unique: CheckKind = { type: 'unique', columns: ['day'] };
const rowCount: CheckKind = { type: 'row_count' };
const ownValue: CheckKind = { type: 'sql', text: '', startsAt: checkOf(unique).definedAt, value: true };
const ownRows: CheckKind = { ...ownValue, value: false };

/** Judges `value of of` and compares `STATUS severity: message`. */
function verdict(
  kind: CheckKind,
  overrides: Partial<Check>,
  observed: Observed | readonly [number | null, number?],
): string {
  const seen: Observed =
    'kind' in observed
      ? observed
      : { kind: 'measured', value: observed[0], ...(observed[1] === undefined ? {} : { of: observed[1] }) };
  const { status, severity, message } = judge(checkOf(kind, overrides), seen);
  return `${status} ${severity}: ${message}`;
}

test.each<[string, CheckKind, Partial<Check>, Observed | readonly [number | null, number?]]>([
  ['FAILED error: 2 of 365 rows share the same day (allowed 0)', unique, {}, [2, 365]],
  ['FAILED warn: 2 of 365 rows share the same day (allowed 0)', unique, { severity: 'warn' }, [2, 365]],
  ['PASSED error: 0 of 365 rows share the same day', unique, {}, [0, 365]],
  // With one bound, the other is unset.
  ['PASSED error: 2 of 365 rows share the same day (allowed 5)', unique, { errorIf: bound('>', 5) }, [2, 365]],
  ['FAILED warn: 2 of 365 rows share the same day (allowed 1)', unique, { warnIf: bound('>', 1) }, [2, 365]],
  [
    'FAILED error: 9 of 365 rows share the same day (allowed 5)',
    unique,
    { warnIf: bound('>', 1), errorIf: bound('>', 5) },
    [9, 365],
  ],
  [
    'FAILED warn: 3 of 365 rows share the same day (allowed 1)',
    unique,
    { warnIf: bound('>', 1), errorIf: bound('>', 5) },
    [3, 365],
  ],
  // `severity: warn` ignores error_if.
  [
    'PASSED warn: 9 of 365 rows share the same day (allowed 10)',
    unique,
    { severity: 'warn', errorIf: bound('>', 5), warnIf: bound('>', 10) },
    [9, 365],
  ],
  [
    'FAILED warn: 9 of 365 rows share the same day (allowed 0)',
    unique,
    { severity: 'warn', errorIf: bound('>', 100) },
    [9, 365],
  ],
  [
    'ERRORED error: no bound counts: with `severity: warn`, `error_if` is ignored, so write `warn_if`',
    rowCount,
    { severity: 'warn', errorIf: bound('<', 1) },
    [0, 0],
  ],
  // Percent of the rows checked; a percentage of no rows is no number.
  ['FAILED error: 1 of 3 rows shares the same day (allowed 33 %)', unique, { errorIf: bound('>', 33, true) }, [1, 3]],
  ['PASSED error: 1 of 4 rows shares the same day (allowed 25 %)', unique, { errorIf: bound('>', 25, true) }, [1, 4]],
  ['PASSED error: no rows to check', unique, { errorIf: bound('>=', 0, true) }, [0, 0]],
  ['PASSED error: no rows to check', unique, {}, [0, 0]],
  [
    'ERRORED error: a bound in % needs rows to compare with, and this check gives a number only',
    ownRows,
    { errorIf: bound('>', 1, true) },
    [1],
  ],
  // Numbers that are measured.
  ['FAILED error: 12 rows (at least 1,000 wanted)', rowCount, { errorIf: bound('<', 1000) }, [12, 12]],
  ['PASSED error: 1,461 rows (at least 1,000 wanted)', rowCount, { errorIf: bound('<', 1000) }, [1461, 1461]],
  ['FAILED warn: value 3.5 (allowed 3)', ownValue, { warnIf: bound('>', 3) }, [3.5]],
  [
    'FAILED error: value 7 (1 to 5 wanted)',
    ownValue,
    { errorIf: { op: 'not between', low: 1, high: 5, percent: false } },
    [7],
  ],
  [
    'PASSED error: value 5 (1 to 5 wanted)',
    ownValue,
    { errorIf: { op: 'not between', low: 1, high: 5, percent: false } },
    [5],
  ],
  // Null could not be judged.
  ['ERRORED error: the query gave no number (null): nothing to judge', ownValue, { errorIf: bound('>', 3) }, [null]],
  ['ERRORED warn: boom', unique, { onError: 'warn' }, { kind: 'raised', message: 'boom' }],
  ['FAILED error: 3 rows returned (allowed 0)', ownRows, {}, [3]],
  ['PASSED error: no rows returned', ownRows, {}, [0]],
  [
    'FAILED error: 1 of 9 rows where status <> 1 lacks id or email (allowed 0)',
    { type: 'not_null', columns: ['id', 'email'] },
    { where: 'status <> 1' },
    [1, 9],
  ],
  [
    'FAILED error: 4 of 9 rows have amount outside of 0 to 10 or size above 3 (allowed 0)',
    { type: 'range', ranges: { amount: { min: 0, max: 10 }, size: { max: 3 } } },
    {},
    [4, 9],
  ],
  [
    'FAILED error: 4 of 9 rows have a status other than new, paid (allowed 0)',
    { type: 'accepted_values', values: { status: ['new', 'paid'] } },
    {},
    [4, 9],
  ],
  [
    'FAILED error: 1 of 9 rows has a customer that is no id of raw/customers (allowed 0)',
    { type: 'relationships', column: 'customer', to: 'raw/customers', field: 'id' },
    {},
    [1, 9],
  ],
  [
    'FAILED error: a is missing; b is varchar, not bigint (allowed 0)',
    { type: 'columns', columns: {} },
    {},
    { kind: 'columns', differences: ['a is missing', 'b is varchar, not bigint'], of: 2 },
  ],
  // Reports of steps and scripts.
  ['PASSED error: passed', { type: 'reported' }, {}, { kind: 'passed', passed: true }],
  [
    'FAILED warn: 3 late',
    { type: 'reported' },
    { severity: 'warn' },
    { kind: 'passed', passed: false, message: '3 late' },
  ],
  [
    'FAILED error: value 3 (allowed 2)',
    { type: 'reported' },
    { errorIf: bound('>', 2) },
    { kind: 'passed', passed: true, value: 3 },
  ],
])('%s', (expected, kind, overrides, observed) => expect(verdict(kind, overrides, observed)).toBe(expected));

test('value and rows are kept on a pass as well', () => {
  expect(judge(checkOf(unique), { kind: 'measured', value: 0, of: 365 })).toMatchObject({
    status: 'PASSED',
    value: 0,
    of: 365,
  });
});

test('what holds publication: a blocking failure of severity error, or a blocking check that could not be judged', () => {
  const holds = (overrides: Partial<Check>, observed: Observed): boolean => {
    const check = checkOf(unique, overrides);
    return isHolding(check, judge(check, observed));
  };
  const failing: Observed = { kind: 'measured', value: 1, of: 2 };
  const raised: Observed = { kind: 'raised', message: 'boom' };
  expect(holds({ blocking: true }, failing)).toBe(true);
  expect(holds({ blocking: true, severity: 'warn' }, failing)).toBe(false);
  expect(holds({ blocking: true, warnIf: bound('>', 0), errorIf: bound('>', 1) }, failing)).toBe(false);
  expect(holds({ blocking: true, severity: 'warn', onError: 'warn' }, raised)).toBe(true);
  expect(holds({}, failing)).toBe(false);
  expect(holds({}, raised)).toBe(false);
});

test('bounds say what they leave room for', () => {
  const ops = ['>', '>=', '<', '<=', '=', '!='] as const;
  expect(ops.map((op) => boundText(bound(op, 1234.5, op === '>')))).toEqual([
    'allowed 1,234.5 %',
    'allowed below 1,234.5',
    'at least 1,234.5 wanted',
    'more than 1,234.5 wanted',
    'anything but 1,234.5 allowed',
    '1,234.5 wanted',
  ]);
  expect([0, -1234567, 1e21, 999].map(numberText)).toEqual(['0', '-1,234,567', '1e+21', '999']);
});

test.each([
  ['bigint', 'BIGINT', true],
  ['int', 'INTEGER', true],
  ['string', 'VARCHAR', true],
  ['text', 'character varying', true],
  ['varchar', 'character varying(20)', true],
  ['varchar(10)', 'character varying(20)', false],
  ['decimal', 'DECIMAL(18,3)', true],
  ['numeric(18, 3)', 'DECIMAL(18,3)', true],
  ['decimal(10,2)', 'DECIMAL(18,3)', false],
  ['timestamptz', 'TIMESTAMP WITH TIME ZONE', true],
  ['timestamp', 'timestamp(3) without time zone', true],
  ['timestamp', 'TIMESTAMP WITH TIME ZONE', false],
  ['bigint[]', 'BIGINT[]', true],
  ['bigint', 'BIGINT[]', false],
  ['struct(a integer)', 'STRUCT("a" INTEGER)', true],
  ['integer', 'BIGINT', false],
])('declared %s and found %s are the same type: %s', (declared, found, expected) =>
  expect(sameType(declared, found)).toBe(expected),
);

test('a contract names every difference once, in no order of columns', () => {
  const found = [
    { name: 'extra', type: 'INTEGER' },
    { name: 'b', type: 'VARCHAR' },
    { name: 'a', type: 'BIGINT' },
  ];
  expect(
    columnDifferences(
      { a: { type: 'bigint', nullable: false }, b: { type: 'date' }, c: {} },
      found,
      new Map([['a', 1]]),
    ),
  ).toEqual(['a is missing in 1 row', 'b is varchar, not date', 'c is missing', 'extra is not declared']);
  expect(columnDifferences({ a: {}, b: {}, extra: { nullable: true } }, found, new Map())).toEqual([]);
});
