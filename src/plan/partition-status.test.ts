import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PARTITION_STATUSES } from '../model/partitions.ts';
import type { PartitionRecord } from '../model/state.ts';
import { selectKeys } from '../time/partitions/keys.ts';
import { keysByStatus, partitionStatusOf, summarizePartitions } from './partition-status.ts';

const turn = [1, 1] as const;
const made = { materialized: { run: 'r', at: '', codeVersion: '', dataVersion: '', used: '', turn } } as const;
const failed = { failed: { run: 'r', at: '', turn } } as const;

test('the order of precedence: in progress, failed, made, missing', () => {
  expect(partitionStatusOf({ ...made, ...failed }, true)).toBe('in_progress');
  expect(partitionStatusOf({ ...made, ...failed }, false)).toBe('failed');
  expect(partitionStatusOf(made, false)).toBe('materialized');
  expect(partitionStatusOf({}, false)).toBe('missing');
  expect(partitionStatusOf(undefined, true)).toBe('in_progress');
});

test('counts, ranges in the order of the definition, and the newest that was made', () => {
  const records = new Map<string, PartitionRecord>([
    ['a', made],
    ['b', made],
    ['d', { ...made, ...failed }],
    ['gone', made],
  ]);
  expect(summarizePartitions('x', ['a', 'b', 'c', 'd', 'e'], records, new Set(['e']))).toEqual({
    asset: 'x',
    total: 5,
    counts: { in_progress: 1, failed: 1, materialized: 2, missing: 1 },
    ranges: { in_progress: ['e'], failed: ['d'], materialized: ['a...b'], missing: ['c'] },
    newest: 'd',
  });
  expect(summarizePartitions('x', [], undefined, new Set())).toMatchObject({ total: 0 });
});

test('property: every key is in one range of its status, and the ranges read back are the keys', () => {
  const record = fc.constantFrom<PartitionRecord | undefined>(undefined, {}, made, failed, { ...made, ...failed });
  fc.assert(
    fc.property(fc.array(fc.tuple(record, fc.boolean()), { maxLength: 40 }), (partitions) => {
      const keys: string[] = partitions.map((_, i) => `k${i}`);
      const records = new Map(
        partitions.flatMap(([each], i) => (each ? [[`k${i}`, each] as [string, PartitionRecord]] : [])),
      );
      const busy = new Set<string>(keys.filter((_, i) => partitions[i]![1]));
      const summary = summarizePartitions('x', keys, records, busy);
      const found = PARTITION_STATUSES.flatMap((status) => {
        const text = summary.ranges[status].join(',');
        const read = text === '' ? [] : selectKeys(keys, text);
        const of = Array.isArray(read) ? read : 'value' in read ? read.value : [];
        expect(of.length).toBe(summary.counts[status]);
        for (const key of of) expect(partitionStatusOf(records.get(key), busy.has(key))).toBe(status);
        return of;
      });
      expect([...found].sort()).toEqual([...keys].sort());
    }),
  );
});

test('`missing` and `failed` ask by status, in any of the assets; anything else names keys', () => {
  const keys = ['a', 'b', 'c'];
  const one = new Map<string, PartitionRecord>([['a', made]]);
  const two = new Map<string, PartitionRecord>([
    ['a', made],
    ['b', failed],
  ]);
  expect(keysByStatus('missing', keys, [one])).toEqual(['b', 'c']);
  expect(keysByStatus(' failed ', keys, [one, two])).toEqual(['b']);
  expect(keysByStatus('missing', keys, [two, undefined])).toEqual(['a', 'b', 'c']);
  expect(keysByStatus('a...b', keys, [one])).toBeUndefined();
});
