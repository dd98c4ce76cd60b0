import type { AssetVerdict, Plan, PlannedStep } from '../model/plan.ts';
import { formatDuration } from '../time/format.ts';
import { reasonText } from './reason-text.ts';
import { columns, count, nameSome, paint, type Style } from './style.ts';

/**
 * A plan for a terminal, verdict first. `parallel` is how many steps run at once: the expected time is that of the
 * longest chain or of the work shared out, whichever is longer.
 */
export function renderPlan(plan: Plan, style: Style, parallel: number): string {
  const verdicts = plan.steps.flatMap((step) => step.assets.map((verdict) => ({ step, verdict })));
  const runs = verdicts.filter(({ verdict }) => verdict.verdict !== 'skip');
  const skips = verdicts.filter(({ verdict }) => verdict.verdict === 'skip');
  const lines: string[] = [headline(plan, runs.length, verdicts.length, parallel), ''];
  const rows = runs.map(({ verdict }) => [`  ${verdict.asset}`, 'run', reasonText(verdict, plan.request)]);
  lines.push(...columns([...rows, ...skipRows(skips, style)]));
  const where = plan.environment === 'local' ? '' : ` --environment ${plan.environment}`;
  if (runs.length > 0) lines.push('', `branchline run --plan ${plan.digest.slice(0, 8)}${where} to do exactly this.`);
  return `${lines
    .join('\n')
    .replace(/\n\n\n+/g, '\n\n')
    .trimEnd()}\n`;
}

function headline(plan: Plan, runs: number, all: number, parallel: number): string {
  const digest = `Plan ${plan.digest.slice(0, 4)}…${plan.digest.slice(-3)}.`;
  if (all === 0) return `Nothing is selected. ${digest}`;
  if (runs === 0) return `Nothing to do: ${count(all, 'asset')} looked at. ${digest}`;
  const expected = expectedMs(plan, parallel);
  const time = expected === undefined ? 'no history yet' : expected;
  return `Would run ${runs} of ${count(all, 'asset')}, ${time}. ${digest}`;
}

/** `about 6 s (p50 of 12 runs; p95 9 s)`, or undefined without any history. */
function expectedMs(plan: Plan, parallel: number): string | undefined {
  const known = Object.values(plan.estimates).filter((estimate) => estimate.samples > 0);
  if (known.length === 0) return undefined;
  const samples = Math.min(...known.map((estimate) => estimate.samples));
  const p50 = makespan(plan, parallel, 'p50Ms');
  const p95 = makespan(plan, parallel, 'p95Ms');
  const unknown = Object.keys(plan.estimates).length - known.length;
  const without = unknown > 0 ? `; ${count(unknown, 'step')} without history` : '';
  return `about ${formatDuration(p50)} (p50 of ${count(samples, 'run')}; p95 ${formatDuration(p95)}${without})`;
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

function skipRows(skips: readonly { step: PlannedStep; verdict: AssetVerdict }[], style: Style): string[][] {
  const upToDate = skips.filter(({ verdict }) => verdict.reason === 'up_to_date').map(({ verdict }) => verdict.asset);
  const others = skips.filter(({ verdict }) => verdict.reason !== 'up_to_date');
  const rows = others.map(({ verdict }) => [`  ${verdict.asset}`, 'skip', reasonText(verdict)]);
  if (upToDate.length > 0) {
    rows.push([
      paint(style, 'dim', `  ${style.unicode ? '–' : '-'}  ${upToDate.length} up to date`),
      '',
      paint(style, 'dim', nameSome(upToDate)),
    ]);
  }
  return rows;
}
