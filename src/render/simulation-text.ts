import type { SimulatedRunReport, SimulationReport } from '../model/simulation.ts';
import { formatDuration, formatInstant } from '../time/format.ts';
import { formatUsd } from './figures-text.ts';
import { columns, count, formatCount, paint, type Style, safeLine } from './style.ts';

/** Runs that are shown one by one; of more the JSON has all. */
const RUNS_MAX = 40;
const WAITS_MAX = 8;
const BAR_CELLS = 48;

/** A simulation for a terminal: the verdict, what was waited for, what it costs, then the runs on a line of time each. */
export function renderSimulation(report: SimulationReport, style: Style): string {
  const lines = [verdict(report), '', ...facts(report)];
  if (report.backfills.length > 0) lines.push('', ...backfillLines(report));
  if (report.waits.length > 0) lines.push('', ...waitLines(report));
  if (report.notices.length > 0) lines.push('', ...noticeLines(report));
  if (report.runs.length > 0) lines.push('', ...runLines(report, style));
  return `${lines.join('\n').trimEnd()}\n`;
}

function verdict({ totals, from, until, seed }: SimulationReport): string {
  const span = formatDuration(Date.parse(until) - Date.parse(from));
  const when = `${span} from ${formatInstant(from)} (seed ${seed})`;
  if (totals.runs === 0) return `Nothing runs in ${when}.`;
  const parts = [
    `${totals.succeeded} succeed`,
    totals.failed > 0 ? `${totals.failed} fail` : '',
    totals.canceled > 0 ? `${totals.canceled} are canceled` : '',
    totals.left > 0 ? `${totals.left} still ${totals.left === 1 ? 'waits' : 'wait'} at the end` : '',
  ].filter((part) => part !== '');
  return `${count(totals.runs, 'run')} in ${when}: ${parts.join(', ')}.`;
}

function facts({ totals, wakeUps, ticks, peaks, github, fanOut, state, makespanMs }: SimulationReport): string[] {
  const lost = wakeUps.lost > 0 ? `, ${formatCount(wakeUps.lost)} lost` : '';
  const late =
    ticks.latenessP50Ms === undefined
      ? ''
      : `; late by ${formatDuration(ticks.latenessP50Ms)} (p50), ${formatDuration(ticks.latenessP99Ms!)} (p99)`;
  const usd = github.usd === undefined ? '' : `, ${formatUsd(github.usd)}`;
  const of = github.minutesLimit === undefined ? '' : ` of ${formatCount(github.minutesLimit)}`;
  const notStarted = github.refusedJobs > 0 ? `; ${count(github.refusedJobs, 'job')} not started: no minutes left` : '';
  const lostRunners = github.lostRunners > 0 ? `, ${count(github.lostRunners, 'runner')} lost` : '';
  const refused = github.refusedRequests > 0 ? `, ${formatCount(github.refusedRequests)} refused` : '';
  return columns([
    [
      '  work',
      `${formatDuration(makespanMs)} from the first request to the last end; ${count(totals.materialized, 'materialization')}, ${count(totals.failedAttempts, 'failed attempt')}`,
    ],
    ['  wake-ups', `${formatCount(wakeUps.rung)}${lost}; ${count(ticks.judged, 'tick')} judged${late}`],
    [
      '  peaks',
      `${count(peaks.running.peak, 'run')} at work (${formatInstant(peaks.running.at)}), ${formatCount(peaks.waiting.peak)} waiting, ${count(peaks.runners.peak, 'runner')}`,
    ],
    [
      '  billed',
      `${formatCount(github.minutes)}${of} min in ${count(github.jobs, 'job')}${usd}${lostRunners}${notStarted}`,
    ],
    [
      '  GitHub',
      `${formatCount(github.requestsAnHour)} of ${formatCount(github.requestsAnHourLimit)} requests in the busiest hour${refused}, ${count(github.pushesAMinute, 'push', 'pushes')} in the busiest minute`,
    ],
    ...(fanOut
      ? [
          [
            '  fan-out',
            `${count(fanOut.waves, 'wave')} of up to ${count(fanOut.jobs, 'job')}; the longest plan has ${formatCount(Math.ceil(fanOut.planBytes / 1000))} kB`,
          ],
        ]
      : []),
    ['  state', `${count(state.commits, 'commit')}, ${formatCount(Math.ceil(state.bytesWritten / 1000))} kB written`],
  ]);
}

