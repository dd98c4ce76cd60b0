import { fail, ok, type Result } from '../base/result.ts';
import { isManual, type Plan } from '../model/plan.ts';
import { leaveOutKeyless } from '../plan/keyless.ts';
import { openPartitionReader } from '../plan/partitioned.ts';
import type { ClaimInput } from './claim-run.ts';
import type { AppFailure } from './failure.ts';
import { keylessText } from './keyless-text.ts';
import { presentState } from './partition-runs.ts';
import { lostForPlan } from './plan-lost.ts';
import { emptySelection, keysAt, planRequest, requestedAssets, requestedPartitions } from './planning.ts';
import { type Look, withoutBack } from './recorded-losses.ts';
import { statusesOf } from './statuses.ts';
import type { UnknownData } from './unknown-data.ts';
import { unknownConcerns, watchUnknown } from './unknown-watch.ts';

/** A plan, with what was looked for to make it. */
export interface PlanMade extends Look {
  readonly plan: Plan;
  /** Which of the selected assets have no partitions yet and are left out, with what to do; absent = none. */
  readonly leftOut?: string;
  /** What tables hold that it makes or reads in full, and the state did not make. */
  readonly unknown: readonly UnknownData[];
}

/** The plan of a request on this state, made in view of what is lost of what it selects. */
export async function makePlan(
  input: Pick<ClaimInput, 'planning' | 'view' | 'now' | 'environment' | 'request' | 'tags' | 'findLost'>,
): Promise<Result<PlanMade, AppFailure>> {
  const { planning, view, environment, request, tags } = input;
  // Who asks for a status has read what is known of all partitions (see `partitionedAssets`).
  const asksStatus = request.kind !== 'backfill' && /\bstatus\s*:/.test(request.selection);
  const present = asksStatus
    ? await presentState(input.findLost, planning, view, request, keysAt(view, input.now))
    : { view };
  const statusOf = statusesOf(planning.project, present.view, asksStatus ? keysAt(view, input.now) : undefined);
  const selected = requestedAssets(planning, request, statusOf);
  if (!selected.ok) return selected;
  // A schedule may select nothing today; a person who does has most likely mistyped a name.
  if (selected.value.size === 0 && isManual(request)) return fail(emptySelection(planning, request.selection));
  const at = keysAt(view, input.now);
  const { project } = planning;
  // Any other selection was narrowed when it was asked for; what a status selects is known only now.
  const keyless = asksStatus
    ? leaveOutKeyless(project, openPartitionReader(project, view, at), selected.value)
    : undefined;
  const rest = keyless?.rest ?? selected.value;
  const leftOut = keyless && keylessText(project, keyless);
  const cut = requestedPartitions(project, rest, request, at);
  if (!cut.ok) return cut;
  const wanted = { project, view, request, selected: rest, partitions: cut.value, at };
  const watch = watchUnknown(input.findLost, unknownConcerns(project, at, rest));
  const look = await lostForPlan(watch.findLost, wanted);
  const plan = planRequest(planning, withoutBack(project, view, look), {
    request,
    environment,
    selected: rest,
    lost: look.lost,
    tags,
    now: input.now,
  });
  const told = { unknown: watch.found(), ...(leftOut === undefined ? {} : { leftOut }) };
  return plan.ok ? ok({ plan: plan.value, ...look, ...told }) : plan;
}
