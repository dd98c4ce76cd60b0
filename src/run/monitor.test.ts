import { describe, expect, test } from 'vitest';
import { defaultMonitoring, type RunMonitoring } from '../model/operations.ts';
import { judgeLostRun, judgeOverdue, maxRuntimeOf } from './monitor.ts';

const on = { ...defaultMonitoring, enabled: true, maxRuntimeMs: 60_000, maxResumeAttempts: 2 };
const START = '2026-11-22T02:00:00.000Z';
const later = (ms: number): number => Date.parse(START) + ms;

describe('how long a run may be at work', () => {
  test.each<[string, Parameters<typeof maxRuntimeOf>, number | undefined]>([
    ['what the settings say', [on, {}], 60_000],
    ['nothing where monitoring is off', [{ ...on, enabled: false }, {}], undefined],
    ['what the tag says', [on, { 'branchline/max_runtime': '5' }], 5_000],
    ['what the tag says, also where it is off', [defaultMonitoring, { 'dagster/max_runtime': ' 7 ' }], 7_000],
    ['not what an odd tag says', [on, { 'branchline/max_runtime': '1.5' }], 60_000],
  ])('%s', (_name, [monitoring, tags], expected) => {
    expect(maxRuntimeOf(monitoring, tags)).toBe(expected);
  });
});

describe('a run whose runner is gone', () => {
  const run = (epoch: number, more = {}) => ({ epoch, tags: {}, startedAt: START, ...more });
  const lost = (monitoring: RunMonitoring, record: ReturnType<typeof run>, now: number, claimedAt = START) =>
    judgeLostRun(monitoring, record, { at: claimedAt }, now);
  test('goes on, as often as it may', () => {
    expect(lost(on, run(1), later(1))).toEqual({ kind: 'resume', attempt: 1, most: 2, atWorkMs: 1 });
    expect(lost(on, run(2), later(1)).kind).toBe('resume');
    expect(lost(on, run(3), later(1))).toEqual({ kind: 'fail', failure: undefined });
    expect(lost(defaultMonitoring, run(1), later(1)).kind).toBe('fail');
  });
  test('was at work since its claim, however long it had waited in the queue before', () => {
    const claimedAt = '2026-11-22T09:00:00.000Z';
    expect(lost(on, run(1), Date.parse(claimedAt) + 60_000, claimedAt).kind).toBe('resume');
    expect(lost(on, run(1), Date.parse(claimedAt) + 60_001, claimedAt).kind).toBe('fail');
    // What it had been at work for when its runner was lost goes on counting; what it waited for the next one does not.
    const worked = { atWorkMs: 50_000 };
    const resumedAt = Date.parse(claimedAt);
    expect(lost(on, run(2, worked), resumedAt + 10_000, claimedAt)).toMatchObject({ kind: 'resume', atWorkMs: 60_000 });
    expect(lost(on, run(2, worked), resumedAt + 10_001, claimedAt).kind).toBe('fail');
  });
  test('is over when its time is, or it was to stop', () => {
    expect(lost(on, run(1), later(60_000)).kind).toBe('resume');
    expect(lost(on, run(1), later(60_001))).toMatchObject({ kind: 'fail', failure: { class: 'timeout' } });
    expect(lost(on, run(1, { cancelRequested: true }), later(1)).kind).toBe('fail');
  });
});

describe('by the time alone', () => {
  const started = { state: 'STARTED' } as const;
  const canceling = { state: 'CANCELING', cancelRequestedAt: START } as const;
  const since = Date.parse(START);
  test('a run that no machine begins fails, from the instant on at which one should have', () => {
    const settings = { ...on, startTimeoutMs: 180_000 };
    expect(judgeOverdue(settings, started, since, later(179_999))).toBeUndefined();
    expect(judgeOverdue(settings, started, since, later(180_000))).toEqual({
      state: 'FAILURE',
      failure: {
        class: 'infrastructure',
        code: 'start-timeout',
        message: 'no runner began it within 3 min (start_timeout_seconds)',
      },
    });
    // One of its jobs has begun; no maximum is written; monitoring is off; it is to stop anyway.
    expect(judgeOverdue(settings, started, undefined, later(1e9))).toBeUndefined();
    expect(judgeOverdue(on, started, since, later(1e9))).toBeUndefined();
    expect(judgeOverdue({ ...settings, enabled: false }, started, since, later(1e9))).toBeUndefined();
    expect(judgeOverdue(settings, canceling, since, later(179_999))).toBeUndefined();
  });
  test('a run that does not stop is canceled', () => {
    expect(judgeOverdue(on, canceling, undefined, later(179_999))).toBeUndefined();
    expect(judgeOverdue(on, canceling, undefined, later(180_000))).toEqual({ state: 'CANCELED' });
    expect(judgeOverdue(on, started, undefined, later(1e9))).toBeUndefined();
  });
});
