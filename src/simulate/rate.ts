import type { EpochMs } from '../model/instant.ts';

/** How often something happens in any window of time of one length, and whether it may happen once more. */
export interface Rate {
  /** Of the busiest window. */
  readonly peak: number;
  readonly refused: number;
  /** Counts it as happening now; false, and counted as refused, where the window is full. */
  take(now: EpochMs): boolean;
}

export function openRate(windowMs: number, limit = Number.POSITIVE_INFINITY): Rate {
  const times: EpochMs[] = [];
  const figures = { peak: 0, refused: 0 };
  let oldest = 0;
  return {
    get peak() {
      return figures.peak;
    },
    get refused() {
      return figures.refused;
    },
    take(now) {
      while (oldest < times.length && times[oldest]! <= now - windowMs) oldest++;
      if (times.length - oldest >= limit) {
        figures.refused++;
        return false;
      }
      times.push(now);
      figures.peak = Math.max(figures.peak, times.length - oldest);
      return true;
    },
  };
}
