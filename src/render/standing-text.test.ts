import { expect, test } from 'vitest';
import { busyShop } from '../testing/operations-story.ts';
import { standingLines } from './standing-text.ts';

const PLAIN = { color: false, unicode: true };
const { standing } = busyShop();

test('a backfill that retries have repaired says so, as its status does', () => {
  const [backfill] = standing.backfills;
  const ended = {
    ...backfill!,
    state: 'COMPLETED_FAILED' as const,
    endedAt: '2026-04-11T03:00:00.000Z',
    done: 40,
    failed: 0,
    leftOut: 0,
    left: 0,
  };
  const [, [, first] = []] = standingLines({ ...standing, backfills: [{ ...ended, repaired: true }] }, PLAIN);
  expect(first).toContain('COMPLETED_FAILED 2026-04-11 03:00 UTC, all made since by retries\n');
  const [, [, plain] = []] = standingLines({ ...standing, backfills: [ended] }, PLAIN);
  expect(plain).not.toContain('retries');
});

test('partitions that failed come first, so that none is cut off', () => {
  const of = (asset: string, failed: number) => ({ ...standing.partitions.get('marts/daily')!, asset, failed });
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((asset) => [asset, of(asset, asset === 'g' ? 1 : 0)] as const);
  const [, , lines] = standingLines({ ...standing, partitions: new Map(all) }, PLAIN);
  expect(lines?.slice(1).map((line) => line.trim().split(' ')[0])).toEqual(['g', 'a', 'b', 'c', 'd', 'and']);
});
