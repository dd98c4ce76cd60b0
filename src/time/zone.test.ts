import { describe, expect, test } from 'vitest';
import { endOfGap, instantToWall, isZone, nearestZone, offsetAt, transitionsBetween, wallToInstants } from './zone.ts';

const HOUR = 3_600_000;
const utc = (text: string): number => Date.parse(`${text}Z`);
const text = (ms: number | undefined): string => (ms === undefined ? 'never' : new Date(ms).toISOString().slice(0, 16));

describe('isZone', () => {
  test.each(['UTC', 'Etc/UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/Argentina/Ushuaia'])('%s is one', (name) => {
    expect(isZone(name)).toBe(true);
  });
  test.each(['', 'Berlin', 'Europe/Berlinn', '+02:00', 'local', 'Europe/Berlin '])('%j is none', (name) => {
    expect(isZone(name)).toBe(false);
  });
});

test.each([
  ['Berlin', 'Europe/Berlin'],
  ['new york', 'America/New_York'],
  ['Europe/Berln', 'Europe/Berlin'],
  ['utc0', 'UTC'],
  ['xyzzy-nowhere-at-all', undefined],
])('nearest to %s is %s', (name, zone) => {
  expect(nearestZone(name)).toBe(zone);
});

describe('offsets', () => {
  test.each([
    ['UTC', '2026-07-01T00:00', 0],
    ['Europe/Berlin', '2026-01-01T00:00', 1],
    ['Europe/Berlin', '2026-03-29T00:59', 1],
    ['Europe/Berlin', '2026-03-29T01:00', 2],
    ['Europe/Berlin', '2026-10-25T00:59', 2],
    ['Europe/Berlin', '2026-10-25T01:00', 1],
    ['America/St_Johns', '2026-01-01T00:00', -3.5],
    ['Asia/Kolkata', '2026-01-01T00:00', 5.5],
    ['Asia/Kathmandu', '2026-01-01T00:00', 5.75],
    ['Pacific/Chatham', '2026-01-01T00:00', 13.75],
    ['Pacific/Chatham', '2026-07-01T00:00', 12.75],
    ['Australia/Lord_Howe', '2026-01-01T00:00', 11],
    ['Australia/Lord_Howe', '2026-07-01T00:00', 10.5],
    ['Pacific/Kiritimati', '2026-07-01T00:00', 14],
  ])('%s at %s is %d h', (zone, at, hours) => {
    expect(offsetAt(zone, utc(at))).toBe(hours * HOUR);
    expect(instantToWall(zone, utc(at))).toBe(utc(at) + hours * HOUR);
  });

  test('an instant between two seconds has the offset of its second', () => {
    expect(offsetAt('Europe/Berlin', utc('2026-03-29T00:59:59.999'))).toBe(HOUR);
    expect(offsetAt('Europe/Berlin', -1)).toBe(HOUR);
  });
});

test('transitions of a year, in (after, until]', () => {
  const found = transitionsBetween('Europe/Berlin', utc('2026-01-01T00:00'), utc('2027-01-01T00:00'));
  expect(found).toEqual([
    { at: utc('2026-03-29T01:00'), before: HOUR, after: 2 * HOUR },
    { at: utc('2026-10-25T01:00'), before: 2 * HOUR, after: HOUR },
  ]);
  expect(transitionsBetween('Europe/Berlin', utc('2026-03-29T01:00'), utc('2026-10-25T00:59'))).toEqual([]);
  expect(transitionsBetween('Europe/Berlin', utc('2026-03-29T00:59'), utc('2026-03-29T01:00'))).toHaveLength(1);
});

describe('wall times', () => {
  test.each([
    ['an ordinary one', 'Europe/Berlin', '2026-11-22T02:30', ['2026-11-22T01:30'], 'never'],
    ['one in the spring gap', 'Europe/Berlin', '2026-03-29T02:30', [], '2026-03-29T01:00'],
    ['the first after the gap', 'Europe/Berlin', '2026-03-29T03:00', ['2026-03-29T01:00'], 'never'],
    ['one that comes twice', 'Europe/Berlin', '2026-10-25T02:00', ['2026-10-25T00:00', '2026-10-25T01:00'], 'never'],
    ['one after the repeated hour', 'Europe/Berlin', '2026-10-25T03:00', ['2026-10-25T02:00'], 'never'],
    ['half an hour gap', 'Australia/Lord_Howe', '2026-10-04T02:15', [], '2026-10-03T15:30'],
    [
      'half an hour twice',
      'Australia/Lord_Howe',
      '2026-04-05T01:45',
      ['2026-04-04T14:45', '2026-04-04T15:15'],
      'never',
    ],
    ['gap at midnight', 'Africa/Cairo', '2026-04-24T00:30', [], '2026-04-23T22:00'],
    ['a day that Samoa left out', 'Pacific/Apia', '2011-12-30T12:00', [], '2011-12-30T10:00'],
  ] as const)('%s', (_, zone, wall, instants, gap) => {
    expect(wallToInstants(zone, utc(wall)).map(text)).toEqual(instants);
    expect(text(endOfGap(zone, utc(wall)))).toBe(gap);
  });
});
