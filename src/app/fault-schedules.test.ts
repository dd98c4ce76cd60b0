import { expect, it } from 'vitest';
import { seededRandom } from '../simulate/virtual-time.ts';
import { cutDayOf } from '../state/layout.ts';
import { faultScheduleOf } from '../testing/simulation/faults.ts';
import { judge } from '../testing/simulation/judge.ts';
import { play } from '../testing/simulation/play.ts';

/** Schedules of faults, each by its seed: `BRANCHLINE_TEST_SEED=17` plays that one alone. */
const only = process.env['BRANCHLINE_TEST_SEED'];
const SCHEDULES = Number(process.env['BRANCHLINE_TEST_SCHEDULES'] ?? 500);
const seeds = only === undefined ? Array.from({ length: SCHEDULES }, (_, i) => i + 1) : [Number(only)];

it('whatever goes wrong, nothing recorded is lost, nothing counts twice, and somebody says what to do', {
  timeout: 600_000,
}, async () => {
  const wrong: Record<string, unknown> = {};
  const kinds = new Set<string>();
  let cuts = 0;
  for (const seed of seeds) {
    const schedule = faultScheduleOf(seed, seededRandom(seed));
    for (const fault of schedule.faults) kinds.add(fault.kind === 'commit' ? fault.fault : fault.kind);
    const found = await play(schedule).then(
      (played) => {
        if (cutDayOf(played.world.server.files().keys()) !== undefined) cuts++;
        return judge(played);
      },
      (error: unknown) => [String(error)],
    );
    if (found.length > 0) wrong[`seed ${seed}`] = { found: found.slice(0, 5), schedule };
    if (Object.keys(wrong).length >= 5) break;
  }
  expect(wrong).toEqual({});
  if (only !== undefined) return;
  expect(kinds.size).toBe(15);
  // Among them events that a retention let go, in the middle of what others do.
  expect(cuts).toBeGreaterThan(SCHEDULES / 50);
});
