import { expect, test } from 'vitest';
import type { RunRecord, StateView } from '../model/state.ts';
import { judgedBefore } from './judged-before.ts';

/** A map that counts how often it was gone through. */
class Counted extends Map<string, RunRecord> {
  passes = 0;
  override values() {
    this.passes++;
    return super.values();
  }
}

function runs(...records: readonly (readonly [run: string, state: string, root?: string, number?: number])[]): Counted {
  const all = new Counted();
  for (const [run, state, root, number] of records) {
    const request = root === undefined ? { kind: 'schedule' } : { kind: 'retry', root, number };
    all.set(run, { run, state, request } as unknown as RunRecord);
  }
  return all;
}

function viewOf(endedRuns: Counted, openRuns: Counted): StateView {
  const lastTick = (run: string) => ({ tick: '2026-11-22T02:00:00.000Z', outcome: 'started', run });
  const schedules = new Map(
    ['a', 'b', 'c'].map((name) => [name, { schedule: name, lastTick: lastTick(`run-${name}`) }]),
  );
  const claims = new Map([['k', { claim: 'k', run: 'run-c' }]]);
  return { schedules, endedRuns, openRuns, claims } as unknown as StateView;
}

test('each schedule has its newest tick with its run, who is at it, and the newest retry, ended or not', () => {
  const ended = runs(
    ['run-a', 'FAILURE'],
    ['a2', 'FAILURE', 'run-a', 2],
    ['a1', 'FAILURE', 'run-a', 1],
    ['run-b', 'SUCCESS'],
  );
  const open = runs(['a3', 'QUEUED', 'run-a', 3], ['run-c', 'STARTED']);
  const judged = { tick: '2026-11-22T02:00:00.000Z', outcome: 'started' };
  expect(judgedBefore(viewOf(ended, open))).toEqual([
    { ...judged, schedule: 'a', run: 'run-a', state: 'FAILURE', retry: { run: 'a3', state: 'QUEUED' } },
    { ...judged, schedule: 'b', run: 'run-b', state: 'SUCCESS' },
    { ...judged, schedule: 'c', run: 'run-c', state: 'STARTED', claim: { claim: 'k', run: 'run-c' } },
  ]);
});

test('runs are gone through once, however many schedules there are', () => {
  const [ended, open] = [runs(['run-a', 'FAILURE']), runs(['a1', 'QUEUED', 'run-a', 1])];
  judgedBefore(viewOf(ended, open));
  expect([ended.passes, open.passes]).toEqual([1, 1]);
});
