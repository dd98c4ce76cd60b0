import { describe, expect, test } from 'vitest';
import type { RunStepRecord } from '../model/state.ts';
import { BACKFILL, openBackfillWorld } from '../testing/backfill-world.ts';
import { projectOf } from '../testing/project-builder.ts';
import { addBackfillResults, applyBackfillEvent, ENDED_BACKFILLS_KEPT, LOST_MAX } from './backfill-fold.ts';
import { decodeSnapshot } from './decode-snapshot.ts';
import { encodeSnapshot } from './snapshot.ts';

const PROJECT = projectOf({
  'branchline.yaml': `name: shop
partitions: { days: { daily: { start: 2026-04-01 } } }
assets:
  raw: { run: "true", partitions: days, backfill_policy: { multi_run: { max_partitions_per_run: 4 } } }
`,
});
const KEYS = ['2026-04-01', '2026-04-02', '2026-04-03', '2026-04-04', '2026-04-05', '2026-04-06'];

function requestedWorld() {
  const world = openBackfillWorld({ project: PROJECT, selected: ['raw'], keys: KEYS });
  for (const run of world.advance().runs) world.request(run);
  return world;
}

/** What the record says once a run of the first four keys has ended with this step. */
function resultsOf(step: Partial<RunStepRecord>, state: 'SUCCESS' | 'FAILURE' | 'CANCELED' = 'FAILURE') {
  const world = requestedWorld();
  const backfills = new Map(world.view().backfills);
  const [run] = [...world.view().openRuns.values()].filter(
    ({ request }) => request.kind === 'backfill' && request.place === 0,
  );
  const whole: RunStepRecord = {
    assets: ['raw'],
    partitions: KEYS.slice(0, 4),
    state: 'FAILURE',
    materialized: [],
    failedAssets: [],
    checks: [],
    ...step,
  };
  addBackfillResults(backfills, run!.request, [whole], { state });
  return backfills.get(BACKFILL)!.groups[0]!.results['raw'];
}

describe('what the end of a run says of its keys', () => {
  test.each([
    ['all that a step that ended well makes is done', { state: 'SUCCESS' as const }, { done: [[0, 3]] }],
    ['what is up to date is done', { state: 'SKIPPED' as const, reason: 'up_to_date' as const }, { done: [[0, 3]] }],
    ['a step that made nothing fails them all', { failedAssets: ['raw'] }, { failed: [[0, 3]] }],
    [
      'a step that made some fails the others',
      { failedAssets: ['raw'], failedPartitions: [KEYS[1]!] },
      {
        failed: [[1, 1]],
        done: [
          [0, 0],
          [2, 3],
        ],
      },
    ],
    ['an asset that its failed step published is done', { materialized: ['raw'] }, { done: [[0, 3]] }],
    [
      'what a check holds is left out',
      { state: 'SKIPPED' as const, reason: 'blocked_by_check' as const },
      { leftOut: [[0, 3]] },
    ],
    [
      'what waits for another step of the run says nothing',
      { state: 'SKIPPED' as const, reason: 'upstream_failed' as const },
      {},
    ],
    ['what a failed run never reached failed', { state: 'STARTED' as const }, { failed: [[0, 3]] }],
  ])('%s', (_name, step, said) => {
    expect(resultsOf(step)).toEqual({ done: [], failed: [], leftOut: [], ...said });
  });

  test('what was canceled is left out', () => {
    expect(resultsOf({ state: 'PLANNED' }, 'CANCELED')).toEqual({ done: [], failed: [], leftOut: [[0, 3]] });
  });
});

test('a run whose runner is lost says nothing of what was under way, until it was lost too often', () => {
  const world = requestedWorld();
  const backfills = new Map(world.view().backfills);
  const [run] = [...world.view().openRuns.values()].filter(
    ({ request }) => request.kind === 'backfill' && request.place === 0,
  );
  const failure = { class: 'crash', code: 'holder-gone', message: 'gone' } as const;
  const step: RunStepRecord = {
    assets: ['raw'],
    partitions: KEYS.slice(0, 4),
    state: 'FAILURE',
    failure,
    materialized: [],
    failedAssets: ['raw'],
    checks: [],
  };
  const group = () => backfills.get(BACKFILL)!.groups[0]!;
  for (let n = 1; n <= LOST_MAX; n++) {
    addBackfillResults(backfills, run!.request, [step], { state: 'FAILURE', failure });
    expect(group()).toMatchObject({ lost: { 0: n }, results: { raw: { done: [], failed: [], leftOut: [] } } });
  }
  addBackfillResults(backfills, run!.request, [step], { state: 'FAILURE', failure });
  expect(group().results['raw']!.failed).toEqual([[0, 3]]);
});

test('a snapshot holds a backfill as a few numbers and gives it back', () => {
  const world = requestedWorld();
  const files = encodeSnapshot(world.view(), { digest: '', close: false });
  const read = decodeSnapshot(files);
  expect(read.ok && read.value.view.backfills).toEqual(world.view().backfills);
  expect(world.record().groups[0]).toMatchObject({ partitions: ['2026-04-01...2026-04-06'], requested: [[0, 5]] });
});

test('the same request is the same backfill, and the oldest that are over are forgotten', () => {
  const backfills = new Map(requestedWorld().view().backfills);
  const before = backfills.get(BACKFILL);
  const request = (backfill: string) => ({
    type: 'backfill.requested' as const,
    id: 'w#1',
    v: 1 as const,
    at: '2026-04-11T00:00:00.000Z',
    backfill,
    selection: '*',
    partitions: '',
    tags: {},
    groups: [],
  });
  applyBackfillEvent(backfills, request(BACKFILL));
  expect(backfills.get(BACKFILL)).toBe(before);
  for (let n = 0; n <= ENDED_BACKFILLS_KEPT; n++) {
    const name = `bf-${String(n).padStart(3, '0')}`;
    applyBackfillEvent(backfills, request(name));
    const counts = { total: 0, done: 0, failed: 0, leftOut: 0 };
    const at = `2026-04-11T00:00:${String(n).padStart(2, '0')}.000Z`;
    applyBackfillEvent(backfills, { ...request(name), type: 'backfill.ended', at, state: 'COMPLETED_SUCCESS', counts });
  }
  expect(backfills.has('bf-000')).toBe(false);
  expect(backfills.has('bf-001')).toBe(true);
  expect(backfills.get(BACKFILL)?.state).toBe('IN_PROGRESS');
});
