import type { EventDraft, FinalRunState } from '../../model/events.ts';
import type { Plan } from '../../model/plan.ts';
import { type AssetLine, assetLines } from '../asset-lines.ts';
import { blocks, fence, type Markdown, message, own } from '../markdown.ts';
import { count, formatCount } from '../style.ts';
import { footer, headline, listBlock, nextBlock, type SummaryFrame } from './frame.ts';
import { runSection } from './run-section.ts';

/** One run of the job, whole or the part that there was time for. */
export interface RunSummary {
  /** `hourly 09:23`, `by hand: key:a+`. */
  readonly trigger: string;
  readonly plan: Plan;
  readonly drafts: readonly EventDraft[];
  /** `QUEUED`: the rest waits for the next tick. */
  readonly state: FinalRunState | 'QUEUED';
  readonly durationMs: number;
  /** What is still there of the first asset that failed. */
  readonly kept?: string;
  /** The retry, in the same job, that succeeded where this run failed. */
  readonly madeGoodBy?: string;
  /** How late its tick was judged. */
  readonly latenessMs?: number;
}

/** What a job did, and what it did not do and why. All text in it comes from outside. */
export interface SummaryInput extends SummaryFrame {
  readonly runs: readonly RunSummary[];
  /** What waits for the next tick. */
  readonly waiting: readonly string[];
  /** Why the job stopped, and what to do. */
  readonly failure?: { readonly message: string; readonly help?: string };
  /** What would run, or what is wrong: a text of ours for a terminal, shown as it is. */
  readonly text?: { readonly title: string; readonly body: string };
  /** What is said elsewhere as well (a comment), as Markdown with its own headline. */
  readonly body?: Markdown;
}

/** GitHub takes 1 MiB a step; what would be longer is shown with fewer lines. */
export const SUMMARY_BYTES_MAX = 1_000_000;

/** How much of each list is shown. */
export interface SummaryBounds {
  readonly rows: number;
  readonly logs: number;
  readonly runs: number;
}
const BOUNDS: readonly SummaryBounds[] = [
  { rows: 500, logs: 20, runs: 50 },
  { rows: 100, logs: 5, runs: 20 },
  { rows: 20, logs: 1, runs: 5 },
];

/** The step summary of a job: the verdict first, then what needs a hand, then the rest. At most 1 MB. */
export function renderSummary(input: SummaryInput): Markdown {
  let summary = '' as Markdown;
  for (const bounds of BOUNDS) {
    summary = render(input, bounds);
    if (new TextEncoder().encode(summary).length <= SUMMARY_BYTES_MAX) return summary;
  }
  return own(`${headlineOf(input)}\n\nThe rest is too long for a summary; the log has all of it.`);
}

function render(input: SummaryInput, bounds: SummaryBounds): Markdown {
  const { runs, notes, waiting, failure, body } = input;
  const more = runs.length - bounds.runs;
  return blocks([
    body === undefined ? headlineOf(input) : undefined,
    failure && failureBlock(failure),
    ...runs.slice(0, bounds.runs).map((run) => runSection(run, bounds)),
    more > 0 ? own(`And ${count(more, 'run')} more; the log has them.`) : undefined,
    textBlock(input.text),
    body,
    waiting.length > 0 ? listBlock('Waits for the next tick', waiting) : undefined,
    notes.length > 0 ? listBlock(runs.length > 0 || body !== undefined ? 'Also' : 'Why', notes) : undefined,
    nextBlock(input.next),
    footer(input, Math.max(0, ...input.runs.map(({ latenessMs = 0 }) => latenessMs))),
  ]);
}

function headlineOf({ project, runs, failure, title, text: shown }: SummaryInput): Markdown {
  const verdict = failure
    ? runs.length > 0
      ? `stopped after ${count(runs.length, 'run')}`
      : 'nothing was done'
    : runs.length > 0
      ? verdictOf(runs)
      : (title ?? shown?.title ?? 'nothing to do');
  return headline(project, verdict);
}

function verdictOf(runs: readonly RunSummary[]): string {
  const lines = runs.flatMap((run) => linesThatStand(run, runs));
  const of = (verdict: AssetLine['verdict']): number => lines.filter((line) => line.verdict === verdict).length;
  const upToDate = runs.flatMap(({ plan }) => plan.steps.flatMap((step) => step.assets)).filter(isUpToDate).length;
  const parts = [
    [of('failed'), 'failed'],
    [of('warned'), 'warned'],
    [of('ok'), 'passed'],
    [of('skipped'), 'skipped'],
    [of('up_to_date') + upToDate, 'up to date'],
  ] as const;
  const said = parts.filter(([n]) => n > 0).map(([n, word]) => `${formatCount(n)} ${word}`);
  const canceled = runs.some(({ state }) => state === 'CANCELED') ? 'canceled: ' : '';
  const open = runs.some(({ state }) => state === 'QUEUED') ? '; the rest waits for the next tick' : '';
  const good = runs.filter((run) => run.madeGoodBy !== undefined).length;
  const healed =
    good === 0
      ? ''
      : `; ${good === 1 ? 'a run' : `${formatCount(good)} runs`} failed and ${good === 1 ? 'its retry' : 'their retries'} succeeded`;
  return `${canceled}${said.join(', ') || 'nothing to do'}${open}${healed}`;
}

/** Lines of a run that hold at the end: what a retry has made good is told by the retry. */
function linesThatStand({ drafts, madeGoodBy }: RunSummary, runs: readonly RunSummary[]): AssetLine[] {
  const lines = assetLines(drafts);
  if (madeGoodBy === undefined) return lines;
  const retry = runs.find(({ plan }) => plan.runId === madeGoodBy);
  const again = new Set(assetLines(retry?.drafts ?? []).map(({ asset }) => asset));
  return lines.filter(
    ({ asset, verdict, failure }) => verdict !== 'skipped' && failure === undefined && !again.has(asset),
  );
}

function isUpToDate({ verdict, reason }: { readonly verdict: string; readonly reason: string }): boolean {
  return verdict === 'skip' && reason === 'up_to_date';
}

function failureBlock({ message: said, help }: NonNullable<SummaryInput['failure']>): Markdown {
  const isLine = !said.includes('\n');
  return blocks([
    isLine && said.length <= 300 ? own(`**${message(said)}**`) : isLine ? message(said, 2_000) : fence(said),
    help === undefined ? undefined : help.includes('\n') ? fence(help) : message(help, 1_000),
  ]);
}

const TEXT_LENGTH_MAX = 100_000;

function textBlock(shown: SummaryInput['text']): Markdown | undefined {
  if (shown === undefined || shown.body === '') return undefined;
  const cut = shown.body.length > TEXT_LENGTH_MAX ? `${shown.body.slice(0, TEXT_LENGTH_MAX)}\n…` : shown.body;
  return fence(cut);
}
