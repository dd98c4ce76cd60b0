import type { AssetRecord } from '../../model/state.ts';
import { formatDuration, formatInstant } from '../../time/format.ts';
import { html } from '../markdown.ts';

const WIDTH = 640;
const HEIGHT = 150;
const LEFT = 64;
const RIGHT = 16;
const TOP = 28;
const BOTTOM = 28;

/**
 * Run time of the last successes as bars, oldest first. It has its own ground in both colour schemes, so it reads also where
 * the page's scheme is not the reader's system's. Whole pixels: the same bytes everywhere.
 */
export function durationChart(name: string, record: AssetRecord): string {
  const values = record.durationsMs;
  const top = niceTop(Math.max(1, ...values));
  const plot = { width: WIDTH - LEFT - RIGHT, height: HEIGHT - TOP - BOTTOM };
  const y = (ms: number): number => Math.round(TOP + plot.height * (1 - ms / top));
  // A slot for each of 14 values, so that bars keep their width while the history is short.
  const slot = Math.floor(plot.width / 14);
  const bars = values.map((ms, i) => {
    const height = Math.max(1, TOP + plot.height - y(ms));
    const at = record.succeededAt?.[i];
    const when = at === undefined ? '' : `${formatInstant(at)}: `;
    const x = LEFT + i * slot + 3;
    return `<rect class="bar" x="${x}" y="${TOP + plot.height - height}" width="${slot - 6}" height="${height}" rx="2"><title>${when}${formatDuration(ms)}</title></rect>`;
  });
  const lines = [0, top / 2, top].map(
    (ms) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(ms)}" y2="${y(ms)}"/>` +
      `<text x="${LEFT - 8}" y="${y(ms) + 4}" text-anchor="end">${formatDuration(ms)}</text>`,
  );
  const title = `Run time of the last ${values.length} successes of ${name}`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${html(title)}">`,
    STYLE,
    `<rect class="ground" x="0.5" y="0.5" width="${WIDTH - 1}" height="${HEIGHT - 1}" rx="6"/>`,
    `<text class="title" x="${LEFT}" y="18">${html(title, 90)}</text>`,
    ...lines,
    ...bars,
    ...ends(record, slot),
    '</svg>',
  ].join('\n')}\n`;
}

const STYLE = `<style>
text{font:11px -apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;fill:#59636e}
.title{fill:#1f2328;font-weight:600}
.ground{fill:#fff;stroke:#d1d9e0}
.grid{stroke:#d1d9e0}
.bar{fill:#0969da}
@media (prefers-color-scheme:dark){text{fill:#9198a1}.title{fill:#f0f6fc}.ground{fill:#0d1117;stroke:#3d444d}.grid{stroke:#3d444d}.bar{fill:#4493f8}}
</style>`;

/** Instants of the first and the last bar, under them. */
function ends(record: AssetRecord, slot: number): string[] {
  const at = record.succeededAt ?? [];
  const [first, last] = [at[0], at.at(-1)];
  if (first === undefined || last === undefined || at.length !== record.durationsMs.length) return [];
  const end = LEFT + record.durationsMs.length * slot - 3;
  const day = (instant: number): string => formatInstant(instant).replace(' UTC', '');
  const y = HEIGHT - 9;
  if (end - LEFT < 220) return [`<text x="${LEFT + 3}" y="${y}">from ${day(first)} UTC</text>`];
  return [
    `<text x="${LEFT + 3}" y="${y}">${day(first)} UTC</text>`,
    `<text x="${end}" y="${y}" text-anchor="end">${day(last)} UTC</text>`,
  ];
}

/** A round top: 1, 2 or 5 times a power of ten in the unit that people read (milliseconds, seconds, minutes, hours). */
function niceTop(ms: number): number {
  const units = [3_600_000, 60_000, 1000, 1];
  const unit = units.find((of) => ms >= 2 * of) ?? 1;
  const value = ms / unit;
  for (let power = 1; power < 1e9; power *= 10) {
    for (const step of [1, 2, 4, 6, 8]) if (value <= step * power) return step * power * unit;
  }
  return ms;
}
