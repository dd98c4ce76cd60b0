import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueTicks } from './cron.ts';
import { type Cron, parseCron } from './cron-syntax.ts';
import { type Doorbell, deriveDoorbell, RUNG_WITHIN_MINUTES } from './doorbell.ts';
import { coverageOf } from './doorbell-coverage.ts';
import { writeField } from './doorbell-days.ts';
import { transitionsBetween } from './zone.ts';

const FROM = Date.UTC(2026, 10, 23);
const MINUTE = 60_000;

function cron(text: string): Cron {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
  return parsed.value;
}

type Rule = string | readonly [rule: string, timezone: string];

function bell(...rules: readonly Rule[]): Doorbell {
  const schedules = rules.map((rule, i) => {
    const [text, timezone] = typeof rule === 'string' ? [rule, 'UTC'] : rule;
    return { name: `s${i}`, crons: [cron(text)], timezone };
  });
  return deriveDoorbell(schedules, FROM, 0);
}

describe('the rules that ring', () => {
  test.each<[string, readonly Rule[], string[], number]>([
    ['a nightly one is rung for when it is due', ['23 2 * * *'], ['23 2 * * *'], 30],
    ['the full hour is dodged', ['0 2 * * *'], ['4 2 * * *'], 30],
    ['also across midnight', ['59 23 * * 1'], ['4 0 * * 2'], 4],
    ['hourly', ['0 * * * *'], ['4 * * * *'], 720],
    ['a quarter', ['*/15 * * * *'], ['4,15,30,45 * * * *'], 2880],
    ['as often as GitHub rings', ['*/5 * * * *'], ['4-59/5 * * * *'], 8640],
    ['working days', ['30 6 * * 1-5'], ['30 6 * * 1-5'], 21],
    ['monthly', ['30 6 1 * *'], ['30 6 1 * *'], 1],
    ['the last day of a month', ['30 6 L * *'], ['30 6 28-31 * *'], 4],
    ['neighbours of different schedules share a ring', ['20 2 * * *', '23 2 * * *'], ['23 2 * * *'], 30],
    ['a Monday and every day are every day', ['23 2 * * *', '23 2 * * 1'], ['23 2 * * *'], 30],
    ['nothing is scheduled', [], ['10 3 * * *'], 30],
    [
      'a zone with two offsets is rung for at both, each in its months',
      [['23 2 * * *', 'Europe/Berlin']],
      ['23 0 * 3-10 *', '23 1 * 1-3,10-12 *'],
      35,
    ],
    ['a day of the week is another one in UTC', [['30 0 * * 1', 'Asia/Tokyo']], ['30 15 * * 0'], 4],
    ['and so is a day of the month', [['30 0 1 * *', 'Asia/Tokyo']], ['30 15 28-31 * *'], 4],
  ])('%s', (_, rules, crons, ringsAMonth) => {
    expect(bell(...rules)).toEqual({ crons, ringsAMonth, tooOften: [] });
  });

  test('what is due more often than can be rung is told', () => {
    expect(bell('* * * * *', '0 3 * * *')).toEqual({ crons: ['4-59/5 * * * *'], ringsAMonth: 8640, tooOften: ['s0'] });
  });

  test('hundreds of schedules do not become hundreds of rules', () => {
    const many = Array.from({ length: 200 }, (_, i) => `${(i * 7) % 60} ${(i * 5) % 24} * * ${i % 7}`);
    const { crons } = bell(...many);
    expect(crons.length).toBeLessThanOrEqual(12);
  });

  test('projects ring in different minutes', () => {
    const schedule = { name: 's', crons: [cron('0 2 * * *')], timezone: 'UTC' };
    expect([0, 1, 2, 3].map((spread) => deriveDoorbell([schedule], FROM, spread).crons[0])).toEqual([
      '4 2 * * *',
      '5 2 * * *',
      '6 2 * * *',
      '7 2 * * *',
    ]);
  });
});

test.each([
  [[1, 2, 3, 4], '1-4'],
  [[1, 2], '1,2'],
  [[5], '5'],
  [[1, 3, 9, 10, 11], '1,3,9-11'],
  [[0, 15, 30, 45], '0-45/15'],
  [[0, 1, 2, 3, 4, 5, 6], '*'],
])('the field %j is %s', (values, text) => {
  expect(writeField(values, 0, 6)).toBe(text);
});

describe('how well schedules are rung for', () => {
  const nightly = { name: 'nightly', crons: [cron('30 2 * * *')], timezone: 'UTC' };
  const range = { from: FROM, days: 7 };
  const rung = (text: string) => [{ crons: [cron(text)], timezone: 'UTC' }];

  test('the wait at worst, and the ticks that are rung for at once', () => {
    const quarter = { name: 'quarter', crons: [cron('*/15 * * * *')], timezone: 'UTC' };
    expect(coverageOf([nightly, quarter], rung('7 * * * *'), range)).toEqual([
      { schedule: 'nightly', worstMs: 37 * MINUTE, mostAtOnce: 1 },
      { schedule: 'quarter', worstMs: 52 * MINUTE, mostAtOnce: 4 },
    ]);
  });

  test('a ring in the very minute counts, one before does not', () => {
    expect(coverageOf([nightly], rung('30 2 * * *'), range)[0]).toMatchObject({ worstMs: 0 });
    expect(coverageOf([nightly], rung('29 2 * * *'), range)[0]).toMatchObject({ worstMs: 1439 * MINUTE });
  });

  test('no ring at all is no wait', () => {
    expect(coverageOf([nightly], [], range)[0]).toEqual({ schedule: 'nightly', mostAtOnce: 1 });
  });
});

const numbers = (min: number, max: number) =>
  fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 3 }).map((values) => values.join(','));
const field = (min: number, max: number) => fc.oneof({ weight: 2, arbitrary: fc.constant('*') }, numbers(min, max));
const minuteField = fc.oneof(numbers(0, 59), fc.constantFrom('*/5', '*/10', '*/15', '7-59/20', '0'));
const rule = fc
  .tuple(minuteField, fc.oneof(field(0, 23), fc.constantFrom('*/6', '8-18')), field(1, 28), field(1, 12), field(0, 6))
  .map((fields) => fields.join(' '));
const zone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Tokyo',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Kiritimati',
  'America/St_Johns',
  'Africa/Casablanca',
);

test('every tick of every schedule is rung for soon', { timeout: 240_000 }, () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(rule, zone), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 0, max: 900 }),
      fc.nat(3),
      (rules, day, spread) => {
        const schedules = rules.map(([text, timezone], i) => ({ name: `s${i}`, crons: [cron(text)], timezone }));
        const { crons } = deriveDoorbell(schedules, FROM, spread);
        const after = FROM + day * 1440 * MINUTE;
        const until = after + 60 * 1440 * MINUTE;
        const range = { after, until: until + 120 * MINUTE, limit: 1e9 };
        const rings = dueTicks(crons.map(cron), 'UTC', range).ticks;
        for (const { crons: own, timezone } of schedules) {
          const gaps = transitionsBetween(timezone, after - 1440 * MINUTE, until).map(({ at }) => at);
          let ring = 0;
          for (const tick of dueTicks(own, timezone, { after, until, limit: 1e9 }).ticks) {
            while (rings[ring]! < tick) ring++;
            // The wall's missing hour is made up for at its end, which no rule of UTC knows of.
            const most = gaps.some((at) => tick === at) ? RUNG_WITHIN_MINUTES + 60 : RUNG_WITHIN_MINUTES;
            expect((rings[ring]! - tick) / MINUTE).toBeLessThanOrEqual(most);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});
