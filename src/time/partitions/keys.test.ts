import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PartitionMapping, PartitionsDef, TimePartitions } from '../../model/partitions.ts';
import { type KeysAt, keyProblem, openPartitions, selectKeys, toRanges } from './keys.ts';
import { mappingProblem, openMapping, readsAll } from './mapping.ts';

const daily: TimePartitions = {
  kind: 'time',
  cron: '0 0 * * *',
  timezone: 'UTC',
  start: '2026-01-01',
  format: '%Y-%m-%d',
  endOffset: 0,
};
const hourly: TimePartitions = { ...daily, cron: '0 * * * *', format: '%Y-%m-%d-%H:%M' };
const monthly: TimePartitions = { ...daily, cron: '0 0 1 * *' };
const regions: PartitionsDef = { kind: 'static', keys: ['eu', 'us', 'asia'] };
const at: KeysAt = {
  now: Date.parse('2026-03-02T05:00:00Z'),
  dynamic: (name) => (name === 'customers' ? ['acme', 'zeta', 'beta'] : []),
};
const keysOf = (def: PartitionsDef): readonly string[] => openPartitions(def).keys(at);

describe('keys of a definition', () => {
  test('static in the order of the definition, dynamic in the order in which they came', () => {
    expect(keysOf(regions)).toEqual(['eu', 'us', 'asia']);
    expect(keysOf({ kind: 'dynamic', name: 'customers' })).toEqual(['acme', 'zeta', 'beta']);
  });
  test('multi: the product, dimensions in alphabetical order', () => {
    const def: PartitionsDef = {
      kind: 'multi',
      dimensions: { region: { kind: 'static', keys: ['eu', 'us'] }, day: monthly },
    };
    expect(keysOf(def)).toEqual(['2026-01-01|eu', '2026-01-01|us', '2026-02-01|eu', '2026-02-01|us']);
    expect(openPartitions(def).split('2026-02-01|us')).toEqual({ day: '2026-02-01', region: 'us' });
    expect(openPartitions(def).split('2026-02-01')).toBeUndefined();
  });
  test.each([
    ['a...b', false],
    ['a\nb', false],
    ['', false],
    ['a|b', true],
    ['a,b', true],
    ['[a', true],
  ])('%j is refused', (key, isDimension) => {
    expect(keyProblem(key, isDimension)).toBeTypeOf('string');
  });
  test('a comma is fine outside of dimensions', () => {
    expect(keyProblem('a,b', false)).toBeUndefined();
  });
});

describe('asked for in text', () => {
  const keys = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-05'];
  const wanted = (text: string) => {
    const found = selectKeys(keys, text);
    return found.ok ? found.value : found.error.map((problem) => problem.text);
  };
  test('keys, ranges and all, in order and once', () => {
    expect(wanted('2026-01-05, 2026-01-01...2026-01-02, 2026-01-02')).toEqual([
      '2026-01-01',
      '2026-01-02',
      '2026-01-05',
    ]);
    expect(wanted('all')).toEqual(keys);
  });
  test('all that is wrong at once, with the nearest', () => {
    expect(wanted('2026-01-04, 2026-01-03...2026-01-09, 2026-01-03...2026-01-01')).toEqual([
      '2026-01-04',
      '2026-01-09',
      '2026-01-03...2026-01-01',
    ]);
    const found = selectKeys(keys, '2027-01-01');
    expect(found.ok ? '' : found.error[0]!.message).toContain('from 2026-01-01 to 2026-01-05');
    expect(wanted('')).toEqual(['']);
  });
  test('nearest in time, and a range with two dots', () => {
    const told = (text: string) => {
      const found = selectKeys(keys, text);
      return found.ok ? '' : found.error[0]!.message;
    };
    expect(told('2027-01-01')).toContain('the nearest: 2026-01-05');
    expect(told('2025-01-01')).toMatch(/the nearest: 2026-01-01$/);
    expect(told('2026-01-03-00')).toMatch(/the nearest: 2026-01-03, 2026-01-05$/);
    for (const [text, word] of [
      ['al', 'all'],
      ['mising', 'missing'],
      ['Failed', 'failed'],
    ])
      expect(told(text!)).toMatch(new RegExp(`to 2026-01-05\\); did you mean \`${word}\`\\?$`));
    // As a person may write it, and where another dimension does not sort.
    expect(told('2026-1-3')).toMatch(/the nearest: 2026-01-03$/);
    expect(told('missing, 2026-01-01')).toBe('`missing` stands alone, without other keys');
    const both = ['2026-01-01|us', '2026-01-01|eu', '2026-01-02|us', '2026-01-02|eu'];
    const unsorted = selectKeys(both, '2026-01-02|eo');
    expect(unsorted.ok ? '' : unsorted.error[0]!.message).toMatch(/the nearest: 2026-01-01\|us, 2026-01-02\|eu$/);
    expect(told('2026-01-01..2026-01-03')).toContain('three dots: `2026-01-01...2026-01-03`');
  });
  test('a key with a comma is one key', () => {
    const found = selectKeys(['a,b', 'a', 'b'], 'a,b');
    expect(found.ok && found.value).toEqual(['a,b']);
  });
  test('ranges and keys are the same thing', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), (chosen) => {
        const all = chosen.map((_, index) => `k${String(index).padStart(2, '0')}`);
        const some = all.filter((_, index) => chosen[index]);
        const ranges = toRanges(all, new Set(some));
        const back = selectKeys(all, ranges.join(','));
        expect(back.ok ? back.value : []).toEqual(some);
      }),
    );
  });
});

