import { describe, expect, test } from 'vitest';
import type { Check } from '../model/project.ts';
import type { AssetRecord, CheckRecord } from '../model/state.ts';
import { type AssetStory, night, runOf, storyProject, storyView } from '../testing/report-story.ts';
import { changesSinceYesterday } from './changes.ts';
import { projectHealth, scopeHealth } from './health.ts';

type Result = Partial<CheckRecord>;
const failed: Result = { status: 'FAILED' };
const errored: Result = { status: 'ERRORED' };

function health(story: AssetStory) {
  const stories = { x: story };
  const of = projectHealth(storyProject(stories), storyView(stories), new Map(), new Map());
  return of.assets.get('x')!;
}
const withCheck = (check: Partial<Check> & { result?: Result }): AssetStory => ({ checks: { c: check } });
const attempt = (outcome: 'success' | 'failure' | 'canceled', failuresInRow: number): Partial<AssetRecord> => ({
  attempt: {
    run: runOf(0),
    at: night(0),
    outcome,
    failuresInRow,
    ...(failuresInRow > 0 ? { failingSince: night(0) } : {}),
  },
});

describe('health of an asset', () => {
  test.each<[string, AssetStory, string, string[]]>([
    ['made, no checks', {}, 'healthy', []],
    ['made, checks pass', withCheck({}), 'healthy', []],
    ['never made', { nights: 0 }, 'unknown', ['never_materialized']],
    ['made by others, never seen', { nights: 0, asset: { external: true } }, 'unknown', ['external']],
    ['failed last', { record: attempt('failure', 1) }, 'degraded', ['materialization_failed']],
    [
      'failed at the first try',
      { record: { ...attempt('failure', 1), materialized: undefined } },
      'degraded',
      ['materialization_failed'],
    ],
    ['canceled after a success', { record: attempt('canceled', 0) }, 'healthy', []],
    ['canceled after a failure', { record: attempt('canceled', 2) }, 'degraded', ['materialization_failed']],
    ['data gone', { record: { lost: { at: night(0), message: 'the table is gone' } } }, 'degraded', ['data_lost']],
    [
      'check warns',
      withCheck({ severity: 'warn', result: { ...failed, severity: 'warn' } }),
      'warning',
      ['check_warned'],
    ],
    ['check fails', withCheck({ result: failed }), 'degraded', ['check_failed']],
    ['check could not judge', withCheck({ result: errored }), 'degraded', ['check_errored']],
    [
      'check could not judge, softened',
      withCheck({ onError: 'warn', result: { ...errored, severity: 'warn' } }),
      'warning',
      ['check_warned'],
    ],
    ['check skipped', withCheck({ result: { status: 'SKIPPED' } }), 'healthy', []],
  ])('%s', (_, story, status, reasons) => {
    const found = health(story);
    expect(found.status).toBe(status);
    expect(found.reasons.map(({ kind }) => kind)).toEqual(reasons);
  });

  test('a result about a copy that was not published is the cause of the failure, not a result in force', () => {
    const before: CheckRecord = {
      status: 'PASSED',
      severity: 'error',
      blocking: true,
      stage: 'audit',
      published: true,
      run: runOf(1),
      at: night(1),
      message: 'fine',
    };
    const found = health({
      checks: {
        c: {
          blocking: true,
          result: { ...failed, stage: 'audit', published: undefined, earlier: [before], message: '2 rows' },
        },
      },
      record: attempt('failure', 1),
    });
    expect(found.reasons).toHaveLength(1);
    expect(found.reasons[0]).toMatchObject({
      kind: 'materialization_failed',
      findings: [{ check: 'c', result: { message: '2 rows' } }],
    });
  });

  test('a blocking check on what was published first holds what is downstream', () => {
    const found = health(
      withCheck({ blocking: true, result: { ...failed, stage: 'published', published: undefined } }),
    );
    expect(found.reasons[0]).toMatchObject({ kind: 'check_failed', holds: true });
  });

  test('results of checks that are no longer declared do not count', () => {
    const stories = { x: withCheck({ result: failed }) };
    const of = projectHealth(storyProject({ x: {} }), storyView(stories), new Map(), new Map());
    expect(of.assets.get('x')!.status).toBe('healthy');
  });

  test('the worst reason comes first', () => {
    const found = health({
      checks: {
        a: { severity: 'warn', result: { ...failed, severity: 'warn' } },
        b: { result: errored },
        c: { result: failed },
      },
    });
    expect(found.reasons.map(({ kind }) => kind)).toEqual(['check_failed', 'check_errored', 'check_warned']);
  });
});

