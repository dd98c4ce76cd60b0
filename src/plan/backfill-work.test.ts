import { expect, test } from 'vitest';
import type { BackfillChunkRequest } from '../model/plan.ts';
import type { RunRecord, RunStepRecord } from '../model/state.ts';
import { openBackfillWorld } from '../testing/backfill-world.ts';
import { projectOf } from '../testing/project-builder.ts';
import { advanceBackfill } from './backfill-advance.ts';

const ASSETS = 300;

/** An open run whose steps count how often somebody goes through them. */
function countedRun(open: RunRecord, onRead: () => void): RunRecord {
  const { assets } = open.request as BackfillChunkRequest;
  const steps: Record<string, RunStepRecord> = Object.fromEntries(
    assets.map((asset, n) => [
      asset,
      {
        assets: [asset],
        state: n === 0 ? 'SUCCESS' : 'STARTED',
        attempt: 1,
        checks: [],
        detail: [],
        failedAssets: [],
        materialized: [],
      } as RunStepRecord,
    ]),
  );
  return {
    ...open,
    steps: new Proxy(steps, {
      ownKeys: (target) => {
        onRead();
        return Reflect.ownKeys(target);
      },
    }),
  };
}

test('an open run is gone through once, however many assets it is of', () => {
  const lines = Array.from(
    { length: ASSETS },
    (_, n) =>
      `  a${String(n).padStart(3, '0')}: { run: "true", partitions: days, backfill_policy: { single_run: true } }\n`,
  );
  const project = projectOf({
    'branchline.yaml': `name: shop\npartitions:\n  days: { static: [a, b, c] }\nassets:\n${lines.join('')}`,
  });
  const world = openBackfillWorld({ project, selected: Object.keys(project.assets), keys: ['a', 'b', 'c'] });
  const [asked] = world.advance().runs;
  world.request(asked!);
  let reads = 0;
  const open = countedRun(world.view().openRuns.get(asked!.run)!, () => reads++);
  const { account } = advanceBackfill({
    project,
    reader: world.reader,
    record: world.record(),
    openRuns: new Map([[open.run, open]]),
    isKnown: () => true,
    openMax: 50,
  });
  expect(account.counts).toMatchObject({ total: 3 * ASSETS, done: 3, inProgress: 3 * (ASSETS - 1), waiting: 0 });
  expect(reads).toBe(1);
});
