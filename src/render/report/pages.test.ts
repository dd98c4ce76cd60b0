import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { projectHealth } from '../../insights/health.ts';
import { utf8Bytes } from '../../state/layout.ts';
import {
  type AssetStory,
  dayCell,
  night,
  reportOf,
  runOf,
  storyProject,
  storyView,
} from '../../testing/report-story.ts';
import { emptyWeather, healthyWeather, troubledWeather, weatherStories } from '../../testing/weather-story.ts';
import type { ReportInput } from './facts.ts';
import { pagesToWrite, renderReport, reportFiles } from './pages.ts';
import { assetChartPath, assetPath, hrefOf } from './paths.ts';
import { README_BYTES_MAX } from './readme.ts';

function reportOfStories(stories: Record<string, AssetStory>): ReportInput {
  return reportOf(storyProject(stories), storyView(stories));
}

/** Many assets in many groups; each `bad`-th one failed with a long log, each `warned`-th one warns. */
function many(count: number, groups: number, bad: number, warned: number, filler = 'x'): ReportInput {
  const stories: Record<string, AssetStory> = {};
  for (let i = 0; i < count; i++) {
    const isBad = i % bad === 0;
    const failure = {
      class: 'step',
      code: 'exit-code',
      message: filler.repeat(400),
      logTail: `${filler.repeat(90)}\n`.repeat(80),
    } as const;
    stories[`area_${i % groups}/asset_number_${String(i).padStart(5, '0')}`] = {
      ...(groups > 1 ? { group: `group_${i % groups}` } : {}),
      nights: 5,
      rows: 1000 + i,
      asset: { owners: ['@acme/data-platform'] },
      checks: {
        c:
          i % warned === 0
            ? { severity: 'warn', result: { status: 'FAILED', severity: 'warn', message: filler.repeat(400) } }
            : {},
      },
      ...(isBad
        ? {
            record: {
              attempt: {
                run: runOf(0),
                at: night(0),
                outcome: 'failure',
                failuresInRow: 1,
                failingSince: night(0),
                failure,
              },
            },
          }
        : {}),
    };
  }
  return reportOfStories(stories);
}

describe('size', () => {
  test.each([
    ['1,000 assets, all healthy', () => many(1000, 12, 2000, 2000)],
    ['1,000 assets, all failed with long logs', () => many(1000, 12, 1, 1)],
    ['1,000 assets in 1,000 groups', () => many(1000, 1000, 7, 3)],
    ['1,000 assets without groups, texts that grow when escaped', () => many(1000, 1, 1, 1, '<|$')],
    ['texts of wide characters', () => many(100, 3, 1, 1, '漢')],
  ])('of the front page is bounded: %s', (_, input) => {
    const readme = renderReport(input(), new Set(['README.md'])).get('README.md')!;
    expect(utf8Bytes(readme)).toBeLessThanOrEqual(README_BYTES_MAX);
    // It says where the rest is.
    expect(readme).toContain('health/assets');
    expect(readme).toContain('made by Branchline');
  });

  test('of the folders of pages is bounded, however keys are chosen', () => {
    const paths = Array.from({ length: 10_000 }, (_, i) => assetPath(`raw/table_${i}`));
    const entries = new Map<string, Set<string>>();
    for (const path of paths)
      for (const folder of foldersOf(path)) {
        const listed = entries.get(folder) ?? new Set();
        entries.set(folder, listed.add(path.slice(folder.length + 1).split('/')[0]!));
      }
    // 39 on average.
    expect(Math.max(...[...entries.values()].map(({ size }) => size))).toBeLessThanOrEqual(80);
  });

  test('of a group of thousands is bounded too', () => {
    const input = many(2500, 1, 4, 3);
    const page = renderReport(input, new Set(['health/ungrouped.md'])).get('health/ungrouped.md')!;
    expect(utf8Bytes(page)).toBeLessThanOrEqual(256 * 1024);
    expect(page).toMatch(/And [\d,]+ assets more/);
  }, 30_000);
});

