import type { BackfillChunk, BackfillProgress, WorkEstimate } from '../model/backfills.ts';
import { formatDuration, formatInstant } from '../time/format.ts';
import { chunkText } from '../time/partitions/keys.ts';
import { progressBar } from './backfill-bar.ts';
import { formatUsd } from './figures-text.ts';
import type { PlanPrice } from './plan-text.ts';
import { columns, count, formatCount, nameSome, paint, type Style, safeLine } from './style.ts';

const MINUTE_MS = 60_000;

/** What a backfill would do, run by run. */
export interface BackfillPreview {
  readonly backfill: string;
  readonly chunks: readonly BackfillChunk[];
  readonly partitions: number;
  readonly work: WorkEstimate;
  readonly price?: PlanPrice;
  readonly unmade: readonly string[];
}

/** The exact runs and their keys, with what they take by history. */
export function renderBackfillPreview(preview: BackfillPreview, style: Style): string {
  const { chunks, partitions, unmade } = preview;
  const lines = [
    `${count(partitions, 'partition')} in ${count(chunks.length, 'run')}, ${workText(preview)}.`,
    '',
    ...columns(
      chunks.map(({ assets, keys, after }, index) => [
        `  ${index + 1}`,
        chunkText(keys) ?? '-',
        keys.length > 1 ? formatCount(keys.length) : '',
        nameSome(assets, 4),
        after.length === 0 ? '' : paint(style, 'dim', `after what it reads of group ${after.join(', ')}`),
      ]),
    ),
  ];
  if (unmade.length > 0)
    lines.push(
      '',
      `${style.unicode ? '!' : '!'} ${nameSome(unmade, 5)} ${unmade.length === 1 ? 'was' : 'were'} never made and ${unmade.length === 1 ? 'is' : 'are'} not selected: what reads ${unmade.length === 1 ? 'it' : 'them'} will be left out.`,
    );
  return lines.map((line) => line.trimEnd()).join('\n');
}

function workText({ work, price }: BackfillPreview): string {
  if (work.samples === 0) return 'how long is not known: none of it was ever made';
  const minutes = Math.max(1, Math.ceil(work.workMs / MINUTE_MS));
  const unknown = work.unknown.length === 0 ? '' : `, without ${nameSome(work.unknown, 3)}, of which nothing is known`;
  return `about ${formatDuration(work.workMs)} of work (medians of ${count(work.samples, 'run')} or more${unknown})${priceText(minutes, price)}`;
}

function priceText(minutes: number, price: PlanPrice | undefined): string {
  if (!price) return '';
  const usd = price.usdPerMinute;
  const cost = usd === undefined ? 'no price is known' : usd === 0 ? 'free' : formatUsd(minutes * usd);
  return `; ${formatCount(minutes)} min on ${price.runner}: ${cost}`;
}

/** The same for `--json`. */
export function backfillPreviewJson(preview: BackfillPreview): Record<string, unknown> {
  const { backfill, chunks, partitions, work, price, unmade } = preview;
  const minutes = Math.max(1, Math.ceil(work.workMs / MINUTE_MS));
  return {
    backfill,
    partitions,
    runs: chunks.map(({ group, assets, keys, after }) => ({
      group,
      assets,
      partitions: chunkText(keys) ?? null,
      count: Math.max(1, keys.length),
      after,
    })),
    expected:
      work.samples === 0
        ? null
        : {
            samples: work.samples,
            workMs: Math.round(work.workMs),
            minutes,
            unknown: work.unknown,
            ...(price?.usdPerMinute === undefined ? {} : { runner: price.runner, usd: minutes * price.usdPerMinute }),
          },
    unmade,
  };
}

const BAR = 24;

