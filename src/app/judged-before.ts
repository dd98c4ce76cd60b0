import type { Claim } from '../model/events.ts';
import type { Timestamp } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';

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
  const { schedules, endedRuns, openRuns, claims } = view;
  return [...schedules.values()].flatMap(({ schedule, lastTick }) => {
    if (!lastTick) return [];
    const { tick, outcome, run } = lastTick;
    const state = run === undefined ? undefined : (endedRuns.get(run) ?? openRuns.get(run))?.state;
    const claim = [...claims.values()].find((each) => each.run === run);
    const retry = run === undefined ? undefined : newestRetry(view, run);
    return [
      {
        schedule,
        tick,
        outcome,
        ...(run === undefined ? {} : { run }),
        ...(state === undefined ? {} : { state }),
        ...(claim === undefined ? {} : { claim }),
        ...(retry === undefined ? {} : { retry }),
      },
    ];
  });
}

function newestRetry(
  { endedRuns, openRuns }: StateView,
  root: string,
): { readonly run: string; readonly state: string } | undefined {
  let newest: { readonly run: string; readonly state: string; readonly number: number } | undefined;
  for (const { run, state, request } of [...endedRuns.values(), ...openRuns.values()])
    if (request.kind === 'retry' && request.root === root && request.number > (newest?.number ?? 0))
      newest = { run, state, number: request.number };
  return newest && { run: newest.run, state: newest.state };
}
