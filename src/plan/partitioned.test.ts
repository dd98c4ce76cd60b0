import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Project } from '../model/project.ts';
import type { AssetRecord, PartitionRecord, StateView } from '../model/state.ts';
import { usedDigest } from '../model/versions.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf } from '../testing/project-builder.ts';
import { backfillRoots, cutKeys, planBackfill } from './backfill-plan.ts';
import { openPartitionReader } from './partitioned.ts';
import { planRun } from './run-plan.ts';

const NOW = Date.parse('2026-01-06T00:00:00Z');
const AT = { now: NOW, dynamic: () => [] };
const HEAD = `name: shop
partitions: { days: { daily: { start: 2026-01-01 } } }
assets:
  raw: { run: "true", partitions: days }
`;
const project = (assets: string): Project => projectOf({ 'branchline.yaml': HEAD + assets });
const made = (version: string, used = usedDigest({}), more: Partial<PartitionRecord> = {}): PartitionRecord => ({
  materialized: {
    run: 'r',
    at: '2026-01-05T00:00:00.000Z',
    codeVersion: 'c',
    dataVersion: version,
    used,
    turn: [1, 1],
  },
  ...more,
});
function viewOf(records: Readonly<Record<string, Readonly<Record<string, PartitionRecord>>>>): StateView {
  return {
    ...emptyView('local'),
    partitions: new Map(Object.entries(records).map(([asset, of]) => [asset, new Map(Object.entries(of))])),
  };
}
function plan(
  of: Project,
  view: StateView,
  keys: readonly string[],
  mode: 'all' | 'stale' = 'stale',
  selected = Object.keys(of.assets),
) {
  return planRun({
    project: of,
    view,
    environment: 'local',
    request: {
      kind: 'cli',
      nonce: '00',
      at: '2026-01-06T00:00:00.000Z',
      selection: '*',
      mode,
      withUpstream: false,
      ignoreBlocking: false,
    },
    runId: 'r2',
    selected: new Set(selected),
    fingerprintOf: () => ({ version: 'c', parts: {} }),
    lost: new Map(),
    at: AT,
    partitions: { def: of.partitions['days']!, keys },
  });
}
const verdicts = (planned: ReturnType<typeof plan>): Record<string, string> => {
  if (!planned.ok) throw new Error(JSON.stringify(planned.error));
  return Object.fromEntries(planned.value.steps.map((step) => [step.id, `${step.verdict} ${step.assets[0]!.reason}`]));
};