/** Links of a page to other files of the branch, resolved as GitHub does. */
function targets(page: string, body: string): string[] {
  return [...body.matchAll(/\]\(([^)]+)\)/g)]
    .map(([, target]) => target!)
    .filter((target) => !target.startsWith('https://'))
    .map((target) => decodeURIComponent(new URL(target, `https://x.example/${page}`).pathname.slice(1)));
}

/** All folders that a file is in, however deep. */
function foldersOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join('/'));
}

describe('links', () => {
  const odd = {
    'A/b.c': { group: 'Größe %' },
    'a/B_c': { group: 'Größe %', deps: ['A/b.c'] },
    readme: {},
    [`long/${'x'.repeat(200)}`]: {},
  };
  test.each([
    ['troubled', troubledWeather],
    ['empty', emptyWeather],
    ['odd names', () => reportOfStories(odd)],
    ['many assets', () => many(300, 5, 10, 7)],
  ])('of every page lead to a page: %s', (_, story) => {
    const pages = renderReport(story());
    const folders = new Set([...pages.keys()].flatMap(foldersOf));
    let seen = 0;
    for (const [page, body] of pages) {
      if (!page.endsWith('.md')) continue;
      for (const target of targets(page, body)) {
        seen++;
        expect(pages.has(target) || folders.has(target), `${page} → ${target}`).toBe(true);
      }
    }
    expect(seen).toBeGreaterThan(5);
  });

  test('a % in a name of a file is written %25', () => {
    expect(assetPath('A/b')).toBe('health/assets/3/6/%41.b.md');
    expect(hrefOf('README.md', assetPath('A/b'))).toBe('health/assets/3/6/%2541.b.md');
    expect(hrefOf('health/groups/x.md', assetPath('a/b'))).toBe('../assets/c/1/a.b.md');
    expect(hrefOf(assetPath('a/b'), 'README.md')).toBe('../../../../README.md');
    expect(hrefOf(assetPath('a/b'), assetChartPath('a/b'))).toBe('a.b.svg');
  });
});

describe('bytes', () => {
  test('depend on the state alone, not on the order in which it was put together', () => {
    const stories = weatherStories();
    const keys = Object.keys(stories);
    const plain = new Map(renderReport(reportOfStories(stories)));
    fc.assert(
      fc.property(fc.shuffledSubarray(keys, { minLength: keys.length }), (order) => {
        const shuffled = Object.fromEntries(order.map((key) => [key, stories[key]!]));
        const view = storyView(shuffled);
        // Lines in the manifest follow the order there: the project stays the same.
        const again = reportOf(storyProject(stories), { ...view, assets: new Map([...view.assets].reverse()) });
        expect(new Map(renderReport(again))).toEqual(plain);
      }),
      { numRuns: 20 },
    );
  });

  test('pages show instants, never ages', () => {
    for (const [page, body] of renderReport(troubledWeather())) {
      if (page.endsWith('.md')) expect(`${page}\n${body}`).not.toMatch(/\bago\b|yesterday|today/);
    }
  });
});

