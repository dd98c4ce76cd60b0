import { expect, test } from 'vitest';
import { renderReport } from '../render/report/pages.ts';
import { neededPaths } from '../state/needed-paths.ts';
import { assembleView, type StateRead } from '../state/read.ts';
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

test('pages are the same whether the week before is read as a sum or day by day', () => {
  const perDay = 3;
  const project = growthProject(6);
  const tree = new Map<string, string>();
  let compared = 0;
  const readOf = (paths: readonly string[], at: number): StateRead => {
    const listing = paths.filter((path) => !path.startsWith('health/') && !path.startsWith('badges/'));
    const needed = neededPaths(listing, readOptions(at));
    const read = assembleView({
      listing,
      texts: new Map(needed.map((path) => [path, tree.get(path)!])),
      environment: 'production',
    });
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    return read.value;
  };
  const pagesOf = ({ view }: StateRead): ReadonlyMap<string, string> => renderReport(reportInput({ project }, view));
  const options = { assets: 6, ticks: 20 * perDay, perTick: 3, ticksPerDay: perDay, hasPages: () => false };
  for (const { prepared } of growingHistory(options)) {
    const { files, at } = prepared.change;
    for (const [path, text] of files) {
      if (text === null) tree.delete(path);
      else tree.set(path, text);
    }
    const bySum = readOf([...tree.keys()], at);
    if (bySum.view.weekBefore === undefined) continue;
    const byDay = readOf(
      [...tree.keys()].filter((path) => !path.startsWith('weeks/')),
      at,
    );
    expect(byDay.view.weekBefore).toBeUndefined();
    expect(pagesOf(bySum)).toEqual(pagesOf(byDay));
    compared++;
  }
  expect(compared).toBeGreaterThan(12 * perDay);
});
