import { expect, test } from 'vitest';
import type { RunRecord } from '../model/state.ts';
import type { Wait } from '../plan/queue.ts';
import { nobodysInTheWay } from './take-along.ts';

const LOST = { state: 'QUEUED', atWorkMs: 0 };
const view = (runs: Readonly<Record<string, object>>) => ({
  openRuns: new Map(Object.entries(runs) as unknown as [string, RunRecord][]),
});
const held = (...holders: string[]): Wait => ({ kind: 'held', what: 'a', holders });

test('runs that nobody is at work on are found behind others that wait, and nothing else is', () => {
  const waits = new Map<string, Wait>([
    ['own', held('other', 'given-back', 'at-work')],
    ['other', { kind: 'all-places', limit: 1, holders: ['lost'] }],
    ['lost', { kind: 'tag', key: 'k', limit: 1, holders: ['other', 'deeper'] }],
    ['beside', held('not-in-the-way')],
    ['deeper', { kind: 'not-due', due: '' }],
  ]);
  const { openRuns } = view({
    own: { state: 'QUEUED' },
    other: { state: 'QUEUED' },
    'given-back': { state: 'QUEUED', due: '' },
    'at-work': { state: 'STARTED', atWorkMs: 7 },
    lost: LOST,
    deeper: LOST,
    'not-in-the-way': LOST,
  });
  const found = (among: ReadonlyMap<string, Wait>, runs: readonly string[], ...untaken: readonly string[]) =>
    nobodysInTheWay({ openRuns }, among, runs, (run) => untaken.includes(run)).map(
      ({ run, isLost }) => `${run}${isLost ? ' lost' : ''}`,
    );
  expect(found(waits, ['own'])).toEqual(['lost lost', 'deeper lost']);
  expect(found(waits, ['own', 'lost'])).toEqual(['deeper lost']);
  expect(found(new Map(), ['own'])).toEqual([]);
  expect(found(waits, ['own'], 'given-back', 'beside')).toEqual(['given-back', 'lost lost', 'deeper lost']);
});
