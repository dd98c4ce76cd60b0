import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCron } from './cron-syntax.ts';

function check(text: string, expected: object): void {
  const cron = parseCron(text);
  expect(cron).toMatchObject({ ok: true, value: { text, ...expected } });
}

describe('what is read', () => {
  test.each([
    ['30 2 * * *', { minutes: [30], hours: [2], hourFixed: true, days: undefined }],
    ['*/20 * * * *', { minutes: [0, 20, 40], hourFixed: false, days: undefined }],
    ['0 */1 * * *', { hourFixed: false }],
    ['0 0-23 * * *', { hourFixed: false }],
    ['0 */8 * * *', { hours: [0, 8, 16], hourFixed: true }],
    ['0 1-3 * * *', { hours: [1, 2, 3], hourFixed: true }],
    ['5/25 9-17/4,20 * * *', { minutes: [5, 30, 55], hours: [9, 13, 17, 20] }],
    ['0 0 * * mon-FRI', { days: '* * 1,2,3,4,5' }],
    ['0 0 * * 7', { days: '* * 0' }],
    ['0 0 * * fri-sun', { days: '* * 0,5,6' }],
    ['0 0 * * 0-7', { days: '* * 0,1,2,3,4,5,6' }],
    ['0 0 * jan,3-MAY *', { days: '* 1,3,4,5 *' }],
    ['0 0 L * *', { days: 'L * *' }],
    ['0 0 15,L * *', { days: '15,L * *' }],
    ['0 0 * * mon#1', { days: '* * 1#1' }],
    ['0 0 * * 7#2', { days: '* * 0#2' }],
    ['0 0 * * friL', { days: '* * 5L' }],
    ['0 0 13 * 5', { days: '13 * 5' }],
    ['0 0 */2 * *', { days: '1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31 * *' }],
    ['0 0 31 2 1', { days: '31 2 1' }],
    ['0 0 29 2 *', { days: '29 2 *' }],
    ['  0   0 * * *  ', { hours: [0], days: undefined }],
    ['@hourly', { minutes: [0], hourFixed: false, days: undefined }],
    ['@daily', { hours: [0], days: undefined }],
    ['@midnight', { hours: [0], days: undefined }],
    ['@weekly', { days: '* * 0' }],
    ['@monthly', { days: '1 * *' }],
    ['@yearly', { days: '1 1 *' }],
    ['@Annually', { days: '1 1 *' }],
  ])('%s', (text, expected) => check(text, expected));
});

describe('what is refused, and where', () => {
  test.each([
    ['', undefined, 'a cron rule is empty; write five fields, such as `30 2 * * *` (each day at 02:30)'],
    ['   ', undefined, 'a cron rule is empty'],
    ['0 0 30 2 *', 5, 'the date never comes: no month of `2` has a day `30`'],
    ['0 0 31 feb,4 *', 5, 'the date never comes: no month of `feb,4` has a day `31`'],
    ['* * * * * *', 1, 'six fields: seconds (and years) are not supported'],
    ['0 0 * *', 7, 'has five fields (minute, hour, day of month, month, day of week), this one has 4 fields'],
    ['hourly', 1, 'this one has one field'],
    ['@dayly', 1, 'did you mean `@daily`?'],
    ['@reboot', 1, 'known are @hourly, @daily'],
    ['60 * * * *', 1, '`60` is not a minute: it takes 0 to 59'],
    ['0 24 * * *', 3, '`24` is not a hour: it takes 0 to 23'],
    ['0 0 0 * *', 5, '`0` is not a day of month: it takes 1 to 31'],
    ['0 0 * 13 *', 7, '`13` is not a month: it takes 1 to 12, or jan, feb'],
    ['0 0 * * moon', 9, '`moon` is not a day of week: it takes 0 to 7; did you mean `mon`?'],
    ['0 0 * * 8', 9, '`8` is not a day of week: it takes 0 to 7'],
    ['0 0 * * 1,8', 11, '`8` is not a day of week'],
    ['0 0 * * mon#6', 9, '`mon#6` is not a day of week'],
    ['0 0 * * 1,mon#2', 9, '`#` cannot stand in a list; write two cron rules instead'],
    ['0 22-2 * * *', 3, 'runs backwards; did you mean `22-23,0-2`?'],
    ['*/90 * * * *', 1, 'a step of 90 is longer than the whole minute field (0 to 59)'],
    ['*/0 * * * *', 1, '`0` is not a step'],
    ['*/x * * * *', 1, '`x` is not a step'],
    ['1,,2 * * * *', 3, 'an empty place in the list of the minute field'],
    ['1- * * * *', 1, 'nothing stands on one side of `-` in the minute field'],
    ['0 0 ? * *', 5, '`?` is not a day of month'],
    ['H 0 * * *', 1, '`H` is not a minute'],
    ['0 0 1W * *', 5, '`1W` is not a day of month'],
    ['1/2/3 * * * *', 1, '`1/2/3` is not a minute'],
    [`${'1,'.repeat(300)}1 * * * *`, undefined, 'at most 500 characters'],
  ])('%s', (text, column, message) => {
    const cron = parseCron(text);
    if (cron.ok) throw new Error(`accepted as ${JSON.stringify(cron.value)}`);
    expect(cron.error.message).toContain(message.replace('a hour', 'an hour'));
    expect(cron.error.column).toBe(column);
  });
});

describe('agreement with cron-parser', () => {
  const number = (min: number, max: number) => fc.integer({ min, max }).map(String);
  const item = (min: number, max: number, ...words: string[]) =>
    fc.oneof(
      number(min, max),
      fc.constant('*'),
      fc
        .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.integer({ min: 1, max: 12 }).map((step) => `*/${Math.min(step, max)}`),
      ...(words.length > 0 ? [fc.constantFrom(...words)] : []),
    );
  const list = (field: fc.Arbitrary<string>) =>
    fc.array(field, { minLength: 1, maxLength: 3 }).map((items) => items.join(','));
  const rule = fc
    .tuple(
      // cron-parser refuses a minute or hour that a list names twice, where we fold them: one item only.
      item(0, 59),
      item(0, 23),
      list(item(1, 31, 'L')),
      list(item(1, 12, 'jan', 'DEC')),
      fc.oneof(list(item(0, 6, 'mon', 'SAT', '5L')), fc.constantFrom('mon#1', '3#5', '7')),
    )
    .map((fields) => fields.join(' '));

  test('all days that are handed to it are taken, and hours and minutes are the same', () => {
    fc.assert(
      fc.property(rule, (text) => {
        const cron = parseCron(text);
        if (!cron.ok) {
          expect(cron.error.message).toMatch(/never comes|longer than/);
          return;
        }
        const theirs = CronExpressionParser.parse(
          `${text.split(' ').slice(0, 2).join(' ')} ${cron.value.days ?? '* * *'}`,
          {
            tz: 'UTC',
          },
        );
        expect([...new Set(theirs.fields.minute.values)]).toEqual(cron.value.minutes);
        expect([...new Set(theirs.fields.hour.values)]).toEqual(cron.value.hours);
      }),
      { numRuns: 300 },
    );
  });

  test('no text makes it throw', () => {
    const sign = fc.constantFrom(...'0123456789*/,-#L@ jan?'.split(''));
    fc.assert(
      fc.property(fc.array(sign, { maxLength: 20 }), (signs) => {
        expect(typeof parseCron(signs.join('')).ok).toBe('boolean');
      }),
      { numRuns: 2000 },
    );
  });
});
