import type { BranchlineEvent } from '../model/events.ts';
import type { TickPlan } from '../plan/tick.ts';
import { nameSome } from '../render/style.ts';
import { backfillsMessage } from './backfills.ts';
import type { TakenRun, WaitingRun } from './release.ts';
import { automationRequests, releaseMessage } from './release-commit.ts';
import { triggerText } from './run-message.ts';

/** Subject and trailers of the first commit of a wake-up. */
export function tickMessage(
  {
    plan,
    queue,
    taken,
    carried,
  }: {
    readonly plan: TickPlan;
    readonly queue: readonly WaitingRun[];
    readonly taken: readonly TakenRun[];
    readonly carried: readonly BranchlineEvent[];
  },
  options: { readonly code?: { readonly commit: string } },
): string {
  const trailers = options.code === undefined ? [] : ['', `Code: ${options.code.commit}`];
  const released = releaseMessage(taken, options.code ? { codeCommit: options.code.commit } : {});
  if (released !== undefined) return released;
  if (plan.requests.length > 0 || automationRequests(carried).length > 0)
    return [`… ${queue.map(({ request }) => triggerText(request)).join(', ')} waits`, ...trailers].join('\n');
  if (carried.some(({ type }) => type === 'backfill.ended' || type === 'run.requested'))
    return [backfillsMessage(carried), ...trailers].join('\n');
  const adopted = plan.events.filter((event) => event.type === 'schedule.adopted').map((event) => event.schedule);
  const dropped = plan.events.filter((event) => event.type === 'schedule.dropped').map((event) => event.schedule);
  const counting = automationText(carried);
  const parts = [
    counting,
    adopted.length > 0 ? `schedules begin: ${adopted.join(', ')}` : '',
    dropped.length > 0 ? `schedules end: ${dropped.join(', ')}` : '',
  ].filter((part) => part !== '');
  return [`○ ${parts.join('; ') || 'ticks judged, none to run'}`, ...trailers].join('\n');
}

/** Rules of assets that begin or cease to count. */
function automationText(events: readonly BranchlineEvent[]): string {
  const names = (type: 'automation.adopted' | 'automation.dropped'): readonly string[] =>
    events.flatMap((event) => (event.type === type ? event.assets : []));
  const [begun, over] = [names('automation.adopted'), names('automation.dropped')];
  return [
    ...(begun.length > 0 ? [`automation begins: ${nameSome(begun, 3)}`] : []),
    ...(over.length > 0 ? [`automation ends: ${nameSome(over, 3)}`] : []),
  ].join('; ');
}
