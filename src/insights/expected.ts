import type { Plan } from '../model/plan.ts';

/** What history says of a plan's time and price on one runner. */
export interface Expected {
  /** Runs that the least known step has behind it. */
  readonly samples: number;
  /** Steps to run of which nothing is known; their time is not in the figures. */
  readonly unknownSteps: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Minutes that a job is billed for which does this and nothing else. */
  readonly minutes: number;
  /** Undefined = no price is known. */
  readonly usd?: number;
}

const MINUTE_MS = 60_000;

/**
 * Time and billed minutes of a plan in one job: that of the longest chain or of the work shared out over `parallel` steps
 * at once, whichever is longer. Undefined without any history, and for a plan that runs nothing.
 */
export function expectedOf(plan: Plan, parallel: number, usdPerMinute?: number): Expected | undefined {
  const steps = plan.steps.filter((step) => step.verdict !== 'skip');
  const known = steps.filter((step) => (plan.estimates[step.id]?.samples ?? 0) > 0);
  if (known.length === 0) return undefined;
  const p50Ms = makespan(plan, parallel, 'p50Ms');
  const minutes = Math.max(1, Math.ceil(p50Ms / MINUTE_MS));
  return {
    samples: Math.min(...known.map((step) => plan.estimates[step.id]!.samples)),
    unknownSteps: steps.length - known.length,
    p50Ms,
    p95Ms: makespan(plan, parallel, 'p95Ms'),
    minutes,
    ...(usdPerMinute === undefined ? {} : { usd: Math.round(minutes * usdPerMinute * 1e6) / 1e6 }),
  };
}

function makespan(plan: Plan, parallel: number, key: 'p50Ms' | 'p95Ms'): number {
  const ends = new Map<string, number>();
  let work = 0;
  let longest = 0;
  for (const step of plan.steps) {
    if (step.verdict === 'skip') continue;
    const own = plan.estimates[step.id]?.[key] ?? 0;
    const start = Math.max(0, ...step.after.map((id) => ends.get(id) ?? 0));
    ends.set(step.id, start + own);
    work += own;
    longest = Math.max(longest, start + own);
  }
  return Math.max(longest, work / Math.max(1, parallel));
}
