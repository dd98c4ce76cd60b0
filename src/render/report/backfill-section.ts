import { unreachable } from '../../base/result.ts';
import type { BackfillProgress } from '../../model/backfills.ts';
import { formatInstant } from '../../time/format.ts';
import { progressBar } from '../backfill-bar.ts';
import { blocks, code, folded, join, type Markdown, own, table, text } from '../markdown.ts';
import { count, formatCount } from '../style.ts';
import { shortInstant } from './asset-table.ts';
import { someNames } from './attention.ts';
import type { ReportInput } from './facts.ts';

const BAR = 20;
/** Assets whose lacking partitions are named, of one backfill. */
const ASSETS_MAX = 10;
const RANGES_MAX = 8;

/** Backfills that go on, and those that ended in the last days; undefined when there are none. */
export function backfillsSection(input: ReportInput, most: number): Markdown | undefined {
  const { backfills } = input.standing;
  if (backfills.length === 0 || most === 0) return undefined;
  const shown = backfills.slice(0, most);
  const more = backfills.length - shown.length;
  return blocks([
    table(['backfill', 'progress', 'state'].map(own), '---', shown.map(row)),
    ...shown.map(lacking),
    more > 0 ? own(`And ${count(more, 'backfill')} more: \`branchline backfill status\` shows them all.`) : undefined,
  ]);
}

function row(progress: BackfillProgress): Markdown[] {
  const { backfill, selection, partitions, reason } = progress;
  const what = [code(selection, 60), partitions === '' ? undefined : code(partitions, 60)];
  const why = reason === undefined ? '' : `<br>${text(reason, 120)}`;
  return [
    own(
      `**${text(backfill, 60)}**<br>${join(
        what.filter((part) => part !== undefined),
        ' ',
      )}${why}`,
    ),
    own(`\`${bar(progress)}\`<br>${parts(progress)}`),
    own(stateText(progress)),
  ];
}

/** Full only when all is made. */
function bar(progress: BackfillProgress): string {
  return progressBar(progress, BAR, { made: '█', lacking: '▓', left: '░' });
}

function parts({ total, done, failed, leftOut, left }: BackfillProgress): string {
  return [
    `${formatCount(done)} of ${formatCount(total)} made`,
    ...(failed > 0 ? [`**${formatCount(failed)} failed**`] : []),
    ...(leftOut > 0 ? [`${formatCount(leftOut)} left out`] : []),
    ...(left > 0 ? [`${formatCount(left)} left`] : []),
  ].join(', ');
}

function stateText({ state, requestedAt, endedAt, expectedEnd, repaired }: BackfillProgress): string {
  const at = endedAt === undefined ? '' : `<br>${shortInstant(endedAt)}`;
  switch (state) {
    case 'REQUESTED':
      return `begins<br>asked for ${shortInstant(requestedAt)}`;
    case 'IN_PROGRESS':
      return `**in progress**<br>${expectedEnd === undefined ? `since ${shortInstant(requestedAt)}` : `expected end ${shortInstant(expectedEnd)}`}`;
    case 'CANCELING':
      return 'is being canceled';
    case 'CANCELED':
      return `canceled${at}`;
    case 'COMPLETED_SUCCESS':
      return `all made${at}`;
    case 'COMPLETED_FAILED':
      return repaired ? `all made since, by retries${at}` : `✗ **ended, not all made**${at}`;
    default:
      return unreachable(state);
  }
}

/** What a backfill did not make, by name, folded. */
function lacking(progress: BackfillProgress): Markdown | undefined {
  const lines = (
    [
      ['failed', progress.failedPartitions],
      ['left out', progress.leftOutPartitions],
    ] as const
  ).flatMap(([word, of]) => {
    const assets = Object.entries(of);
    const shown = assets.slice(0, ASSETS_MAX).map(([asset, ranges]) => {
      const keys = ranges.filter((range) => range !== '');
      return own(`- ${word}: ${code(asset, 100)}${keys.length === 0 ? '' : ` ${someNames(keys, RANGES_MAX)}`}`);
    });
    const more = assets.length - shown.length;
    return more > 0 ? [...shown, own(`- ${word}: ${count(more, 'asset')} more`)] : shown;
  });
  if (lines.length === 0) return undefined;
  const when = progress.endedAt === undefined ? '' : `, ended ${formatInstant(progress.endedAt)}`;
  return folded(`What ${progress.backfill} did not make${when}`, join(lines, '\n'));
}
