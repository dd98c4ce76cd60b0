import { digestOf } from '../base/digest.ts';
import { sortedUnique } from '../base/order.ts';
import type { Plan } from '../model/plan.ts';
import { type AppFailure, outsideFailure } from './failure.ts';

/** What differs between a plan that was made before and the plan as it would be now, for `run --plan`. */
export function planDifferences(before: Plan, now: Plan): string[] {
  const differences: string[] = [];
  const byId = new Map(before.steps.map((step) => [step.id, step]));
  for (const step of now.steps) {
    const old = byId.get(step.id);
    byId.delete(step.id);
    if (!old) differences.push(`${step.id} is in the plan now`);
    else if (old.codeVersion !== step.codeVersion)
      differences.push(`${step.id}: its code changed${changedParts(old.codeParts, step.codeParts)}`);
    else differences.push(...stepDifferences(old, step));
  }
  for (const id of byId.keys()) differences.push(`${id} is not in the plan any more`);
  if (before.environment !== now.environment) differences.push(`it was made for environment ${before.environment}`);
  return differences;
}

/** Of two plans of one step with one code. Compared by what they say: a plan that was kept has its keys in another order. */
function stepDifferences(old: Plan['steps'][number], step: Plan['steps'][number]): string[] {
  const changed = sortedUnique([...Object.keys(old.upstream), ...Object.keys(step.upstream)]).filter(
    (key) => step.upstream[key] !== old.upstream[key],
  );
  if (changed.length > 0)
    return [`${step.id}: ${changed.join(', ')} ${changed.length === 1 ? 'has' : 'have'} new data`];
  const before = new Map(old.assets.map((each) => [each.asset, each]));
  return step.assets.flatMap((now) => {
    const was = before.get(now.asset);
    if (was !== undefined && digestOf(was) === digestOf(now)) return [];
    const [from, to] = [was, now].map((each) =>
      each === undefined ? 'not there' : [`${each.verdict} (${each.reason})`, ...each.detail].join(', '),
    );
    const name = now.asset === step.id ? step.id : `${step.id}: ${now.asset}`;
    return [`${name}: was ${from}, would be ${to}`];
  });
}

function changedParts(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => before[name] !== after[name])
    .sort();
  return names.length > 0 ? ` (${names.map((name) => name.replace(/^(file|code|script):/, '')).join(', ')})` : '';
}

/** The refusal to do anything else than what was previewed. */
export function changedWorld(before: Plan, now: Plan): AppFailure {
  const differences = planDifferences(before, now);
  const lines = differences.slice(0, 10).map((line) => `  ${line}`);
  const more = differences.length > 10 ? [`  and ${differences.length - 10} more`] : [];
  return outsideFailure(
    'plan-outdated',
    [`The world has changed since plan ${before.digest.slice(0, 8)} was made:`, ...lines, ...more].join('\n'),
    'Nothing was run. Look at the new plan by `branchline plan`.',
  );
}
