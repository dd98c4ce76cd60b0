import { describe, expect, test } from 'vitest';
import type { BackfillProgress } from '../model/backfills.ts';
import { type BackfillPreview, backfillBar, renderBackfill, renderBackfillPreview } from './backfill-text.ts';

const PLAIN = { color: false, unicode: true };
const progress = (more: Partial<BackfillProgress> = {}): BackfillProgress => ({
  backfill: 'bf-20261122-ptq7w2l5kx',
  state: 'IN_PROGRESS',
  selection: 'key:raw',
  partitions: 'all',
  requestedAt: '2026-11-22T09:00:00.000Z',
  total: 100,
  done: 47,
  failed: 1,
  leftOut: 2,
  inProgress: 10,
  left: 50,
  expectedEnd: '2026-11-22T09:40:00.000Z',
  failedPartitions: { raw: ['2026-01-02'] },
  leftOutPartitions: { mart: ['2026-01-02'], total: [''] },
  ...more,
});
const preview = (more: Partial<BackfillPreview>): BackfillPreview => ({
  backfill: 'bf-1',
  chunks: [
    { group: 1, assets: ['raw'], keys: ['a', 'b'], after: [] },
    { group: 2, assets: ['total'], keys: [], after: [1] },
  ],
  partitions: 3,
  work: { samples: 4, workMs: 150_000, unknown: [] },
  unmade: [],
  ...more,
});

describe('a backfill in words', () => {
  test('has a bar that is half full when half of it has ended', () => {
    expect(backfillBar(progress(), PLAIN)).toBe(
      '███████████▓░░░░░░░░░░░░ 47 of 100 done, 1 failed, 2 left out, 50 left, expected end 2026-11-22 09:40 UTC',
    );
    expect(backfillBar(progress(), { color: false, unicode: false })).toContain('###########x............');
  });

  test.each([
    ['all made', { total: 18, done: 18 }, '█'.repeat(24)],
    ['one of few failed', { total: 18, done: 17, failed: 1 }, `${'█'.repeat(23)}▓`],
    ['one of many failed', { total: 10_000, done: 9_999, failed: 1 }, `${'█'.repeat(23)}▓`],
    ['one of many was left out', { total: 10_000, done: 9_999, leftOut: 1 }, `${'█'.repeat(23)}▓`],
    ['one of many is left', { total: 10_000, done: 9_999, left: 1 }, `${'█'.repeat(23)}░`],
    ['none made', { total: 3, failed: 1, leftOut: 2 }, '▓'.repeat(24)],
    ['the first failed', { total: 10_000, failed: 1, left: 9_999 }, `▓${'░'.repeat(23)}`],
    ['nothing to make', { total: 0 }, '░'.repeat(24)],
  ])('its bar is full only when all is made: %s', (_, counts, bar) => {
    const none = { done: 0, failed: 0, leftOut: 0, left: 0, failedPartitions: {}, leftOutPartitions: {} };
    expect(backfillBar(progress({ ...none, ...counts }), PLAIN).split(' ')[0]).toBe(bar);
  });

  test('names what was not made', () => {
    const text = renderBackfill(progress({ reason: 'a bad\nsource' }), PLAIN);
    expect(text).toContain('IN_PROGRESS  key:raw all');
    expect(text).toContain(': a bad source');
    expect(text.split('\n').slice(-3)).toEqual([
      '  failed: raw 2026-01-02',
      '  left out: mart 2026-01-02',
      '  left out: total',
    ]);
  });

  test('names the runs to retry once it is over', () => {
    const runs = { raw: ['20261122-aaaaaaaaaaaaaaaa'] };
    const lines = renderBackfill(progress({ state: 'COMPLETED_FAILED', endedAt: '2026-11-22T10:00:00.000Z' }), PLAIN, {
      failedRuns: runs,
    }).split('\n');
    expect(lines).toContain('  failed: raw 2026-01-02 (run 20261122-aaaaaaaaaaaaaaaa)');
    expect(lines.at(-1)).toBe('  after a fix: `branchline retry 20261122-aaaaaaaaaaaaaaaa`');
    expect(renderBackfill(progress(), PLAIN, { failedRuns: runs })).not.toContain('branchline retry');
  });

  test('shows its runs, what they take, what that costs, and what will be missing', () => {
    const price = { runner: 'ubuntu-latest', usdPerMinute: 0.006, visibility: 'known' } as const;
    expect(renderBackfillPreview(preview({ price, unmade: ['dim'] }), PLAIN).split('\n')).toEqual([
      '3 partitions in 2 runs, about 2 min 30 s of work (medians of 4 runs or more); 3 min on ubuntu-latest: $0.018.',
      '',
      '  1  a...b  2  raw',
      '  2  -         total  after what it reads of group 1',
      '',
      '! dim was never made and is not selected: what reads it will be left out.',
    ]);
    const unknown = { samples: 0, workMs: 0, unknown: ['raw', 'total'] };
    expect(renderBackfillPreview(preview({ work: unknown }), PLAIN)).toContain('none of it was ever made');
  });
});
