import type { PartitionStatus, PartitionsSummary } from '../model/partitions.ts';
import { formatCount, nameSome, paint, type Style } from './style.ts';

const WIDTH = 30;
const RANGES_MAX = 6;

/** How a part of the bar is drawn; without UTF-8 by letters. */
const PARTS: readonly {
  readonly status: PartitionStatus;
  readonly word: string;
  readonly block: string;
  readonly ascii: string;
  readonly color: 'red' | 'yellow' | 'green' | 'dim';
}[] = [
  { status: 'materialized', word: 'made', block: '█', ascii: '#', color: 'green' },
  { status: 'in_progress', word: 'in progress', block: '▒', ascii: '~', color: 'yellow' },
  { status: 'failed', word: 'failed', block: '▓', ascii: 'x', color: 'red' },
  { status: 'missing', word: 'missing', block: '░', ascii: '.', color: 'dim' },
];

/** Each asset with a bar, its counts, and the ranges that need somebody. */
export function renderPartitions(summaries: readonly PartitionsSummary[], style: Style): string {
  return summaries.map((summary) => renderOne(summary, style)).join('\n\n');
}

function renderOne(summary: PartitionsSummary, style: Style): string {
  const { asset, total, counts, ranges, newest } = summary;
  if (total === 0) return `${asset}\n  no partitions yet`;
  const said = PARTS.filter(({ status }) => counts[status] > 0).map(({ status, word, color }) =>
    paint(style, color, `${formatCount(counts[status])} ${word}`),
  );
  const lines = [
    `${asset}  ${barOf(summary, style)}  ${said.join(', ')} of ${formatCount(total)}`,
    ...PARTS.filter(({ status }) => status !== 'materialized' && counts[status] > 0).map(
      ({ status, word }) => `  ${word.padEnd(11)}  ${nameSome(ranges[status], RANGES_MAX)}`,
    ),
    newest === undefined ? '  none was ever made' : `  newest made  ${newest}`,
  ];
  return lines.join('\n');
}

/** What is there at all is seen: the smallest part has one block. */
function barOf({ total, counts }: PartitionsSummary, style: Style): string {
  const widths = PARTS.map(({ status }) =>
    counts[status] === 0 ? 0 : Math.max(1, Math.floor((counts[status] * WIDTH) / total)),
  );
  // The largest part gives or takes what rounding left.
  const largest = widths.indexOf(Math.max(...widths));
  widths[largest]! += WIDTH - widths.reduce((sum, width) => sum + width, 0);
  return PARTS.map(({ block, ascii, color }, i) =>
    paint(style, color, (style.unicode ? block : ascii).repeat(widths[i]!)),
  ).join('');
}
