import { expect, test } from 'vitest';
import { noCounts, type RunCounts } from '../model/events.ts';
import type { RetryRequest, RunRequest } from '../model/plan.ts';
import type { RunRecord, RunStepRecord } from '../model/state.ts';
import { leftOfRuns, madeGoodBy } from './made-good.ts';
import type { RunOutcome } from './run-ports.ts';

const AT = '2026-11-22T09:00:00.000Z';
const root = { kind: 'cli', nonce: 'n', at: AT, selection: '*', mode: 'all' } as unknown as RunRequest;
const retry = (number: number, of = 'root'): RetryRequest =>
  ({ kind: 'retry', root: of, number, automatic: number, of, at: AT, original: root }) as unknown as RetryRequest;

interface Sketch {
  readonly request?: RunRequest;
  readonly counts?: Partial<RunCounts>;
  readonly materialized?: readonly string[];
  /** `asset/check`, with an `!` before it where it is only a warning. */
  readonly notPassed?: readonly string[];
}
type Written = readonly [run: string, state: RunOutcome['state'], sketch?: Sketch];

/** Outcomes of runs that ended in this order, each at another head of the state: one that is read anew tells of its day alone. */
function outcomes(...written: readonly Written[]): RunOutcome[] {
  const records = written.map(([run, , { materialized = [], notPassed = [] } = {}]) => {
    const checks = notPassed.map((text) => {
      const [asset, check] = text.replace('!', '').split('/');
      return { asset, check, status: 'FAILED', severity: text.startsWith('!') ? 'warn' : 'error', blocking: false };
    });
    const step = { assets: materialized, materialized, checks } as unknown as RunStepRecord;
    return [run, { run, steps: { step } } as unknown as RunRecord] as const;
  });
  return written.map(([runId, state, { request = root, counts = {} } = {}], index) => {
    const after = { view: { endedRuns: new Map([records[index]!]) } };
    return { plan: { runId, request }, state, counts: { ...noCounts, ...counts }, after } as unknown as RunOutcome;
  });
}
const left = (...written: readonly Written[]): readonly string[] =>
  leftOfRuns(outcomes(...written)).map(
    ({ state, counts }) => `${state} ${counts.failed} ${counts.checksFailed} ${counts.checksWarned}`,
  );

const failed: Sketch = { counts: { failed: 1 } };

test('of a run whose later try succeeded nothing is left, however many failed between', () => {
  const runs: readonly Written[] = [
    ['root', 'FAILURE', failed],
    ['r1', 'FAILURE', { ...failed, request: retry(1) }],
    ['r2', 'SUCCESS', { request: retry(2) }],
  ];
  expect([...madeGoodBy(outcomes(...runs))]).toEqual([
    ['root', 'r2'],
    ['r1', 'r2'],
  ]);
  expect(left(...runs)).toEqual(['SUCCESS 0 0 0', 'SUCCESS 0 0 0', 'SUCCESS 0 0 0']);
});

test('what nobody made good stands: no retry, one that failed or waits, one of another run, an earlier one', () => {
  for (const others of [
    [],
    [['r1', 'FAILURE', { request: retry(1) }]],
    [['r1', 'QUEUED', { request: retry(1) }]],
    [['r1', 'SUCCESS', { request: retry(1, 'other') }]],
    [['r1', 'SUCCESS']],
  ] as const)
    expect(left(['root', 'FAILURE', failed], ...others)[0]).toBe('FAILURE 1 0 0');
  expect(left(['r2', 'FAILURE', { ...failed, request: retry(2) }], ['r1', 'SUCCESS', { request: retry(1) }])[0]).toBe(
    'FAILURE 1 0 0',
  );
  // What a person stopped is no failure that a retry makes good.
  expect(left(['root', 'CANCELED'], ['r1', 'SUCCESS', { request: retry(1) }])[0]).toBe('CANCELED 0 0 0');
});

test('checks that no later try judged again are left, by their severity', () => {
  const first: Sketch = { ...failed, notPassed: ['a/odd', '!a/late', 'b/odd', 'c/odd'], materialized: ['a', 'b', 'c'] };
  const again: Sketch = { request: retry(1), materialized: ['b'], notPassed: ['c/odd'] };
  expect(left(['root', 'FAILURE', first], ['r1', 'SUCCESS', again])[0]).toBe('SUCCESS 0 1 1');
});
