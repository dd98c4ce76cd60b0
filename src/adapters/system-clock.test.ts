import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { systemClock } from './system-clock.ts';

test('now is the time of this machine', () => {
  const before = Date.now();
  const now = systemClock.now();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});

test('a sleep ends at once when the signal fires, also one of years, and listens no longer', async () => {
  const controller = new AbortController();
  const slept = systemClock.sleep(1e12, controller.signal);
  controller.abort();
  await slept;
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  await systemClock.sleep(1e12, controller.signal);
});

test('a sleep of nothing ends', async () => {
  await systemClock.sleep(0);
  await systemClock.sleep(1);
});
