import type { StateView } from '../model/state.ts';
import type { Wait } from '../plan/queue.ts';
import { isLeftByLost } from '../run/monitor.ts';
import type { RunOutcome } from './run-ports.ts';

/**
 * Runs in the way of these, straight or through others that wait, whose runners were lost: they stand in the queue, and
 * nobody is at work on them. Who waits behind one carries it on, as a tick would; the claim says who of several does.
 */
export function lostInTheWay(
  view: Pick<StateView, 'openRuns'>,
  waits: ReadonlyMap<string, Wait>,
  runs: readonly string[],
): readonly string[] {
  const seen = new Set(runs);
  for (const run of seen) {
    const wait = waits.get(run);
    if (wait !== undefined && 'holders' in wait) for (const holder of wait.holders) seen.add(holder);
  }
  return [...seen].filter((run) => !runs.includes(run) && isLeftByLost(view.openRuns.get(run)));
}

/** What came of one that was carried on. */
export function alongText({ plan, state }: Pick<RunOutcome, 'plan' | 'state'>): string {
  return `Run ${plan.runId}, which was in the way, ${state === 'QUEUED' ? 'waits in the queue again' : `is ${state}`}.`;
}
