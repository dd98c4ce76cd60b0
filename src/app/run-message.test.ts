import { describe, expect, it } from 'vitest';
import type { Claim } from '../model/events.ts';
import type { RunRequest } from '../model/plan.ts';
import { planRun } from '../plan/run-plan.ts';
import { sketchProject, sketchView } from '../testing/plan-builder.ts';
import { knownText, runMessage, triggerText, withOthers } from './run-message.ts';

const AT = '2026-11-22T09:23:00.000Z';
const manual = { at: AT, selection: 'key:a+', mode: 'all', withUpstream: false, ignoreBlocking: false } as const;
const dispatch: RunRequest = { kind: 'dispatch', workflow: '17', ...manual };

describe('triggerText', () => {
  const check = (request: RunRequest, expected: string): void => expect(triggerText(request)).toBe(expected);

  it('says what asked for a run', () => {
    const tick = { kind: 'schedule', schedule: 'hourly', tick: AT, selection: '*', materialize: 'all' } as const;
    check(tick, 'hourly 09:23');
    check({ kind: 'push', commit: 'a1b2c3d4e5', at: AT, selection: 'changed:any+' }, 'push a1b2c3d');
    check(dispatch, 'by hand: key:a+');
    check({ kind: 'cli', nonce: '0', ...manual, mode: 'stale' }, 'by hand: key:a+, if stale');
    check({ ...dispatch, selection: '*', mode: 'stale' }, 'by hand: what was stale');
    check({ ...dispatch, job: 'nightly' }, 'by hand: job nightly');
  });
});

describe('runMessage', () => {
  it('says how much of a run that waits is done', () => {
    const plan = planRun({
      project: sketchProject({ a: {}, b: {} }),
      view: sketchView({}),
      environment: 'production',
      request: dispatch,
      runId: 'r1',
      selected: new Set(['a', 'b']),
      fingerprintOf: () => ({ version: 'c', parts: {} }),
      lost: new Map(),
    });
    const base = { at: AT, run: 'r1', step: 'a' } as const;
    const counts = {
      materialized: 1,
      failed: 0,
      skipped: 0,
      upToDate: 0,
      checksPassed: 0,
      checksWarned: 0,
      checksFailed: 0,
    };
    const message = runMessage(
      plan.ok ? plan.value : expect.fail(),
      [
        {
          type: 'asset.materialized',
          ...base,
          asset: 'a',
          materialization: 'r1.1/a',
          codeVersion: 'c',
          codeParts: {},
          dataVersion: 'v',
          upstream: {},
          metadata: {},
          durationMs: 1,
        },
      ],
      { state: 'QUEUED', counts, durationMs: 1 },
      { codeCommit: 'c0ffee', uncommitted: { count: 2, files: ['a.sql', 'b\n.sql'] } },
    );
    expect(message).toBe(
      '… by hand: key:a+: 1 of 2 done, the rest waits for the next tick\n\nRun: r1\nCode: c0ffee\nUncommitted: a.sql, b .sql',
    );
    expect(withOthers('s\n\nRun: r1\nUncommitted: a', [{ run: 'r2', uncommitted: { count: 1, files: ['a'] } }])).toBe(
      's, and 1 more\n\nRun: r1\nUncommitted: a\nRun: r2',
    );
  });
});

describe('knownText', () => {
  it('says who is at work', () => {
    const claim: Claim = {
      claim: 'r1.1',
      environment: 'production',
      run: 'r1',
      epoch: 1,
      holder: { kind: 'process', machine: 'm', boot: 'b', pid: 4711, start: '1' },
      writer: 'w',
      assets: [],
      connections: [],
      at: AT,
    };
    expect(knownText({ kind: 'known', delivery: { kind: 'running', run: 'r1' }, claim })).toBe(
      'run r1 (process 4711, since 2026-11-22 09:23 UTC) is at work on this already. Nothing was done about it here.',
    );
  });

  it('says what came of it', () => {
    expect(knownText({ kind: 'known', delivery: { kind: 'done', run: 'r1', state: 'FAILURE' } })).toBe(
      'run r1 was this request and is over (FAILURE). Nothing was done about it here.',
    );
    expect(knownText({ kind: 'known', delivery: { kind: 'done', run: 'r1' } })).toBe(
      'run r1 was this request and is over. Nothing was done about it here.',
    );
  });
});
