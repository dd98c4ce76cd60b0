import { utf8Bytes } from '../../state/layout.ts';
import { verdictText } from '../figures-text.ts';
import { blocks, join, link, type Markdown, own, text } from '../markdown.ts';
import { count, formatCount } from '../style.ts';
import { assetTable } from './asset-table.ts';
import { attention } from './attention.ts';
import { backfillsSection } from './backfill-section.ts';
import { type AssetFacts, byUrgency, type ReportInput } from './facts.ts';
import { projectFigures } from './figures-table.ts';
import { partitionsSection } from './partition-section.ts';
import { ASSETS_FOLDER, groupPath, hrefOf, README_PATH, UNGROUPED_PATH } from './paths.ts';
import { queueSection } from './queue-section.ts';
import {
  changesSection,
  changesSince,
  footer,
  groupsSection,
  limitsSection,
  schedulesSection,
  selectionsSection,
} from './sections.ts';

/** Bound of the front page in bytes of UTF-8 (state-branch page rules). */
export const README_BYTES_MAX = 32 * 1024;

/** How much of each list is shown. */
interface Limits {
  readonly degraded: number;
  readonly tails: number;
  readonly warned: number;
  readonly assets: number;
  /** Runs that have not ended. */
  readonly runs: number;
  readonly backfills: number;
  /** Assets with partitions. */
  readonly partitioned: number;
  /** Selections and groups. */
  readonly scopes: number;
  readonly schedules: number;
  readonly changes: number;
}

/** From the most to the least: the first that fits the bound is taken. */
const LIMITS: readonly Limits[] = [
  {
    degraded: 10,
    tails: 5,
    warned: 20,
    assets: 150,
    runs: 20,
    backfills: 10,
    partitioned: 40,
    scopes: 50,
    schedules: 20,
    changes: 12,
  },
  {
    degraded: 10,
    tails: 3,
    warned: 10,
    assets: 60,
    runs: 12,
    backfills: 8,
    partitioned: 25,
    scopes: 40,
    schedules: 10,
    changes: 8,
  },
  {
    degraded: 5,
    tails: 2,
    warned: 5,
    assets: 25,
    runs: 8,
    backfills: 5,
    partitioned: 12,
    scopes: 20,
    schedules: 5,
    changes: 5,
  },
  {
    degraded: 3,
    tails: 1,
    warned: 3,
    assets: 10,
    runs: 5,
    backfills: 3,
    partitioned: 6,
    scopes: 10,
    schedules: 3,
    changes: 3,
  },
  {
    degraded: 1,
    tails: 0,
    warned: 1,
    assets: 0,
    runs: 2,
    backfills: 1,
    partitioned: 2,
    scopes: 5,
    schedules: 1,
    changes: 1,
  },
  {
    degraded: 0,
    tails: 0,
    warned: 0,
    assets: 0,
    runs: 0,
    backfills: 0,
    partitioned: 0,
    scopes: 0,
    schedules: 0,
    changes: 0,
  },
];

/** The health report: the state branch's front page. At most 32 KiB; it says where the rest is. */
export function renderReadme(input: ReportInput): string {
  const facts = byUrgency(input, Object.keys(input.project.assets));
  let page = '';
  for (const limits of LIMITS) {
    page = `${readme(input, facts, limits)}\n`;
    if (utf8Bytes(page) <= README_BYTES_MAX) break;
  }
  return page;
}

