import { expect, test } from 'vitest';
import type { EventDraft } from '../model/events.ts';
import { noCounts } from '../model/events.ts';
import type { RetryRequest } from '../model/plan.ts';
import { BACKFILL, openBackfillWorld } from '../testing/backfill-world.ts';
import { projectOf } from '../testing/project-builder.ts';
import { failedRunsOf } from './backfill-failed-runs.ts';

const project = projectOf({
  'branchline.yaml': `name: shop
partitions:
  days: { daily: { start: 2026-01-01 } }
assets:
  raw: { partitions: days, run: make raw, backfill_policy: { multi_run: { max_partitions_per_run: 1 } } }
  mart: { partitions: days, deps: [raw], run: make mart, backfill_policy: { multi_run: { max_partitions_per_run: 1 } } }
`,
});
const keys = ['2026-01-01', '2026-01-02', '2026-01-03'];
const lacking = { backfill: BACKFILL, failedPartitions: { raw: ['2026-01-02'] } };

function failedWorld() {
  const world = openBackfillWorld({ project, selected: ['raw', 'mart'], keys, bad: new Set(['raw@2026-01-02']) });
  world.carryOutAll();
  const failed = [...world.view().endedRuns.values()].filter(({ state }) => state === 'FAILURE');
  return { world, run: failed[0]!, count: failed.length };
}

/** A retry of the run that ends so a minute later. */
function retryDrafts(
  of: ReturnType<typeof failedWorld>['run'],
  state: 'SUCCESS' | 'FAILURE' | 'CANCELED',
): EventDraft[] {
  const at = new Date(Date.parse(of.endedAt!) + 60_000).toISOString();
  const base = { at, run: '20260411-rrrrrrrrrrrrrrrr', epoch: 1 } as const;
  const original = of.request as Extract<typeof of.request, { kind: 'backfill' }>;
  const request: RetryRequest = {
    kind: 'retry',
    root: of.run,
    number: 1,
    automatic: 0,
    of: of.run,
    strategy: 'FROM_FAILURE',
    at,
    since: of.requestedAt,
    original,
    selection: 'key:raw',
  };
  return [
    { ...base, type: 'run.requested', request, tags: {} },
    { ...base, type: 'run.ended', state, counts: noCounts, durationMs: 0 },
  ];
}

test('the run that failed is named with the assets that it did not make, and none of what it left out', () => {
  const { world, run, count } = failedWorld();
  expect(count).toBe(1);
  expect(failedRunsOf(lacking, world.view().endedRuns)).toEqual({ raw: [run.run] });
  expect(failedRunsOf({ ...lacking, backfill: 'bf-other' }, world.view().endedRuns)).toEqual({});
  expect(failedRunsOf({ ...lacking, failedPartitions: {} }, world.view().endedRuns)).toEqual({});
});

test.each([
  ['SUCCESS', {}],
  ['FAILURE', { raw: ['20260411-rrrrrrrrrrrrrrrr'] }],
] as const)('a retry that ends as %s stands for it', (state, found) => {
  const { world, run } = failedWorld();
  world.commit(retryDrafts(run, state));
  expect(failedRunsOf(lacking, world.view().endedRuns)).toEqual(found);
});

test('a retry that was canceled has changed nothing', () => {
  const { world, run } = failedWorld();
  world.commit(retryDrafts(run, 'CANCELED'));
  expect(failedRunsOf(lacking, world.view().endedRuns)).toEqual({ raw: [run.run] });
});
