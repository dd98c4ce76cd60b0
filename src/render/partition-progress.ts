import type { EventDraft } from '../model/events.ts';
import { epochMs } from '../model/instant.ts';
import type { Plan } from '../model/plan.ts';
import { formatCount } from './style.ts';

/** Between two lines of progress where there is no status line, in milliseconds. */
const PROGRESS_MS = 10_000;

/**
 * Counts the partitions that steps have made. Where no status line can be shown it says so line by line, at a calm pace, by
 * the time of the events; undefined = nothing is to be said now.
 */
export function partitionProgress(): (event: EventDraft, plan: Plan | undefined) => string | undefined {
  const made = new Map<string, number>();
  let said: number | undefined;
  return (event, plan) => {
    if (event.type !== 'asset.materialized' || event.partition === undefined) return undefined;
    const { step, at } = event;
    const count = (made.get(step) ?? 0) + 1;
    made.set(step, count);
    const planned = plan?.steps.find(({ id }) => id === step);
    const total = (planned?.partitions?.length ?? 0) * (planned?.assets.length ?? 0);
    said ??= epochMs(at);
    if (count >= total || epochMs(at) - said < PROGRESS_MS) return undefined;
    said = epochMs(at);
    return `${step}: ${formatCount(count)} of ${formatCount(total)} partitions`;
  };
}
