import { describe, expect, test } from 'vitest';
import { runId } from '../model/ids.ts';
import { defaultOperations } from '../model/operations.ts';
import type { RetryRequest, RunRequest } from '../model/plan.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import type { StateStore } from '../ports-state.ts';
import { emptyView } from '../state/fold.ts';
import { type Click, manualRetry } from './retry-command.ts';
import type { StateAt } from './state-reading.ts';

const FIRST = '2026-11-22T09:00:00.000Z';
const LATER = '2026-11-24T09:00:00.000Z';
const original: RunRequest = {
  kind: 'dispatch',
  workflow: '1',
  at: '2026-11-22T08:00:00.000Z',
  selection: '*',
  mode: 'all',
  withUpstream: false,
  ignoreBlocking: false,
};
const FAILED = runId(original);

function record(request: RunRequest, tags: Readonly<Record<string, string>> = {}): RunRecord {
  const at = '2026-11-22T08:01:00.000Z';
  return { run: runId(request), request, tags, state: 'FAILURE', startedAt: at, endedAt: at, steps: {} } as never;
}

/** A state with the failed run and these retries of it; a store that has nothing else. */
function stateWith(retries: readonly RunRecord[]): StateAt {
  const all = [record(original), ...retries];
  const view: StateView = {
    ...emptyView('production'),
    endedRuns: new Map(all.map((each) => [each.run, each])),
    streams: new Map(all.map((each) => [`${each.run}.1`, 3])),
  };
  return { read: { view }, head: { commit: undefined }, now: Date.parse(LATER) } as unknown as StateAt;
}

async function clicked(retries: readonly RunRecord[], click: Click, at: string) {
  const { retries: settings } = defaultOperations;
  const done = await manualRetry({} as StateStore, stateWith(retries), FAILED, { retries: settings, at, click });
  return done.ok ? done.value : done.error;
}
const first: Click = { workflow: '31', isUndated: false };
const again: Click = { workflow: '31', isUndated: true };

describe('a click that tries a run again', () => {
  test('asks for the same in a further attempt, though nobody tells when it was made', async () => {
    const asked = (await clicked([], first, FIRST)) as { request: RetryRequest; tags: Record<string, string> };
    expect(asked).toMatchObject({ request: { number: 1, at: FIRST }, tags: { 'branchline/workflow_run': '31' } });
    const known = record(asked.request, asked.tags);
    expect(await clicked([known], again, LATER)).toMatchObject({ request: asked.request });
    // Another click of the same day is another one.
    expect(await clicked([known], { ...first, workflow: '32' }, LATER)).toMatchObject({ request: { number: 2 } });
    expect(await clicked([known], { ...again, workflow: '32' }, LATER)).toMatchObject({ request: { number: 2 } });
  });

  test('finds its own among those of others', async () => {
    const by = (workflow: string, request: RetryRequest): RunRecord =>
      record(request, { 'branchline/workflow_run': workflow });
    const one = (await clicked([], { ...first, workflow: '30' }, FIRST)) as { request: RetryRequest };
    const other = by('30', one.request);
    const two = (await clicked([other], first, FIRST)) as { request: RetryRequest };
    expect(two.request.number).toBe(2);
    expect(await clicked([other, by('31', two.request)], again, LATER)).toMatchObject({ request: two.request });
  });

  test('is rather not carried out than twice, where a retry on record has no name', async () => {
    const old = record(((await clicked([], first, FIRST)) as { request: RetryRequest }).request);
    const refused = await clicked([old], again, LATER);
    expect(refused).toMatchObject({ code: 'click-undated', exit: 3 });
    expect(JSON.stringify(refused)).toContain('actions: read');
    // With its instant it is known as before; a first attempt of another click asks anew.
    expect(await clicked([old], first, FIRST)).toMatchObject({ request: { number: 1 } });
    expect(await clicked([old], { ...first, workflow: '32' }, LATER)).toMatchObject({ request: { number: 2 } });
  });

  test('that never got to record anything asks in its further attempt', async () => {
    expect(await clicked([], again, LATER)).toMatchObject({ request: { number: 1, at: LATER } });
  });
});
