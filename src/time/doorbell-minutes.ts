/** Around the full hour GitHub starts runs late or not at all; these minutes are moved out of it. */
const RUSH: ReadonlySet<number> = new Set([58, 59, 0, 1, 2, 3]);
const AFTER_RUSH = 4;
/** Ticks of different schedules this close together are rung for once. */
const TOGETHER_MINUTES = 6;
const GAP_MINUTES = 5;

export interface RingMinutes {
  /** How many minutes after a tick at this minute of the hour is rung. */
  delayOf(minute: number): number;
  /** They come closer together than can be rung: every five minutes. */
  readonly isDense: boolean;
}

/**
 * The minutes of the hour at which to ring for ticks at these minutes of the hour, one set for each schedule. Ticks of one
 * schedule are never rung for together as long as they are five minutes apart: the earlier one would be skipped.
 */
export function ringMinutes(schedules: readonly ReadonlySet<number>[], spread: number): RingMinutes {
  for (const rings of [clustered(schedules, spread), shifted(schedules)])
    if (rings && areApart([...rings].map(([minute, delay]) => (minute + delay) % 60)))
      return { delayOf: (minute) => rings.get(minute)!, isDense: false };
  return { delayOf: (minute) => (((AFTER_RUSH - minute) % GAP_MINUTES) + GAP_MINUTES) % GAP_MINUTES, isDense: true };
}

/** As few rings as possible: neighbours are rung for with the last of them. Delays by minute of the hour. */
function clustered(schedules: readonly ReadonlySet<number>[], spread: number): Map<number, number> {
  const minutes = fromLargestGap(schedules);
  const rings = new Map<number, number>();
  for (let i = 0; i < minutes.length; ) {
    const cluster = [minutes[i]!];
    while (++i < minutes.length && minutes[i]! - cluster[0]! <= TOGETHER_MINUTES) {
      const next = minutes[i]!;
      const isTwice = schedules.some((own) => own.has(next % 60) && cluster.some((minute) => own.has(minute % 60)));
      if (isTwice) break;
      cluster.push(next);
    }
    const ring = outOfRush(cluster.at(-1)!, spread);
    for (const minute of cluster) rings.set(minute % 60, ring - minute);
  }
  return rings;
}

function outOfRush(minute: number, spread: number): number {
  let moved = minute;
  if (RUSH.has(moved % 60)) while (moved % 60 !== AFTER_RUSH + spread) moved++;
  return moved;
}

/** All of them, moved alike, so that they stay as far apart as they are. */
function shifted(schedules: readonly ReadonlySet<number>[]): Map<number, number> {
  const minutes = fromLargestGap(schedules);
  const shifts = Array.from({ length: TOGETHER_MINUTES }, (_, i) => i);
  // Some are in the rush however they are moved: then at least none is at the full hour.
  const shift = shifts.find((by) => !minutes.some((minute) => RUSH.has((minute + by) % 60))) ?? AFTER_RUSH;
  return new Map(minutes.map((minute) => [minute % 60, shift]));
}

/** All minutes in order, beginning after the largest gap of the clock's face; those of the next hour count on from 60. */
function fromLargestGap(schedules: readonly ReadonlySet<number>[]): number[] {
  const sorted = [...new Set(schedules.flatMap((own) => [...own]))].sort((a, b) => a - b);
  let start = 0;
  let largest = -1;
  for (const [i, minute] of sorted.entries()) {
    const before = i === 0 ? sorted.at(-1)! - 60 : sorted[i - 1]!;
    if (minute - before <= largest) continue;
    largest = minute - before;
    start = i;
  }
  return [...sorted.slice(start), ...sorted.slice(0, start).map((minute) => minute + 60)];
}

function areApart(rings: readonly number[]): boolean {
  const sorted = [...new Set(rings)].sort((a, b) => a - b);
  return sorted.length < 2 || sorted.every((ring, i) => (sorted[i + 1] ?? sorted[0]! + 60) - ring >= GAP_MINUTES);
}
