// What becomes of one tick that is due, and how many of a schedule are asked about one by one.

import { unreachable } from '../base/result.ts';
import type { TickJudged } from '../model/events.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Schedule } from '../model/project.ts';

/** Ticks of one schedule that one wake-up judges one by one; older ones are closed as a whole. */
const JUDGED_MAX = 100;
/** The same for all schedules together, as far as each may still judge a few. */
const JUDGED_ALL_MAX = 10_000;
const JUDGED_MIN = 10;

/** Ticks of each of so many schedules that one wake-up judges one by one. */
export function fairShareOf(schedules: number): number {
  return Math.max(JUDGED_MIN, Math.min(JUDGED_MAX, Math.floor(JUDGED_ALL_MAX / schedules)));
}

/** The same of a schedule that catches up. */
export function judgedLimit(fair: number, schedule: Schedule): number {
  return schedule.catchup === 'all' ? Math.max(fair, Math.min(JUDGED_MAX, schedule.maxCatchupRuns)) : fair;
}

/** What becomes of one tick; `newer` = how many ticks after it are judged by the same wake-up. */
export function reasonOf(tick: {
  readonly schedule: Schedule;
  readonly tick: EpochMs;
  readonly newer: number;
  readonly now: EpochMs;
  readonly running: string | undefined;
  readonly isEmpty: boolean;
}): TickJudged['reason'] {
  const { schedule, newer } = tick;
  switch (schedule.catchup) {
    case 'none':
      if (tick.now - tick.tick > schedule.graceMs) return 'older_than_grace';
      if (newer > 0) return 'superseded_by_later';
      break;
    case 'latest':
      if (newer > 0) return 'superseded_by_later';
      break;
    case 'all':
      if (newer >= schedule.maxCatchupRuns) return 'over_max_catchup';
      // Asked for at once, the older runs would be the reason to skip the newer ones: the newest alone runs.
      if (newer > 0 && schedule.skipIfRunning) return 'superseded_by_later';
      break;
    default:
      return unreachable(schedule.catchup);
  }
  if (tick.isEmpty) return 'nothing_selected';
  return tick.running === undefined ? 'due' : 'already_running';
}
