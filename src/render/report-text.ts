import type { HealthStatus } from '../insights/health.ts';
import { formatDuration, formatInstant } from '../time/format.ts';
import { formatShare, NO_DATA, verdictText } from './figures-text.ts';
import { consequencePhrase, reasonPhrase, rowOfFailures } from './health-text.ts';
import { phraseText } from './phrase.ts';
import { reasonContext } from './report/attention.ts';
import { type AssetFacts, byUrgency, type ReportInput, shownSelections } from './report/facts.ts';
import { figureRows } from './report/figures-table.ts';
import { sparkline } from './sparkline.ts';
import { standingLines } from './standing-text.ts';
import { columns, count, formatCount, paint, type Style, safeLine, safeText, symbol, type Verdict } from './style.ts';

const ATTENTION_MAX = 5;
const WARNED_MAX = 5;
const ASSETS_MAX = 20;
const SELECTIONS_MAX = 5;
const SCHEDULES_MAX = 5;
const TAIL_LINES_MAX = 8;

/** The health report for a terminal: what the front page says, on about a screen. */
export function renderReportText(input: ReportInput, style: Style): string {
  const { project, view, assessment } = input;
  const place = view.environment === 'production' ? '' : ` (${view.environment})`;
  const isEmpty = view.assets.size === 0;
  const verdict = isEmpty ? 'nothing has run yet' : verdictText(assessment.health.project);
  const facts = byUrgency(input, Object.keys(project.assets));
  const parts = [
    [paint(style, 'bold', `${safeLine(project.name, 80)}${place}: ${verdict}`)],
    isEmpty ? ['`branchline run` makes the assets; `branchline plan` shows first what it would do.'] : [],
    attentionLines(input, facts, style),
    isEmpty ? [] : figureLines(input, style),
    ...standingLines(input.standing, style),
    selectionLines(input, style),
    isEmpty ? [] : assetLines(facts, style),
    scheduleLines(input),
    [paint(style, 'dim', stateLine(input))],
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

const VERDICTS: Readonly<Record<HealthStatus, Verdict>> = {
  healthy: 'ok',
  warning: 'warned',
  degraded: 'failed',
  unknown: 'skipped',
};

function attentionLines(input: ReportInput, facts: readonly AssetFacts[], style: Style): string[] {
  const degraded = facts.filter(({ health }) => health.status === 'degraded');
  const warned = facts.filter(({ health }) => health.status === 'warning');
  const shown = [...degraded.slice(0, ATTENTION_MAX), ...warned.slice(0, WARNED_MAX)];
  const more = degraded.length + warned.length - shown.length;
  const lines = shown.flatMap((fact, i) => attentionOf(input, fact, style, i === 0));
  return more > 0 ? [...lines, `  and ${count(more, 'asset')} more: branchline list assets`] : lines;
}

function attentionOf(input: ReportInput, facts: AssetFacts, style: Style, tail: boolean): string[] {
  const context = reasonContext(input, facts);
  const lines: string[] = [];
  for (const [i, reason] of facts.health.reasons.slice(0, 3).entries()) {
    const subject = i === 0 ? `${symbol(style, VERDICTS[facts.health.status])} ${facts.asset.key}` : '  It';
    lines.push(`${subject} ${phraseText(reasonPhrase(reason, context))}`);
    const consequence = consequencePhrase(reason, context);
    const notes = [rowOfFailures(reason), consequence && phraseText(consequence)].filter((note) => note !== undefined);
    if (notes.length > 0) lines.push(paint(style, 'dim', `    ${notes.map(sentence).join(' ')}`));
    if (tail && reason.kind === 'materialization_failed' && reason.failure?.logTail) {
      const last = safeText(reason.failure.logTail).trimEnd().split('\n').slice(-TAIL_LINES_MAX);
      lines.push(...last.map((line) => paint(style, 'dim', `    ${line.slice(0, 200)}`.trimEnd())));
    }
  }
  return lines;
}

/** A note as a sentence of its own. */
function sentence(note: string): string {
  return `${note.charAt(0).toUpperCase()}${note.slice(1)}${note.endsWith('.') ? '' : '.'}`;
}

function figureLines({ assessment }: ReportInput, style: Style): string[] {
  const week = assessment.insights.project[7];
  if (!week) return [];
  const rows = figureRows(week).map(({ name, value, trend, max }) => [
    `  ${name}`,
    value(week.now),
    value(week.before),
    style.unicode && trend
      ? sparkline(
          assessment.insights.daily.map(({ figures }) => trend(figures)),
          max,
        )
      : '',
  ]);
  return columns([['', '7 days', 'before', ''], ...rows], [1, 2]);
}

function selectionLines(input: ReportInput, style: Style): string[] {
  const shown = shownSelections(input.project);
  const rows = shown.slice(0, SELECTIONS_MAX).map(({ name }) => {
    const health = input.assessment.health.selections.get(name);
    const week = input.assessment.insights.selections.get(name)?.[7];
    const status = health?.status ?? 'unknown';
    const mark = symbol(style, VERDICTS[status]);
    return [
      `${mark} ${name}`,
      status,
      count(health?.assets ?? 0, 'asset'),
      week?.now.success === undefined ? NO_DATA : `${formatShare(week.now.success)} succeeded`,
    ];
  });
  const more = shown.length - rows.length;
  return rows.length === 0
    ? []
    : ['Selections', ...columns(rows).map((line) => `  ${line}`), ...rest(more, 'selection', 'selections')];
}

function assetLines(facts: readonly AssetFacts[], style: Style): string[] {
  const shown = facts.slice(0, ASSETS_MAX);
  const rows = shown.map(({ asset, health, record }) => [
    `${symbol(style, VERDICTS[health.status])} ${asset.key}`,
    record?.materialized ? formatInstant(record.materialized.at) : 'not made yet',
    record?.materialized?.rows === undefined ? '' : count(record.materialized.rows, 'row'),
    asset.checks.length === 0 ? '' : count(asset.checks.length, 'check'),
    record?.durationsMs.length ? formatDuration(record.durationsMs.at(-1)!) : '',
    style.unicode && record && record.durationsMs.length > 1 ? sparkline(record.durationsMs.slice(-7)) : '',
  ]);
  return [
    'Assets, last success',
    ...columns(rows, [2, 3, 4]).map((line) => `  ${line}`),
    ...rest(facts.length - shown.length, 'asset', 'assets'),
  ];
}

function rest(more: number, what: string, list: string): string[] {
  return more > 0 ? [`  and ${count(more, what)} more: branchline list ${list}`] : [];
}

function scheduleLines({ nextTicks, view }: ReportInput): string[] {
  const rows = nextTicks.slice(0, SCHEDULES_MAX).map(({ schedule, tick }) => {
    const record = view.schedules.get(schedule);
    const last = record?.lastTick;
    const late =
      last === undefined
        ? record
          ? ''
          : 'counts from the first `branchline tick` on'
        : `last judged ${last.latenessMs < 60_000 ? 'on time' : `${formatDuration(last.latenessMs)} late`}`;
    return [`  ${schedule}`, tick === undefined ? 'never comes again' : formatInstant(tick), late];
  });
  const more = nextTicks.length - rows.length;
  return rows.length === 0 ? [] : ['Next', ...columns(rows), ...rest(more, 'schedule', 'schedules')];
}

function stateLine({ view, codeCommit, project }: ReportInput): string {
  if (view.at === undefined) return `No state yet on ${project.state.branch}.`;
  const head = view.head === undefined ? '' : ` ${view.head.slice(0, 7)}`;
  const code = codeCommit === undefined ? '' : `, code ${codeCommit.slice(0, 7)}`;
  return `State${head} of ${formatInstant(view.at)}${code}, ${formatCount(view.seq)} ${view.seq === 1 ? 'commit' : 'commits'}.`;
}
