import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TimePartitions } from '../../model/partitions.ts';
import { openWindows, parseWallTime, type Windows } from './windows.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const utc = (text: string): number => Date.parse(text.length === 10 ? text : `${text}Z`);
const daily: TimePartitions = {
  kind: 'time',
  cron: '0 0 * * *',
  timezone: 'UTC',
  start: '2026-01-01',
  format: '%Y-%m-%d',
  endOffset: 0,
};
const hourly: TimePartitions = { ...daily, cron: '0 * * * *', format: '%Y-%m-%d-%H:%M' };
function windows(def: TimePartitions): Windows {
  const opened = openWindows(def);
  if (!opened.ok) throw new Error(opened.error.map((problem) => problem.message).join('; '));
  return opened.value;
}
const keys = (def: TimePartitions, now: string): string[] =>
  windows(def)
    .all(utc(now))
    .map(({ key }) => key);

describe('which windows exist', () => {
  test('from the first boundary on or after the start, once the window is over', () => {
    expect(keys(daily, '2026-01-01T23:59:59')).toEqual([]);
    expect(keys(daily, '2026-01-02')).toEqual(['2026-01-01']);
    expect(keys(daily, '2026-01-04T12:00')).toEqual(['2026-01-01', '2026-01-02', '2026-01-03']);
    expect(keys({ ...daily, start: '2026-01-01T00:01' }, '2026-01-04')).toEqual(['2026-01-02', '2026-01-03']);
    expect(keys(daily, '2025-06-01')).toEqual([]);
  });
  test('end_offset adds the next, or takes the last away', () => {
    expect(keys({ ...daily, endOffset: 1 }, '2026-01-02')).toEqual(['2026-01-01', '2026-01-02']);
    expect(keys({ ...daily, endOffset: 2 }, '2025-06-01')).toEqual(['2026-01-01', '2026-01-02']);
    expect(keys({ ...daily, endOffset: -1 }, '2026-01-04')).toEqual(['2026-01-01', '2026-01-02']);
    expect(keys({ ...daily, endOffset: -9 }, '2026-01-04')).toEqual([]);
  });
  test('none ends after the end', () => {
    const ended = { ...daily, end: '2026-01-04' };
    expect(keys(ended, '2026-01-03')).toEqual(['2026-01-01', '2026-01-02']);
    expect(keys(ended, '2027-01-01')).toEqual(['2026-01-01', '2026-01-02', '2026-01-03']);
    expect(keys({ ...ended, endOffset: 5 }, '2026-01-03')).toEqual(['2026-01-01', '2026-01-02', '2026-01-03']);
    expect(windows(ended).find('2026-01-03')).toBeDefined();
    expect(windows(ended).find('2026-01-04')).toBeUndefined();
    expect(
      windows(ended)
        .overlapping(utc('2026-01-03T12:00'), utc('2026-02-01'))
        .map(({ key }) => key),
    ).toEqual(['2026-01-03']);
    expect(windows(ended).shift(windows(ended).find('2026-01-03')!, 1)).toBeUndefined();
    expect(keys({ ...daily, end: '2026-01-04T12:00' }, '2027-01-01').at(-1)).toBe('2026-01-03');
  });
  test('weeks begin on Sunday, months on any day that is asked for', () => {
    expect(keys({ ...daily, cron: '0 0 * * 0' }, '2026-01-20')).toEqual(['2026-01-04', '2026-01-11']);
    expect(keys({ ...daily, cron: '0 0 15 * *' }, '2026-04-20')).toEqual(['2026-01-15', '2026-02-15', '2026-03-15']);
  });
  test('a coarse format names the window that begins in what it leaves open', () => {
    const monthly = windows({ ...daily, cron: '0 6 15 * *', format: '%Y-%m' });
    expect(monthly.find('2026-02')).toEqual({
      key: '2026-02',
      start: utc('2026-02-15T06:00'),
      end: utc('2026-03-15T06:00'),
    });
    expect(monthly.find('2025-12')).toBeUndefined();
  });
});

describe('days of a change of the clock', () => {
  const berlin = { ...daily, timezone: 'Europe/Berlin' };
  test('have 23 and 25 real hours', () => {
    const hours = (key: string) => {
      const found = windows(berlin).find(key)!;
      return (found.end - found.start) / HOUR;
    };
    expect([hours('2026-03-28'), hours('2026-03-29'), hours('2026-10-25')]).toEqual([24, 23, 25]);
  });
  test('hours: no key for the one that does not exist', () => {
    const all = keys({ ...hourly, timezone: 'Europe/Berlin', start: '2026-03-29' }, '2026-03-29T03:00');
    expect(all).toEqual(['2026-03-29-00:00', '2026-03-29-01:00', '2026-03-29-03:00', '2026-03-29-04:00']);
  });
  test('hours: the second pass of a repeated one has its offset in the key', () => {
    const chicago = { ...hourly, timezone: 'America/Chicago', start: '2026-11-01' };
    expect(keys(chicago, '2026-11-01T08:00')).toEqual([
      '2026-11-01-00:00',
      '2026-11-01-01:00',
      '2026-11-01-01:00-0600',
    ]);
    const opened = windows(chicago);
    expect(opened.find('2026-11-01-01:00')?.start).toBe(utc('2026-11-01T06:00'));
    expect(opened.find('2026-11-01-01:00-0600')?.start).toBe(utc('2026-11-01T07:00'));
    expect(opened.find('2026-11-01-00:00-0600')).toBeUndefined();
  });
  test('half-hour shifts work on the wall', () => {
    const lordHowe = { ...hourly, timezone: 'Australia/Lord_Howe', start: '2026-10-04T01:00' };
    // At 02:00 the clock goes to 02:30.
    expect(keys(lordHowe, '2026-10-03T18:30').slice(0, 3)).toEqual([
      '2026-10-04-01:00',
      '2026-10-04-03:00',
      '2026-10-04-04:00',
    ]);
  });
});

