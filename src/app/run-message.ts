import { unreachable } from '../base/result.ts';
import type { EventDraft, Uncommitted } from '../model/events.ts';
import type { AutomationRequest, ManualRequest, Plan, RunRequest } from '../model/plan.ts';
import { assetLines } from '../render/asset-lines.ts';
import { runSubject } from '../render/run-text.ts';
import { count, nameSome } from '../render/style.ts';
import { uncommittedNames } from '../render/uncommitted-text.ts';
import type { CanceledRun } from './cancel.ts';
import type { RunEnd } from './carry-out-input.ts';
import type { KnownRun } from './claim-run.ts';
import { holderText } from './claims.ts';

/** The commit that a run goes by, and what of its code was not as in it. */
export interface RunCode {
  readonly codeCommit?: string | undefined;
  readonly uncommitted?: Uncommitted | undefined;
}

/** What the log of the state says of the code of a run: other people may read it, and have nothing but the commit. */
function codeTrailers({ codeCommit, uncommitted }: RunCode): string[] {
  if (codeCommit === undefined) return [];
  return [`Code: ${codeCommit}`, ...(uncommitted === undefined ? [] : [uncommittedTrailer(uncommitted)])];
}

/** `Uncommitted: sql/days.sql, lib/a.py and 3 more`. */
function uncommittedTrailer(uncommitted: Uncommitted): string {
  return `Uncommitted: ${uncommittedNames(uncommitted)}`;
}

/** The message of the first of several runs, with those of the others named as well. */
export function withOthers(
  message: string,
  others: readonly (Pick<RunCode, 'uncommitted'> & { readonly run: string })[],
): string {
  if (others.length === 0) return message;
  const [subject, ...rest] = message.split('\n');
  const said = new Set(rest);
  const more = others.flatMap(({ uncommitted }) => (uncommitted ? [uncommittedTrailer(uncommitted)] : []));
  return [
    `${subject}, and ${others.length} more`,
    ...rest,
    ...others.map(({ run }) => `Run: ${run}`),
    ...new Set(more.filter((line) => !said.has(line))),
  ].join('\n');
}

/** Message of a commit about a run: a subject that reads as a diary, and trailers for machines. */
export function runMessage(plan: Plan, drafts: readonly EventDraft[], end: RunEnd | undefined, code: RunCode): string {
  const trigger = triggerText(plan.request);
  const lines = assetLines(drafts);
  const steps = plan.steps.filter((step) => step.verdict !== 'skip').length;
  const done = lines.filter((line) => line.verdict !== 'skipped' && line.verdict !== 'up_to_date').length;
  const subject = end
    ? end.state === 'QUEUED'
      ? `… ${trigger}: ${done} of ${steps} done, the rest waits for the next tick`
      : runSubject(lines, end.state, end.counts, trigger)
    : drafts.length === 0
      ? `… ${trigger} started: ${count(steps, 'step')}`
      : `… ${trigger}: ${done} of ${steps} done`;
  const trailers = [`Run: ${plan.runId}`, ...codeTrailers(code)];
  return [subject, '', ...trailers].join('\n');
}

/** Message of a commit by which runs come into the queue, or leave it without having begun. */
export function queueMessage(runs: readonly { readonly run: string; readonly request: RunRequest }[]): string {
  const subject = `… ${runs.map(({ request }) => triggerText(request)).join(', ')} ${runs.length === 1 ? 'waits' : 'wait'}`;
  return [subject, '', ...runs.map(({ run }) => `Run: ${run}`)].join('\n');
}

/** What made a run begin, in a few words: `hourly 09:23`, `by hand: key:marts/records+`, `push a1b2c3d`. */
export function triggerText(request: RunRequest): string {
  switch (request.kind) {
    case 'schedule':
      return `${request.schedule} ${request.tick.slice(11, 16)}`;
    case 'retry':
      return `retry ${request.number} of ${triggerText(request.original)}`;
    case 'push':
      return `push ${request.commit.slice(0, 7)}`;
    case 'backfill':
      return `backfill ${request.backfill}${request.partitions === undefined ? '' : ` ${request.partitions}`}`;
    case 'automation':
      return `automation: ${automationText(request)}`;
    case 'cli':
    case 'dispatch':
      return `by hand: ${manualText(request)}`;
    default:
      return unreachable(request);
  }
}

function automationText({ targets, partitions }: AutomationRequest): string {
  const names = nameSome(
    targets.map(({ asset }) => asset),
    3,
  );
  return partitions === undefined ? names : `${names} ${partitions}`;
}

function manualText(request: ManualRequest): string {
  if (request.job !== undefined) return `job ${request.job}`;
  if (request.mode === 'stale') return request.selection === '*' ? 'what was stale' : `${request.selection}, if stale`;
  return request.selection;
}

/** What became of a run that was to be canceled. */
export function canceledText({ run, outcome }: CanceledRun): string {
  switch (outcome) {
    case 'canceled':
      return `Run ${run} had not begun and is CANCELED.`;
    case 'asked':
      return `Run ${run} is asked to stop; whoever carries it out ends its steps within a minute.`;
    case 'before':
      return `Run ${run} was asked to stop before.`;
    default:
      return unreachable(outcome);
  }
}

/** What a request that was delivered before means for who delivered it again. */
export function knownText({ delivery, claim }: KnownRun): string {
  const nothing = 'Nothing was done about it here.';
  switch (delivery.kind) {
    case 'running':
      return `${claim ? holderText(claim) : `run ${delivery.run}`} is at work on this already. ${nothing}`;
    case 'waiting':
      return `run ${delivery.run} waits${delivery.why === undefined ? '' : `: ${delivery.why}`}. The next tick goes on with it.`;
    case 'done':
      return `run ${delivery.run} was this request and is over${delivery.state === undefined ? '' : ` (${delivery.state})`}. ${nothing}`;
    default:
      return unreachable(delivery);
  }
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
