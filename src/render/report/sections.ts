import type { AssetChange } from '../../insights/changes.ts';
import type { ScopeHealth } from '../../insights/health.ts';
import type { Windows } from '../../insights/insights.ts';
import { epochMs, timestamp } from '../../model/instant.ts';
import { formatDuration, formatInstant } from '../../time/format.ts';
import { formatShare, healthMark } from '../figures-text.ts';
import { limitMeaning, limitSetting, limitSubject, limitText } from '../limits-text.ts';
import { code, join, link, type Markdown, own, table, text } from '../markdown.ts';
import { count, formatCount } from '../style.ts';
import { commitLink, someNames } from './attention.ts';
import { type ReportInput, shownSelections } from './facts.ts';
import { groupPath, hrefOf, selectionPath } from './paths.ts';

const DAY_MS = 86_400_000;

interface ScopeRow {
  readonly name: Markdown;
  readonly health: ScopeHealth | undefined;
  readonly windows: Windows | undefined;
}

/** Saved selections with their health; undefined when there are none to show. */
export function selectionsSection(input: ReportInput, page: string, most: number): Markdown | undefined {
  const shown = shownSelections(input.project);
  if (shown.length === 0 || most === 0) return undefined;
  const { health, insights } = input.assessment;
  const rows = shown.slice(0, most).map(({ name, icon }) => ({
    name: own(`${icon ? `${text(icon, 8)} ` : ''}${link(text(name, 60), hrefOf(page, selectionPath(name)))}`),
    health: health.selections.get(name),
    windows: insights.selections.get(name),
  }));
  return withRest(scopeTable('selection', rows), shown.length - rows.length, 'selection', 'health/selections');
}

/** Groups with their health, worst first as they are many; undefined when there are none. */
export function groupsSection(input: ReportInput, page: string, most: number): Markdown | undefined {
  const { health, insights } = input.assessment;
  if (health.groups.size === 0 || most === 0) return undefined;
  const urgency = ['degraded', 'warning', 'unknown', 'healthy'];
  const groups = [...health.groups].sort((a, b) => urgency.indexOf(a[1].status) - urgency.indexOf(b[1].status));
  const rows = groups.slice(0, most).map(([group, of]) => ({
    name: link(text(group, 60), hrefOf(page, groupPath(group))),
    health: of,
    windows: insights.groups.get(group),
  }));
  return withRest(scopeTable('group', rows), groups.length - rows.length, 'group', 'health/groups');
}

function scopeTable(what: string, rows: readonly ScopeRow[]): Markdown {
  return table(
    [what, 'health', 'assets', 'succeeded, 7 days', 'checks passed'].map(own),
    '-->>>',
    rows.map(({ name, health, windows }) => {
      const status = health?.status ?? 'unknown';
      const week = windows?.[7]?.now;
      return [
        own(`${healthMark(status)}${name}`),
        own(status === 'degraded' ? '**degraded**' : status),
        own(formatCount(health?.assets ?? 0)),
        own(formatShare(week?.success)),
        own(formatShare(week?.checkSuccess)),
      ];
    }),
  );
}

function withRest(shown: Markdown, more: number, what: string, folder: string): Markdown {
  if (more <= 0) return shown;
  return own(`${shown}\n\nAnd ${count(more, what)} more: [${folder}](${folder}).`);
}

/** Limits of time that do not fit what history says; undefined when all do. */
export function limitsSection(input: ReportInput, most: number): Markdown | undefined {
  const { limits } = input.standing;
  if (limits.length === 0 || most === 0) return undefined;
  const lines = limits
    .slice(0, most)
    .map((hint) =>
      own(
        `- ${text(limitSubject(hint), 100)}: ${limitText(hint)} (${code(limitSetting(hint))}): ${limitMeaning(hint)}`,
      ),
    );
  const more = limits.length - lines.length;
  if (more > 0) lines.push(own(`- and ${formatCount(more)} more: \`branchline doctor\` shows them all`));
  return join(lines, '\n');
}

