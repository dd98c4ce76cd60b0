import type { Timestamp } from '../../model/instant.ts';
import { formatDuration, formatInstant } from '../../time/format.ts';
import { blocks, code, join, link, type Markdown, message, own, text } from '../markdown.ts';
import { count, formatCount } from '../style.ts';

/** What every summary may have, whether or not there were runs. */
export interface SummaryFrame {
  /** The verdict, where it is of no run. */
  readonly title?: string;
  /** Name of the project; absent where its file could not be read. */
  readonly project?: string;
  /** Sentences: what was not done and why, and what a person should know. */
  readonly notes: readonly string[];
  readonly next: readonly { readonly schedule: string; readonly tick: Timestamp }[];
  readonly links: {
    readonly state?: { readonly commit: string; readonly url?: string };
    readonly report?: string;
    readonly log?: string;
  };
  /** Of this job so far, rounded up as it is billed. */
  readonly billing?: { readonly minutes: number; readonly usd?: number; readonly runner: string };
}

/** The summary of a job that found nothing to do. */
export function renderIdleSummary(input: SummaryFrame): Markdown {
  const { project, title, notes, next } = input;
  return blocks([
    headline(project, title ?? 'nothing to do'),
    notes.length > 0 ? listBlock('Why', notes) : undefined,
    nextBlock(next),
    footer(input, 0),
  ]);
}

/** `### jaffle: 1 failed, 4 ok`. */
export function headline(project: string | undefined, verdict: string): Markdown {
  const name = project === undefined ? 'Branchline' : text(project, 60);
  return own(`### ${name}: ${verdict}`);
}

const LIST_MAX = 50;

/** A title and its lines, the first of them. */
export function listBlock(title: string, lines: readonly string[]): Markdown {
  const shown = lines.slice(0, LIST_MAX).map((line) => own(`- ${message(line, 1_000)}`));
  const more = lines.length - shown.length;
  if (more > 0) shown.push(own(`- and ${formatCount(more)} more; the log has them`));
  return own(`**${title}**\n\n${join(shown, '\n')}`);
}

const NEXT_MAX = 5;

/** When schedules are due next. */
export function nextBlock(next: SummaryFrame['next']): Markdown | undefined {
  if (next.length === 0) return undefined;
  const shown = next.slice(0, NEXT_MAX).map(({ schedule, tick }) => own(`${code(schedule)} at ${formatInstant(tick)}`));
  const more = next.length - shown.length;
  return own(`**Next:** ${join(shown, ', ')}${more > 0 ? ` and ${count(more, 'schedule')} more` : ''}.`);
}

/** Links, and what it cost; `lateMs`: how late the latest tick was judged. */
export function footer(
  { links, billing }: Pick<SummaryFrame, 'links' | 'billing'>,
  lateMs: number,
): Markdown | undefined {
  const { state, report, log } = links;
  const parts = [
    state &&
      own(
        `State ${state.url === undefined ? code(shortOf(state.commit)) : link(code(shortOf(state.commit)), state.url)}`,
      ),
    report === undefined ? undefined : link(own('health report'), report),
    log === undefined ? undefined : link(own('log'), log),
    lateMs >= 60_000 ? own(`the tick came ${formatDuration(lateMs)} late`) : undefined,
    billing && billingText(billing),
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : own(`<sub>${join(parts, ' · ')}</sub>`);
}

/** Without a price it is not known whether the minutes are billed: a machine of one's own is not. */
function billingText({ minutes, runner, usd }: NonNullable<SummaryFrame['billing']>): Markdown {
  const on = `${count(minutes, 'minute')}${usd === undefined ? '' : ' billed'} on ${code(runner)}`;
  return own(usd === undefined ? `${on}, of unknown price` : `${on}${costText(usd)}`);
}

function costText(usd: number): string {
  return usd === 0 ? ' (free here)' : ` ($${usd < 0.1 ? usd.toFixed(3) : usd.toFixed(2)})`;
}

function shortOf(commit: string): string {
  return commit.slice(0, 7);
}
