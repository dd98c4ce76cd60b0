import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareRecent,
  dayRollupPath,
  dayRunsPath,
  escapeName,
  isRecentOf,
  monthRollupPath,
  parseDayRunsPath,
  parseRecentPath,
  parseRollupPath,
  parseSegmentPath,
  recentPath,
  segmentPath,
  segmentsAfter,
  shardOf,
  unfoldedBytesMax,
  utf8Bytes,
} from './layout.ts';

describe('names', () => {
  it.each([
    ['marts/daily_sales', 'marts.daily_sales'],
    ['Marts/Daily', '%4Darts.%44aily'],
    ['a.b', 'a%2Eb'],
    ['größe', 'gr%C3%B6%C3%9Fe'],
    ['../etc', '_%2E%2E.etc'.slice(1)],
    ['con', '_con'],
    ['_con', '__con'],
    ['_contact', '_contact'],
    ['readme', '_readme'],
    ['nul/x', '_nul.x'],
    ['/', '_.'],
  ])('%s becomes %s', (name, escaped) => {
    expect(escapeName(name)).toBe(escaped);
  });

  it('differ when the names differ, bear every file system, and stay short', () => {
    const unit = fc.constantFrom(...'a A . / % - _ é # 0 con readme'.split(' '), ' ');
    const name = fc.oneof(fc.string({ unit, maxLength: 80 }), fc.string({ unit, maxLength: 2 }));
    fc.assert(
      fc.property(name, name, (a, b) => {
        expect(escapeName(a) === escapeName(b)).toBe(a === b);
        expect(escapeName(a)).toMatch(/^[a-z0-9_.%A-F-]{0,122}$/);
      }),
    );
    const long = escapeName(`${'é'.repeat(60)}x`);
    expect(long.length).toBeLessThanOrEqual(117);
    expect(long).not.toBe(escapeName(`${'é'.repeat(60)}y`));
  });
});

describe('paths', () => {
  it('of segments after a number are those that end after it, whatever else is listed', () => {
    const seq = fc.oneof(fc.nat(3), fc.nat(9_999_999_999));
    const segment = fc
      .tuple(fc.constantFrom('2026-11-22', '2024-02-29'), seq, seq, fc.option(fc.integer({ min: 1, max: 3 })))
      .map(([day, first, last, part]) => segmentPath(day, first, last, part ?? undefined));
    const damaged = fc
      .tuple(segment, fc.nat(60), fc.constantFrom('', 'x', '-', '9', '/'))
      .map(([path, at, by]) => path.slice(0, at) + by + path.slice(at + 1));
    const other = fc.constantFrom('events/', 'events/2026/11/22/', 'recent/0000000009-w-1.jsonl', 'format.json');
    fc.assert(
      fc.property(fc.array(fc.oneof(segment, damaged, other)), seq, (listing, after) => {
        const all = listing.map(parseSegmentPath).filter((name) => name !== undefined);
        expect(segmentsAfter(listing, after)).toEqual(all.filter(({ last }) => last > after));
      }),
    );
  });

  it('are read back as they were made', () => {
    expect(parseRecentPath(recentPath(12, 'W/1-x', 3))).toMatchObject({ seq: 12, tx: 3, writer: '%57.1-x' });
    expect(parseRecentPath(recentPath(12, 'w', 3, 2))).toMatchObject({ seq: 12, part: 2 });
    expect(isRecentOf(recentPath(12, 'W/1-x', 3), 'W/1-x', 3)).toBe(true);
    expect(isRecentOf(recentPath(12, 'W/1-x', 3, 1), 'W/1-x', 3)).toBe(false);
    expect(isRecentOf(recentPath(12, 'a-w', 3), 'w', 3)).toBe(false);
    expect(parseSegmentPath(segmentPath('2026-11-22', 1, 64))).toMatchObject({ day: '2026-11-22', first: 1, last: 64 });
    expect(parseDayRunsPath(dayRunsPath('2026-11-22', 2))).toEqual({ day: '2026-11-22', part: 2 });
    expect(parseRollupPath(dayRollupPath('2026-11-22', 10))).toEqual({ kind: 'day', period: '2026-11-22', shard: 10 });
    expect(parseRollupPath(monthRollupPath('2026-11'))).toEqual({ kind: 'month', period: '2026-11' });
    expect([parseRecentPath('recent/x'), parseSegmentPath('events/x'), parseRollupPath('rollups/x.json')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('stand in the order of commits, as text and as numbers', () => {
    const paths = [recentPath(9, 'z', 1), recentPath(10, 'a', 1, 1), recentPath(10, 'a', 1, 2), recentPath(10, 'a', 1)];
    expect([...paths].sort()).toEqual(paths);
    const names = paths.map((path) => parseRecentPath(path)!);
    expect([...names].reverse().sort(compareRecent)).toEqual(names);
  });

  it('split a shard in two when their number doubles', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 11 }), (asset, power) => {
        expect(Math.floor(shardOf(asset, 2 ** (power + 1)) / 2)).toBe(shardOf(asset, 2 ** power));
      }),
    );
  });

  it('count bytes as UTF-8 has them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
  });

  it('let segments wait for a fold by the size of what it writes', () => {
    const KIB = 1024;
    expect([0, 400, 512, 1_000, 2_048, 30_000].map((kib) => unfoldedBytesMax(kib * KIB) / KIB)).toEqual([
      256, 256, 256, 500, 1_024, 1_024,
    ]);
  });
});
