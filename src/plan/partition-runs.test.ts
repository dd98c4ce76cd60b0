import { describe, expect, test } from 'vitest';
import type { PartitionRecord } from '../model/state.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf } from '../testing/project-builder.ts';
import { planPartitionRuns } from './partition-runs.ts';
import { openPartitionReader } from './partitioned.ts';

const turn = [1, 1] as const;
const made = { materialized: { run: 'r', at: '', codeVersion: '', dataVersion: '', used: '', turn } } as const;

const project = projectOf({
  'branchline.yaml': `name: shop
partitions:
  days: { daily: { start: 2026-01-01 } }
  months: { monthly: { start: 2026-01-01 } }
assets:
  customers: { run: "true" }
  raw: { run: "true", partitions: days, deps: [customers] }
  twin: { run: "true", partitions: days, deps: [raw] }
  wide: { run: "true", partitions: days, deps: [raw], backfill_policy: { multi_run: { max_partitions_per_run: 2 } } }
  all: { run: "true", partitions: days, backfill_policy: { single_run: true } }
  month: { run: "true", partitions: months, deps: [raw] }
  board: { run: "true", deps: [month] }
  regions: { run: "true", partitions: { static: [eu, us] } }
  empty: { run: "true", partitions: { dynamic: nobody } }
`,
});
const at = { now: Date.parse('2026-02-04T00:00:00Z'), dynamic: () => [] };

function runsOf(
  selected: readonly string[],
  partitions?: string,
  records: Readonly<Record<string, ReadonlyMap<string, PartitionRecord>>> = {},
): readonly string[] | string {
  const reader = openPartitionReader(project, emptyView('local'), at);
  const runs = planPartitionRuns(project, reader, {
    selected: new Set(selected),
    partitions,
    recordsOf: (asset) => records[asset],
  });
  if (!runs.ok) return runs.error.kind;
  return runs.value.map(
    (run) =>
      `${run.group}${run.after.length > 0 ? `<${run.after.join(',')}` : ''} ${run.assets?.join('+') ?? '*'} ${run.partitions ?? '-'}`,
  );
}

describe('one run', () => {
  test('of what has no partitions, and of the newest of what has some', () => {
    expect(runsOf(['customers', 'board'])).toEqual(['1 * -']);
    expect(runsOf(['raw'])).toEqual(['1 * 2026-02-03']);
    expect(runsOf(['customers', 'raw', 'twin'])).toEqual(['1 * 2026-02-03']);
  });
  test('of a range, where the policy says so', () => {
    expect(runsOf(['all'], 'all')).toEqual(['1 * 2026-01-01...2026-02-03']);
    expect(runsOf(['wide'], '2026-01-01, 2026-01-02')).toEqual(['1 * 2026-01-01...2026-01-02']);
    expect(runsOf(['raw', 'wide'], '2026-01-05')).toEqual(['1 * 2026-01-05']);
  });
});

describe('several runs', () => {
  test('one a partition without a policy; what has no partitions runs once, before', () => {
    expect(runsOf(['customers', 'raw', 'twin'], '2026-01-01...2026-01-02')).toEqual([
      '1 customers -',
      '2<1 raw+twin 2026-01-01',
      '2<1 raw+twin 2026-01-02',
    ]);
  });
  test('never over a gap, and each by its own policy', () => {
    expect(runsOf(['all'], '2026-01-01,2026-01-03...2026-01-04')).toEqual([
      '1 all 2026-01-01',
      '1 all 2026-01-03...2026-01-04',
    ]);
    expect(runsOf(['raw', 'wide'], '2026-01-01...2026-01-03')).toEqual([
      '1 raw 2026-01-01',
      '1 raw 2026-01-02',
      '1 raw 2026-01-03',
      '2<1 wide 2026-01-01...2026-01-02',
      '2<1 wide 2026-01-03',
    ]);
  });
  test('downstream that is cut in another way follows through its mapping', () => {
    expect(runsOf(['raw', 'month', 'board'], '2026-01-31')).toEqual([
      '1 raw 2026-01-31',
      '2<1 month 2026-01-01',
      '3<2 board -',
    ]);
  });
  test('the newest of each definition, where nothing is said', () => {
    expect(runsOf(['all', 'regions'])).toEqual(['1 all 2026-02-03', '2 regions us']);
  });
});

describe('by status', () => {
  const keys = Array.from({ length: 31 }, (_, i) => `2026-01-${String(i + 1).padStart(2, '0')}`);
  const january = new Map<string, PartitionRecord>(keys.map((key) => [key, made]));
  test('what was never made, and what failed', () => {
    expect(runsOf(['all'], 'missing', { all: january })).toEqual(['1 * 2026-02-01...2026-02-03']);
    const one = new Map([...january, ['2026-01-07', { ...made, failed: { run: 'r', at: '', turn } }] as const]);
    expect(runsOf(['all'], 'failed', { all: one })).toEqual(['1 * 2026-01-07']);
  });
  test('nothing', () => expect(runsOf(['all'], 'failed', { all: january })).toEqual([]));
});

test('what cannot be is told', () => {
  expect(runsOf(['customers'], 'all')).toBe('no_partitions');
  expect(runsOf(['all', 'regions'], 'all')).toBe('several_definitions');
  expect(runsOf(['all'], '2025-01-01')).toBe('unknown_keys');
  expect(runsOf(['empty'])).toBe('no_keys_yet');
});
