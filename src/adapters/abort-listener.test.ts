import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { onAbort } from './abort-listener.ts';
import { systemClock } from './system-clock.ts';

test('whoever waits is called once, unless it has gone; one call may take another away', () => {
  const controller = new AbortController();
  const called: string[] = [];
  const call = (): void => void called.push('twice');
  onAbort(controller.signal, call);
  onAbort(controller.signal, call);
  onAbort(controller.signal, () => called.push('gone'))();
  onAbort(controller.signal, () => later());
  const later = onAbort(controller.signal, () => called.push('later'));
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  controller.abort();
  expect(called).toEqual(['twice', 'twice']);
});

test('many sleepers of one signal leave one listener, and all wake', async () => {
  const controller = new AbortController();
  const asleep = Array.from({ length: 20 }, () => systemClock.sleep(60_000, controller.signal));
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  controller.abort();
  await Promise.all(asleep);
});
