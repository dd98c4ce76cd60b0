import { expect, test } from 'vitest';
import type { EventDraft } from '../model/events.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { Clock } from '../ports.ts';
import { openTimeBudget, type TimeBudget } from '../run/budget.ts';
import { aloneOneByOne, claimOf, requestOfAll } from '../testing/run-builder.ts';
import { executeRun } from './execute.ts';
import { createJobMeter } from './job-meter.ts';

const START = Date.UTC(2026, 10, 22, 9);
const request = requestOfAll(START);
const step: PlannedStep = {
  step: 'a',
  id: 'a',
  verdict: 'run',
  assets: [{ asset: 'a', verdict: 'run', reason: 'requested', detail: [] }],
  partial: false,
  after: [],
  codeVersion: 'c1:0',
  codeParts: {},
  upstream: {},
  used: {},
  held: {},
};

test('a run in a billed job tells its minutes when it ends, and on a laptop says nothing of money', async () => {
  const ends: EventDraft[] = [];
  const runOnce = async (billed: boolean, budget?: TimeBudget): Promise<void> => {
    let now = START;
    // A clock that stands still unless the step works.
    const clock: Clock = {
      now: () => now,
      sleep: (_ms, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
    };
    const meter = createJobMeter({ startedAt: START - 30_000, runner: 'ubuntu-latest', usdPerMinute: 0.006 });
    await executeRun({
      ...aloneOneByOne(),
      mayGoOnFrom: '2026-11-22T09:00:00.000Z',
      plan: {
        format: 1,
        environment: 'production',
        request,
        runId: 'r',
        steps: [step],
        digest: 'f',
        tags: {},
        estimates: {},
      },
      clock,
      runStep: async (id, assets, emit) => {
        now += 100_000;
        const at = new Date(now).toISOString();
        emit({ type: 'step.started', at, run: 'r', step: id, attempt: 1 });
        emit({ type: 'step.ended', at, run: 'r', step: id, outcome: 'failure', failedAssets: assets, durationMs: 1 });
      },
      emit: (event) => {
        if (event.type === 'run.ended' || event.type === 'run.requeued') ends.push(event);
      },
      ...(billed ? { billed: (at: number) => meter.billed('r', at) } : {}),
      ...(budget ? { budget } : {}),
    });
  };
  await runOnce(true);
  await runOnce(false);
  await runOnce(true, openTimeBudget(START - 60_000, 59_999));
  // 130 s since the job began.
  expect(ends[0]).toMatchObject({ billed: { runner: 'ubuntu-latest', minutes: 3, usd: 0.018 } });
  expect(ends[1]).not.toHaveProperty('billed');
  expect(ends[2]).toMatchObject({ type: 'run.requeued', billed: { minutes: 1, usd: 0.006 } });
});

test('a run that finds nothing to do has used its minute too', async () => {
  const files = { 'branchline.yaml': 'name: a\nassets: { x: { external: true } }\n' };
  const decided = await claimOf(files, START, {
    meter: createJobMeter({ startedAt: START - 1, runner: 'ubuntu-latest', usdPerMinute: 0 }),
  });
  if (decided.kind !== 'ended') throw new Error('it should have ended at once');
  expect(decided.drafts.find(({ type }) => type === 'run.ended')).toMatchObject({
    billed: { runner: 'ubuntu-latest', minutes: 1, usd: 0 },
  });
});
