import { describe, expect, it } from 'vitest';
import type { BranchlineEvent } from '../model/events.ts';
import type { RunRecord } from '../model/state.ts';
import { runEvents } from '../testing/state-story.ts';
import { epochOf, evolveRun, initialRun, isLate, isRunEvent } from './evolve.ts';

const RUN = '20261122-aaaaaaaaaaaaaaaa';
const events = runEvents({
  run: RUN,
  assets: [
    { asset: 'raw/a', outcome: 'success' },
    { asset: 'raw/b', outcome: 'failure' },
  ],
  confirmed: ['raw/c'],
});

function runAfter(list: readonly BranchlineEvent[]): RunRecord {
  const [request, ...rest] = list;
  if (request?.type !== 'run.requested') throw new Error('a run begins with its request');
  return rest.filter(isRunEvent).reduce(evolveRun, initialRun(request, 'production'));
}
const event = (fields: object): BranchlineEvent =>
  ({ id: `${RUN}.1#99`, v: 1, at: '2026-11-22T10:00:00.000Z', run: RUN, epoch: 1, ...fields }) as BranchlineEvent;
const started = events.slice(0, 4);

describe('a run', () => {
  it('goes from its request to its end', () => {
    expect(runAfter(events.slice(0, 2))).toMatchObject({ state: 'QUEUED', epoch: 1, environment: 'production' });
    expect(runAfter(started)).toMatchObject({ state: 'STARTED', steps: { 'raw/a': { state: 'STARTED', attempt: 1 } } });
    const ended = runAfter(events);
    expect(ended).toMatchObject({
      state: 'FAILURE',
      confirmed: ['raw/c'],
      counts: { materialized: 1, failed: 1 },
      steps: {
        'raw/a': {
          state: 'SUCCESS',
          materialized: ['raw/a'],
          rows: 365,
          checks: [{ check: 'rows', status: 'PASSED' }],
        },
        'raw/b': { state: 'FAILURE', failedAssets: ['raw/b'], failure: { code: 'exit-code' } },
      },
    });
  });

  it('stays as it ended', () => {
    const ended = runAfter(events);
    const late = event({ type: 'step.skipped', step: 'raw/b', assets: ['raw/b'], reason: 'canceled' });
    expect(isLate(ended, late)).toBe(true);
    expect(runAfter([...events, late]).steps['raw/b']!.state).toBe('FAILURE');
  });

  it('takes interrupted steps up again when somebody takes it over, and hears no more of the former epoch', () => {
    const taken = event({ id: `${RUN}.2#1`, type: 'run.taken-over', epoch: 2, reason: 'its runner is gone' });
    const run = runAfter([...started, taken]);
    expect(run).toMatchObject({ epoch: 2, state: 'STARTED', steps: { 'raw/a': { state: 'PLANNED' } } });
    const late = events.find((e) => e.type === 'step.ended')!;
    expect(runAfter([...started, taken, late]).steps['raw/a']!.state).toBe('PLANNED');
  });

  it('counts attempts on though it is given back twice before the next one begins', () => {
    const failed = event({
      type: 'step.attempt-ended',
      step: 'raw/a',
      attempt: 1,
      outcome: 'failure',
      failure: { class: 'step', code: 'exit-code', message: 'no' },
      durationMs: 1,
      retryAt: '2026-11-22T10:05:00.000Z',
    });
    const requeued = event({ type: 'run.requeued', due: '2026-11-22T11:00:00.000Z', reason: 'no time is left' });
    const again = runAfter([...started, failed, requeued, events[2]!, requeued, events[2]!]);
    expect(again.steps['raw/a']).toMatchObject({
      state: 'PLANNED',
      attempt: 1,
      retryAt: '2026-11-22T10:05:00.000Z',
      failure: { code: 'exit-code' },
    });
  });

  it('knows by which attempts a step had ended that it makes again, however often it is given back', () => {
    const again = event({ type: 'step.started', v: 2, step: 'raw/a', attempt: 3, attemptsBefore: 2 });
    const requeued = event({ type: 'run.requeued', due: '2026-11-22T11:00:00.000Z', reason: 'no time is left' });
    const run = runAfter([...started, again, requeued, events[2]!, requeued, events[2]!]);
    expect(run.steps['raw/a']).toMatchObject({ state: 'PLANNED', attempt: 3, attemptsBefore: 2 });
  });

  it('waits when it was requeued, and starts again with what had ended', () => {
    const requeued = event({ type: 'run.requeued', due: '2026-11-22T11:00:00.000Z', reason: 'a retry in an hour' });
    const untilA = events.slice(0, events.findIndex((e) => e.type === 'step.ended') + 1);
    expect(runAfter([...untilA, requeued])).toMatchObject({ state: 'QUEUED', due: '2026-11-22T11:00:00.000Z' });
    const again = runAfter([...untilA, requeued, events[2]!]);
    expect(again.due).toBeUndefined();
    expect(again.steps).toMatchObject({ 'raw/a': { state: 'SUCCESS' }, 'raw/b': { state: 'PLANNED' } });
  });

  it('is canceling until it ends', () => {
    const cancel = event({ type: 'cancel.requested', reason: 'by hand' });
    expect(runAfter([...started, cancel])).toMatchObject({ state: 'CANCELING', cancelRequested: true });
    expect(runAfter([events[0]!, cancel])).toMatchObject({ state: 'QUEUED', cancelRequested: true });
    expect(runAfter([events[0]!, cancel, ...events.slice(1, 4)]).state).toBe('CANCELING');
    expect(runAfter([...started, cancel, ...events.slice(4)]).cancelRequested).toBeUndefined();
  });

  it('knows its epoch from the stream', () => {
    expect(epochOf(event({ type: 'step.started', epoch: undefined, id: `${RUN}.3.2#4` }))).toBe(3);
    expect(epochOf(event({ type: 'cancel.requested', epoch: undefined, id: 'w1#4' }))).toBeUndefined();
  });
});
