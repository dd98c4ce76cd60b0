import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timestamp, utcDay } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { runEvents, STORY_START } from '../testing/state-story.ts';
import { decodeClosedDays, encodeClosedDays } from './closed-days.ts';
import type { StateProblem } from './codec.ts';
import { prepareCommit } from './commit.ts';
import { FILE_BYTES_MAX, parseRollupPath, utf8Bytes } from './layout.ts';
import { neededPaths, type ReadOptions } from './needed-paths.ts';
import { assembleView, type StateRead } from './read.ts';
import { repairState } from './repair.ts';
import { finishCell } from './rollup.ts';
import { verifyState } from './verify.ts';

const DAY = 86_400_000;
type Tree = Map<string, string>;
const at = (day: number): number => STORY_START + day * DAY;
const dayOf = (day: number): string => utcDay(timestamp(at(day)));
const REPORT: ReadOptions = { report: true };

function readOf(tree: Tree, options: ReadOptions): StateRead {
  const listing = [...tree.keys()].sort();
  const needed = new Set(neededPaths(listing, options));
  const texts = new Map([...tree].filter(([path]) => needed.has(path)));
  const read = assembleView({ listing, texts, environment: 'production' });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
}

/** A run on each of these days, committed on what a reader takes. `read`: what goes on from a state that is in memory. */
function play(
  tree: Tree,
  days: readonly number[],
  { options = REPORT, read }: { options?: ReadOptions; read?: StateRead } = {},
): StateRead {
  let current = read;
  for (const day of days) {
    current = current && read ? current : readOf(tree, options);
    const run = `${dayOf(day).replaceAll('-', '')}-aaaaaaaaaaaaaaaa`;
    const assets = ['a', 'b', 'c'].map((asset, i) => {
      const outcome: 'success' | 'failure' = (day + i) % 3 === 0 ? 'failure' : 'success';
      return { asset, outcome };
    });
    const events = runEvents({ run, at: at(day), group: 'g', assets });
    const tx = current.view.seq + 1;
    const commit = { project: 'weather', events, writer: 'w', tx, now: at(day), message: '' };
    const prepared = prepareCommit({ read: current, ...commit });
    if (!prepared.ok) throw new Error(prepared.error.message);
    apply(tree, prepared.value.change.files);
    current = prepared.value.after;
  }
  return current!;
}
function apply(tree: Tree, files: ReadonlyMap<string, string | null>): void {
  for (const [path, text] of files) {
    if (text === null) tree.delete(path);
    else tree.set(path, text);
  }
}
function played(days: readonly number[]): Tree {
  const tree: Tree = new Map();
  play(tree, days);
  return tree;
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const filesOf = (tree: Tree): string[] => [...tree.keys()].filter((path) => path.startsWith('closed-days/')).sort();

/** The sums of the days that a report at the end of this one compares, in their order. */
function reported({ view }: StateRead, day: number): unknown {
  return range(day - 13, day + 1).map((each) => [dayOf(each), view.days.get(dayOf(each))]);
}
const allDays: ReadOptions = { days: 99, assetDays: 99 };

describe('closed days', () => {
  it('are read from one file as from their own, whatever days had work', () => {
    const tree: Tree = new Map();
    for (let day = 0; day < 40; day++) {
      // Days without work among them, and a week of them.
      if (day % 5 === 3 || (day > 24 && day < 33)) continue;
      play(tree, [day]);
      expect(filesOf(tree)).toEqual(day === 0 ? [] : [`closed-days/${dayOf(day)}.json`]);
      expect(reported(readOf(tree, REPORT), day)).toEqual(reported(readOf(tree, allDays), day));
      expect(verifyState(tree, 'production').problems).toEqual([]);
    }
  });

  it('say in one line what a scope did on each, the newest first, and null where that was nothing', () => {
    const tree = played([0, 2]);
    play(tree, [3]);
    const lines = tree.get(`closed-days/${dayOf(3)}.json`)!.split('\n');
    expect(lines[0]).toBe('{"v":1,"cells":{');
    expect(lines[1]).toBe('"asset:a":[[1,0,1,1,1,0,"1:8g"],null,[0,1,0,0,1,0]],');
    expect(lines.map((line) => line.slice(0, line.indexOf(':')))).toContain('"group');
  });

  it('save a reader the files of these days, also in the first commit of the next one', () => {
    const tree = played(range(0, 21));
    const files = (): string[] => neededPaths([...tree.keys()], REPORT).filter((path) => parseRollupPath(path));
    // The 20th is open, and its sums are in no file yet: what was folded last is the 19th.
    expect(files()).toEqual([`rollups/day/${dayOf(19)}.json`, `rollups/day/${dayOf(19)}/000.json`]);
    apply(tree, new Map(filesOf(tree).map((path) => [path, null])));
    expect(files()).toHaveLength(30);
  });

  it('are written by who goes on from a state in memory as by who reads it anew', () => {
    const [tree, other] = [played(range(0, 16)), played(range(0, 16))];
    play(tree, range(16, 35), { read: readOf(tree, REPORT) });
    play(other, range(16, 35));
    expect(tree).toEqual(other);
  });

  it('are not written by who has not read all of them: then they are read one by one', () => {
    const tree = played(range(0, 20));
    play(tree, [20], { options: {} });
    expect(filesOf(tree)).toEqual([]);
    expect(verifyState(tree, 'production').problems).toEqual([]);
    expect(reported(readOf(tree, REPORT), 20)).toEqual(reported(readOf(tree, allDays), 20));
    play(tree, [21]);
    expect(filesOf(tree)).toEqual([`closed-days/${dayOf(21)}.json`]);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });

  it('take the place of the sums of weeks that an older Branchline left, which nobody reads', () => {
    const tree = played(range(0, 20));
    apply(tree, new Map(filesOf(tree).map((path) => [path, null])));
    const week = `weeks/${dayOf(19)}/000.json`;
    const cell = '{"checksExecuted":7,"checksPassed":7,"failed":0,"materialized":7,"runs":7,"runsSucceeded":7}';
    tree.set(week, `{"v":1,"cells":{\n"asset:a":${cell}\n}}\n`);
    expect(verifyState(tree, 'production').problems).toEqual([]);
    expect(neededPaths([...tree.keys()], REPORT)).not.toContain(week);
    play(tree, [20]);
    expect(tree.has(week)).toBe(false);
    expect(filesOf(tree)).toEqual([`closed-days/${dayOf(20)}.json`]);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });

  it('are not counted again where events after the snapshot tell of such a day', () => {
    const tree = played(range(0, 6));
    const path = `closed-days/${dayOf(6)}.json`;
    // As if the day of the snapshot were closed, and it goes on.
    tree.set(path, encodeClosedDays(dayOf(6), readOf(tree, allDays).view.days).get(path)!);
    expect(reported(readOf(tree, REPORT), 5)).toEqual(reported(readOf(tree, allDays), 5));
  });

  it.each([
    ['edited', (text: string) => text.replace('[0,1,0,0,1,0]', '[0,2,0,0,1,0]')],
    ['of another form', (text: string) => text.replace('[0,1,0,0,1,0]', '[0,1,0,0,1]')],
    ['cut', (text: string) => text.slice(0, 40)],
    ['without a line', (text: string) => text.replace(/\n"group.*/, '')],
    ['of another day', undefined],
    ['of a day to come', undefined],
    ['of a day that no calendar has', undefined],
  ])('that are %s are found and mended', (what, edit) => {
    const tree = played(range(0, 20));
    const [path] = filesOf(tree);
    const damaged = new Map(tree);
    const day = what.includes('calendar') ? '2026-99-99' : dayOf(what.includes('come') ? 25 : 4);
    damaged.set(edit ? path! : `closed-days/${day}.json`, edit?.(tree.get(path!)!) ?? tree.get(path!)!);
    expect(damaged).not.toEqual(tree);
    expect(verifyState(damaged, 'production').problems).toHaveLength(1);
    apply(damaged, repairState(damaged, 'production', 'weather').files);
    expect(verifyState(damaged, 'production').problems).toEqual([]);
    expect(damaged.get(path!)).toBe(tree.get(path!));
    expect(damaged.has('closed-days/2026-99-99.json') || damaged.has(`closed-days/${dayOf(25)}.json`)).toBe(false);
  });

  it.each(['[0,1,0,0,1]', '[0,1,0,0,1,0,"x"]', '[0,1,0,0,1,-1]', '[0,1,0,0,1,0,"","",0,0,0,0]', '7', '"x"'])(
    'with %s for a cell are refused, by file and line',
    (cell) => {
      const tree = played(range(0, 20));
      const [path] = filesOf(tree);
      const text = tree.get(path!)!.replace('[0,1,0,0,1,0]', cell);
      for (const lateFrom of [0, Number.POSITIVE_INFINITY]) {
        const problems: StateProblem[] = [];
        decodeClosedDays(new Map([[path!, text]]), problems, lateFrom);
        expect(problems).toMatchObject([{ file: path, line: 2 }]);
      }
    },
  );

  it('hold whatever a cell may hold, read at once or late, in files of at most 1 MiB', () => {
    const count = fc.nat();
    const buckets = fc.array(fc.tuple(fc.nat(2000), fc.integer({ min: 1, max: 99 })), { maxLength: 4 });
    const counts = {
      materialized: count,
      failed: count,
      checksPassed: count,
      checksExecuted: count,
      runs: count,
      runsSucceeded: count,
      billedMs: fc.oneof(fc.constant(0), count),
      microUsd: fc.oneof(fc.constant(0), count),
      unpricedMs: fc.oneof(fc.constant(0), count),
    };
    const cell = fc
      .record({ counts: fc.record(counts), durations: buckets, lateness: buckets })
      .map((draft) =>
        finishCell({ counts: draft.counts, durations: new Map(draft.durations), lateness: new Map(draft.lateness) }),
      );
    const scope = fc.oneof(
      fc.constantFrom('project', 'group:a b'),
      fc.string().map((name) => `asset:${name}`),
    );
    const cells = fc.uniqueArray(fc.tuple(scope, cell), { selector: ([name]) => name, maxLength: 4 });
    const days = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 15 }), cells), { selector: ([day]) => day });
    fc.assert(
      fc.property(days, (all) => {
        const view: StateView['days'] = new Map(all.map(([day, each]) => [dayOf(day), new Map(each)]));
        const files = encodeClosedDays(dayOf(14), view);
        for (const lateFrom of [0, Number.POSITIVE_INFINITY]) {
          const problems: StateProblem[] = [];
          const read = decodeClosedDays(files, problems, lateFrom);
          expect(problems).toEqual([]);
          for (const day of range(1, 14)) {
            const own = new Map(read.get(dayOf(day)));
            expect(own).toEqual(view.get(dayOf(day)) ?? new Map());
            for (const [name, each] of own) expect(read.get(dayOf(day))!.get(name)).toEqual(each);
          }
          expect([...read.keys()].every((day) => day >= dayOf(1) && day < dayOf(14))).toBe(true);
        }
      }),
    );
    const many = new Map(range(0, 13).map((day) => [dayOf(day), manyCells(9_000)]));
    const files = encodeClosedDays(dayOf(13), many);
    expect([...files.keys()].slice(0, 2)).toEqual([
      `closed-days/${dayOf(13)}.json`,
      `closed-days/${dayOf(13)}.0002.json`,
    ]);
    for (const text of files.values()) expect(utf8Bytes(text)).toBeLessThanOrEqual(FILE_BYTES_MAX);
    const read = decodeClosedDays(files, []);
    expect(read.get(dayOf(0))!.size).toBe(9_000);
    expect(new Map(read.get(dayOf(12)))).toEqual(many.get(dayOf(12)));
  });
});

function manyCells(count: number) {
  const counts = {
    materialized: 7,
    failed: 0,
    checksPassed: 7,
    checksExecuted: 7,
    runs: 7,
    runsSucceeded: 7,
    billedMs: 0,
    microUsd: 0,
    unpricedMs: 0,
  };
  const cell = finishCell({ counts, durations: new Map([[300, 7]]), lateness: new Map() });
  return new Map(range(0, count).map((i) => [`asset:a${i}`, cell]));
}
