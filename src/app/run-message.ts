import type { EventDraft } from '../model/events.ts';
import type { Plan, RunRequest } from '../model/plan.ts';
import { assetLines, runSubject } from '../render/run-text.ts';
import { count } from '../render/style.ts';
import type { RunEnd } from './carry-out.ts';

/** Message of a commit about a run: a subject that reads as a diary, and trailers for machines. */
export function runMessage(
  plan: Plan,
  drafts: readonly EventDraft[],
  end: RunEnd | undefined,
  codeCommit: string | undefined,
): string {
  const trigger = triggerText(plan.request);
  const lines = assetLines(drafts);
  const steps = plan.steps.filter((step) => step.verdict !== 'skip').length;
  const done = lines.filter((line) => line.verdict !== 'skipped' && line.verdict !== 'up_to_date').length;
  const subject = end
    ? runSubject(lines, end.state, end.counts, trigger)
    : drafts.length === 0
      ? `… ${trigger} started: ${count(steps, 'step')}`
      : `… ${trigger}: ${done} of ${steps} done`;
  const trailers = [`Run: ${plan.runId}`, ...(codeCommit === undefined ? [] : [`Code: ${codeCommit}`])];
  return [subject, '', ...trailers].join('\n');
}

/** What made a run begin, in a few words: `hourly 09:23`, `by hand: key:marts/records+`. */
export function triggerText(request: RunRequest): string {
  if (request.kind === 'schedule') return `${request.schedule} ${request.tick.slice(11, 16)}`;
  if (request.job !== undefined) return `by hand: job ${request.job}`;
  if (request.mode === 'stale')
    return request.selection === '*' ? 'by hand: what was stale' : `by hand: ${request.selection}, if stale`;
  return `by hand: ${request.selection}`;
}