describe('a key', () => {
  test.each(['2026-1-1', '2026-02-30', '2025-12-31', '2026-01-01 ', '2026-01-01T00:00', ''])(
    '%j names no window',
    (key) => {
      expect(windows(daily).find(key)).toBeUndefined();
    },
  );
  test('may name a window to come', () => {
    expect(windows(daily).find('2031-05-05')?.start).toBe(utc('2031-05-05'));
  });
});

describe('refused, all at once', () => {
  test.each<[Partial<TimePartitions>, string]>([
    [{ cron: '0 0 30 2 *' }, 'schedule'],
    [{ timezone: 'Europe/Atlantis' }, 'timezone'],
    [{ start: '2026-02-30' }, 'start'],
    [{ start: 'January' }, 'start'],
    [{ end: '2026-02-30' }, 'end'],
    [{ format: '%m-%d' }, 'format'],
    [{ format: '%Y-%q' }, 'format'],
    [{ format: '%Y-%Y' }, 'format'],
    [{ cron: '0 * * * *' }, 'format'],
  ])('%j', (change, key) => {
    const opened = openWindows({ ...daily, ...change });
    expect(opened.ok ? [] : opened.error.map((problem) => problem.key)).toEqual([key]);
  });
  test('three of them', () => {
    const opened = openWindows({ ...daily, cron: 'x', start: 'y', format: 'z' });
    expect(opened.ok ? 0 : opened.error.length).toBe(3);
  });
});

test('start times of the wall', () => {
  expect(parseWallTime('2026-01-01T06:30')).toBe(utc('2026-01-01T06:30'));
  expect(parseWallTime('2026-01-01 24:00')).toBeUndefined();
});

const anyDef = fc.record({
  kind: fc.constant('time' as const),
  cron: fc.constantFrom('0 * * * *', '30 * * * *', '15 6 * * *', '0 0 * * *', '0 0 * * 1', '0 3 1 * *', '0 0,12 * * *'),
  timezone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/Chicago', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
  start: fc.constantFrom('2026-01-01', '2026-03-28', '2026-10-20T05:00'),
  format: fc.constant('%Y-%m-%d-%H:%M'),
  endOffset: fc.integer({ min: -2, max: 2 }),
});

test('windows join without gaps, keys are found again, and more time only adds', () => {
  fc.assert(
    fc.property(anyDef, fc.integer({ min: 0, max: 420 }), fc.integer({ min: 0, max: 30 }), (def, days, more) => {
      const opened = windows(def);
      const now = utc('2026-01-01') + days * DAY;
      const all = opened.all(now);
      for (const [index, window] of all.entries()) {
        if (index > 0) expect(window.start).toBe(all[index - 1]!.end);
        expect(window.end).toBeGreaterThan(window.start);
      }
      for (const window of all.filter((_, index) => index % 37 === 0)) expect(opened.find(window.key)).toEqual(window);
      expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
      const later = opened.all(now + more * DAY);
      expect(later.slice(0, all.length)).toEqual(all);
      // Nor does it matter what was asked before.
      expect(later).toEqual(windows(def).all(now + more * DAY));
      if (def.endOffset === 0 && all.length > 0) expect(all.at(-1)!.end).toBeLessThanOrEqual(now);
    }),
    { numRuns: 60 },
  );
});

test('overlapping finds what a scan finds, and shift goes there and back', () => {
  fc.assert(
    fc.property(anyDef, fc.integer({ min: 0, max: 9000 }), fc.integer({ min: 1, max: 90 }), (def, hour, length) => {
      const opened = windows({ ...def, endOffset: 0 });
      const [from, to] = [utc('2026-01-01') + hour * HOUR, utc('2026-01-01') + (hour + length) * HOUR];
      const scanned = opened.all(to + 80 * DAY).filter((window) => window.start < to && window.end > from);
      // Whether all windows were asked for before, or none.
      for (const asked of [opened, windows({ ...def, endOffset: 0 })]) {
        expect(asked.overlapping(from, to)).toEqual(scanned);
        const some = scanned[0];
        if (some === undefined) continue;
        const next = asked.shift(some, 3);
        expect(next && asked.shift(next, -3)).toEqual(some);
        expect(asked.find(some.key)).toEqual(some);
      }
    }),
    { numRuns: 60 },
  );
});