describe('mappings', () => {
  const reads = (
    downstream: PartitionsDef | undefined,
    upstream: PartitionsDef | undefined,
    key: string,
    mapping: PartitionMapping = { kind: 'default' },
  ) => {
    const opened = openMapping(
      { downstream: downstream && openPartitions(downstream), upstream: upstream && openPartitions(upstream), mapping },
      at,
    );
    return opened.ok ? opened.value.upstreamOf(key) : opened.error;
  };
  test('time to time: every window that overlaps, less those before the start', () => {
    expect(reads(daily, hourly, '2026-01-02')).toHaveLength(24);
    expect(reads(hourly, daily, '2026-01-02-05:00')).toEqual(['2026-01-02']);
    expect(reads(monthly, daily, '2026-02-01')).toHaveLength(28);
    expect(reads({ ...daily, start: '2025-12-30' }, daily, '2025-12-31')).toEqual([]);
    const weekly = { ...daily, cron: '0 0 * * 0' };
    expect(reads(weekly, { ...daily, start: '2026-01-06' }, '2026-01-04')).toEqual([
      '2026-01-06',
      '2026-01-07',
      '2026-01-08',
      '2026-01-09',
      '2026-01-10',
    ]);
  });
  test('the same definition: itself; one side without partitions: everything', () => {
    expect(reads(regions, regions, 'us')).toEqual(['us']);
    expect(reads(undefined, regions, '')).toEqual(['eu', 'us', 'asia']);
    expect(reads(regions, undefined, 'us')).toEqual(['']);
  });
  test('multi to single, and back, over the equal dimension', () => {
    const multi: PartitionsDef = {
      kind: 'multi',
      dimensions: { day: monthly, region: { kind: 'static', keys: ['eu', 'us', 'asia'] } },
    };
    expect(reads(monthly, multi, '2026-02-01')).toEqual(['2026-02-01|eu', '2026-02-01|us', '2026-02-01|asia']);
    expect(reads(multi, monthly, '2026-02-01|us')).toEqual(['2026-02-01']);
  });
  test('written: all, last, specific, static, time_window', () => {
    expect(reads(daily, regions, '2026-01-01', { kind: 'all' })).toEqual(['eu', 'us', 'asia']);
    expect(reads(regions, daily, 'eu', { kind: 'last' })).toEqual(['2026-03-01']);
    expect(reads(daily, regions, '2026-01-01', { kind: 'specific', keys: ['us', 'gone'] })).toEqual(['us']);
    expect(reads(regions, regions, 'eu', { kind: 'static', keys: { eu: ['us', 'asia'] } })).toEqual(['us', 'asia']);
    expect(reads(daily, daily, '2026-01-05', { kind: 'time_window', startOffset: -1, endOffset: 0 })).toEqual([
      '2026-01-04',
      '2026-01-05',
    ]);
    expect(reads(daily, daily, '2026-01-01', { kind: 'time_window', startOffset: -1, endOffset: 0 })).toEqual([
      '2026-01-01',
    ]);
    expect(reads(daily, daily, '2026-01-01', { kind: 'time_window', startOffset: -1, endOffset: -1 })).toEqual([]);
  });
  test.each<[PartitionsDef | undefined, PartitionsDef | undefined, PartitionMapping]>([
    [daily, regions, { kind: 'default' }],
    [daily, undefined, { kind: 'all' }],
    [undefined, daily, { kind: 'identity' }],
    [daily, regions, { kind: 'time_window', startOffset: 0, endOffset: 0 }],
  ])('cannot fit %#', (downstream, upstream, mapping) => {
    expect(
      mappingProblem({
        downstream: downstream && openPartitions(downstream),
        upstream: upstream && openPartitions(upstream),
        mapping,
      }),
    ).toBeTypeOf('string');
  });
  test.each<[string, PartitionsDef | undefined, PartitionsDef | undefined, PartitionMapping, boolean]>([
    ['no partitions below', undefined, daily, { kind: 'default' }, true],
    ['all', daily, daily, { kind: 'all' }, true],
    ['other windows', monthly, daily, { kind: 'default' }, true],
    ['the same windows', daily, daily, { kind: 'default' }, false],
    ['the same windows, moved', daily, daily, { kind: 'time_window', startOffset: -1, endOffset: 0 }, false],
    ['the newest alone', undefined, daily, { kind: 'last' }, false],
    ['named ones', undefined, regions, { kind: 'specific', keys: ['eu'] }, false],
    ['no partitions above', daily, undefined, { kind: 'default' }, false],
  ])('whether a key that the upstream does not have would be read: %s', (_name, below, above, mapping, expected) => {
    expect(readsAll({ downstream: below, upstream: above, mapping })).toBe(expected);
  });
  test('both directions agree', () => {
    const opened = openMapping(
      { downstream: openPartitions(monthly), upstream: openPartitions(daily), mapping: { kind: 'default' } },
      at,
    );
    if (!opened.ok) throw new Error(opened.error);
    for (const key of keysOf(daily)) {
      const readers = keysOf(monthly).filter((month) => opened.value.upstreamOf(month).includes(key));
      expect(opened.value.downstreamOf(new Set([key]))).toEqual(readers);
    }
  });
});
