import type { Standing } from '../model/standing.ts';
import { formatInstant } from '../time/format.ts';
import { backfillBar, repairedText } from './backfill-text.ts';
import { partitionsByUrgency } from './report/partition-section.ts';
import { queueSentence } from './report/queue-section.ts';
import { columns, count, formatCount, nameSome, type Style, safeLine } from './style.ts';

const RUNS_MAX = 5;
const BACKFILLS_MAX = 3;
const PARTITIONED_MAX = 5;

/** Queue, backfills and partitions for a terminal: a block each, where there is something to say. */
export function standingLines(standing: Standing, style: Style): string[][] {
  return [queueLines(standing), backfillLines(standing, style), partitionLines(standing)];
}

function queueLines({ queue }: Standing): string[] {
  const runs = [
    ...queue.inProgress.map(({ run, trigger, holder }) => [run, trigger, `in progress: ${holder?.text ?? 'nobody'}`]),
    ...queue.waiting.map(({ run, trigger, wait }) => [run, trigger, wait === undefined ? 'starts next' : wait]),
  ];
  if (runs.length === 0) return [];
  const shown = columns(runs.slice(0, RUNS_MAX).map((cells) => cells.map((cell) => safeLine(cell, 120))));
  return [
    `Queue: ${queueSentence(queue)}`,
    ...shown.map((line) => `  ${line}`),
    ...rest(runs.length - shown.length, 'run', 'queue'),
  ];
}

function backfillLines({ backfills }: Standing, style: Style): string[] {
  if (backfills.length === 0) return [];
  const shown = backfills
    .slice(0, BACKFILLS_MAX)
    .map(
      (progress) =>
        `  ${progress.backfill}  ${progress.endedAt === undefined ? progress.state : `${progress.state} ${formatInstant(progress.endedAt)}`}${repairedText(progress)}\n    ${backfillBar(progress, style)}`,
    );
  return ['Backfills', ...shown, ...rest(backfills.length - shown.length, 'backfill', 'backfill status')];
}

function partitionLines({ partitions }: Standing): string[] {
  const all = partitionsByUrgency(partitions);
  if (all.length === 0) return [];
  const rows = all
    .slice(0, PARTITIONED_MAX)
    .map(({ asset, total, made, failed, missing, failedKeys, lost, lostKeys }) => [
      asset,
      total === 0 ? 'none yet' : `${formatCount(made)} of ${formatCount(total)} made`,
      missing === 0 ? '' : `${formatCount(missing)} missing`,
      [keysOf(failed, 'failed', failedKeys), keysOf(lost, 'lost', lostKeys)].filter((text) => text !== '').join('; '),
    ]);
  return [
    'Partitions',
    ...columns(rows, [1, 2]).map((line) => `  ${line}`),
    ...rest(all.length - rows.length, 'asset', 'partitions status'),
  ];
}

function keysOf(all: number, word: string, keys: readonly string[]): string {
  if (all === 0) return '';
  return `${formatCount(all)} ${word}${keys.length > 0 ? `: ${nameSome(keys, 3)}` : ''}`;
}

function rest(more: number, what: string, command: string): string[] {
  return more > 0 ? [`  and ${count(more, what)} more: branchline ${command}`] : [];
}
