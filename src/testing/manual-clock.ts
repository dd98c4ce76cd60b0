import type { Clock } from '../ports.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves on, and wakes whoever slept until then, earliest first. */
  advance(ms: number): void;
  /** How long those who sleep now asked for, in the order in which they did. */
  sleeping(): readonly number[];
}

export function manualClock(start: number): ManualClock {
  let now = start;
  const sleepers = new Set<{ readonly ms: number; readonly until: number; readonly wake: () => void }>();
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const wake = (): void => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { ms, until: now + ms, wake };
        sleepers.add(sleeper);
        if (signal?.aborted) wake();
        else signal?.addEventListener('abort', wake);
      }),
    advance(ms) {
      now += ms;
      const due = [...sleepers].filter(({ until }) => until <= now).sort((a, b) => a.until - b.until);
      for (const { wake } of due) wake();
    },
    sleeping: () => [...sleepers].map(({ ms }) => ms),
  };
}
