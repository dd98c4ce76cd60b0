import { expect, test } from 'vitest';
import { ok } from '../base/result.ts';
import { timestamp, utcDay } from '../model/instant.ts';
import type { StateStore } from '../ports-state.ts';
import { renderReport } from '../render/report/pages.ts';
import { neededPaths } from '../state/needed-paths.ts';
import { assembleView, type StateRead } from '../state/read.ts';
import { growingHistory, growthProject } from '../testing/growth.ts';
import { reportInput } from './report-pages.ts';
import { loadState, readOptions } from './state-reading.ts';

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

test('a sum of a week that an older Branchline left counts for no other day, also where a clock is behind', async () => {
  const project = growthProject(4);
  const tree = new Map<string, string>();
  const DAY_MS = 86_400_000;
  let at = 0;
  const options = { assets: 4, ticks: 18 * 2, perTick: 4, ticksPerDay: 2, hasPages: () => false };
  let left: ReadonlyMap<string, string> = new Map();
  for (const { prepared } of growingHistory(options)) {
    if (utcDay(timestamp(prepared.change.at)) !== utcDay(timestamp(at)))
      left = new Map([...tree].filter(([path]) => path.startsWith('weeks/')));
    at = prepared.change.at;
    for (const [path, text] of prepared.change.files) {
      if (text === null) tree.delete(path);
      else tree.set(path, text);
    }
  }
  for (const path of tree.keys()) if (path.startsWith('weeks/')) tree.delete(path);
  const pagesOf = async (now: number): Promise<ReadonlyMap<string, string>> => {
    const load = async (paths: readonly string[]) => ok(new Map(paths.map((path) => [path, tree.get(path)!])));
    const place = { store: { label: 'x' } as StateStore, environment: 'production', projectName: 'growth' };
    const files = { load, listing: [...tree.keys()].sort(), head: undefined };
    const read = await loadState<never>(place, files, readOptions(now));
    if (!read.ok) throw new Error(JSON.stringify(read.error));
    return renderReport(reportInput({ project }, read.value.view));
  };
  const expected = await pagesOf(at);
  for (const [path, text] of left) tree.set(path, text);
  expect([...left.keys()]).toEqual([`weeks/${utcDay(timestamp(at - DAY_MS))}/000.json`]);
  expect(await pagesOf(at)).toEqual(expected);
  expect(await pagesOf(at - DAY_MS)).toEqual(expected);
});
