import { byText } from '../base/order.ts';
import { microUsd } from '../run/billed.ts';
import { addToCells, type FoldDraft, groupOf, type OpenRun } from './fold-draft.ts';
import { assetScope, groupScope, PROJECT_SCOPE } from './rollup.ts';

const MINUTE_MS = 60_000;

/**
 * Adds what a run cost to the sums of the day: all of it to the project, and to each asset its share. A step's share is
 * that of its time in the time of all steps, so what no step is to blame for (setting up, waiting) goes to all of them;
 * assets of one step share alike. Shares are whole and add up to the run's.
 */
export function addBilled(draft: FoldDraft, open: OpenRun): void {
  const { run } = open.draft;
  if (run.billed === undefined) return;
  const ms = run.billed.minutes * MINUTE_MS;
  const micros = run.billed.usd === undefined ? undefined : microUsd(run.billed.usd);
  const add = (scopes: readonly string[], billedMs: number, cost: number): void =>
    addToCells(draft, scopes, ({ counts }) => {
      counts.billedMs += billedMs;
      if (micros === undefined) counts.unpricedMs += billedMs;
      else counts.microUsd += cost;
    });
  add([PROJECT_SCOPE], ms, micros ?? 0);
  const worked = [...open.draft.steps].filter(([, step]) => step.state !== 'SKIPPED' && step.state !== 'PLANNED');
  const parts = worked
    .sort(([a], [b]) => byText(a, b))
    .flatMap(([, { assets, durationMs = 0 }]) =>
      // A step without any measured time worked all the same.
      [...assets].sort(byText).map((asset) => ({ asset, weight: Math.max(1, durationMs) / assets.length })),
    );
  const whole = parts.reduce((sum, { weight }) => sum + weight, 0);
  let until = 0;
  for (const { asset, weight } of parts) {
    const from = until;
    until += weight;
    const share = (total: number): number => Math.round((total * until) / whole) - Math.round((total * from) / whole);
    const group = groupOf(draft, asset, run.run);
    const scopes = [assetScope(asset), ...(group === undefined ? [] : [groupScope(group)])];
    add(scopes, share(ms), share(micros ?? 0));
  }
}
