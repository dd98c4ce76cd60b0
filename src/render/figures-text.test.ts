import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  billedText,
  formatAbout,
  formatCost,
  formatMinutes,
  formatRate,
  formatRuns,
  formatShare,
  formatSpread,
  formatUsd,
  verdictText,
} from './figures-text.ts';
import { sparkline } from './sparkline.ts';

test.each([
  [undefined, 'no data'],
  [0, '0 %'],
  [1, '100 %'],
  [0.986, '98.6 %'],
  [0.99, '99 %'],
  [0.99999, '99.9 %'],
  [0.00001, '0.1 %'],
])('a share of %s is %s', (share, text) => {
  expect(formatShare(share)).toBe(text);
});

test('only all is 100 % and only nothing is 0 %', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true, minExcluded: true, maxExcluded: true }), (share) => {
      expect(['0 %', '100 %']).not.toContain(formatShare(share));
    }),
  );
});

test.each([
  [undefined, 'no data'],
  [0, '0'],
  [1 / 28, 'under 0.1'],
  [2 / 7, '0.3'],
  [24, '24'],
  [1440.4, '1,440'],
])('a rate of %s a day is %s', (rate, text) => {
  expect(formatRate(rate)).toBe(text);
});

test.each([
  [undefined, undefined, 'no data'],
  [0, 0, '0'],
  [1, 1, '1'],
  [3, 3 / 7, '3 (0.4 a day)'],
  [10_080, 1440, '10,080 (1,440 a day)'],
])('%s runs, %s a day', (runs, aDay, text) => {
  expect(formatRuns(runs, aDay)).toBe(text);
});

test('times from sketches carry no digits that are not true', () => {
  expect(formatSpread({ p50: 6000, p95: 8000, p99: 9000 })).toBe('6 s / 9 s');
  expect(formatSpread(undefined)).toBe('no data');
  expect(formatAbout(602_000)).toBe('10 min');
  expect(formatAbout(98_000)).toBe('1 min 40 s');
  expect(formatAbout(20 * 3_600_000 + 7 * 60_000)).toBe('20 h');
});

describe('verdicts', () => {
  const verdict = (healthy: number, warning: number, degraded: number, unknown: number): string =>
    verdictText({
      status: 'unknown',
      assets: healthy + warning + degraded + unknown,
      counts: { healthy, warning, degraded, unknown },
    });
  test.each([
    [verdict(8, 0, 0, 0), 'all 8 assets are healthy'],
    [verdict(1, 0, 0, 0), 'its only asset is healthy'],
    [verdict(6, 0, 0, 2), '6 of 8 assets are healthy, nothing is known of the rest yet'],
    [verdict(7, 1, 0, 0), '1 asset warns'],
    [verdict(6, 2, 0, 0), '2 assets warn'],
    [verdict(7, 0, 1, 0), '1 asset needs a hand'],
    [verdict(5, 1, 2, 0), '2 assets need a hand, 1 warns'],
    [verdict(0, 0, 0, 3), 'nothing is known of its 3 assets yet'],
    [verdict(0, 0, 0, 0), 'no assets'],
  ])('%s', (text, expected) => {
    expect(text).toBe(expected);
  });
});

describe('sparklines', () => {
  test('go from nothing to the top', () => expect(sparkline([0, 50, 100])).toBe('▁▄▇'));
  test('keep a day without data apart from a day of nothing', () => expect(sparkline([undefined, 0, 1])).toBe('·▁▇'));
  test('have a top of their own where a share has one', () => expect(sparkline([0.5, 0.5], 1)).toBe('▄▄'));
  test('are empty without data', () => expect(sparkline([undefined])).toBe(''));
  test('of nothing but zeros lie flat', () => expect(sparkline([0, 0])).toBe('▁▁'));
});

test.each([
  [undefined, 'no data'],
  [0, '$0'],
  [0.0001, 'under $0.001'],
  [0.006, '$0.006'],
  [0.0994, '$0.099'],
  [0.0996, '$0.10'],
  [0.41, '$0.41'],
  [12.345, '$12.35'],
  [99.999, '$100'],
  [1234.5, '$1,235'],
])('%s US dollars are %s', (usd, text) => {
  expect(formatUsd(usd)).toBe(text);
});

test.each([
  [undefined, 'no data'],
  [0, '0 min'],
  [0.01, 'under 0.1 min'],
  [0.44, '0.4 min'],
  [12, '12 min'],
  [2880.4, '2,880 min'],
])('%s billed minutes are %s', (minutes, text) => {
  expect(formatMinutes(minutes)).toBe(text);
});

test.each([
  [{}, 'no data'],
  [{ billedMinutes: 3 }, 'no price known'],
  [{ billedMinutes: 3, usd: 0 }, '$0 (free)'],
  [{ billedMinutes: 3, usd: 0.018 }, '$0.018'],
  [{ billedMinutes: 5, usd: 0.018, unpricedMinutes: 2 }, '$0.018 (2 min of unknown price)'],
  [{ billedMinutes: 5, usd: 0, unpricedMinutes: 2 }, '$0 (2 min of unknown price)'],
])('%j cost %s', (figures, text) => {
  expect(formatCost(figures)).toBe(text);
});

test('a run’s bill on one line', () => {
  expect(billedText({ runner: 'ubuntu-latest', minutes: 2, usd: 0.012 })).toBe('2 min on ubuntu-latest, $0.012');
  expect(billedText({ runner: 'ubuntu-latest', minutes: 2, usd: 0 })).toBe('2 min on ubuntu-latest, free');
  expect(billedText({ runner: 'ours', minutes: 1 })).toBe('1 min on ours, no price known');
  expect(billedText({ runner: 'ubuntu-latest', minutes: 0, usd: 0 })).toBe('0 min on ubuntu-latest, $0');
});
