import type { StateView } from '../model/state.ts';
import type { Wait } from '../plan/queue.ts';
import { isLeftByLost } from '../run/monitor.ts';
import type { RunOutcome } from './run-ports.ts';

/**
 * Runs in the way of these, straight or through others that wait, that nobody is at work on: their runners were lost, or
 * they might have started and nobody has taken them (`isUntaken`), as when their command was killed while it waited. Who
 * waits behind one carries it out, as a tick would; the claim says who of several does.
 */
export function nobodysInTheWay(
  view: Pick<StateView, 'openRuns'>,
  waits: ReadonlyMap<string, Wait>,
  runs: readonly string[],
  isUntaken: (run: string) => boolean,
): readonly { readonly run: string; readonly isLost: boolean }[] {
  const seen = new Set(runs);
  for (const run of seen) {
    const wait = waits.get(run);
    if (wait !== undefined && 'holders' in wait) for (const holder of wait.holders) seen.add(holder);
  }
  return [...seen].flatMap((run) => {
    if (runs.includes(run)) return [];
    const isLost = isLeftByLost(view.openRuns.get(run));
    return isLost || isUntaken(run) ? [{ run, isLost }] : [];
  });
}

/** What came of one that was carried on. */
export function alongText({ plan, state }: Pick<RunOutcome, 'plan' | 'state'>): string {
  return `Run ${plan.runId}, which was in the way, ${state === 'QUEUED' ? 'waits in the queue again' : `is ${state}`}.`;
}
