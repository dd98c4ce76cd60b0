import type { EpochMs } from '../model/instant.ts';
import { dueTicks } from './cron.ts';
import type { Cron } from './cron-syntax.ts';
import type { RungSchedule } from './doorbell.ts';

/** How well a schedule is rung for. */
export interface Coverage {
  readonly schedule: string;
  /** From a tick to the next ring, at worst; undefined = some tick has none after it. */
  readonly worstMs?: number;
  /** Most of its ticks between two rings: all but the newest are late for good. */
  readonly mostAtOnce: number;
}

/** Ticks looked at for each schedule. */
const TICKS_MAX = 3_000;

/** Rules that ring, in their zone. */
export interface Bells {
  readonly crons: readonly Cron[];
  /** IANA zone; that of most hosts is UTC. */
  readonly timezone: string;
}

/** What the rings of these rules mean for schedules, from an instant on for so many days. */
export function coverageOf(
  schedules: readonly RungSchedule[],
  bells: readonly Bells[],
  range: { readonly from: EpochMs; readonly days: number },
): Coverage[] {
  const until = range.from + range.days * 86_400_000;
  // The last ticks may be rung for after the end.
  const after = { after: range.from, until: until + 8 * 86_400_000, limit: Number.MAX_SAFE_INTEGER };
  const rings = bells.flatMap(({ crons, timezone }) => dueTicks(crons, timezone, after).ticks).sort((a, b) => a - b);
  return schedules.map(({ name, crons, timezone }) => {
    const { ticks } = dueTicks(crons, timezone, { after: range.from, until, limit: TICKS_MAX });
    return { schedule: name, ...measure(ticks, rings) };
  });
}

function measure(ticks: readonly EpochMs[], rings: readonly EpochMs[]): Omit<Coverage, 'schedule'> {
  let worstMs = 0;
  let mostAtOnce = 0;
  let atOnce = 0;
  let ring = 0;
  let last: EpochMs | undefined;
  for (const tick of ticks) {
    while (ring < rings.length && rings[ring]! < tick) ring++;
    const next = rings[ring];
    if (next === undefined) return { mostAtOnce: Math.max(mostAtOnce, atOnce + 1) };
    atOnce = next === last ? atOnce + 1 : 1;
    last = next;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    worstMs = Math.max(worstMs, next - tick);
  }
  return { worstMs, mostAtOnce };
}
