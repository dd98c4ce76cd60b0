import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Plan } from '../model/plan.ts';

/** Why a plan was not found or cannot be read. */
export interface PlanFileProblem {
  readonly code: 'plan-unknown' | 'plan-ambiguous' | 'plan-broken';
  readonly message: string;
  readonly help: string;
}

/** How many plans are kept in the private folder, so that `run --plan <digest>` finds them. */
const PLANS_MAX = 50;

/** Keeps a plan; the oldest beyond 50 go. */
export function keepPlan(folder: string, plan: Plan, order: number): void {
  mkdirSync(folder, { recursive: true });
  const names = planFiles(folder);
  for (const old of names.filter((name) => name.endsWith(`-${plan.digest}.json`)))
    rmSync(join(folder, old), { force: true });
  const path = join(folder, `${String(order).padStart(16, '0')}-${plan.digest}.json`);
  writeFileSync(`${path}.tmp`, `${canonicalJson(plan)}\n`);
  renameSync(`${path}.tmp`, path);
  for (const old of planFiles(folder).slice(0, -PLANS_MAX)) rmSync(join(folder, old), { force: true });
}

function problem(code: PlanFileProblem['code'], message: string, help: string): PlanFileProblem {
  return { code, message, help };
}

function planFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{16}-[0-9a-f]{64}\.json$/.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** A plan from a file, or one of those kept, by the start of its digest (at least 4 digits). */
export function findPlan(folder: string, what: string): Result<Plan, PlanFileProblem> {
  if (/^[0-9a-f]{4,64}$/.test(what)) {
    const found = planFiles(folder).filter((name) => name.slice(17).startsWith(what));
    if (found.length > 1)
      return fail(
        problem('plan-ambiguous', `${found.length} plans begin with \`${what}\`.`, 'Write more of the digest.'),
      );
    if (found.length === 1) return readPlan(join(folder, found[0]!), what);
  }
  return readPlan(what, what);
}

function readPlan(path: string, what: string): Result<Plan, PlanFileProblem> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return fail(
      problem(
        'plan-unknown',
        `There is no plan \`${what}\`: neither a file nor the digest of one of the last ${PLANS_MAX} plans.`,
        'Make one by `branchline plan`; `branchline plan --json > plan.json` keeps it as a file.',
      ),
    );
  }
  try {
    const value = JSON.parse(text) as Plan & { readonly plan?: Plan };
    const plan = value.plan ?? value;
    if (plan.format === 1 && typeof plan.digest === 'string' && Array.isArray(plan.steps)) return ok(plan);
  } catch {
    // Said below, together with JSON that is no plan.
  }
  return fail(
    problem('plan-broken', `\`${what}\` is not a plan.`, 'Write one by `branchline plan --json > plan.json`.'),
  );
}
