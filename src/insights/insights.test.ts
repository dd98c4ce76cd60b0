import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RollupCell } from '../model/state.ts';
import { dayCell, STORY_AT, storyProject, storyView } from '../testing/report-story.ts';
import { computeInsights, rollupDays } from './insights.ts';
import { daysUntil, sumDays, type WindowDays } from './window.ts';

const project = storyProject({ 'raw/a': { group: 'raw' }, 'raw/b': { group: 'raw' }, 'marts/c': {} });

/** Insights of a project of three assets in which this happened, by day counted back from the view's. */
function insights(
  days: Readonly<Record<number, Readonly<Record<string, RollupCell>>>>,
  windows: WindowDays[] = [1, 7],
) {
  const named = daysUntil(STORY_AT, 200).reverse();
  const cells = Object.entries(days).map(([back, of]) => [named[Number(back)]!, new Map(Object.entries(of))] as const);
  const view = storyView({}, { days: new Map(cells) });
  return computeInsights(project, view, windows, new Map([['both', ['raw/a', 'marts/c']]]));
}

describe('windows', () => {
  test('end with the UTC day of the state, and follow each other without a gap', () => {
    expect(daysUntil('2026-03-01T00:00:00.000Z', 2)).toEqual(['2026-02-28', '2026-03-01']);
    expect(daysUntil('2026-03-01T23:59:59.999Z', 2, 2)).toEqual(['2026-02-26', '2026-02-27']);
    for (const days of [1, 7, 28, 90]) {
      const both = [...daysUntil(STORY_AT, days, days), ...daysUntil(STORY_AT, days)];
      expect(both).toEqual(daysUntil(STORY_AT, 2 * days));
    }
  });

  test('the day before a window counts for the one before', () => {
    const made = { 'asset:raw/a': dayCell({ materialized: 1 }) };
    const week = insights({ 0: made, 6: made, 7: made, 13: made, 14: made }).project[7]!;
    expect(week.now).toMatchObject({ success: 1 });
    const counts = insights({ 0: made, 6: made, 7: made, 13: made, 14: made }).assets.get('raw/a')![7]!;
    expect([counts.now.materialized, counts.before.materialized]).toEqual([2, 2]);
  });

  test('the longest window says how many days are read', () => {
    expect(rollupDays([7])).toBe(14);
    expect(rollupDays([1, 90])).toBe(180);
  });
});

describe('rates', () => {
  test('a rate of several assets is the mean of theirs, however many attempts each had', () => {
    const figures = insights({
      0: { 'asset:raw/a': dayCell({ materialized: 99, failed: 1 }), 'asset:raw/b': dayCell({ failed: 1 }) },
    });
    expect(figures.project[7]!.now.success).toBeCloseTo((0.99 + 0) / 2);
    expect(figures.groups.get('raw')![7]!.now.success).toBeCloseTo(0.495);
    // raw/b is not in the selection, marts/c has no data.
    expect(figures.selections.get('both')![7]!.now.success).toBeCloseTo(0.99);
  });

  test('0/0 is no data, never 0 % or 100 %', () => {
    const figures = insights({ 0: { 'asset:raw/a': dayCell({ materialized: 1 }) } });
    expect(figures.project[7]!.now.checkSuccess).toBeUndefined();
    expect(figures.project[7]!.before.success).toBeUndefined();
    expect(figures.assets.get('marts/c')![7]!.now.success).toBeUndefined();
    expect(figures.project[7]!.now.runTime).toBeUndefined();
    expect(figures.daily.map(({ figures: of }) => of.success)).toEqual([...Array(6).fill(undefined), 1]);
  });

  test('checks: passed of executed, asset by asset', () => {
    const figures = insights({
      0: { 'asset:raw/a': dayCell({ checks: [1, 2] }), 'asset:raw/b': dayCell({ checks: [8, 8] }) },
      3: { 'asset:raw/a': dayCell({ checks: [2, 2] }) },
    });
    expect(figures.project[7]!.now.checkSuccess).toBeCloseTo((0.75 + 1) / 2);
    expect(figures.project[1]!.now.checkSuccess).toBeCloseTo((0.5 + 1) / 2);
  });

  test('what the state knows of assets that are no longer declared does not count', () => {
    const gone = insights({
      0: { 'asset:old/x': dayCell({ failed: 5 }), 'asset:raw/a': dayCell({ materialized: 1 }) },
    });
    expect(gone.project[7]!.now.success).toBe(1);
  });
});

