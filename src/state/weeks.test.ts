import { describe, expect, it } from 'vitest';
import { timestamp, utcDay } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { runEvents, STORY_START } from '../testing/state-story.ts';
import { prepareCommit } from './commit.ts';
import { parseRollupPath, parseWeekPath } from './layout.ts';
import { neededPaths, type ReadOptions } from './needed-paths.ts';
import { assembleView, type StateRead } from './read.ts';
import { repairState } from './repair.ts';
import { mergeDays } from './rollup.ts';
import { verifyState } from './verify.ts';

const DAY = 86_400_000;
type Tree = Map<string, string>;
const at = (day: number): number => STORY_START + day * DAY;
const dayOf = (day: number): string => utcDay(timestamp(at(day)));

function readOf(tree: Tree, options: ReadOptions): StateRead {
  const listing = [...tree.keys()].sort();
  const needed = new Set(neededPaths(listing, options));
  const texts = new Map([...tree].filter(([path]) => needed.has(path)));
  const read = assembleView({ listing, texts, environment: 'production' });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}
const reportOf = (tree: Tree, day: number): StateRead => readOf(tree, { days: 15, weekOf: dayOf(day) });

/** A run on each of these days, committed on what a reader takes for the report of that day. */
function play(tree: Tree, days: readonly number[], options: (day: number) => ReadOptions = () => ({})): Tree {
  for (const day of days) {
    const read = readOf(tree, { days: 15, weekOf: dayOf(day), ...options(day) });
    const run = `${dayOf(day).replaceAll('-', '')}-aaaaaaaaaaaaaaaa`;
    const assets = ['a', 'b', 'c'].map((asset, i) => {
      const outcome: 'success' | 'failure' = (day + i) % 3 === 0 ? 'failure' : 'success';
      return { asset, outcome };
    });
    const events = runEvents({ run, at: at(day), assets });
    const tx = read.view.seq + 1;
    const prepared = prepareCommit({ read, project: 'weather', events, writer: 'w', tx, now: at(day), message: '' });
    if (!prepared.ok) throw new Error(prepared.error.message);
    for (const [path, text] of prepared.value.change.files) {
      if (text === null) tree.delete(path);
      else tree.set(path, text);
    }
  }
  return tree;
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const weeksOf = (tree: Tree): string[] => [...tree.keys()].filter((path) => path.startsWith('weeks/')).sort();

/** The sums of assets over the 7 days before the week that ends with the view's day, from all days. */
function sumOf(tree: Tree, day: number): StateView['days'] extends ReadonlyMap<string, infer C> ? C : never {
  const { view } = readOf(tree, { days: 99, assetDays: 99 });
  const wanted = new Set(range(day - 13, day - 6).map(dayOf));
  const cells = mergeDays([...view.days].filter(([of]) => wanted.has(of)).map(([, each]) => each));
  return new Map([...cells].filter(([scope]) => scope.startsWith('asset:')));
}

describe('the week before', () => {
  it('is the sum of its days, whatever is read, and replaces them', () => {
    const tree: Tree = new Map();
    for (let day = 0; day < 24; day++) {
      // Days without work among them.
      if (day % 5 === 3) continue;
      play(tree, [day]);
      const { view } = reportOf(tree, day);
      const expected = sumOf(tree, day);
      if (day < 7) expect(weeksOf(tree)).toEqual([]);
      if (view.weekBefore === undefined) expect(expected.size).toBe(0);
      else {
        expect(view.weekBefore.day).toBe(dayOf(day));
        expect(view.weekBefore.cells).toEqual(expected);
        expect(expected.size).toBe(3);
      }
      expect(verifyState(tree, 'production').problems).toEqual([]);
    }
    expect(weeksOf(tree).map(parseWeekPath)).toEqual([dayOf(22)]);
  });

  it('saves a reader the sums of assets of its days, until another day has begun', () => {
    const tree = play(new Map(), range(0, 20));
    const assetDays = (day: number): number =>
      neededPaths([...tree.keys()], { days: 15, weekOf: dayOf(day) }).filter(
        (path) => parseRollupPath(path)?.shard !== undefined,
      ).length;
    // The 19th is open, and its sums are in no file yet.
    expect([assetDays(19), assetDays(20)]).toEqual([6, 15]);
  });

  it('is not written by who has not read all of its days: then they are read', () => {
    const tree = play(new Map(), range(0, 20));
    play(tree, [20], () => ({ weekOf: dayOf(19) }));
    expect(weeksOf(tree)).toEqual([]);
    expect(verifyState(tree, 'production').problems).toEqual([]);
    const { view } = reportOf(tree, 20);
    expect(view.weekBefore).toBeUndefined();
    expect([...view.days.keys()].filter((day) => view.days.get(day)!.has('asset:a'))).toContain(dayOf(7));
  });

  it.each([
    ['edited', (text: string) => text.replace('"runs":7', '"runs":8')],
    ['of another day', undefined],
  ])('that is %s is found and mended', (_what, edit) => {
    const tree = play(new Map(), range(0, 20));
    const [path] = weeksOf(tree);
    const damaged = new Map(tree);
    if (edit) damaged.set(path!, edit(tree.get(path!)!));
    else damaged.set(`weeks/${dayOf(2)}/000.json`, tree.get(path!)!);
    expect(damaged).not.toEqual(tree);
    expect(verifyState(damaged, 'production').problems).toHaveLength(1);
    const { files } = repairState(damaged, 'production', 'weather');
    for (const [file, text] of files) {
      if (text === null) damaged.delete(file);
      else damaged.set(file, text);
    }
    expect(damaged).toEqual(tree);
  });

  it('of a day that no calendar has is found as well', () => {
    const tree = play(new Map(), range(0, 20));
    const damaged = new Map(tree).set('weeks/2026-99-99/000.json', tree.get(weeksOf(tree)[0]!)!);
    const message = 'no event asks for this file';
    expect(verifyState(damaged, 'production').problems).toMatchObject([{ file: 'weeks/2026-99-99/000.json', message }]);
  });
});
