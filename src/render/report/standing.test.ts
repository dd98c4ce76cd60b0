import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { statusesOf } from '../../app/statuses.ts';
import { utf8Bytes } from '../../state/layout.ts';
import { expectGolden } from '../../testing/golden.ts';
import { BUSY_BACKFILL, busyShop } from '../../testing/operations-story.ts';
import { reportOf } from '../../testing/report-story.ts';
import { healthyWeather } from '../../testing/weather-story.ts';
import { reportJson } from '../report-json.ts';
import { renderReportText } from '../report-text.ts';
import { renderReport } from './pages.ts';
import { assetPath } from './paths.ts';
import { README_BYTES_MAX } from './readme.ts';

const golden = path.resolve(import.meta.dirname, '..', 'golden', 'report', 'busy');

describe('a shop at work', () => {
  const input = busyShop();
  const pages = renderReport(input);
  const readme = pages.get('README.md')!;

  test('the pages and the terminal', () => {
    for (const page of ['README.md', assetPath('raw/orders'), assetPath('marts/regions')])
      expectGolden(path.join(golden, page), pages.get(page)!);
    expectGolden(path.join(golden, 'terminal.txt'), renderReportText(input, { color: false, unicode: true }));
  });

  test('each run that waits says for what, and who is in the way', () => {
    const { inProgress, waiting } = input.standing.queue;
    expect(inProgress.map(({ holder }) => holder?.workflow)).toEqual(['1771000123', '1771000123']);
    const backfillRun = inProgress.find(({ trigger }) => trigger.startsWith('backfill'))!.run;
    expect(waiting.map(({ priority, wait }) => [priority, wait])).toEqual([
      [5, 'the only place of team=finance is taken: run 20260411-dddddddddddddddd'],
      [0, `the only slot of pool api is taken: run ${backfillRun}`],
      [-1, `marts/daily is held by run ${backfillRun}`],
      [-1, `the only slot of pool api is taken: run ${backfillRun}`],
    ]);
    expect(readme).toContain('2 of 3 runs in progress, 4 wait.');
    for (const { run } of [...inProgress, ...waiting]) expect(readme).toContain(run);
  });

  test('a backfill has its bar, what is left, and when it may end, as an instant', () => {
    expect(readme).toMatch(
      new RegExp(`\\*\\*${BUSY_BACKFILL}\\*\\*.*█.*4 of 40 made, \\*\\*1 failed\\*\\*, 1 left out, 34 left`),
    );
    expect(readme).toContain('expected end 2026-04-11');
  });

  test('partitions are counted, the newest shown one by one', () => {
    expect(readme).toContain('82 of 100'.replaceAll(' ', '\u00a0'));
    expect(pages.get(assetPath('raw/orders'))).toContain('**Failed**: `2026-04-03`, `2026-03-24`.');
    // The name of a key cannot leave its place.
    expect(pages.get(assetPath('marts/regions'))).toContain('<code>a&vert;b</code>');
  });

  test('a partition that failed keeps its asset degraded when the last attempt made others', () => {
    const record = input.view.assets.get('raw/orders')!;
    const attempt = { ...record.attempt!, outcome: 'success' as const, failuresInRow: 0 };
    const assets = new Map(input.view.assets).set('raw/orders', { ...record, attempt });
    const later = reportOf(input.project, { ...input.view, assets });
    const said = 'is not whole, 2 partitions failed: `2026-04-03`, `2026-03-24`';
    expect(renderReportText(later, { color: false, unicode: true })).toContain(`✗ raw/orders ${said}\n`);
    expect(renderReport(later).get('README.md')).toContain(said);
    expect(reportJson(later)).toMatchObject({
      health: { status: 'degraded', counts: { degraded: 2 } },
      assets: expect.arrayContaining([
        expect.objectContaining({
          asset: 'raw/orders',
          health: 'degraded',
          reasons: [expect.objectContaining({ kind: 'partitions_failed', text: said })],
        }),
      ]),
    });
    expect(statusesOf(input.project, later.view)('raw/orders')).toContain('degraded');
  });

  test('the same as values', () => {
    const json = reportJson(input);
    expect(json.queue).toMatchObject({ places: 3, waiting: [{ priority: 5 }, {}, {}, {}] });
    expect(json.backfills).toMatchObject([{ backfill: BUSY_BACKFILL, total: 40, done: 4, failed: 1 }]);
    expect(json.assets.find(({ asset }) => asset === 'raw/orders')?.partitions).toMatchObject({
      total: 100,
      made: 82,
      failed: 2,
      missing: 16,
      failedKeys: ['2026-04-03', '2026-03-24'],
    });
  });
});

test('where nothing waits, is backfilled or cut, nothing is said of it', () => {
  const readme = renderReport(healthyWeather()).get('README.md')!;
  expect(readme).not.toMatch(/## (Queue|Backfills|Partitions)/);
});

test('many of all stay within the bound of the front page, and say where the rest is', () => {
  const input = busyShop();
  const { queue, backfills, partitions } = input.standing;
  const many = <T>(of: readonly T[]): T[] => Array.from({ length: 400 }, (_, i) => of[i % of.length]!);
  const [standing] = partitions.values();
  const readme = renderReport({
    ...input,
    standing: {
      ...input.standing,
      queue: { ...queue, waiting: many(queue.waiting) },
      backfills: many(backfills),
      partitions: new Map(many([standing!]).map((each, i) => [`a/${i}`, { ...each, asset: `a/${i}` }])),
    },
  }).get('README.md')!;
  expect(utf8Bytes(readme)).toBeLessThanOrEqual(README_BYTES_MAX);
  expect(readme).toContain('`branchline queue` shows them all');
  expect(readme).toContain('`branchline backfill status` shows them all');
  expect(readme).toContain('`branchline partitions status` shows them all');
});
