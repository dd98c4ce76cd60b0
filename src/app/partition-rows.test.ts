import { expect, test } from 'vitest';
import type { PartitionsDef, TimePartitions } from '../model/partitions.ts';
import { openPartitions } from '../time/partitions/keys.ts';
import { rowsOf, rowsOfAny } from './partition-rows.ts';

const days: TimePartitions = {
  kind: 'time',
  cron: '0 0 * * *',
  timezone: 'UTC',
  start: '2026-01-01',
  format: '%Y-%m-%d',
  endOffset: 0,
};
const rows = (
  partitionExpr: string | Record<string, string>,
  def: PartitionsDef,
  keys: readonly string[],
  zoned: readonly string[] = [],
) => rowsOf({ partitionExpr }, openPartitions(def), keys, new Set(zoned));

test('a window is half open; neighbours are one span, others apart', () => {
  expect(rows('day', days, ['2026-01-01'])).toBe(
    `"day" >= cast('2026-01-01 00:00:00' as timestamp) and "day" < cast('2026-01-02 00:00:00' as timestamp)`,
  );
  expect(rows('at + 1', days, ['2026-01-01', '2026-01-02', '2026-01-04'])).toBe(
    `((at + 1) >= cast('2026-01-01 00:00:00' as timestamp) and (at + 1) < cast('2026-01-03 00:00:00' as timestamp))` +
      ` or ((at + 1) >= cast('2026-01-04 00:00:00' as timestamp) and (at + 1) < cast('2026-01-05 00:00:00' as timestamp))`,
  );
});
test('a column that knows its zone is compared with instants: also on days of 23 and 25 hours', () => {
  const berlin = { ...days, timezone: 'Europe/Berlin' };
  expect(rows('at', berlin, ['2026-03-29'], ['at'])).toBe(
    `"at" >= cast('2026-03-29T00:00:00+01:00' as timestamp with time zone) and "at" < cast('2026-03-30T00:00:00+02:00' as timestamp with time zone)`,
  );
  const hours = { ...berlin, cron: '0 * * * *', format: '%Y-%m-%d-%H:%M' };
  expect(rows('at', hours, ['2026-10-25-02:00'], ['at'])).toContain(`'2026-10-25T03:00:00+01:00'`.replace('03', '02'));
  // On the wall both passes show the same hour: the first one has no rows, the second all of them.
  expect(rows('at', hours, ['2026-10-25-02:00'])).toContain(`>= cast('2026-10-25 02:00:00' as timestamp)`);
  expect(rows('at', hours, ['2026-10-25-02:00'])).toContain(`< cast('2026-10-25 02:00:00' as timestamp)`);
  expect(rows('at', hours, ['2026-10-25-02:00+0100'])).toContain(`< cast('2026-10-25 03:00:00' as timestamp)`);
});
test('keys that are no times are texts, whatever they hold', () => {
  expect(rows('region', { kind: 'static', keys: ["o'hara", 'eu'] }, ["o'hara", 'eu'])).toBe(
    `cast("region" as varchar) in ('o''hara', 'eu')`,
  );
});
test('of several dimensions each has its column', () => {
  const multi: PartitionsDef = {
    kind: 'multi',
    dimensions: { day: days, region: { kind: 'static', keys: ['eu', 'us'] } },
  };
  const expr = { day: 'order_date', region: 'region' };
  const day = (from: string, to: string): string =>
    `("order_date" >= cast('2026-01-0${from} 00:00:00' as timestamp) and "order_date" < cast('2026-01-0${to} 00:00:00' as timestamp))`;
  expect(rows(expr, multi, ['2026-01-01|us'])).toBe(`${day('1', '2')} and (cast("region" as varchar) in ('us'))`);
  expect(rows(expr, multi, ['2026-01-01|eu', '2026-01-01|us', '2026-01-02|eu'])).toBe(
    `(${day('1', '2')} and (cast("region" as varchar) in ('eu', 'us'))) or (${day('2', '3')} and (cast("region" as varchar) in ('eu')))`,
  );
  // What `check` refuses finds nothing here.
  expect(rows('order_date', multi, ['2026-01-01|us'])).toBeUndefined();
});

test('rows of keys outside of the definition are found as long as its rule tells them', () => {
  const narrow = { ...days, start: '2026-01-03', end: '2026-01-05' };
  const all = rowsOfAny({ partitionExpr: 'day' }, narrow, ['2026-01-01', '2026-01-02', '2026-01-09']);
  expect(all.ok && all.value).toContain(`"day" < cast('2026-01-03 00:00:00' as timestamp)`);
  expect(all.ok && all.value).toContain(`"day" >= cast('2026-01-09 00:00:00' as timestamp)`);
  const removed = rowsOfAny({ partitionExpr: 'who' }, { kind: 'static', keys: ['a'] }, ['a', 'gone']);
  expect(removed).toEqual({ ok: true, value: `cast("who" as varchar) in ('a', 'gone')` });
  const both = { kind: 'multi', dimensions: { day: narrow, region: { kind: 'static', keys: ['eu'] } } } as const;
  const expr = { day: 'day', region: 'region' };
  const product = rowsOfAny({ partitionExpr: expr }, both, ['2026-01-01|us']);
  expect(product.ok && product.value).toContain(`in ('us')`);
  // Keys of a month, of another dimension: nobody knows their rows.
  expect(rowsOfAny({ partitionExpr: 'day' }, narrow, ['2026-01-04', '2026-01'])).toEqual({
    ok: false,
    error: ['2026-01'],
  });
  expect(rowsOfAny({ partitionExpr: expr }, both, ['2026-01|eu', '2026-01-04'])).toMatchObject({ ok: false });
});
