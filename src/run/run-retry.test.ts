import { describe, expect, test } from 'vitest';
import type { Failure } from '../model/failure.ts';
import { defaultRetries } from '../model/operations.ts';
import type { RunRequest } from '../model/plan.ts';
import { decideRunRetry, type EndedRun, retryRequest } from './run-retry.ts';

const settings = { ...defaultRetries, enabled: true, maxRetries: 2 };
const request: RunRequest = {
  kind: 'schedule',
  schedule: 's',
  tick: '2026-11-22T02:00:00.000Z',
  selection: '*',
  materialize: 'all',
};
const failed = (of: Failure['class']): Failure => ({ class: of, code: 'x', message: 'x' });
const ended = (more: Partial<EndedRun> = {}): EndedRun => ({
  run: 'r0',
  request,
  tags: {},
  state: 'FAILURE',
  startedAt: '2026-11-22T02:00:05.000Z',
  endedAt: '2026-11-22T02:10:00.000Z',
  stepFailures: [failed('step')],
  ...more,
});

describe('whether a failed run is tried again', () => {
  test.each<[string, Partial<EndedRun>, Partial<typeof settings>, string | undefined]>([
    ['a failure, with budget left', {}, {}, 'budget-left'],
    ['a success', { state: 'SUCCESS' }, {}, undefined],
    ['what was canceled', { state: 'CANCELED' }, {}, undefined],
    ['switched off, whatever a tag says', { tags: { 'branchline/max_retries': '5' } }, { enabled: false }, undefined],
    ['no retries allowed', {}, { maxRetries: 0 }, 'used-up'],
    ['a tag allows them', { tags: { 'dagster/max_retries': ' 1 ' } }, { maxRetries: 0 }, 'budget-left'],
    ['a tag that is no number', { tags: { 'branchline/max_retries': 'many' } }, {}, 'odd-tag'],
    ['by a step, where only runners count', {}, { onStepFailure: false }, 'step-failure'],
    ['by a timeout of a step', { stepFailures: [failed('timeout')] }, { onStepFailure: false }, 'step-failure'],
    ['by a published check', { stepFailures: [] }, { onStepFailure: false }, 'step-failure'],
    ['by the state', { stepFailures: [failed('infrastructure')] }, { onStepFailure: false }, 'budget-left'],
    ['by a lost runner', { failure: failed('crash') }, { onStepFailure: false }, 'budget-left'],
    [
      'a tag that wants steps to count',
      { tags: { 'branchline/retry_on_asset_or_op_failure': 'true' } },
      { onStepFailure: false },
      'budget-left',
    ],
    ['a tag that does not', { tags: { 'branchline/retry_on_asset_or_op_failure': 'false' } }, {}, 'step-failure'],
  ])('%s', (_name, more, change, reason) => {
    expect(decideRunRetry({ ...settings, ...change }, ended(more))?.reason).toBe(reason);
  });

  test('counts automatic ones only, down the chain, with what the root was asked with', () => {
    const first = decideRunRetry(settings, ended())!.next!;
    expect(first).toMatchObject({ root: 'r0', of: 'r0', number: 1, automatic: 1, original: request, selection: '*' });
    const byHand = retryRequest(ended({ run: 'r1', request: first }), {
      strategy: 'ALL_STEPS',
      at: '2026-11-22T03:00:00.000Z',
      isAutomatic: false,
    });
    expect(byHand).toMatchObject({ root: 'r0', of: 'r1', number: 2, automatic: 1, since: '2026-11-22T02:00:05.000Z' });
    const third = decideRunRetry(settings, ended({ run: 'r2', request: byHand }))!.next!;
    expect(third).toMatchObject({ number: 3, automatic: 2 });
    expect(decideRunRetry(settings, ended({ run: 'r3', request: third }))?.reason).toBe('used-up');
  });

  test('a tag chooses the strategy', () => {
    const tags = { 'dagster/retry_strategy': 'ALL_STEPS' };
    expect(decideRunRetry(settings, ended({ tags }))?.next?.strategy).toBe('ALL_STEPS');
  });
});
