import type { SimulatedBackfillReport, SimulatedRunReport, SimulationReport } from '../model/simulation.ts';
import { formatDuration, formatInstant } from '../time/format.ts';
import { html } from './markdown.ts';
import { count, formatCount, safeLine } from './style.ts';

const WIDTH = 960;
const LEFT = 220;
const RIGHT = 44;
const TOP = 62;
const ROW = 18;
const BOTTOM = 44;
/** More rows than somebody looks at are left out, and that is said. */
const ROWS_MAX = 200;
const BACKFILLS_MAX = 8;

/**
 * The timeline of a simulation: a row for each run, blue at work, grey waiting, red where it failed in the end. Whole
 * pixels and no clock: the same bytes everywhere.
 */
export function renderSimulationSvg(report: SimulationReport): string {
  const from = Date.parse(report.from);
  const to = Math.max(Date.parse(report.endedAt), from + 60_000);
  const backfills = report.backfills.slice(0, BACKFILLS_MAX);
  const runs = report.runs.slice(0, ROWS_MAX);
  const rows = Math.max(1, backfills.length + runs.length);
  const height = TOP + rows * ROW + BOTTOM;
  const x = (at: number): number => Math.round(LEFT + ((WIDTH - LEFT - RIGHT) * (at - from)) / (to - from));
  const { totals, github } = report;
  const title = `${report.project}: ${count(totals.runs, 'run')} in ${formatDuration(to - from)}, ${totals.failed} failed`;
  const usd = github.usd === undefined ? '' : `, $${github.usd.toFixed(2)}`;
  const below = `${count(report.peaks.running.peak, 'run')} at once at the most, ${formatCount(github.minutes)} min billed${usd}`;
  const hidden = report.runs.length - runs.length;
  const more = hidden > 0 ? `; ${count(hidden, 'run')} more are not drawn` : '';
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${html(title)}">`,
    STYLE,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>`,
    `<text class="title" x="16" y="22">${html(title, 140)}</text>`,
    `<text x="16" y="40">${html(below + more, 160)}</text>`,
    ...legend(backfills.length > 0),
    ...grid(from, to, height, x),
    ...backfills.flatMap((backfill, i) => backfillRow(backfill, TOP + i * ROW, { to, x })),
    ...runs.flatMap((run, i) => row(run, TOP + (backfills.length + i) * ROW, x)),
    '</svg>',
  ].join('\n')}\n`;
}

/** A backfill from its request to its end, above its runs: a line, with what it came to. */
function backfillRow(
  { selection, partitions, requestedAt, endedAt, done, total }: SimulatedBackfillReport,
  y: number,
  { to, x }: { readonly to: number; readonly x: (at: number) => number },
): string[] {
  const left = x(Date.parse(requestedAt));
  const right = x(endedAt === undefined ? to : Date.parse(endedAt));
  const name = `${selection}${partitions === undefined ? '' : ` ${partitions}`}`;
  const end = endedAt === undefined ? 'not over at the end' : `over at ${formatInstant(endedAt)}`;
  const said = `${formatCount(done)} of ${formatCount(total)} made, ${end}`;
  return [
    `<text x="${LEFT - 10}" y="${y + 13}" text-anchor="end">${html(safeLine(name, 32), 40)}</text>`,
    `<rect class="span" x="${left}" y="${y + 7}" width="${Math.max(2, right - left)}" height="3"><title>${html(`backfill ${name}: ${said}`, 200)}</title></rect>`,
  ];
}

function row(run: SimulatedRunReport, y: number, x: (at: number) => number): string[] {
  const name = safeLine(`${run.trigger}${run.partitions === undefined ? '' : ` ${run.partitions}`}`, 32);
  const rect = (kind: string, from: string, to: string, said: string): string => {
    const left = x(Date.parse(from));
    const width = Math.max(kind === 'wait' ? 1 : 2, x(Date.parse(to)) - left);
    return `<rect class="${kind}" x="${left}" y="${y + 3}" width="${width}" height="${ROW - 7}" rx="1"><title>${html(said, 200)}</title></rect>`;
  };
  const kind = kindOf(run);
  return [
    `<text x="${LEFT - 10}" y="${y + 13}" text-anchor="end">${html(name, 40)}</text>`,
    ...run.waits.map((wait) =>
      rect('wait', wait.from, wait.to, `${run.trigger} waits from ${formatInstant(wait.from)}: ${wait.text}`),
    ),
    ...run.work.map((each) =>
      rect(
        kind,
        each.from,
        each.to,
        `${run.trigger}: ${formatInstant(each.from)}, ${formatDuration(Date.parse(each.to) - Date.parse(each.from))}, ${run.outcome}`,
      ),
    ),
  ];
}

/** Runs of backfills are paler: what is urgent and overtakes them is seen. */
function kindOf({ outcome, backfill }: SimulatedRunReport): 'failed' | 'work' | 'part' | 'other' {
  if (outcome === 'FAILURE') return 'failed';
  if (outcome !== 'SUCCESS') return 'other';
  return backfill === undefined ? 'work' : 'part';
}

function legend(hasBackfills: boolean): string[] {
  const words = [
    ...(hasBackfills ? ([['part', 'of a backfill']] as const) : []),
    ['work', 'at work'],
    ['failed', 'failed'],
    ['other', 'not ended'],
    ['wait', 'waiting'],
  ] as const;
  return words.flatMap(([kind, text], i) => {
    const x = WIDTH - RIGHT - 90 * (words.length - i);
    return [
      `<rect class="${kind}" x="${x}" y="14" width="12" height="10" rx="1"/>`,
      `<text x="${x + 17}" y="23">${text}</text>`,
    ];
  });
}

/** Lines at round times of UTC, five to ten of them. */
function grid(from: number, to: number, height: number, x: (at: number) => number): string[] {
  const hour = 3_600_000;
  const steps = [
    hour / 12,
    hour / 4,
    hour,
    3 * hour,
    6 * hour,
    12 * hour,
    24 * hour,
    48 * hour,
    168 * hour,
    720 * hour,
  ];
  const step = steps.find((each) => (to - from) / each <= 9) ?? 2_160 * hour;
  const lines: string[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const text = new Date(at).toISOString();
    const label = step >= 24 * hour ? text.slice(5, 10) : text.slice(5, 16).replace('T', ' ');
    lines.push(
      `<line class="grid" x1="${x(at)}" x2="${x(at)}" y1="${TOP - 8}" y2="${height - BOTTOM + 4}"/>`,
      `<text x="${x(at)}" y="${height - BOTTOM + 20}" text-anchor="middle">${label}</text>`,
    );
  }
  return [...lines, `<text x="${WIDTH - RIGHT}" y="${height - 8}" text-anchor="end">times in UTC</text>`];
}

const STYLE = `<style>
text{font:11px -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;fill:#59636e}
.title{font-size:13px;fill:#1f2328;font-weight:600}
.ground{fill:#fff;stroke:#d1d9e0}
.grid{stroke:#d1d9e0}
.work{fill:#0969da}.part{fill:#80b3e6}.span{fill:#8250df}.failed{fill:#cf222e}.other{fill:#bf8700}.wait{fill:#b6bfc9}
@media (prefers-color-scheme:dark){text{fill:#9198a1}.title{fill:#f0f6fc}.ground{fill:#0d1117;stroke:#3d444d}.grid{stroke:#3d444d}.work{fill:#4493f8}.part{fill:#2b5a96}.span{fill:#ab7df8}.failed{fill:#f85149}.other{fill:#d29922}.wait{fill:#57606a}}
</style>`;
