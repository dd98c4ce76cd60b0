import { expect, test } from 'vitest';
import { runId } from './ids.ts';
import type { RunRequest } from './plan.ts';

const tick: RunRequest = {
  kind: 'schedule',
  schedule: 'nightly',
  tick: '2026-11-22T01:23:00.000Z',
  selection: 'group:ingest+',
  materialize: 'when_stale',
};
const cli: RunRequest = {
  kind: 'cli',
  nonce: '00112233445566778899',
  at: '2026-11-21T23:59:59.999Z',
  selection: '*',
  mode: 'all',
  withUpstream: false,
  ignoreBlocking: false,
};

test('a run id begins with the UTC day inside of the request', () => {
  expect(runId(tick)).toMatch(/^20261122-[a-z2-7]{16}$/);
  expect(runId(cli)).toMatch(/^20261121-[a-z2-7]{16}$/);
});

test('run ids are public: these bytes must never change', () => {
  expect(runId(tick)).toBe('20261122-rqqmsrbmbandbwto');
  expect(runId(cli)).toBe('20261121-tf35nasxuxkmk3zf');
});

test('a tick delivered again is the same run, also when its job was edited meanwhile', () => {
  expect(runId({ ...tick, job: 'nightly', selection: 'group:other', materialize: 'all' })).toBe(runId(tick));
});

test('another tick, another schedule or another nonce is another run', () => {
  const ids = [
    tick,
    { ...tick, schedule: 'hourly' },
    { ...tick, tick: '2026-11-22T01:24:00.000Z' },
    cli,
    { ...cli, nonce: '00112233445566778898' },
  ].map(runId);
  expect(new Set(ids).size).toBe(5);
});
