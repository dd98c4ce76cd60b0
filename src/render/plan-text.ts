import { type Expected, expectedOf } from '../insights/expected.ts';
import { type RunnerFacts, usdPerMinute } from '../insights/prices.ts';
import type { AssetVerdict, Plan, PlannedStep } from '../model/plan.ts';
import { formatDuration } from '../time/format.ts';
import { chunkText } from '../time/partitions/keys.ts';
import { formatUsd } from './figures-text.ts';
import { reasonText } from './reason-text.ts';
import { columns, count, formatCount, nameSome, paint, type Style, safeLine } from './style.ts';

/** What a minute costs where the plan would run. */
export interface PlanPrice {
  readonly runner: string;
  /** Undefined = not known; 0 = free. */
  readonly usdPerMinute?: number;
  /** `unknown`: in a public repository a standard runner would be free. */
  readonly visibility: 'known' | 'unknown';
}

/** The price of a plan on a runner, as far as the runner is known. */
export function planPrice(facts: RunnerFacts, prices: Readonly<Record<string, number>>): PlanPrice {
  const price = usdPerMinute(facts, prices);
  return {
    runner: facts.runner,
    // What the project says holds everywhere.
    visibility: facts.isPublic === undefined && !Object.hasOwn(prices, facts.runner) ? 'unknown' : 'known',
    ...(price === undefined ? {} : { usdPerMinute: price }),
  };
}

/** What a plan is rendered for. */
export interface PlanPlace {
  /** How many steps run at once: the expected time is that of the longest chain or of the work shared out, whichever is longer. */
  readonly parallel: number;
  /** Only where minutes are billed. */
  readonly price?: PlanPrice | undefined;
  /** The plan was kept where the reader is, so that its digest names it there. */
  readonly isKept: boolean;
}

/** A plan for a terminal, verdict first. */
export function renderPlan(plan: Plan, style: Style, { parallel, price, isKept }: PlanPlace): string {
  const verdicts = plan.steps.flatMap((step) => step.assets.map((verdict) => ({ step, verdict })));
  const runs = verdicts.filter(({ verdict }) => verdict.verdict !== 'skip');
  const skips = verdicts.filter(({ verdict }) => verdict.verdict === 'skip');
  const lines: string[] = [headline(plan, runs.length, verdicts.length, expectedText(plan, parallel, price)), ''];
  const rows = runs.map(({ step, verdict }) => [
    `  ${partName(step, verdict)}`,
    'run',
    reasonText(verdict, plan.request),
  ]);
  lines.push(...columns([...rows, ...skipRows(skips, style)]));
  const where = plan.environment === 'local' ? '' : ` --environment ${plan.environment}`;
  if (runs.length > 0 && isKept)
    lines.push('', `branchline run --plan ${plan.digest.slice(0, 8)}${where} to do exactly this.`);
  return `${lines
    .join('\n')
    .replace(/\n\n\n+/g, '\n\n')
    .trimEnd()}\n`;
}

/** The asset, with the partitions that are meant: `raw/days 2026-11-27`, `raw/days 2026-11-01...2026-11-27`. */
function partName({ partitions = [] }: PlannedStep, { asset }: AssetVerdict): string {
  const keys = chunkText(partitions);
  return keys === undefined ? asset : `${asset} ${keys}`;
}

function headline(plan: Plan, runs: number, all: number, expected: string): string {
  const digest = `Plan ${plan.digest.slice(0, 4)}…${plan.digest.slice(-3)}.`;
  if (all === 0) return `Nothing is selected. ${digest}`;
  if (runs === 0) return `Nothing to do: ${count(all, 'asset')} looked at. ${digest}`;
  return `Would run ${runs} of ${count(all, 'asset')}, ${expected}. ${digest}`;
}

/**
 * `about 6 s (p50 of 12 runs; p95 9 s; 1 min on ubuntu-latest: $0.006)`, or what is missing for it. Also for summaries and
 * comments. Without `price` nothing is said of it.
 */
export function expectedText(plan: Plan, parallel: number, price?: PlanPrice): string {
  const expected = expectedOf(plan, parallel, price?.usdPerMinute);
  if (expected === undefined) return 'no history yet';
  const without = expected.unknownSteps > 0 ? `; ${count(expected.unknownSteps, 'step')} without history` : '';
  const cost = price === undefined ? '' : `; ${priceText(expected, price)}`;
  return `about ${formatDuration(expected.p50Ms)} (p50 of ${count(expected.samples, 'run')}; p95 ${formatDuration(expected.p95Ms)}${without}${cost})`;
}

/** The same as fields of `plan --json`: absent without history, and without money where nothing is billed. */
export function expectedJson(
  plan: Plan,
  parallel: number,
  price?: PlanPrice,
): { readonly expected?: Omit<Expected, 'minutes'> & { readonly minutes?: number; readonly runner?: string } } {
  const expected = expectedOf(plan, parallel, price?.usdPerMinute);
  if (expected === undefined) return {};
  const { minutes, ...time } = expected;
  return { expected: price === undefined ? time : { ...time, minutes, runner: price.runner } };
}

function priceText({ minutes, usd }: Expected, price: PlanPrice): string {
  const billed = `${formatCount(minutes)} min on ${safeLine(price.runner, 60)}`;
  if (usd === undefined) return billed;
  if (usd === 0) return `${billed}: free`;
  return `${billed}: ${formatUsd(usd)}${price.visibility === 'unknown' ? ', free where public' : ''}`;
}

function skipRows(skips: readonly { step: PlannedStep; verdict: AssetVerdict }[], style: Style): string[][] {
  const upToDate = skips
    .filter(({ verdict }) => verdict.reason === 'up_to_date')
    .map(({ step, verdict }) => partName(step, verdict));
  const others = skips.filter(({ verdict }) => verdict.reason !== 'up_to_date');
  const rows = others.map(({ step, verdict }) => [`  ${partName(step, verdict)}`, 'skip', reasonText(verdict)]);
  if (upToDate.length > 0) {
    rows.push([
      paint(style, 'dim', `  ${style.unicode ? '–' : '-'}  ${upToDate.length} up to date`),
      '',
      paint(style, 'dim', nameSome(upToDate)),
    ]);
  }
  return rows;
}
