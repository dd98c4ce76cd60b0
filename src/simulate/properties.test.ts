import { expect, test } from 'vitest';
import { emptyView } from '../state/fold.ts';
import { judgeLimits, judgeRecord, judgeReplay, judgeWorld } from '../testing/simulation/invariants.ts';
import { randomWorld } from '../testing/simulation/random-world.ts';
import { createMemoryState } from './memory-state.ts';
import { seededRandom } from './virtual-time.ts';

/** A sample of what `npm run simulate:long` plays; `BRANCHLINE_TEST_SEED=17` plays that world alone. */
const only = process.env['BRANCHLINE_TEST_SEED'];
// 35: a retry that is due while no place is free. 40: a step as long as a job's time. The last two: places and limits that
// are fought for, so that one too many is seen.
const seeds = only === undefined ? [...Array.from({ length: 12 }, (_, i) => i + 1), 35, 40, 82, 49] : [Number(only)];

test('in random worlds no limit is exceeded, nothing is lost or counted twice, and every run ends', {
  timeout: 300_000,
}, async () => {
  const wrong: Record<string, readonly string[]> = {};
  const sums = { commits: 0, runs: 0, materialized: 0, lostRunners: 0, waits: 0 };
  for (const seed of seeds) {
    const judged = await judgeWorld(randomWorld(seed, seededRandom(seed)), { twice: seed % 6 === 0 });
    if (judged.wrong.length > 0) wrong[`seed ${seed}`] = judged.wrong;
    for (const name of Object.keys(sums) as (keyof typeof sums)[]) sums[name] += judged.figures[name];
  }
  expect(wrong).toEqual({});
  if (only !== undefined) return;
  // There was something to find.
  for (const [name, sum] of Object.entries(sums)) expect(sum, name).toBeGreaterThan(0);
});

test('what must not be is seen when it is', () => {
  const said: string[] = [];
  const say = (text: string): void => void said.push(text);
  const operations = {
    queue: { maxConcurrentRuns: 1, tagLimits: [{ key: 's', value: { kind: 'any' as const }, limit: 1 }] },
    pools: { p: 1 },
  };
  const run = (name: string) => [name, { run: name, state: 'STARTED', tags: { s: 'x' } }] as const;
  const claim = (name: string) =>
    [name, { run: name, assets: ['a'], connections: [{ name: 'w', startedFrom: '' }], slots: { p: 1 } }] as const;
  const view = {
    ...emptyView('production'),
    openRuns: new Map([run('r1'), run('r2')]),
    claims: new Map([claim('r1'), claim('r2')]),
  };
  judgeLimits({ operations } as never, view as never, say);
  expect(said).toEqual([
    '2 runs at work, and 1 places',
    '2 runs of s=*, and 1 places',
    'a is held by r1 and r2',
    'connection w is held by r1 and r2',
    '2 slots of pool p are held, and it has 1',
  ]);
  said.length = 0;
  const state = createMemoryState(() => 0);
  judgeReplay(view as never, state, say);
  expect(said.length).toBeGreaterThan(0);
  said.length = 0;
  judgeRecord([{ v: 1, id: 'w#1', type: 'run.ended' } as never], { state }, say);
  expect(said.some((text) => text.includes('was confirmed and is not there'))).toBe(true);
});