describe('a run of one partition', () => {
  const chain = project('  mart: { run: "true", partitions: days, deps: [raw] }\n');
  const day = ['2026-01-03'];
  test('names its key in each step', () => {
    expect(verdicts(plan(chain, viewOf({}), day, 'all'))).toEqual({
      'raw@2026-01-03': 'run requested',
      'mart@2026-01-03': 'run requested',
    });
  });
  test('knows each partition for itself', () => {
    const view = viewOf({
      raw: { '2026-01-03': made('v3') },
      mart: { '2026-01-03': made('m3', usedDigest({ raw: 'v3' })) },
    });
    expect(verdicts(plan(chain, view, day))).toEqual({
      'raw@2026-01-03': 'skip up_to_date',
      'mart@2026-01-03': 'skip up_to_date',
    });
    expect(verdicts(plan(chain, view, ['2026-01-04']))).toEqual({
      'raw@2026-01-04': 'run never_materialized',
      'mart@2026-01-04': 'run never_materialized',
    });
  });
  test('is stale when what it read is newer, its code changed, or it failed last', () => {
    const used = usedDigest({ raw: 'v3' });
    const at = (raw: PartitionRecord, mart: PartitionRecord) =>
      verdicts(plan(chain, viewOf({ raw: { '2026-01-03': raw }, mart: { '2026-01-03': mart } }), day))[
        'mart@2026-01-03'
      ];
    expect(at(made('v4'), made('m', used))).toBe('run upstream_changed');
    expect(at(made('v3'), made('m', used, { failed: { run: 'r', at: '', turn: [2, 1] } }))).toBe('run failed_last');
    expect(at(made('v3'), { materialized: { ...made('m', used).materialized!, codeVersion: 'old' } })).toBe(
      'run code_changed',
    );
  });
  test('says what changed in its code where the asset was made of the same', () => {
    const old = { materialized: { ...made('m', usedDigest({ raw: 'v3' })).materialized!, codeVersion: 'old' } };
    const view = viewOf({ raw: { '2026-01-03': made('v3') }, mart: { '2026-01-03': old } });
    const newest = { codeVersion: 'old', codeParts: { run: 'x', 'file:a.py': 'y' } };
    const assets = new Map([['mart', { materialized: newest } as unknown as AssetRecord]]);
    const planned = plan(chain, { ...view, assets }, day);
    expect(planned.ok && planned.value.steps[1]!.assets[0]).toMatchObject({
      reason: 'code_changed',
      detail: expect.arrayContaining(['a.py', 'run']),
    });
  });
  test('after an upstream that moves it is settled when that has ended', () => {
    const view = viewOf({
      raw: { '2026-01-03': made('v3', usedDigest({}), { failed: { run: 'r', at: '', turn: [2, 1] } }) },
      mart: { '2026-01-03': made('m3', usedDigest({ raw: 'v3' })) },
    });
    const planned = plan(chain, view, day);
    expect(verdicts(planned)).toEqual({
      'raw@2026-01-03': 'run failed_last',
      'mart@2026-01-03': 'if_changed upstream_changed',
    });
    expect(planned.ok && planned.value.steps[1]).toMatchObject({
      after: ['raw@2026-01-03'],
      upstream: { raw: 'v3' },
      used: { mart: { raw: 'v3' } },
    });
  });
  test('an upstream partition that was never made is refused by name, or holds it in a schedule', () => {
    const planned = plan(chain, viewOf({ raw: { '2026-01-02': made('v') } }), day, 'all', ['mart']);
    expect(planned.ok ? undefined : planned.error).toEqual({
      code: 'upstream-never-materialized',
      asset: 'mart',
      upstream: ['raw@2026-01-03'],
    });
  });
  test('a stored check holds just its partition', () => {
    const checked = project(
      '  mart: { run: "true", partitions: days, deps: [chk] }\n  chk: { run: "true", partitions: days, checks: { ok: { reported: true, blocking: true } } }\n',
    );
    const view = viewOf({
      chk: {
        '2026-01-02': made('v'),
        '2026-01-03': made('v', usedDigest({}), { checks: { ok: { holds: true, turn: [1, 1] } } }),
      },
    });
    const of = (key: string) => verdicts(plan(checked, view, [key], 'all', ['mart']))[`mart@${key}`];
    expect([of('2026-01-02'), of('2026-01-03')]).toEqual(['run requested', 'skip blocked_by_check']);
  });
  test('assets without partitions run beside it; what is cut otherwise is refused', () => {
    const mixed = project(
      '  sum: { run: "true", deps: [raw] }\n  other: { run: "true", partitions: { static: [a] } }\n',
    );
    expect(verdicts(plan(mixed, viewOf({}), day, 'all', ['raw', 'sum']))).toEqual({
      'raw@2026-01-03': 'run requested',
      sum: 'run requested',
    });
    const refused = plan(mixed, viewOf({}), day, 'all');
    expect(refused.ok ? undefined : refused.error).toEqual({ code: 'other-partitions', assets: ['other'] });
  });
});

describe('a range', () => {
  const chain = project('  mart: { run: "true", partitions: days, deps: [raw] }\n');
  test('is one step, stale when one of its keys is', () => {
    const view = viewOf({ raw: { '2026-01-02': made('a'), '2026-01-03': made('b') } });
    expect(verdicts(plan(chain, view, ['2026-01-02', '2026-01-03', '2026-01-04'], 'stale', ['raw']))).toEqual({
      'raw@2026-01-02...2026-01-04': 'run never_materialized',
    });
    expect(verdicts(plan(chain, view, ['2026-01-02', '2026-01-03'], 'stale', ['raw']))).toEqual({
      'raw@2026-01-02...2026-01-03': 'skip up_to_date',
    });
  });
});

