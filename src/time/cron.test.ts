import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueTicks, nextTick } from './cron.ts';
import { type Cron, parseCron } from './cron-syntax.ts';

const HOUR = 3_600_000;
const utc = (text: string): number => Date.parse(`${text}Z`);
const text = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
function crons(...texts: string[]): Cron[] {
  return texts.map((each) => {
    const cron = parseCron(each);
    if (!cron.ok) throw new Error(cron.error.message);
    return cron.value;
  });
}
/** Ticks in a window of instants, given and shown in UTC without seconds. */
function check(rules: string | string[], zone: string, window: [string, string], expected: string[]): void {
  const range = { after: utc(window[0]), until: utc(window[1]), limit: 1000 };
  const due = dueTicks(crons(...[rules].flat()), zone, range);
  expect(due.ticks.map(text)).toEqual(expected);
  expect(due.total).toBe(expected.length);
}

describe('the table of semantics.md 6', () => {
  const spring: [string, string] = ['2026-03-28T23:30', '2026-03-29T03:30'];
  const autumn: [string, string] = ['2026-10-24T22:30', '2026-10-25T03:30'];
  test('spring, hour fixed: once, at the first instant after the gap', () => {
    check('30 2 * * *', 'Europe/Berlin', spring, ['2026-03-29T01:00']);
    check('*/15 2 * * *', 'Europe/Berlin', spring, ['2026-03-29T01:00']);
  });
  test('spring, hour fixed: what falls on the same instant is one tick', () => {
    check('0 2,3 * * *', 'Europe/Berlin', spring, ['2026-03-29T01:00']);
    check(['30 2 * * *', '0 3 * * *'], 'Europe/Berlin', spring, ['2026-03-29T01:00']);
  });
  test('spring, any restriction of the hour is fixed: ranges and steps too', () => {
    check('30 1-3 * * *', 'Europe/Berlin', spring, ['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30']);
    check('30 */2 * * *', 'Europe/Berlin', spring, ['2026-03-29T01:00', '2026-03-29T02:30']);
  });
  test('spring, hour *: skipped', () => {
    check('30 * * * *', 'Europe/Berlin', spring, [
      '2026-03-29T00:30',
      '2026-03-29T01:30',
      '2026-03-29T02:30',
      '2026-03-29T03:30',
    ]);
  });
  test('autumn, hour fixed: once, the second', () => {
    check('30 2 * * *', 'Europe/Berlin', autumn, ['2026-10-25T01:30']);
    check('0,30 1-3 * * *', 'Europe/Berlin', autumn, [
      '2026-10-24T23:00',
      '2026-10-24T23:30',
      '2026-10-25T01:00',
      '2026-10-25T01:30',
      '2026-10-25T02:00',
      '2026-10-25T02:30',
    ]);
  });
  test('autumn, hour *: both, in order', () => {
    check('30 * * * *', 'Europe/Berlin', autumn, [
      '2026-10-24T23:30',
      '2026-10-25T00:30',
      '2026-10-25T01:30',
      '2026-10-25T02:30',
      '2026-10-25T03:30',
    ]);
  });
  test('a fixed and a free rule together: the union', () => {
    check(
      ['30 2 * * *', '30 * * * *'],
      'Europe/Berlin',
      ['2026-10-25T00:00', '2026-10-25T02:00'],
      ['2026-10-25T00:30', '2026-10-25T01:30'],
    );
  });
});

