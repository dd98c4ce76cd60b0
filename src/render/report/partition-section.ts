import { byText } from '../../base/order.ts';
import type { PartitionStatus } from '../../model/partitions.ts';
import type { AssetKey } from '../../model/project.ts';
import type { PartitionStanding } from '../../model/standing.ts';
import { blocks, code, link, type Markdown, own, table, text } from '../markdown.ts';
import { count, formatCount } from '../style.ts';
import { someNames } from './attention.ts';
import type { ReportInput } from './facts.ts';
import { assetPath, hrefOf } from './paths.ts';

/** One sign a partition, oldest first. */
const SIGNS: Readonly<Record<PartitionStatus, string>> = {
  materialized: '█',
  in_progress: '▒',
  failed: '×',
  missing: '·',
};
const WORDS: Readonly<Record<PartitionStatus, string>> = {
  materialized: 'made',
  in_progress: 'in progress',
  failed: 'failed',
  missing: 'missing',
};
const LAST_IN_TABLE = 14;
const BAR = 30;
const FAILED_MAX = 20;

/** A line for each asset with partitions, what needs a hand first; undefined when none has. */
export function partitionsSection(input: ReportInput, page: string, most: number): Markdown | undefined {
  const sorted = partitionsByUrgency(input.standing.partitions);
  if (sorted.length === 0 || most === 0) return undefined;
  const shown = sorted.slice(0, most);
  const more = sorted.length - shown.length;
  return blocks([
    table(
      ['asset', 'made', 'not made', `last ${LAST_IN_TABLE}`, 'last key'].map(own),
      '->---',
      shown.map((standing) => row(standing, page)),
    ),
    own(`<sub>${legend(shown.flatMap(({ newest }) => newest.slice(-LAST_IN_TABLE)))}</sub>`),
    more > 0 ? own(`And ${count(more, 'asset')} more: \`branchline partitions status\` shows them all.`) : undefined,
  ]);
}

/** What failed comes first, then what lacks its newest partition; the rest in order of keys. */
export function partitionsByUrgency(partitions: ReadonlyMap<AssetKey, PartitionStanding>): PartitionStanding[] {
  return [...partitions.values()].sort((a, b) => urgency(a) - urgency(b) || byText(a.asset, b.asset));
}

function urgency({ failed, lost, newest }: PartitionStanding): number {
  if (failed > 0 || lost > 0) return 0;
  return newest.at(-1)?.status === 'missing' ? 1 : 2;
}

function row(standing: PartitionStanding, page: string): Markdown[] {
  const { asset, total, made, newest } = standing;
  const last = newest.slice(-LAST_IN_TABLE);
  return [
    link(text(asset, 100), hrefOf(page, assetPath(asset))),
    own(total === 0 ? 'none yet' : `${formatCount(made)}\u00a0of\u00a0${formatCount(total)}`),
    own(notMade(standing)),
    last.length === 0 ? own('') : own(`\`${signs(last)}\``),
    last.length === 0 ? own('') : own(`${code(last.at(-1)!.key, 40)} ${WORDS[last.at(-1)!.status]}`),
  ];
}

function notMade({ failed, missing, inProgress, lost }: PartitionStanding): string {
  return [
    ...(failed > 0 ? [`✗ **${formatCount(failed)} failed**`] : []),
    ...(missing > 0 ? [`${formatCount(missing)} missing`] : []),
    ...(lost > 0 ? [`✗ **${formatCount(lost)}${missing > 0 ? ' of them' : ''} lost**`] : []),
    ...(inProgress > 0 ? [`${formatCount(inProgress)} in progress`] : []),
  ].join(', ');
}

function signs(newest: PartitionStanding['newest']): string {
  return newest.map(({ status }) => SIGNS[status]).join('');
}

/** What the signs mean that are there. */
function legend(shown: PartitionStanding['newest']): string {
  const used = new Set(shown.map(({ status }) => status));
  return (Object.keys(SIGNS) as PartitionStatus[])
    .filter((status) => used.has(status))
    .map((status) => `${SIGNS[status]}\u00a0${WORDS[status]}`)
    .join(', ');
}

/** The partitions of one asset, for its page; undefined when it has none. */
export function partitionsOfAsset(standing: PartitionStanding | undefined, cure?: string): Markdown | undefined {
  if (standing === undefined) return undefined;
  const { total, made, newest } = standing;
  if (total === 0) return own('None yet.');
  const last = newest.at(-1);
  const rest = notMade(standing);
  const sentence = `${formatCount(made)} of ${formatCount(total)} made${rest === '' ? '' : `, ${rest}`}.`;
  const newestText =
    last === undefined ? '' : ` The newest that exists is ${code(last.key, 60)}: ${WORDS[last.status]}.`;
  return blocks([own(`${sentence}${newestText}`), strip(standing), failedKeys(standing), lostKeys(standing, cure)]);
}

/** The newest keys one by one; where they are not known so, how much of all is what. */
function strip({ newest, total, made, failed, missing }: PartitionStanding): Markdown {
  const [first, last] = [newest[0], newest.at(-1)];
  if (first && last)
    return own(
      `\`${signs(newest)}\`\n\n<sub>${newest.length < total ? `The last ${newest.length}` : 'All'}, ${code(first.key, 60)} to ${code(last.key, 60)}: ${legend(newest)}</sub>`,
    );
  const parts = (
    [
      ['materialized', made],
      ['failed', failed],
      ['missing', missing],
    ] as const
  ).map(([status, n]) => ({ status, width: n === 0 ? 0 : Math.max(1, Math.floor((n * BAR) / total)) }));
  return own(
    `\`${parts.map(({ status, width }) => SIGNS[status].repeat(width)).join('')}\`\n\n<sub>All of them by status: ${legend(
      parts.filter(({ width }) => width > 0).map(({ status }) => ({ key: '', status })),
    )}</sub>`,
  );
}

function failedKeys({ asset, failed, failedKeys: keys }: PartitionStanding): Markdown | undefined {
  if (failed === 0) return undefined;
  return own(
    `**Failed**${namesOf(keys, failed)}. ${code(`branchline partitions status ${asset}`, 200)} names all; ${code(`branchline backfill start --select key:${asset} --partitions failed`, 300)} makes them again.`,
  );
}

/** Those whose data is gone; the command is the one that the front page names. */
function lostKeys({ lost, lostKeys: keys }: PartitionStanding, cure: string | undefined): Markdown | undefined {
  if (lost === 0) return undefined;
  const way = cure === undefined ? '' : ` ${code(cure, 1_000)} makes what is gone again.`;
  return own(`**Lost**${namesOf(keys, lost)}: they were made, and their data is gone.${way}`);
}

function namesOf(keys: readonly string[], all: number): string {
  const shown = keys.slice(0, FAILED_MAX);
  const more = all - shown.length;
  if (shown.length === 0) return '';
  return `: ${someNames(shown, FAILED_MAX)}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
}
