import { expect, it } from 'vitest';
import { giveWay, type Seen } from './seen-head.ts';

it('gives way once, for as long as is left of it', async () => {
  const slept: number[] = [];
  let now = 1_000;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      slept.push(ms);
      now += ms;
    },
  };
  const seen: Seen = { giveWayUntil: 1_700 };
  now = 1_200;
  await giveWay(clock, seen);
  await giveWay(clock, seen);
  seen.giveWayUntil = 1_600;
  await giveWay(clock, seen);
  expect(slept).toEqual([500]);
});
