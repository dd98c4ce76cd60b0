import { expect, test } from 'vitest';
import { timestamp, utcDay } from '../model/instant.ts';
import { renderReport } from '../render/report/pages.ts';
import { neededPaths } from '../state/needed-paths.ts';
import { assembleView } from '../state/read.ts';
import { growingHistory, growthProject } from '../testing/growth.ts';
import { reportInput } from './report-pages.ts';
import { readOptions } from './state-reading.ts';

test('all pages are written by the first end of a run in a day, whichever commit closed the day before', () => {
  const perDay = 4;
  const history = growingHistory({ assets: 12, ticks: 3 * perDay, perTick: 2, ticksPerDay: perDay });
  const pages = [...history].map(({ prepared: { change, folded }, tick }) => ({
    tick,
    folded,
    // A tick changes the health of two assets at most.
    all: [...change.files].filter(([path, text]) => path.startsWith('health/assets/') && text !== null).length >= 12,
  }));
  const refreshed = pages.filter(({ all }) => all).map(({ tick }) => tick);
  expect(refreshed).toEqual([0, 4, 8, 12]);
  // What closes a day is the claim of its first run, which writes none.
  expect(pages.filter(({ folded }) => folded).every(({ all }) => !all)).toBe(true);
});

/** A growing history as a tree, commit by commit, and the pages that a reader of it renders. */
function growingTree(assets: number, days: number, perDay: number) {
  const project = growthProject(assets);
  const tree = new Map<string, string>();
  const options = { assets, ticks: days * perDay, perTick: 3, ticksPerDay: perDay, hasPages: () => false };
  return {
    tree,
    commits: () => [...growingHistory(options)].map(({ prepared }) => prepared.change),
    apply: (files: Iterable<readonly [string, string | null]>): void => {
      for (const [path, text] of files) {
        if (text === null) tree.delete(path);
        else tree.set(path, text);
      }
    },
    pagesOf: (paths: readonly string[], now: number): ReadonlyMap<string, string> => {
      const listing = [...paths].sort();
      const needed = neededPaths(listing, readOptions(now));
      const texts = new Map(needed.map((path) => [path, tree.get(path)!]));
      const read = assembleView({ listing, texts, environment: 'production' });
      if (!read.ok) throw new Error(JSON.stringify(read.error));
      return renderReport(reportInput({ project }, read.value.view));
    },
  };
}
const isClosedDays = (path: string): boolean => path.startsWith('closed-days/');

test('pages are the same whether closed days are read together or one by one', () => {
  const perDay = 3;
  const { tree, commits, apply, pagesOf } = growingTree(6, 20, perDay);
  let compared = 0;
  for (const { files, at } of commits()) {
    apply(files);
    const paths = [...tree.keys()];
    if (!paths.some(isClosedDays)) continue;
    expect(pagesOf(paths, at)).toEqual(
      pagesOf(
        paths.filter((path) => !isClosedDays(path)),
        at,
      ),
    );
    compared++;
  }
  expect(compared).toBeGreaterThan(18 * perDay);
});

test.each([0, 1, 2, 9, 20])(
  'pages are the same when an older Branchline, which knows no closed days together, closed the last %i of the days',
  (older) => {
    const { tree, commits, apply, pagesOf } = growingTree(4, 38, 2);
    const since = timestamp(Date.UTC(2026, 0, 40 - older));
    let last = 0;
    for (const { files, at } of commits()) {
      const isOlder = timestamp(at) >= since;
      apply(isOlder ? [...files].filter(([path]) => !isClosedDays(path)) : files);
      last = at;
    }
    const paths = [...tree.keys()];
    expect(paths.filter(isClosedDays)).toEqual([`closed-days/${utcDay(timestamp(last - older * 86_400_000))}.json`]);
    const expected = pagesOf(
      paths.filter((path) => !isClosedDays(path)),
      last,
    );
    expect(pagesOf(paths, last)).toEqual(expected);
    // Also where a clock is behind.
    expect(pagesOf(paths, last - 86_400_000)).toEqual(expected);
  },
);