describe('zones off the full hour', () => {
  test('Kolkata and Kathmandu', () => {
    check('0 9 * * *', 'Asia/Kolkata', ['2026-11-22T00:00', '2026-11-23T00:00'], ['2026-11-22T03:30']);
    check('0 9 * * *', 'Asia/Kathmandu', ['2026-11-22T00:00', '2026-11-23T00:00'], ['2026-11-22T03:15']);
    check(
      '0 * * * *',
      'Asia/Kathmandu',
      ['2026-11-22T00:00', '2026-11-22T02:00'],
      ['2026-11-22T00:15', '2026-11-22T01:15'],
    );
  });
  test('Lord Howe moves by half an hour', () => {
    check('15 2 * * *', 'Australia/Lord_Howe', ['2026-10-03T00:00', '2026-10-04T00:00'], ['2026-10-03T15:30']);
    check(
      '15 * * * *',
      'Australia/Lord_Howe',
      ['2026-10-03T14:00', '2026-10-03T17:00'],
      ['2026-10-03T14:45', '2026-10-03T16:15'],
    );
    check('45 1 * * *', 'Australia/Lord_Howe', ['2026-04-04T00:00', '2026-04-05T00:00'], ['2026-04-04T15:15']);
    check(
      '45 * * * *',
      'Australia/Lord_Howe',
      ['2026-04-04T14:00', '2026-04-04T16:00'],
      ['2026-04-04T14:45', '2026-04-04T15:15'],
    );
  });
  test('Chatham changes at 02:45', () => {
    check('0 3 * * *', 'Pacific/Chatham', ['2026-09-26T00:00', '2026-09-27T00:00'], ['2026-09-26T14:00']);
    check('0 3 * * *', 'Pacific/Chatham', ['2026-04-04T00:00', '2026-04-05T00:00'], ['2026-04-04T14:15']);
    check(
      '0 * * * *',
      'Pacific/Chatham',
      ['2026-04-04T13:00', '2026-04-04T15:30'],
      ['2026-04-04T13:15', '2026-04-04T14:15', '2026-04-04T15:15'],
    );
  });
  test('a gap at midnight: Cairo', () => {
    check('@daily', 'Africa/Cairo', ['2026-04-22T23:00', '2026-04-24T22:00'], ['2026-04-23T22:00', '2026-04-24T21:00']);
  });
  test('a whole day left out: Samoa 2011', () => {
    check(
      '0 12 * * *',
      'Pacific/Apia',
      ['2011-12-29T12:00', '2011-12-31T12:00'],
      ['2011-12-29T22:00', '2011-12-30T10:00', '2011-12-30T22:00'],
    );
  });
});

describe('days', () => {
  const year: [string, string] = ['2026-01-01T00:00', '2027-01-01T00:00'];
  test('L is the last day of each month', () => {
    check(
      '0 6 L * *',
      'UTC',
      ['2028-01-15T00:00', '2028-04-15T00:00'],
      ['2028-01-31T06:00', '2028-02-29T06:00', '2028-03-31T06:00'],
    );
  });
  test('mon#1 is the first Monday', () => {
    check(
      '0 6 * * mon#1',
      'UTC',
      ['2026-01-15T00:00', '2026-04-15T00:00'],
      ['2026-02-02T06:00', '2026-03-02T06:00', '2026-04-06T06:00'],
    );
  });
  test('7 is Sunday', () => {
    check('0 6 * * 7', 'UTC', ['2026-11-16T00:00', '2026-11-30T00:00'], ['2026-11-22T06:00', '2026-11-29T06:00']);
  });
  test('day of month and day of week both restricted: either', () => {
    check(
      '0 6 13 * 5',
      'UTC',
      ['2026-11-05T00:00', '2026-11-21T00:00'],
      ['2026-11-06T06:00', '2026-11-13T06:00', '2026-11-20T06:00'],
    );
    check('0 6 31 2 1', 'UTC', year, ['2026-02-02T06:00', '2026-02-09T06:00', '2026-02-16T06:00', '2026-02-23T06:00']);
  });
  test('the window is open below and closed above', () => {
    check('0 6 * * *', 'UTC', ['2026-11-21T06:00', '2026-11-22T06:00'], ['2026-11-22T06:00']);
    check('0 6 * * *', 'UTC', ['2026-11-22T06:00', '2026-11-22T06:00'], []);
    check('0 6 * * *', 'UTC', ['2026-11-23T06:00', '2026-11-22T06:00'], []);
  });
  test('a list is the sorted union without duplicates', () => {
    check(
      ['0 9 * * *', '0 6 * * *', '0 6,9 * * *'],
      'UTC',
      ['2026-11-22T00:00', '2026-11-23T00:00'],
      ['2026-11-22T06:00', '2026-11-22T09:00'],
    );
  });
});