/** Next ticks, and how late the last ones were judged; undefined without schedules. */
export function schedulesSection(input: ReportInput, most: number): Markdown | undefined {
  if (input.nextTicks.length === 0 || most === 0) return undefined;
  const lines = input.nextTicks.slice(0, most).map(({ schedule, tick }) => {
    const next = tick === undefined ? 'never comes again' : `at ${formatInstant(tick)}`;
    return own(`- ${code(schedule, 60)} ${next}${lastTickText(input, schedule)}`);
  });
  const more = input.nextTicks.length - lines.length;
  if (more > 0) lines.push(own(`- and ${count(more, 'schedule')} more`));
  return join(lines, '\n');
}

function lastTickText(input: ReportInput, schedule: string): string {
  const record = input.view.schedules.get(schedule);
  if (!record) return '; it counts from the first `branchline tick` on';
  const last = record.lastTick;
  if (!last) return '; none of its ticks has been judged yet';
  const late = last.latenessMs < 60_000 ? 'on time' : `${formatDuration(last.latenessMs)} late`;
  const what = last.outcome === 'requested' ? 'ran' : `was skipped (${last.reason.replaceAll('_', ' ')})`;
  return `; the tick of ${formatInstant(last.tick)} ${what}, ${late}`;
}

/** What changed in the 24 hours before the state's instant; undefined when nothing did. */
export function changesSection(input: ReportInput, most: number): Markdown | undefined {
  const { changes } = input.assessment;
  if (changes.length === 0 || most === 0) return undefined;
  const pick = (is: (change: AssetChange) => unknown): AssetChange[] => changes.filter(is);
  const line = (title: string, of: readonly AssetChange[], say: (change: AssetChange) => Markdown): Markdown[] => {
    if (of.length === 0) return [];
    const rest = of.length > most ? ` and ${formatCount(of.length - most)} more` : '';
    return [own(`- ${title}: ${join(of.slice(0, most).map(say), ', ')}${rest}`)];
  };
  const name = ({ asset }: AssetChange): Markdown => code(asset, 60);
  return join(
    [
      ...line(
        'began to fail',
        pick((change) => change.health?.to === 'failing'),
        name,
      ),
      ...line(
        'succeeded again',
        pick((change) => change.health?.to === 'recovered'),
        name,
      ),
      ...line(
        'lost',
        pick((change) => change.lost),
        name,
      ),
      ...line(
        'code',
        pick((change) => change.code),
        codeChangeText,
      ),
      ...line(
        'made for the first time',
        pick((change) => change.data?.first),
        dataChangeText,
      ),
      ...line(
        'new data',
        pick((change) => change.data && !change.data.first),
        dataChangeText,
      ),
    ],
    '\n',
  );
}

function codeChangeText({ asset, code: changed }: AssetChange): Markdown {
  const parts = changed?.parts ?? [];
  return parts.length === 0 ? code(asset, 60) : own(`${code(asset, 60)} (${someNames(parts, 3)})`);
}

function dataChangeText({ asset, data }: AssetChange): Markdown {
  if (data?.rows === undefined) return code(asset, 60);
  if (data.rowsBefore === undefined) return own(`${code(asset, 60)} (${count(data.rows, 'row')})`);
  const difference = data.rows - data.rowsBefore;
  const rows =
    difference === 0
      ? `still ${count(data.rows, 'row')}`
      : `${difference > 0 ? '+' : '−'}${count(Math.abs(difference), 'row')}`;
  return own(`${code(asset, 60)} (${rows})`);
}

/** Title of the changes: the instant from which they count. */
export function changesSince(input: ReportInput): string {
  return input.view.at === undefined ? '' : formatInstant(timestamp(epochMs(input.view.at) - DAY_MS));
}

/** State, code and version that made the page. */
export function footer(input: ReportInput): Markdown {
  const at = input.view.at === undefined ? 'No state yet' : `State of ${formatInstant(input.view.at)}`;
  const commit = input.codeCommit === undefined ? '' : `, code ${commitLink(input, input.codeCommit)}`;
  return own(`<sub>${at}${commit}, made by Branchline ${input.version}. All instants are UTC.</sub>`);
}
