import { expect, test } from 'vitest';
import type { RunRecord } from '../model/state.ts';
import type { Wait } from '../plan/queue.ts';
import { lostInTheWay } from './take-along.ts';

const LOST = { state: 'QUEUED', atWorkMs: 0 };
const view = (runs: Readonly<Record<string, object>>) => ({
  openRuns: new Map(Object.entries(runs) as unknown as [string, RunRecord][]),
});
const held = (...holders: string[]): Wait => ({ kind: 'held', what: 'a', holders });

test('runs whose runners were lost are found behind others that wait, and nothing else is', () => {
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
  expect(lostInTheWay({ openRuns }, waits, ['own'])).toEqual(['lost', 'deeper']);
  expect(lostInTheWay({ openRuns }, waits, ['own', 'lost'])).toEqual(['deeper']);
  expect(lostInTheWay({ openRuns }, new Map(), ['own'])).toEqual([]);
});