describe('times and runs', () => {
  test('quantiles come from all days together, not from their means', () => {
    const figures = insights({
      0: { project: dayCell({ ms: [100, 100, 100] }) },
      1: { project: dayCell({ ms: [10_000] }) },
      8: { project: dayCell({ ms: [500] }) },
    }).project[7]!;
    expect(figures.now.runTime!.p50).toBe(100);
    expect(figures.now.runTime!.p99 / 10_000).toBeCloseTo(1, 1);
    expect(figures.before.runTime!.p50 / 500).toBeCloseTo(1, 1);
  });

  test('runs that never started count as runs, and have no run time', () => {
    const figures = insights({
      0: { project: dayCell({ ms: [0, 0, 0, 100], runs: [1, 4] }) },
      8: { project: dayCell({ ms: [0], runs: [0, 1] }) },
    }).project[7]!;
    expect(figures.now).toMatchObject({ runs: 4, runTime: { p50: 100, p99: 100 } });
    expect(figures.before.runTime).toBeUndefined();
  });

  test('a run counts once for the project, whatever it touched', () => {
    const cells = {
      project: dayCell({ runs: [1, 2] }),
      'group:raw': dayCell({ runs: [1, 1] }),
      'asset:raw/a': dayCell({ runs: [1, 1] }),
    };
    const figures = insights({ 0: cells, 5: cells });
    expect(figures.project[7]!.now).toMatchObject({ runs: 4, runsADay: 4 / 7 });
    expect(figures.groups.get('raw')![7]!.now.runs).toBe(2);
    expect(figures.selections.get('both')![7]!.now.runs).toBeUndefined();
  });

  test("lateness of ticks is the project's", () => {
    const figures = insights({ 0: { project: dayCell({ lateMs: [60_000, 60_000, 600_000] }) } });
    expect(figures.project[7]!.now.lateness!.p50 / 60_000).toBeCloseTo(1, 1);
    expect(figures.project[7]!.now.lateness!.p99 / 600_000).toBeCloseTo(1, 1);
  });
});

describe('billed minutes', () => {
  const day = (minutes: number, usd?: number) =>
    dayCell({ billed: { minutes, ...(usd === undefined ? {} : { usd }) } });

  test('add up over days, for the project, a group, a selection and an asset', () => {
    const cells = { project: day(3, 0.018), 'group:raw': day(2, 0.012), 'asset:raw/a': day(2, 0.012) };
    const figures = insights({ 0: cells, 5: cells, 8: cells });
    expect(figures.project[7]!.now).toMatchObject({ billedMinutes: 6, usd: 0.036 });
    expect(figures.project[7]!.before).toMatchObject({ billedMinutes: 3, usd: 0.018 });
    for (const of of [figures.groups.get('raw'), figures.selections.get('both'), figures.assets.get('raw/a')])
      expect(of![7]!.now).toMatchObject({ billedMinutes: 4, usd: 0.024 });
  });

  test('nothing billed is no data; free is 0; a price that is not known is said apart', () => {
    expect(insights({ 0: { project: dayCell({ runs: [1, 1] }) } }).project[7]!.now).not.toHaveProperty('billedMinutes');
    const free = insights({ 0: { project: day(3, 0) } }).project[7]!.now;
    expect(free).toMatchObject({ billedMinutes: 3, usd: 0 });
    expect(free).not.toHaveProperty('unpricedMinutes');
    const unknown = insights({ 0: { project: day(3) } }).project[7]!.now;
    expect(unknown).toMatchObject({ billedMinutes: 3, unpricedMinutes: 3 });
    expect(unknown).not.toHaveProperty('usd');
    expect(insights({ 0: { project: day(3) }, 1: { project: day(1, 0.006) } }).project[7]!.now).toMatchObject({
      billedMinutes: 4,
      unpricedMinutes: 3,
      usd: 0.006,
    });
  });
});

test('adding up days does not depend on how they are split', () => {
  const cell = fc.record({ ok: fc.nat(5), bad: fc.nat(5), ms: fc.array(fc.nat(100_000), { maxLength: 5 }) });
  fc.assert(
    fc.property(fc.array(cell, { minLength: 2, maxLength: 8 }), fc.nat(6), (cells, cut) => {
      const days = cells.map(
        (of, i) =>
          [`d${i}`, new Map([['project', dayCell({ materialized: of.ok, failed: of.bad, ms: of.ms })]])] as const,
      );
      const names = days.map(([name]) => name);
      const at = Math.min(cut, names.length);
      const all = sumDays(new Map(days), names);
      const parts = new Map([
        ['x', sumDays(new Map(days), names.slice(at))],
        ['y', sumDays(new Map(days), names.slice(0, at))],
      ]);
      expect(sumDays(parts, ['x', 'y'])).toEqual(all);
    }),
  );
});
