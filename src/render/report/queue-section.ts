import type { QueueStanding, RunStanding } from '../../model/standing.ts';
import { blocks, code, link, type Markdown, own, table, text } from '../markdown.ts';
import { count, formatCount } from '../style.ts';
import { shortInstant } from './asset-table.ts';
import type { ReportInput } from './facts.ts';

/** Runs that have not ended: who is at work, and for each that waits what it waits for; undefined when there are none. */
export function queueSection(input: ReportInput, most: number): Markdown | undefined {
  const { queue } = input.standing;
  const runs = [...queue.inProgress, ...queue.waiting];
  if (runs.length === 0) return undefined;
  const shown = runs.slice(0, most);
  const more = runs.length - shown.length;
  return blocks([
    own(`${queueSentence(queue)}.`),
    shown.length === 0 ? undefined : queueTable(input, shown, queue.inProgress.length),
    more > 0
      ? own(`${shown.length > 0 ? `And ${count(more, 'run')} more: ` : ''}\`branchline queue\` shows them all.`)
      : undefined,
  ]);
}

/** `2 of 10 runs in progress, 3 wait`: places are named where their number is bounded. */
export function queueSentence({ places, inProgress, waiting }: QueueStanding): string {
  const of = places < 0 ? '' : ` of ${formatCount(places)}`;
  const busy = `${formatCount(inProgress.length)}${of} ${places === 1 || (places < 0 && inProgress.length === 1) ? 'run' : 'runs'} in progress`;
  return `${busy}, ${formatCount(waiting.length)} ${waiting.length === 1 ? 'waits' : 'wait'}`;
}

function queueTable(input: ReportInput, shown: readonly RunStanding[], inProgress: number): Markdown {
  const hasPriority = shown.some(({ priority }) => priority !== 0);
  const rows = shown.map((run, i) => [
    own(`${text(run.trigger, 80)}<br>${code(run.run)}`),
    ...(hasPriority ? [own(String(run.priority).replace('-', '−'))] : []),
    i < inProgress ? progressText(input, run) : waitingText(run),
  ]);
  return table(['run', ...(hasPriority ? ['priority'] : []), 'state'].map(own), hasPriority ? '->-' : '--', rows);
}

function progressText(input: ReportInput, { startedAt, requestedAt, holder, steps }: RunStanding): Markdown {
  const done = steps === undefined ? '' : `, ${formatCount(steps.done)} of ${count(steps.all, 'step')} done`;
  const since = shortInstant(startedAt ?? requestedAt);
  return own(`**in progress** since ${since}${done}<br>${holderText(input, holder)}`);
}

function holderText({ repository }: ReportInput, holder: RunStanding['holder']): Markdown {
  if (holder === undefined) return own('nobody carries it out');
  const name = text(holder.text, 60);
  if (holder.workflow === undefined) return name;
  const run = text(`workflow run ${holder.workflow}`, 60);
  const target = `${repository}/actions/runs/${encodeURIComponent(holder.workflow)}`;
  return own(`${name} of ${repository === undefined ? run : link(run, target)}`);
}

function waitingText({ requestedAt, wait }: RunStanding): Markdown {
  return own(`waits since ${shortInstant(requestedAt)}<br>${wait === undefined ? 'starts next' : text(wait, 240)}`);
}
