import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StateProblem } from './codec.ts';
import { dayRollupPath, dayRunsPath, historyPath, monthRollupPath, SUMS_PATH, segmentPath } from './layout.ts';
import {
  decodeHistory,
  encodeHistory,
  type HistoryFile,
  leavingFiles,
  mendOlderDays,
  placeOf,
  withOlderDays,
} from './older-days.ts';

const DAY_MS = 86_400_000;
const dayOf = (n: number): string => new Date(Date.UTC(2026, 0, 1) + n * DAY_MS).toISOString().slice(0, 10);
const id = (n: number): string => n.toString(16).padStart(40, '0');

/** The paths of so many days, the months before the last of them summed. */
function pathsOf(days: readonly number[]): string[] {
  const last = dayOf(Math.max(...days)).slice(0, 7);
  return days.flatMap((n) => {
    const day = dayOf(n);
    const month = day.slice(0, 7);
    return [
      segmentPath(day, n + 1, n + 1),
      dayRunsPath(day, 1),
      dayRollupPath(day),
      dayRollupPath(day, 0),
      ...(month < last ? [monthRollupPath(month), monthRollupPath(month, 0)] : []),
    ];
  });
}

describe('history/', () => {
  it('is read as it was written', () => {
    const file: HistoryFile = { path: 'history/2026-01.json', tip: id(7), trees: new Map([['2026-01-03', id(1)]]) };
    const sums: HistoryFile = { path: SUMS_PATH, tip: id(8), trees: new Map([['2025-12', id(2)]]) };
    const problems: StateProblem[] = [];
    const texts = new Map([file, sums].map((each) => [each.path, encodeHistory(each)]));
    expect(texts.get(file.path)).toBe(`{"days":{"2026-01-03":"${id(1)}"},"tip":"${id(7)}","v":1}\n`);
    expect(texts.get(SUMS_PATH)).toBe(`{"months":{"2025-12":"${id(2)}"},"tip":"${id(8)}","v":1}\n`);
    expect(decodeHistory(texts, problems)).toEqual([file, sums]);
    expect(problems).toEqual([]);
  });

  it.each([
    ['history/2026-01.json', 'no'],
    ['history/2026-01.json', `{"days":{"2026-02-03":"${id(1)}"},"tip":"${id(7)}","v":1}\n`],
    ['history/2026-01.json', `{"days":{"2026-01-03":"short"},"tip":"${id(7)}","v":1}\n`],
    ['history/2026-01.json', `{"days":{"today":"${id(1)}"},"tip":"${id(7)}","v":1}\n`],
    ['history/2026-01.json', `{"days":[],"tip":"${id(7)}","v":1}\n`],
    ['history/2026-01.json', `{"days":{},"tip":"${id(7)}","v":1} \n`],
    ['history/2026-01.json', `{"months":{},"tip":"${id(7)}","v":1}\n`],
    ['history/2026-01.json', `{"days":{},"tip":"${id(7)}","v":9}\n`],
    [SUMS_PATH, `{"months":{"2026-01-01":"${id(1)}"},"tip":"${id(7)}","v":1}\n`],
    ['history/else.json', '{}\n'],
  ])('says what is wrong: %s %s', (path, text) => {
    const problems: StateProblem[] = [];
    expect(decodeHistory(new Map([[path, text]]), problems)).toEqual([]);
    expect(problems).toMatchObject([{ file: path }]);
  });
});

describe('what leaves the tree', () => {
  it('is each file once, never of the closed day or later, and no sum that a report or a month may need', () => {
    const days = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 90 });
    fc.assert(
      fc.property(days, (some) => {
        const sorted = some.toSorted((a, b) => a - b);
        const paths = pathsOf(sorted);
        const closed = dayOf(sorted.at(-1)!);
        const left = leavingFiles(paths, closed);
        const gone = left.flatMap((each) => each.paths);
        expect(new Set(gone).size).toBe(gone.length);
        for (const { file, period, paths: own } of left)
          for (const path of own) expect(placeOf(path)).toEqual({ file, period });
        const stays = new Set(paths.filter((path) => !gone.includes(path)));
        expect(stays.has(segmentPath(closed, sorted.at(-1)! + 1, sorted.at(-1)! + 1))).toBe(true);
        for (const n of sorted.slice(-15)) expect(stays.has(dayRollupPath(dayOf(n)))).toBe(true);
        for (const n of sorted) {
          const month = dayOf(n).slice(0, 7);
          // A month's sum is in the tree as long as one of its days: it would be summed again.
          expect(stays.has(dayRollupPath(dayOf(n)))).toBe(
            month >= closed.slice(0, 7) || stays.has(monthRollupPath(month)),
          );
          if (dayOf(n) < closed) expect(stays.has(dayRunsPath(dayOf(n), 1))).toBe(false);
        }
      }),
    );
  });

  it('leaves a month that was never summed where it is', () => {
    const paths = pathsOf(Array.from({ length: 120 }, (_, n) => n)).filter(
      (path) => path !== monthRollupPath('2026-02'),
    );
    const months = leavingFiles(paths, dayOf(119)).filter(({ file }) => file === SUMS_PATH);
    expect(months.map(({ period }) => period)).toEqual(['2026-01', '2026-03']);
  });
});

it('of a file that is in the tree and left it, the one in the tree counts; none of a day that was dropped', () => {
  const of = (path: string, blob: string) => ({ path, blob });
  const runs = dayRunsPath('2026-01-05', 1);
  const older = [of(runs, 'old'), of(dayRunsPath('2026-01-02', 1), 'old'), of(dayRollupPath('2026-01-02'), 'old')];
  const own = [of(runs, 'new'), of('format.json', 'f')];
  expect(withOlderDays(own, older).map(({ path, blob }) => `${blob} ${path}`)).toEqual(
    [
      'f format.json',
      'old rollups/day/2026-01-02.json',
      'new runs/2026/01/05/0001.jsonl',
      'old runs/2026/01/02/0001.jsonl',
    ].toSorted((a, b) => (a.split(' ')[1]! < b.split(' ')[1]! ? -1 : 1)),
  );
  const cut = [...own, of('checkpoint/2026-01-02.json', 'c')];
  expect(withOlderDays(cut, older).map(({ path }) => path)).not.toContain(dayRunsPath('2026-01-02', 1));
  expect(withOlderDays(cut, older).map(({ path }) => path)).toContain(dayRollupPath('2026-01-02'));
});

it('a repair of one file brings back its day, and no other', () => {
  const [day, other] = ['2026-01-05', '2026-01-06'];
  const trees = new Map([
    [day, id(1)],
    [other, id(2)],
  ]);
  const file: HistoryFile = { path: historyPath('2026-01'), tip: id(3), trees };
  const texts = new Map([
    [dayRunsPath(day, 1), 'runs'],
    [dayRunsPath(day, 2), 'too much'],
    [segmentPath(day, 1, 1), 'events'],
    [dayRunsPath(other, 1), 'others'],
  ]);
  const changed = new Map([
    [dayRunsPath(day, 1), 'mended'],
    [dayRunsPath(day, 2), null],
  ]);
  expect(Object.fromEntries(mendOlderDays(changed, { own: new Set(), history: [file], texts }))).toEqual({
    [dayRunsPath(day, 1)]: 'mended',
    [segmentPath(day, 1, 1)]: 'events',
    [file.path]: encodeHistory({ ...file, trees: new Map([[other, id(2)]]) }),
  });
});