describe('which pages a commit writes', () => {
  const healthy = healthyWeather();
  const troubled = troubledWeather();
  const everything = new Set(renderReport(healthy).keys());
  const before = projectHealth(troubled.project, healthy.view, troubled.selections, new Map());

  test('a record writes the front page, the badges, and the pages of what changed its health', () => {
    const { write, remove } = pagesToWrite(troubled, { before, existing: everything, isFirstOfDay: false });
    expect([...write].sort()).toEqual([
      'README.md',
      'badges/project.json',
      'badges/project.svg',
      'badges/selection-published.json',
      'badges/selection-published.svg',
      'health/assets/3/f/staging.days.md',
      'health/assets/3/f/staging.days.svg',
      'health/assets/8/5/charts.temperature.md',
      'health/assets/8/5/charts.temperature.svg',
      'health/assets/c/e/marts.records.md',
      'health/assets/c/e/marts.records.svg',
      'health/groups/charts.md',
      'health/groups/marts.md',
      'health/groups/staging.md',
      'health/selections/published.md',
    ]);
    expect(remove).toEqual([]);
  });

  test('nothing changed: the front page and the badges', () => {
    const { write } = pagesToWrite(healthy, {
      before: healthy.assessment.health,
      existing: everything,
      isFirstOfDay: false,
    });
    expect([...write].filter((path) => !path.startsWith('badges/'))).toEqual(['README.md']);
  });

  test('a page that is linked and not there yet is written', () => {
    const existing = new Set([...everything].filter((path) => path !== 'health/assets/d/d/raw.observations.md'));
    const { write } = pagesToWrite(healthy, { before: healthy.assessment.health, existing, isFirstOfDay: false });
    expect([...write]).toContain('health/assets/d/d/raw.observations.md');
  });

  test("the first record of a day writes all, and deletes what has no subject any more, but nothing that is not the report's", () => {
    const existing = new Set([
      ...everything,
      'health/assets/gone.md',
      'badges/gone.svg',
      'events/2026/11/22/x.jsonl',
      'format.json',
    ]);
    const files = reportFiles(healthy, { before: healthy.assessment.health, existing, isFirstOfDay: true });
    expect([...files].filter(([, text]) => text === null).map(([path]) => path)).toEqual([
      'badges/gone.svg',
      'health/assets/gone.md',
    ]);
    expect(
      [...files]
        .filter(([, text]) => text !== null)
        .map(([path]) => path)
        .sort(),
    ).toEqual([...everything].sort());
  });

  test('the first commit and a repair, for which nothing was known before, write all and leave nothing else', () => {
    const existing = new Set(['README.md', 'health/assets/raw.observations.md']);
    const { write, remove } = pagesToWrite(healthy, { existing, isFirstOfDay: false });
    expect([...write].sort()).toEqual([...everything].sort());
    expect(remove).toEqual(['health/assets/raw.observations.md']);
  });
});

test('a private selection is not on the branch', () => {
  const { project } = healthyWeather();
  const secret = { ...project.selections['published']!, visibility: 'private' as const };
  const input = reportOf(
    { ...project, selections: { published: secret } },
    healthyWeather().view,
    new Map([['published', ['marts/monthly']]]),
  );
  expect(
    [...renderReport(input)].flatMap(([path, text]) =>
      path.includes('published') || text.includes('🌦') ? [path] : [],
    ),
  ).toEqual([]);
});

test('the report tells what runner minutes cost, where any were billed', () => {
  const billed = (minutes: number, usd: number) => dayCell({ billed: { minutes, usd } });
  const stories = { 'raw/a': { group: 'raw' }, 'raw/b': {} };
  const view = storyView(stories);
  const newest = [...view.days.keys()].at(-1)!;
  const day = new Map([
    ['project', billed(10, 0.06)],
    ['asset:raw/a', billed(7.5, 0.045)],
  ]);
  const files = renderReport(reportOf(storyProject(stories), { ...view, days: new Map([[newest, day]]) }));
  const pageOf = (path: string): string => files.get(path)!;
  expect(pageOf('README.md')).toContain('| runner minutes billed | 10 min | no data |');
  expect(pageOf('README.md')).toContain('| cost of runner minutes | $0.060 | no data |');
  expect(pageOf(assetPath('raw/a'))).toContain('| cost of runner minutes | $0.045 | no data |');
  // Nothing was billed for it, and nothing anywhere on a laptop.
  expect(pageOf(assetPath('raw/b'))).not.toContain('runner minutes');
  const laptop = renderReport(reportOfStories(stories)).get('README.md');
  expect(laptop).not.toContain('runner minutes');
});
