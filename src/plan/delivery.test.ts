import { describe, expect, it } from 'vitest';
import type { RunState } from '../model/events.ts';
import { runId } from '../model/ids.ts';
import type { RunRequest } from '../model/plan.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import { emptyView } from '../state/fold.ts';
import { type Delivery, judgeDelivery } from './delivery.ts';

const AT = '2026-11-22T09:23:00.000Z';
type Dispatch = Extract<RunRequest, { kind: 'dispatch' }>;
const dispatch: Dispatch = {
  kind: 'dispatch',
  workflow: '17',
  at: AT,
  selection: 'key:a+',
  mode: 'all',
  withUpstream: false,
  ignoreBlocking: false,
};
const second: Dispatch = { ...dispatch, attempt: 2, mode: 'stale' };
const third: Dispatch = { ...dispatch, attempt: 3, mode: 'stale' };
const tick: RunRequest = { kind: 'schedule', schedule: 'h', tick: AT, selection: '*', materialize: 'when_stale' };
const push: RunRequest = { kind: 'push', commit: 'a'.repeat(40), at: AT, selection: 'changed:any' };

function record(request: RunRequest, state: RunState): RunRecord {
  return {
    run: runId(request),
    epoch: 1,
    state,
    request,
    environment: 'production',
    tags: {},
    requestedAt: AT,
    steps: {},
    confirmed: [],
  };
}

function viewOf(runs: readonly RunRecord[], streams: readonly string[] = []): StateView {
  const isEnded = ({ state }: RunRecord): boolean => ['SUCCESS', 'FAILURE', 'CANCELED'].includes(state);
  const byRun = (list: readonly RunRecord[]) => new Map(list.map((run) => [run.run, run]));
  return {
    ...emptyView('production'),
    openRuns: byRun(runs.filter((run) => !isEnded(run))),
    endedRuns: byRun(runs.filter(isEnded)),
    streams: new Map(streams.map((name) => [name, 9])),
  };
}

function check(given: { view: StateView; request: RunRequest; attempt?: number }, expected: Delivery): void {
  expect(judgeDelivery(given.view, given.request, given.attempt)).toEqual(expected);
}

const cli: RunRequest = {
  kind: 'cli',
  nonce: '00',
  at: AT,
  selection: '*',
  mode: 'all',
  withUpstream: false,
  ignoreBlocking: false,
};

describe('a request that nobody knows', () => {
  it.each([dispatch, tick, push, cli])('is carried out: $kind', (request) => {
    check({ view: emptyView('production'), request }, { kind: 'wanted', request });
  });

  it('is carried out as what it was when an attempt before never got as far as asking', () => {
    check({ view: emptyView('production'), request: dispatch, attempt: 3 }, { kind: 'wanted', request: dispatch });
  });
});

describe('the same request delivered again', () => {
  it.each([dispatch, tick, push])('does nothing when it is done: $kind', (request) => {
    for (const state of ['SUCCESS', 'FAILURE', 'CANCELED'] as const)
      check({ view: viewOf([record(request, state)]), request }, { kind: 'done', run: runId(request), state });
  });

  it.each([dispatch, tick, push])('does nothing when somebody carries it out: $kind', (request) => {
    for (const state of ['STARTING', 'STARTED', 'CANCELING'] as const)
      check({ view: viewOf([record(request, state)]), request }, { kind: 'running', run: runId(request) });
  });

  it.each([dispatch, tick, push])('goes on when it waits, as it was asked for first: $kind', (request) => {
    const edited: RunRequest = { ...request, selection: 'key:other' };
    check({ view: viewOf([record(request, 'QUEUED')]), request: edited }, { kind: 'wanted', request });
  });

  it('is known by its stream when its day is closed', () => {
    const view = viewOf([], [`${runId(push)}.1`]);
    check({ view, request: push }, { kind: 'done', run: runId(push) });
  });

  it('is known though it is filed under another day', () => {
    const later: Dispatch = { ...dispatch, at: '2026-11-25T00:00:00.000Z' };
    const view = viewOf([record(dispatch, 'SUCCESS')]);
    check({ view, request: later }, { kind: 'done', run: runId(dispatch), state: 'SUCCESS' });
    check({ view: viewOf([], [`${runId(dispatch)}.1`]), request: later }, { kind: 'done', run: runId(dispatch) });
  });
});

describe('a re-run of a dispatch', () => {
  it.each(['FAILURE', 'CANCELED'] as const)('tries again what was %s, making what is stale', (state) => {
    const view = viewOf([record(dispatch, state)]);
    check({ view, request: dispatch, attempt: 2 }, { kind: 'wanted', request: second });
  });

  it('does nothing when the attempt before succeeded, or is under way', () => {
    const done = viewOf([record(dispatch, 'SUCCESS')]);
    check({ view: done, request: dispatch, attempt: 2 }, { kind: 'done', run: runId(dispatch), state: 'SUCCESS' });
    const open = viewOf([record(dispatch, 'STARTED')]);
    check({ view: open, request: dispatch, attempt: 2 }, { kind: 'running', run: runId(dispatch) });
  });

  it('goes by the newest attempt that got as far as asking', () => {
    const failed = viewOf([record(dispatch, 'FAILURE'), record(second, 'FAILURE')]);
    check({ view: failed, request: dispatch, attempt: 3 }, { kind: 'wanted', request: third });
    check({ view: failed, request: dispatch, attempt: 4 }, { kind: 'wanted', request: { ...third, attempt: 4 } });
    const mended = viewOf([record(dispatch, 'FAILURE'), record(second, 'SUCCESS')]);
    check({ view: mended, request: dispatch, attempt: 3 }, { kind: 'done', run: runId(second), state: 'SUCCESS' });
  });

  it('delivered twice, does nothing the second time', () => {
    const view = viewOf([record(dispatch, 'FAILURE'), record(second, 'FAILURE')]);
    check({ view, request: dispatch, attempt: 2 }, { kind: 'done', run: runId(second), state: 'FAILURE' });
  });

  it('tries again when what came of it is no longer at hand', () => {
    const view = viewOf([], [`${runId(dispatch)}.1`]);
    check({ view, request: dispatch, attempt: 2 }, { kind: 'wanted', request: second });
  });

  it('of a push or a schedule is no new request', () => {
    for (const request of [push, tick]) {
      const view = viewOf([record(request, 'FAILURE')]);
      check({ view, request, attempt: 2 }, { kind: 'done', run: runId(request), state: 'FAILURE' });
    }
  });
});