function readme(input: ReportInput, facts: readonly AssetFacts[], limits: Limits): Markdown {
  const { project, view, assessment } = input;
  const place = view.environment === 'production' ? '' : ` (${text(view.environment, 40)})`;
  const isEmpty = view.assets.size === 0;
  const verdict = isEmpty ? 'nothing has run yet' : verdictText(assessment.health.project);
  const week = isEmpty ? undefined : projectFigures(assessment.insights);
  const section = (title: string, body: Markdown | undefined): Markdown | undefined =>
    body === undefined ? undefined : own(`## ${title}\n\n${body}`);
  return blocks([
    own(`# ${text(project.name, 80)}${place}: ${verdict}`),
    project.description === undefined ? undefined : text(project.description),
    isEmpty ? own('`branchline run` makes the assets; `branchline plan` shows first what it would do.') : undefined,
    ...attentionBlocks(input, facts, limits),
    week,
    section('Queue', queueSection(input, limits.runs)),
    section('Backfills', backfillsSection(input, limits.backfills)),
    section('Selections', selectionsSection(input, README_PATH, limits.scopes)),
    section('Assets', assetsSection(input, facts, limits)),
    section('Partitions', partitionsSection(input, README_PATH, limits.partitioned)),
    section('Limits of time', limitsSection(input, limits.changes)),
    section('Next', schedulesSection(input, limits.schedules)),
    section(`Changed since ${changesSince(input)}`, changesSection(input, limits.changes)),
    footer(input),
  ]);
}

function attentionBlocks(input: ReportInput, facts: readonly AssetFacts[], limits: Limits): Markdown[] {
  const degraded = facts.filter(({ health }) => health.status === 'degraded');
  const warned = facts.filter(({ health }) => health.status === 'warning');
  const shown = degraded.slice(0, limits.degraded);
  const shownWarned = warned.slice(0, limits.warned);
  const rest = degraded.length - shown.length;
  const restWarned = warned.length - shownWarned.length;
  return [
    ...shown.map((fact, i) => attention(input, README_PATH, fact, i < limits.tails)),
    ...(rest > 0 ? [own(`And ${count(rest, 'asset')} more ${rest === 1 ? 'needs' : 'need'} a hand: see below.`)] : []),
    ...shownWarned.map((fact) => attention(input, README_PATH, fact, false)),
    ...(restWarned > 0 ? [own(`And ${formatCount(restWarned)} more ${restWarned === 1 ? 'warns' : 'warn'}.`)] : []),
  ];
}

function assetsSection(input: ReportInput, facts: readonly AssetFacts[], limits: Limits): Markdown | undefined {
  if (facts.length === 0) return undefined;
  const withGroups = input.assessment.health.groups.size > 0;
  if (facts.length <= limits.assets) return blocks([assetTable(README_PATH, facts), groupLinks(input, limits)]);
  // Too many for one page: what needs a hand is here, all of them by group.
  const urgent = facts.filter(({ health }) => health.status === 'degraded' || health.status === 'warning');
  const shown = urgent.slice(0, limits.assets);
  const more = own(
    `${shown.length > 0 ? 'These and ' : ''}${count(facts.length - shown.length, shown.length > 0 ? 'more asset' : 'asset')}, by group:`,
  );
  const ungrouped = facts.some(({ asset }) => asset.group === undefined)
    ? own(`Assets without a group: [${UNGROUPED_PATH}](${hrefOf(README_PATH, UNGROUPED_PATH)}).`)
    : undefined;
  return blocks([
    shown.length > 0 ? assetTable(README_PATH, shown) : undefined,
    withGroups ? more : undefined,
    groupsSection(input, README_PATH, limits.scopes),
    ungrouped,
    own(
      `Each asset has a page in [${ASSETS_FOLDER}](${ASSETS_FOLDER}); \`branchline report --asset <key>\` prints it.`,
    ),
  ]);
}

/** `By group: charts · ingest`: the groups' pages; nothing where there are none. */
function groupLinks(input: ReportInput, limits: Limits): Markdown | undefined {
  const groups = [...input.assessment.health.groups.keys()];
  if (groups.length === 0) return undefined;
  const links = groups
    .slice(0, limits.scopes)
    .map((group) => link(text(group, 60), hrefOf(README_PATH, groupPath(group))));
  if (groups.length > links.length) links.push(link(own(`${groups.length - links.length} more`), 'health/groups'));
  return own(`By group: ${join(links, ' · ')}`);
}

/** Joined lines of a page that is not the front page, with the way back. */
export function subPage(input: ReportInput, page: string, parts: readonly (Markdown | undefined)[]): string {
  const back = own(`<sub>[All of ${text(input.project.name, 80)}](${hrefOf(page, README_PATH)})</sub>`);
  return `${blocks([...parts, join([back, footer(input)], ' · ')])}\n`;
}