describe('the runs of a backfill', () => {
  const DAYS = ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-04', '2026-01-05'];
  const runs = (assets: string, keys: readonly string[], selected?: string[]): string[] => {
    const of = project(assets);
    const reader = openPartitionReader(of, viewOf({}), AT);
    const chosen = new Set(selected ?? Object.keys(of.assets));
    return planBackfill(of, reader, { selected: chosen, keys }).chunks.map(
      ({ group, assets: made, keys: cut, after }) =>
        `${group}: ${made.join('+')} [${cut.join(' ')}]${after.length > 0 ? ` after ${after.join(',')}` : ''}`,
    );
  };
  test('one a partition without a policy', () => {
    expect(runs('', ['2026-01-01', '2026-01-02'])).toEqual(['1: raw [2026-01-01]', '1: raw [2026-01-02]']);
  });
  test('by the policy, the last short, never over a gap', () => {
    const policy =
      '  x: { run: "true", partitions: days, backfill_policy: { multi_run: { max_partitions_per_run: 2 } } }\n';
    expect(runs(policy, ['2026-01-01', '2026-01-02', '2026-01-03', '2026-01-05'], ['x'])).toEqual([
      '1: x [2026-01-01 2026-01-02]',
      '1: x [2026-01-03]',
      '1: x [2026-01-05]',
    ]);
    const single = '  x: { run: "true", partitions: days, backfill_policy: { single_run: true } }\n';
    expect(runs(single, ['2026-01-01', '2026-01-02', '2026-01-04'], ['x'])).toEqual([
      '1: x [2026-01-01 2026-01-02]',
      '1: x [2026-01-04]',
    ]);
  });
  test('what shares definition, keys and policy runs together', () => {
    expect(runs('  mart: { run: "true", partitions: days, deps: [raw] }\n', ['2026-01-01'])).toEqual([
      '1: raw+mart [2026-01-01]',
    ]);
  });
  test('another policy or mapping is a group of its own, after what it reads', () => {
    expect(
      runs('  mart: { run: "true", partitions: days, deps: [raw], backfill_policy: { single_run: true } }\n', [
        '2026-01-01',
        '2026-01-02',
      ]),
    ).toEqual(['1: raw [2026-01-01]', '1: raw [2026-01-02]', '2: mart [2026-01-01 2026-01-02] after 1']);
    expect(
      runs(
        '  mart: { run: "true", partitions: days, deps: [{ asset: raw, partition_mapping: { time_window: { start_offset: -1 } } }] }\n',
        ['2026-01-02'],
      ),
    ).toEqual(['1: raw [2026-01-02]', '2: mart [2026-01-02] after 1', '2: mart [2026-01-03] after 1']);
  });
  test('keys go down through mappings, to assets without partitions as well', () => {
    const more =
      '  month: { run: "true", partitions: { monthly: { start: 2025-12-01 } }, deps: [raw] }\n  sum: { run: "true", deps: [raw] }\n';
    expect(runs(more, ['2026-01-02'])).toEqual(['1: raw [2026-01-02]', '2: sum [] after 1']);
    expect(backfillRoots(project(more), new Set(['raw', 'month', 'sum']))).toEqual(['raw']);
  });
  test('cover exactly what was asked for, once, in order', () => {
    fc.assert(
      fc.property(
        fc.subarray(DAYS, { minLength: 1 }),
        fc.oneof(
          fc.constant({ kind: 'per_partition' as const }),
          fc.constant({ kind: 'single_run' as const }),
          fc.integer({ min: 1, max: 4 }).map((partitionsMax) => ({ kind: 'multi_run' as const, partitionsMax })),
        ),
        (keys, policy) => {
          const cut = cutKeys(DAYS, keys, policy);
          expect(cut.flat()).toEqual(keys);
          for (const range of cut) {
            expect(DAYS.indexOf(range.at(-1)!) - DAYS.indexOf(range[0]!)).toBe(range.length - 1);
            if (policy.kind === 'multi_run') expect(range.length).toBeLessThanOrEqual(policy.partitionsMax);
          }
        },
      ),
    );
  });
});
