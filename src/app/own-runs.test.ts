import { expect, test } from 'vitest';
import type { RunRecord } from '../model/state.ts';
import type { Wait } from '../plan/queue.ts';
import { openOwnRuns } from './own-runs.ts';
import type { WaitingRun } from './release.ts';

const SECOND = 1000;
const waiting = (run: string): WaitingRun => ({ run, request: {} as WaitingRun['request'], tags: {}, requestedAt: '' });
const view = {
  openRuns: new Map([
    ['own', { state: 'QUEUED' }],
    ['other', { state: 'QUEUED' }],
  ] as unknown as [string, RunRecord][]),
};
const behind = new Map<string, Wait>([['own', { kind: 'pool', pool: 'p', limit: 1, free: 0, holders: ['other'] }]]);

test('a run in the way that might start and that nobody takes for a minute is taken along, once', () => {
  const said: string[] = [];
  const own = openOwnRuns(
    ({ run }) => run === 'own',
    (text) => void said.push(text),
  );
  const look = (seconds: number, ...released: readonly string[]): boolean =>
    own.takeAlong({ view, now: seconds * SECOND }, { released, waiting: behind }, [waiting('own')]);
  expect(look(0, 'other')).toBe(false);
  expect(look(59, 'other')).toBe(false);
  expect(own.takesAlong(waiting('other'))).toBe(false);
  expect(look(60, 'other')).toBe(true);
  expect(own.takesAlong(waiting('other'))).toBe(true);
  expect(look(80, 'other')).toBe(false);
  expect(said).toEqual(['Run other is in the way, and nobody takes it from the queue: it is carried out first.']);
});

test('one that may not start itself is waited for, however long, and one that was at work meanwhile begins anew', () => {
  const own = openOwnRuns(
    () => false,
    () => {
      throw new Error('nothing is taken along');
    },
  );
  const look = (seconds: number, ...released: readonly string[]): boolean =>
    own.takeAlong({ view, now: seconds * SECOND }, { released, waiting: behind }, [waiting('own')]);
  expect(look(0, 'other')).toBe(false);
  expect(look(30)).toBe(false);
  expect(look(50, 'other')).toBe(false);
  expect(look(100, 'other')).toBe(false);
  expect(look(900)).toBe(false);
});

test('what is not in the way of anything of ours is left to others', () => {
  const own = openOwnRuns(
    ({ run }) => run === 'own',
    () => undefined,
  );
  for (const seconds of [0, 100])
    expect(
      own.takeAlong({ view, now: seconds * SECOND }, { released: ['other'], waiting: new Map() }, [waiting('own')]),
    ).toBe(false);
});