/** `███████▓░░░░ 62 of 100 done, 1 failed, 2 left out, 35 left, expected end 2026-11-22 09:40 UTC`. */
export function backfillBar(progress: BackfillProgress, style: Style): string {
  const { total, done, failed, leftOut, left, expectedEnd } = progress;
  const parts = [
    `${formatCount(done)} of ${formatCount(total)} done`,
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(leftOut > 0 ? [`${formatCount(leftOut)} left out`] : []),
    ...(left > 0 ? [`${formatCount(left)} left`] : []),
    ...(expectedEnd === undefined ? [] : [`expected end ${formatInstant(expectedEnd)}`]),
  ];
  const signs = style.unicode ? { made: '█', lacking: '▓', left: '░' } : { made: '#', lacking: 'x', left: '.' };
  return `${progressBar(progress, BAR, signs)} ${parts.join(', ')}`;
}

/** By asset. */
interface BackfillAftermath {
  readonly failedRuns?: Readonly<Record<string, readonly string[]>>;
  readonly madeSince?: Readonly<Record<string, readonly string[]>>;
}

/**
 * A backfill with its bar, what was not made by name, and how to make it: `failedRuns` are those to retry, by asset,
 * `madeSince` is what others have made of it.
 */
export function renderBackfill(
  progress: BackfillProgress,
  style: Style,
  { failedRuns = {}, madeSince = {} }: BackfillAftermath = {},
): string {
  const { backfill, state, selection, partitions, reason, requestedAt, endedAt } = progress;
  const what = `${safeLine(selection, 80)}${partitions === '' ? '' : ` ${safeLine(partitions, 80)}`}`;
  const lines = [
    `${paint(style, 'bold', backfill)}  ${stateText(state, style)}${repairedText(progress)}  ${what}`,
    `  ${backfillBar(progress, style)}`,
    `  asked for ${formatInstant(requestedAt)}${endedAt === undefined ? '' : `, over ${formatInstant(endedAt)}`}${reason === undefined ? '' : `: ${safeLine(reason)}`}`,
  ];
  for (const [word, of] of [
    ['failed', progress.failedPartitions],
    ['left out', progress.leftOutPartitions],
  ] as const)
    for (const [asset, ranges] of Object.entries(of))
      lines.push(
        `  ${word}: ${asset}${ranges[0] === '' ? '' : ` ${nameSome(ranges, 5)}`}${word === 'failed' ? runsText(failedRuns[asset] ?? []) : ''}`,
      );
  for (const [asset, ranges] of Object.entries(madeSince))
    lines.push(`  made since by other runs: ${asset}${ranges[0] === '' ? '' : ` ${nameSome(ranges, 5)}`}`);
  if (endedAt !== undefined) lines.push(...retryHint(new Set(Object.values(failedRuns).flat())));
  return lines.join('\n');
}

function runsText(runs: readonly string[]): string {
  return runs.length === 0 ? '' : ` (${runs.length === 1 ? 'run' : 'runs'} ${nameSome(runs, 3)})`;
}

function retryHint(runs: ReadonlySet<string>): string[] {
  const [first] = runs;
  if (first === undefined) return [];
  return [`  after a fix: \`branchline retry ${first}\`${runs.size > 1 ? ', and so the others' : ''}`];
}

/** A retry of one of its runs changes what is made, never how it ended. */
export function repairedText({ repaired }: BackfillProgress): string {
  return repaired ? ', all made since by retries' : '';
}

function stateText(state: BackfillProgress['state'], style: Style): string {
  if (state === 'COMPLETED_SUCCESS') return paint(style, 'green', state);
  return state === 'COMPLETED_FAILED' || state === 'CANCELED' ? paint(style, 'red', state) : state;
}

/** The same in one sentence: for notes of a summary. */
export function backfillText(progress: BackfillProgress, style: Style): string {
  const failed = Object.entries(progress.failedPartitions).map(
    ([asset, ranges]) => `${asset}${ranges[0] === '' ? '' : ` ${nameSome(ranges, 3)}`}`,
  );
  const why = failed.length === 0 ? '' : `; failed: ${nameSome(failed, 3)}`;
  return `Backfill ${progress.backfill} (${progress.state}${repairedText(progress)}): ${backfillBar(progress, style)}${why}.`;
}
