import type { Figures } from '../../insights/figures.ts';
import type { Comparison, Insights, Windows } from '../../insights/insights.ts';
import { formatAbout, formatCost, formatMinutes, formatRuns, formatShare, formatSpread } from '../figures-text.ts';
import { type Markdown, own, table } from '../markdown.ts';
import { sparkline } from '../sparkline.ts';

/** One line of figures: what it is called, how it is said, and what its trend is drawn from. */
export interface FigureRow {
  readonly name: string;
  readonly value: (figures: Figures) => string;
  readonly trend?: (figures: Figures) => number | undefined;
  /** Top of the trend; default the largest value. */
  readonly max?: number;
  /** Left out where neither window has it. */
  readonly isShown?: (figures: Figures) => boolean;
}

/** The figures of the first Insights, in the order of the report (docs/insights.md). */
const FIGURE_ROWS: readonly FigureRow[] = [
  {
    name: 'materializations that succeeded',
    value: ({ success }) => formatShare(success),
    trend: ({ success }) => success,
    max: 1,
  },
  {
    name: 'checks that passed',
    value: ({ checkSuccess }) => formatShare(checkSuccess),
    trend: ({ checkSuccess }) => checkSuccess,
    max: 1,
  },
  { name: 'runs', value: ({ runs, runsADay }) => formatRuns(runs, runsADay), trend: ({ runs }) => runs ?? 0 },
  {
    name: 'run time, p50 / p99',
    value: ({ runTime }) => formatSpread(runTime),
    trend: ({ runTime }) => runTime?.p50,
  },
  {
    name: 'step time, p50 / p99',
    value: ({ stepTime }) => formatSpread(stepTime),
    trend: ({ stepTime }) => stepTime?.p50,
  },
  {
    name: 'cron lateness, p50 / p99',
    value: ({ lateness }) => formatSpread(lateness),
    trend: ({ lateness }) => lateness?.p50,
  },
  {
    name: 'runner minutes billed',
    value: ({ billedMinutes }) => formatMinutes(billedMinutes),
    trend: ({ billedMinutes }) => billedMinutes,
    isShown: isBilled,
  },
  { name: 'cost of runner minutes', value: formatCost, trend: ({ usd }) => usd, isShown: isBilled },
];

/** The lines of the report for a window: those of costs only where minutes were billed. */
export function figureRows({ now, before }: Comparison): readonly FigureRow[] {
  return FIGURE_ROWS.filter(({ isShown }) => !isShown || isShown(now) || isShown(before));
}

function isBilled({ billedMinutes }: Figures): boolean {
  return billedMinutes !== undefined;
}

/** The project's 7 days against the 7 before, with the days as a trend. Undefined before the first day. */
export function projectFigures(insights: Insights): Markdown | undefined {
  const week = insights.project[7];
  if (!week || insights.daily.length === 0) return undefined;
  const rows = figureRows(week).map(({ name, value, trend, max }) => [
    own(name),
    own(value(week.now)),
    own(value(week.before)),
    own(
      trend
        ? sparkline(
            insights.daily.map(({ figures }) => trend(figures)),
            max,
          )
        : '',
    ),
  ]);
  return table([own(''), own('7 days'), own('before'), own('day by day')], '->>-', rows);
}

/** Figures of a group, a selection or an asset, for each window at hand against the one before. */
export function scopeFigures(windows: Windows | undefined, lengths: Insights['windows']): Markdown | undefined {
  const shown = lengths.flatMap((days) => {
    const comparison = windows?.[days];
    return comparison ? [{ days, comparison }] : [];
  });
  if (shown.length === 0) return undefined;
  const head = shown.flatMap(({ days }) => [own(days === 1 ? '1 day' : `${days} days`), own('before')]);
  const cells = (value: (figures: Figures) => string): Markdown[] =>
    shown.flatMap(({ comparison }) => [own(value(comparison.now)), own(value(comparison.before))]);
  const has = (pick: (figures: Figures) => unknown): boolean =>
    shown.some(({ comparison }) => pick(comparison.now) !== undefined || pick(comparison.before) !== undefined);
  const rows = [
    [own('materializations that succeeded'), ...cells(({ success }) => formatShare(success))],
    [own('checks that passed'), ...cells(({ checkSuccess }) => formatShare(checkSuccess))],
    [own('made / failed'), ...cells(({ materialized, failed }) => `${materialized} / ${failed}`)],
    ...(has(({ runs }) => runs) ? [[own('runs'), ...cells(({ runs, runsADay }) => formatRuns(runs, runsADay))]] : []),
    [own('time, p50 / p95 / p99'), ...cells(({ stepTime }) => threeTimes(stepTime))],
    ...(has(({ billedMinutes }) => billedMinutes)
      ? [
          [own('runner minutes billed'), ...cells(({ billedMinutes }) => formatMinutes(billedMinutes))],
          [own('cost of runner minutes'), ...cells(formatCost)],
        ]
      : []),
  ];
  return table([own(''), ...head], `-${'>'.repeat(head.length)}`, rows);
}

function threeTimes(quantiles: Figures['stepTime']): string {
  if (!quantiles) return 'no data';
  return [quantiles.p50, quantiles.p95, quantiles.p99].map(formatAbout).join(' / ');
}
