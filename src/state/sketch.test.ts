import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeCells, mergeDays } from './rollup.ts';
import {
  addToBuckets,
  type Buckets,
  bucketOf,
  bucketValue,
  decodeSketch,
  encodeSketch,
  isSketch,
  mergeSketches,
  sketchCount,
  sketchQuantile,
} from './sketch.ts';

const durations = fc.array(fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 100_000_000 })), {
  minLength: 1,
  maxLength: 60,
});

function sketchOf(values: readonly number[]): string | undefined {
  const buckets: Buckets = new Map();
  for (const value of values) addToBuckets(buckets, value);
  return encodeSketch(buckets);
}

describe('sketches', () => {
  it('keep each value within 1/128 of itself, without gaps', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (ms) => {
        expect(Math.abs(bucketValue(bucketOf(ms)) - ms)).toBeLessThanOrEqual(ms / 128);
        expect(bucketOf(ms + 1) - bucketOf(ms)).toBeLessThanOrEqual(1);
      }),
    );
    expect([bucketOf(-5), bucketOf(2 ** 50), bucketOf(0.4)]).toEqual([0, bucketOf(2 ** 40), 0]);
  });

  it('merge to the same bytes as if all values had gone into one, in any order', () => {
    fc.assert(
      fc.property(durations, durations, (a, b) => {
        const whole = sketchOf([...a, ...b]);
        expect(mergeSketches(sketchOf(a), sketchOf(b))).toBe(whole);
        expect(sketchOf([...b, ...a].reverse())).toBe(whole);
        expect(encodeSketch(decodeSketch(whole)!)).toBe(whole);
        expect(sketchCount(whole)).toBe(a.length + b.length);
      }),
    );
  });

  it('answer quantiles by nearest rank, at most 0.8 % off', () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const exact = [...values].sort((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1]!;
        expect(Math.abs(sketchQuantile(sketchOf(values), q)! - exact)).toBeLessThanOrEqual(exact / 128);
      }),
    );
    expect(sketchQuantile(undefined, 0.5)).toBeUndefined();
  });

  it('refuse what is no sketch', () => {
    expect(['', '1:', '2:5', '1:5*', '1:5  6', '1:-4'].map(decodeSketch)).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
    const looksLikeOne = /^1:[0-9a-z]+(\*[0-9a-z]+)?( [0-9a-z]+(\*[0-9a-z]+)?)*$/;
    const texts = fc.string({ unit: fc.constantFrom('1', ':', 'z', '0', '*', ' ', 'A', '{', '/') });
    fc.assert(
      fc.property(texts, fc.constantFrom('', '1:', '1:5 '), (text, start) => {
        const whole = start + text;
        expect(isSketch(whole)).toBe(looksLikeOne.test(whole));
        expect(decodeSketch(whole) !== undefined).toBe(isSketch(whole));
      }),
    );
  });
});

describe('roll-ups', () => {
  it('add up', () => {
    const cell = { materialized: 1, failed: 2, checksPassed: 3, checksExecuted: 4, runs: 5, runsSucceeded: 5 };
    const a = { ...cell, durations: sketchOf([100])! };
    const b = { ...cell, durations: sketchOf([100, 900])! };
    expect(mergeCells(a, b)).toEqual(mergeCells(b, a));
    expect(mergeCells(a, b)).toMatchObject({ materialized: 2, failed: 4, durations: sketchOf([100, 100, 900]) });
    const month = mergeDays([
      new Map([['project', a]]),
      new Map([
        ['project', b],
        ['asset:x', a],
      ]),
    ]);
    expect(month.get('project')).toEqual(mergeCells(a, b));
    expect(month.get('asset:x')).toEqual(a);
  });
});