function backfillLines({ backfills }: SimulationReport): string[] {
  const rows = backfills
    .slice(0, WAITS_MAX)
    .map((each) => [
      `  ${safeLine(`${each.selection}${each.partitions === undefined ? '' : ` ${each.partitions}`}`, 60)}`,
      `${formatCount(each.done)} of ${formatCount(each.total)} made${leftText(each)} in ${count(each.runs, 'run')}`,
      each.endedAt === undefined
        ? 'not over at the end'
        : `over at ${formatInstant(each.endedAt)}, after ${formatDuration(each.durationMs!)}`,
      `${formatCount(each.minutes)} min${each.usd === undefined ? '' : `, ${formatUsd(each.usd)}`}`,
    ]);
  const more = backfills.length > WAITS_MAX ? [`  and ${backfills.length - WAITS_MAX} more (--json has all)`] : [];
  return ['Backfills:', ...columns(rows), ...more];
}

function leftText({ failed, leftOut }: SimulationReport['backfills'][number]): string {
  const parts = [
    failed > 0 ? `${formatCount(failed)} failed` : '',
    leftOut > 0 ? `${formatCount(leftOut)} left out` : '',
  ];
  const said = parts.filter((part) => part !== '').join(', ');
  return said === '' ? '' : ` (${said})`;
}

function waitLines({ waits }: SimulationReport): string[] {
  const rows = waits
    .slice(0, WAITS_MAX)
    .map(({ text, runs, totalMs, longestMs }) => [
      `  ${safeLine(text, 80)}`,
      count(runs, 'run'),
      `${formatDuration(totalMs)} in all`,
      `longest ${formatDuration(longestMs)}`,
    ]);
  const more = waits.length > WAITS_MAX ? [`  and ${waits.length - WAITS_MAX} more reasons (--json has all)`] : [];
  return ['Waits:', ...columns(rows), ...more];
}

function noticeLines({ notices }: SimulationReport): string[] {
  const shown = notices
    .slice(0, 5)
    .map(({ text, times }) => `  ${safeLine(text, 160)}${times > 1 ? ` (${formatCount(times)} times)` : ''}`);
  const more = notices.length > 5 ? [`  and ${notices.length - 5} more (--json has all)`] : [];
  return ['What commands said:', ...shown, ...more];
}

function runLines(report: SimulationReport, style: Style): string[] {
  const from = Date.parse(report.from);
  const to = Math.max(Date.parse(report.endedAt), from + 1);
  // Those that failed or wait are what somebody looks for; then the order of time.
  const picked = [...report.runs]
    .map((run, index) => ({ run, index }))
    .sort((a, b) => weight(b.run) - weight(a.run) || a.index - b.index)
    .slice(0, RUNS_MAX)
    .sort((a, b) => a.index - b.index);
  const rows = picked.map(({ run }) => [
    `  ${formatInstant(run.requestedAt).slice(5, 16)}`,
    bar(run, from, to, style),
    safeLine(`${run.trigger}${run.partitions === undefined ? '' : ` ${run.partitions}`}`, 44),
    outcomeText(run, style),
  ]);
  const hidden = report.runs.length - picked.length;
  const more = hidden > 0 ? ['', `  and ${formatCount(hidden)} more runs (--json has all)`] : [];
  const legend = style.unicode ? '  █ at work, ░ waiting' : '  # at work, . waiting';
  return [
    `Runs, from ${formatInstant(report.from)} to ${formatInstant(report.endedAt)}:`,
    ...columns(rows),
    legend,
    ...more,
  ];
}

function weight(run: SimulatedRunReport): number {
  if (run.outcome !== 'SUCCESS') return 2;
  return run.waits.length > 0 ? 1 : 0;
}

function outcomeText(run: SimulatedRunReport, style: Style): string {
  const waited = run.waits.reduce((sum, wait) => sum + Date.parse(wait.to) - Date.parse(wait.from), 0);
  const after = waited >= 1000 ? `, waited ${formatDuration(waited)}` : '';
  switch (run.outcome) {
    case 'SUCCESS':
      return `${formatDuration(Date.parse(run.endedAt!) - Date.parse(run.requestedAt))}${after}`;
    case 'FAILURE':
      return paint(style, 'red', `failed${after}`);
    case 'CANCELED':
      return paint(style, 'yellow', `canceled${after}`);
    case 'QUEUED':
      return paint(style, 'yellow', `still waits${run.waits.length > 0 ? `: ${run.waits.at(-1)!.text}` : ''}`);
    case 'STARTED':
      return paint(style, 'yellow', 'still at work');
  }
}

/** A line of time: a cell is filled where anything of it was at work, and light where it only waited. */
function bar(run: SimulatedRunReport, from: number, to: number, style: Style): string {
  const cell = (to - from) / BAR_CELLS;
  const [full, light] = style.unicode ? ['█', '░'] : ['#', '.'];
  const touches = (stretches: SimulatedRunReport['work'], i: number): boolean =>
    stretches.some((each) => Date.parse(each.from) < from + (i + 1) * cell && Date.parse(each.to) >= from + i * cell);
  return Array.from({ length: BAR_CELLS }, (_, i) =>
    touches(run.work, i) ? full : touches(run.waits, i) ? light : ' ',
  ).join('');
}