describe('many ticks', () => {
  test('only the newest are returned, all are counted', () => {
    const due = dueTicks(crons('* * * * *'), 'Europe/Berlin', {
      after: utc('2025-01-01T00:00'),
      until: utc('2026-01-01T00:00'),
      limit: 3,
    });
    expect(due.ticks.map(text)).toEqual(['2025-12-31T23:58', '2025-12-31T23:59', '2026-01-01T00:00']);
    expect(due.total).toBe(365 * 1440);
  });
  test('counting does not depend on the limit', () => {
    const rule = crons('*/30 1-3 * * 0', '15 * * * *');
    const window = { after: utc('2026-01-01T12:00'), until: utc('2026-12-01T12:10') };
    const all = dueTicks(rule, 'Europe/Berlin', { ...window, limit: 100_000 });
    expect(all.total).toBe(all.ticks.length);
    for (const limit of [0, 1, 50, 5000]) {
      const some = dueTicks(rule, 'Europe/Berlin', { ...window, limit });
      expect(some.total).toBe(all.total);
      expect(some.ticks).toEqual(limit === 0 ? [] : all.ticks.slice(-limit));
    }
  });
});

describe('nextTick', () => {
  test.each([
    ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00', '2026-03-29T01:00'],
    ['30 2 * * *', 'Europe/Berlin', '2026-03-29T01:00', '2026-03-30T00:30'],
    ['30 * * * *', 'Europe/Berlin', '2026-10-25T00:30', '2026-10-25T01:30'],
    ['0 6 * * *', 'UTC', '2026-11-22T06:00', '2026-11-23T06:00'],
    ['0 6 * * *', 'UTC', '2026-11-22T05:59:59', '2026-11-22T06:00'],
    ['0 0 1 * *', 'UTC', '2026-11-22T00:00', '2026-12-01T00:00'],
    ['0 0 1 1 *', 'UTC', '2026-11-22T00:00', '2027-01-01T00:00'],
    ['0 0 29 2 *', 'UTC', '2096-03-01T00:00', '2104-02-29T00:00'],
    ['0 0 * 2 mon#5', 'UTC', '2026-01-01T00:00', '2044-02-29T00:00'],
    ['0 0 * 2 mon#5', 'UTC', '2072-03-01T00:00', '2112-02-29T00:00'],
  ])('%s in %s after %s', (rule, zone, after, expected) => {
    expect(text(nextTick(crons(rule), zone, utc(after))!)).toBe(expected);
  });
  test('of several rules the first', () => {
    expect(text(nextTick(crons('0 0 1 1 *', '0 6 * * *'), 'UTC', utc('2026-12-31T12:00'))!)).toBe('2027-01-01T00:00');
  });
  test('no rule, no tick', () => {
    expect(nextTick([], 'UTC', 0)).toBeUndefined();
  });
});

const RULES = [
  '*/7 * * * *',
  '0 * * * *',
  '30 2 * * *',
  '15,45 0-3 * * *',
  '0 */2 * * *',
  '0 0 L * *',
  '0 6 13 * 5',
  '*/20 1,2 * 3,10 sun',
];
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/St_Johns',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Africa/Casablanca',
  'Asia/Kathmandu',
];
const someRules = fc
  .uniqueArray(fc.constantFrom(...RULES), { minLength: 1, maxLength: 3 })
  .map((texts) => crons(...texts));
const instant = fc.integer({ min: utc('2020-01-01T00:00'), max: utc('2030-12-31T00:00') });

test('due over (a,c] is due over (a,b] and then (b,c]', () => {
  fc.assert(
    fc.property(
      someRules,
      fc.constantFrom(...ZONES),
      instant,
      fc.integer({ min: 0, max: 40 * 24 * HOUR }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (rules, zone, a, length, part) => {
        const c = a + length;
        const b = a + Math.floor(length * part);
        const due = (after: number, until: number) => dueTicks(rules, zone, { after, until, limit: 100_000 });
        const whole = due(a, c);
        expect([...due(a, b).ticks, ...due(b, c).ticks]).toEqual(whole.ticks);
        expect(due(a, b).total + due(b, c).total).toBe(whole.total);
        expect(whole.ticks).toEqual([...new Set(whole.ticks)].sort((x, y) => x - y));
      },
    ),
    { numRuns: 150 },
  );
});

test('the next tick is the first that will be due', () => {
  fc.assert(
    fc.property(someRules, fc.constantFrom(...ZONES), instant, (rules, zone, after) => {
      const next = nextTick(rules, zone, after)!;
      expect(dueTicks(rules, zone, { after, until: next, limit: 5 })).toEqual({ ticks: [next], total: 1 });
    }),
    { numRuns: 100 },
  );
});
