import { expect, test } from 'vitest';
import { requestDigest, runId } from './ids.ts';
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
const dispatch: RunRequest = {
  kind: 'dispatch',
  workflow: '17005550123',
  at: '2026-11-22T08:00:00.000Z',
  selection: '*',
  mode: 'stale',
  withUpstream: false,
  ignoreBlocking: false,
};
const push: RunRequest = {
  kind: 'push',
  commit: 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334',
  at: '2026-11-22T07:59:00.000Z',
  selection: 'changed:any+',
};

test('a run id begins with the UTC day inside of the request', () => {
  expect(runId(tick)).toMatch(/^20261122-[a-z2-7]{16}$/);
  expect(runId(cli)).toMatch(/^20261121-[a-z2-7]{16}$/);
});

test('run ids are public: these bytes must never change', () => {
  expect(runId(tick)).toBe('20261122-rqqmsrbmbandbwto');
  expect(runId(cli)).toBe('20261121-tf35nasxuxkmk3zf');
  expect(runId(dispatch)).toBe('20261122-dtxq77ujaqmgk6fa');
  expect(runId(push)).toBe('20261122-ct4dodar3a6xglcr');
});

test('a dispatch is its workflow run, whatever was selected; a try again is another', () => {
  expect(runId({ ...dispatch, selection: 'key:a', mode: 'all' })).toBe(runId(dispatch));
  expect(runId({ ...dispatch, workflow: '17005550124' })).not.toBe(runId(dispatch));
  expect(runId({ ...dispatch, attempt: 2 })).not.toBe(runId(dispatch));
  expect(runId({ ...dispatch, attempt: 3 })).not.toBe(runId({ ...dispatch, attempt: 2 }));
});

test('of several runs that a click asks for each is what it makes, whatever its number', () => {
  const part = { ...dispatch, partitions: '2026-11-01', part: 1 } as const;
  expect(runId(part)).not.toBe(runId(dispatch));
  expect(runId({ ...part, part: 2 })).toBe(runId(part));
  expect(runId({ ...part, partitions: '2026-11-02' })).not.toBe(runId(part));
  expect(runId({ ...part, selection: 'key:a' })).not.toBe(runId(part));
  expect(runId({ ...part, attempt: 2 })).not.toBe(runId(part));
});

test('a push is its commit', () => {
  expect(runId({ ...push, part: 2 })).not.toBe(runId({ ...push, part: 1 }));
  expect(runId({ ...push, selection: 'key:a' })).toBe(runId(push));
  expect(runId({ ...push, commit: 'b'.repeat(40) })).not.toBe(runId(push));
});

test('what a request is does not depend on the day by which its run is filed', () => {
  const later = { ...dispatch, at: '2026-11-25T08:00:00.000Z' };
  expect(runId(later)).not.toBe(runId(dispatch));
  expect(requestDigest(later)).toBe(requestDigest(dispatch));
  expect(runId(dispatch).endsWith(requestDigest(dispatch))).toBe(true);
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