describe('health of an asset with partitions', () => {
  const of = (
    failed: number,
    failedKeys: readonly string[],
    story: AssetStory = {},
    lostKeys: readonly string[] = [],
  ) =>
    projectHealth(
      storyProject({ x: story }),
      storyView({ x: story }),
      new Map(),
      new Map([['x', { failed, failedKeys, lost: lostKeys.length, lostKeys }]]),
    ).assets.get('x')!;

  test('is degraded while one of them has failed, though the last attempt made another', () => {
    const found = of(1, ['2026-11-15']);
    expect(found.status).toBe('degraded');
    expect(found.reasons).toEqual([{ kind: 'partitions_failed', failed: 1, keys: ['2026-11-15'] }]);
  });

  test('is told beside the attempt that failed', () => {
    const found = of(2, ['b', 'a'], { record: attempt('failure', 1) });
    expect(found.reasons.map(({ kind }) => kind)).toEqual(['materialization_failed', 'partitions_failed']);
  });

  test('is degraded while the data of one of them is gone', () => {
    const found = of(0, [], { record: attempt('success', 0) }, ['2026-11-15']);
    expect(found).toMatchObject({
      status: 'degraded',
      reasons: [{ kind: 'partitions_lost', lost: 1, keys: ['2026-11-15'] }],
    });
  });

  test('is healthy when none has failed', () => {
    expect(of(0, []).status).toBe('healthy');
  });
});

describe('health of several assets', () => {
  const stories: Record<string, AssetStory> = {
    good: { group: 'a' },
    new: { group: 'a', nights: 0 },
    warns: { group: 'b', ...withCheck({ severity: 'warn', result: { ...failed, severity: 'warn' } }) },
    bad: { record: attempt('failure', 1) },
    other: { group: 'c', nights: 0 },
  };
  const of = projectHealth(
    storyProject(stories),
    storyView(stories),
    new Map([
      ['some', ['good', 'warns']],
      ['none', []],
    ]),
    new Map(),
  );

  test('is the worst that is known', () => {
    expect(of.project).toEqual({
      status: 'degraded',
      assets: 5,
      counts: { healthy: 1, warning: 1, degraded: 1, unknown: 2 },
    });
    expect([...of.groups].map(([group, { status }]) => [group, status])).toEqual([
      ['a', 'healthy'],
      ['b', 'warning'],
      ['c', 'unknown'],
    ]);
    expect(of.selections.get('some')!.status).toBe('warning');
    expect(of.selections.get('none')!.status).toBe('unknown');
  });

  test('an asset that is not declared is unknown', () => {
    expect(scopeHealth(['gone'], of.assets).status).toBe('unknown');
  });
});

describe('what changed since yesterday', () => {
  const changesOf = (story: AssetStory) => changesSinceYesterday(storyProject({ x: story }), storyView({ x: story }));
  const entry = (back: number, outcome: 'success' | 'failure', dataVersion = 'v') => ({
    at: night(back),
    run: runOf(back),
    outcome,
    durationMs: 1,
    dataVersion,
  });

  test('nothing, when the data is the same', () => {
    expect(changesOf({ record: { history: [entry(0, 'success'), entry(1, 'success')] } })).toEqual([]);
  });
  test('new data, with the rows of before', () => {
    const [change] = changesOf({ rows: 10 });
    expect(change).toEqual({ asset: 'x', data: { at: night(0), first: false, rows: 10, rowsBefore: 9 } });
  });
  test('made for the first time', () => {
    expect(changesOf({ nights: 1 })).toMatchObject([{ data: { first: true } }]);
  });
  test('made again and again today with the same data, so that yesterday is cut off: nothing is claimed', () => {
    const history = Array.from({ length: 10 }, () => entry(0, 'success'));
    expect(changesOf({ record: { history } })).toEqual([]);
  });
  test('began to fail today, not the day before', () => {
    const since = (back: number) =>
      changesOf({
        record: {
          history: [],
          attempt: { run: runOf(0), at: night(0), outcome: 'failure', failuresInRow: 2, failingSince: night(back) },
        },
      });
    expect(since(0)).toMatchObject([{ health: { to: 'failing', at: night(0) } }]);
    expect(since(1)).toEqual([]);
  });
  test('succeeded again after a failure of before', () => {
    const change = changesOf({ record: { history: [entry(0, 'success'), entry(1, 'failure'), entry(2, 'success')] } });
    expect(change).toMatchObject([{ health: { to: 'recovered', at: night(0) } }]);
  });
  test('lost today', () => {
    expect(changesOf({ record: { history: [], lost: { at: night(0), message: 'gone' } } })).toMatchObject([
      { lost: { at: night(0) } },
    ]);
  });
});
