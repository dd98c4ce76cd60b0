import type { Clock } from '../ports.ts';
import { onAbort } from './abort-listener.ts';

/** Longer waits than a timer can hold (2^31 - 1 ms, some 24 days) are cut into pieces. */
const TIMER_MS_MAX = 2_147_483_647;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    const until = performance.now() + ms;
    for (let left = ms; left > 0 && !signal?.aborted; left = until - performance.now()) {
      await wait(Math.min(left, TIMER_MS_MAX), signal);
    }
  },
};

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      forget?.();
      resolve();
    };
    const timer = setTimeout(finish, ms);
    const forget = signal && onAbort(signal, finish);
  });
}
