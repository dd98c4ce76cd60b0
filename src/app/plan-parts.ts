import { ok, type Result } from '../base/result.ts';
import type { Plan } from '../model/plan.ts';
import { nameSome } from '../render/style.ts';
import type { AppFailure } from './failure.ts';
import type { makePlan, PlanMade } from './make-plan.ts';
import { type RequestPart, RUNS_MAX } from './partition-runs.ts';

/** One of several runs, planned. */
export interface PlannedPart extends PlanMade {
  /** Which of the runs it is, from 0. */
  readonly index: number;
}

/**
 * The plan of the first of several runs that has something to do, which is exact: those before it change nothing. Of the very
 * first one where none has, or they are more than a command carries out.
 */
export async function firstAtWork(
  parts: readonly RequestPart[],
  planOf: (part: RequestPart) => ReturnType<typeof makePlan>,
): Promise<Result<PlannedPart, AppFailure>> {
  let first: PlannedPart | undefined;
  for (const [index, part] of parts.entries()) {
    const made = await planOf(part);
    if (!made.ok) return made;
    const planned = { ...made.value, index };
    if (!isIdle(planned.plan) || parts.length > RUNS_MAX) return ok(planned);
    first ??= planned;
  }
  return ok(first!);
}

/** True when a plan has nothing to do. */
export function isIdle({ steps }: Plan): boolean {
  return steps.every(({ verdict }) => verdict === 'skip');
}

/** Of how many runs one plan is shown, and which one that is. */
export function severalRuns(parts: readonly RequestPart[], plan: Plan, index: number): string {
  const names = parts.map(({ partitions }) => partitions ?? 'what has no partitions');
  return `This is ${parts.length} runs, one after the other: ${nameSome(names)}. ${whichOne(parts, plan, index)}:\n`;
}

/** Which of them is planned, and what is to be said of those before it. */
function whichOne(parts: readonly RequestPart[], plan: Plan, index: number): string {
  if (index > 0) {
    const before = index === 1 ? 'Run 1 has' : `Runs 1 to ${index} have`;
    return `${before} nothing to do. Run ${index + 1}`;
  }
  const isNone = isIdle(plan) && parts.length <= RUNS_MAX;
  return isNone ? 'None of them has anything to do. The first one' : 'The first one';
}
