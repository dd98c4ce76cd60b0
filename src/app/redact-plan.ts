import type { PullRequestPlan } from '../model/pull-request-plan.ts';

/** Properties that hold free text; everything else is a name, a digest or a number of ours. */
const FREE = new Set(['message', 'help', 'what', 'before', 'after', 'detail', 'noPlan', 'owner', 'owners', 'url']);

/** A plan in which no free text shows a secret. */
export function redactPlan(plan: PullRequestPlan, redact: (text: string) => string): PullRequestPlan {
  return redacted(plan, redact, false) as PullRequestPlan;
}

function redacted(value: unknown, redact: (text: string) => string, isFree: boolean): unknown {
  if (typeof value === 'string') return isFree ? redact(value) : value;
  if (Array.isArray(value)) return value.map((item) => redacted(item, redact, isFree));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, redacted(member, redact, FREE.has(name))]),
  );
}
