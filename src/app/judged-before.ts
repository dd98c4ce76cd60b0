import type { Claim } from '../model/events.ts';
import type { Timestamp } from '../model/instant.ts';
import type { RunRecord, StateView } from '../model/state.ts';

/** The newest tick of a schedule that was judged before a wake-up, and what came of its run. */
export interface JudgedTick {
  readonly schedule: string;
  readonly tick: Timestamp;
  readonly outcome: string;
  readonly run?: string;
  readonly state?: string;
  /** Of who carries its run out. */
  readonly claim?: Claim;
  /** The newest retry of its run: what failed may have been made good. */
  readonly retry?: { readonly run: string; readonly state: string };
}

/** Of each schedule the tick that was judged last. */
export function judgedBefore(view: StateView): JudgedTick[] {
  const { schedules, endedRuns, openRuns } = view;
  const claims = new Map([...view.claims.values()].map((claim) => [claim.run, claim]));
  const retries = newestRetries(view);
  return [...schedules.values()].flatMap(({ schedule, lastTick }) => {
    if (!lastTick) return [];
    const { tick, outcome, run } = lastTick;
    if (run === undefined) return [{ schedule, tick, outcome }];
    const state = (endedRuns.get(run) ?? openRuns.get(run))?.state;
    const claim = claims.get(run);
    const retry = retries.get(run);
    return [
      {
        schedule,
        tick,
        outcome,
        run,
        ...(state === undefined ? {} : { state }),
        ...(claim === undefined ? {} : { claim }),
        ...(retry === undefined ? {} : { retry: { run: retry.run, state: retry.state } }),
      },
    ];
  });
}

/** By the run that was tried first: of many schedules nobody goes through the runs for each. */
function newestRetries({ endedRuns, openRuns }: StateView): ReadonlyMap<string, RunRecord> {
  const newest = new Map<string, RunRecord>();
  const numbers = new Map<string, number>();
  for (const runs of [endedRuns, openRuns])
    for (const record of runs.values()) {
      const { request } = record;
      if (request.kind !== 'retry' || request.number <= (numbers.get(request.root) ?? 0)) continue;
      newest.set(request.root, record);
      numbers.set(request.root, request.number);
    }
  return newest;
}
