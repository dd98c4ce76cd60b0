import { expect, test } from 'vitest';
import type { EventDraft } from '../model/events.ts';
import type { Plan } from '../model/plan.ts';
import { partitionProgress } from './partition-progress.ts';

const step = 'raw/days@1...1200';
const partitions = Array.from({ length: 1200 }, (_, n) => String(n + 1));
const plan = { steps: [{ id: step, partitions, assets: [{ asset: 'raw/days' }] }] } as unknown as Plan;
const made = (partition: string | undefined, second: number): EventDraft =>
  ({
    type: 'asset.materialized',
    step,
    asset: 'raw/days',
    at: new Date(Date.UTC(2026, 10, 27, 0, 0, second)).toISOString(),
    ...(partition === undefined ? {} : { partition }),
  }) as unknown as EventDraft;

test('a step of many partitions says how far it is, once in ten seconds', () => {
  const progressOf = partitionProgress();
  // Twenty partitions a second.
  const said = partitions.flatMap((key, n) => progressOf(made(key, Math.floor(n / 20)), plan) ?? []);
  expect(said).toEqual([
    `${step}: 201 of 1,200 partitions`,
    `${step}: 401 of 1,200 partitions`,
    `${step}: 601 of 1,200 partitions`,
    `${step}: 801 of 1,200 partitions`,
    `${step}: 1,001 of 1,200 partitions`,
  ]);
});

test('nothing is said of what is done at once, and of what has no partitions', () => {
  const progressOf = partitionProgress();
  expect(partitions.flatMap((key) => progressOf(made(key, 5), plan) ?? [])).toEqual([]);
  expect([made(undefined, 0), made(undefined, 60)].flatMap((event) => partitionProgress()(event, plan) ?? [])).toEqual(
    [],
  );
});
