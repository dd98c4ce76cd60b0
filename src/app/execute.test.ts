import { describe, expect, it } from 'vitest';
import type { EventDraft } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { Plan, RunRequest } from '../model/plan.ts';
import type { StateView } from '../model/state.ts';
import { planRun } from '../plan/run-plan.ts';
import type { Clock } from '../ports.ts';
import type { TimeBudget } from '../run/budget.ts';
import { numberEvents } from '../state/codec.ts';
import { fold } from '../state/fold.ts';
import { sketchProject, sketchView } from '../testing/plan-builder.ts';
import { requestedDraft } from './claim-run.ts';
import { executeRun } from './execute.ts';

const MINUTE = 60_000;
const request: RunRequest = {
  kind: 'dispatch',
  workflow: '17',
  at: '2026-11-22T09:00:00.000Z',
  selection: '*',
  mode: 'all',
  withUpstream: false,
  ignoreBlocking: false,
};
const project = sketchProject({ a: {}, b: { deps: ['a'] }, c: { deps: ['b'] }, d: { deps: ['c'] } });

function planOf(view: StateView = sketchView({})): Plan {
  const plan = planRun({
    project,
    view,
    environment: 'production',
    request,
    runId: 'r1',
    selected: new Set(Object.keys(project.assets)),
    fingerprintOf: () => ({ version: 'c', parts: { run: 'c' } }),
    lost: new Map(),
  });
  if (!plan.ok) throw new Error(plan.error.code);
  return plan.value;
}

/** Carries a plan out with steps that take ten minutes each on a clock of their own, one at a time. */
async function carry(plan: Plan, budget?: TimeBudget, stopAtMs = Number.POSITIVE_INFINITY) {
  let now = 0;
  const stop = new AbortController();
  const clock: Clock = { now: () => now, sleep: () => new Promise(() => undefined) };
  const events: EventDraft[] = [];
  const started: string[] = [];
  const end = await executeRun({
    plan,
    options: {
      maxParallel: 1,
      failFast: false,
      exclusive: new Map(),
      deps: (asset) => project.assets[asset]!.deps,
      blockingChecks: () => [],
      ignoreBlocking: false,
    },
    ...(budget ? { budget } : {}),
    mayGoOnFrom: timestamp(MINUTE),
    clock,
    emit: (event) => events.push(event),
    synced: async () => undefined,
    signal: stop.signal,
    pauseMs: MINUTE,
    onPause: () => undefined,
    runStep: async (step, assets, emit) => {
      started.push(step);
      emit({ type: 'step.started', at: timestamp(now), run: 'r1', step, attempt: 1 });
      now += 10 * MINUTE;
      if (now >= stopAtMs) stop.abort();
      for (const asset of assets) emit(materialized(step, asset, now));
      const base = { at: timestamp(now), run: 'r1', step, durationMs: 10 * MINUTE } as const;
      emit({ type: 'step.ended', ...base, outcome: 'success', failedAssets: [] });
    },
  });
  return { end, events, started };
}

function materialized(step: string, asset: string, now: number): EventDraft {
  return {
    type: 'asset.materialized',
    at: timestamp(now),
    run: 'r1',
    step,
    asset,
    materialization: `r1.1/${asset}`,
    codeVersion: 'c',
    codeParts: { run: 'c' },
    dataVersion: 'v',
    upstream: Object.fromEntries(project.assets[asset]!.deps.map((dep) => [dep, { dataVersion: 'v' }])),
    metadata: {},
    durationMs: 10 * MINUTE,
  };
}

const typesOf = (events: readonly EventDraft[]): string[] => events.map(({ type }) => type);

describe('a time budget', () => {
  it('that is never reached changes nothing', async () => {
    const { end, events, started } = await carry(planOf(), { endsAt: 41 * MINUTE, totalMs: 41 * MINUTE });
    expect(end).toMatchObject({ state: 'SUCCESS', counts: { materialized: 4 } });
    expect(started).toEqual(['a', 'b', 'c', 'd']);
    expect(typesOf(events)).not.toContain('run.requeued');
  });

  it('lets what runs end, starts nothing after it, and gives the run back', async () => {
    const { end, events, started } = await carry(planOf(), { endsAt: 15 * MINUTE, totalMs: 15 * MINUTE });
    expect(end).toMatchObject({ state: 'QUEUED', counts: { materialized: 2 } });
    expect(started).toEqual(['a', 'b']);
    expect(events.at(-1)).toEqual({
      type: 'run.requeued',
      at: timestamp(20 * MINUTE),
      run: 'r1',
      due: timestamp(MINUTE),
      reason: 'the time budget of the job is over: 2 of 4 steps wait for the next tick',
    });
    expect(typesOf(events)).not.toContain('run.ended');
  });

  it('starts nothing that took longer before than there is left', async () => {
    const plan = planOf();
    const took = { samples: 5, p50Ms: MINUTE, p95Ms: 6 * MINUTE };
    const { end, started } = await carry(
      { ...plan, estimates: { ...plan.estimates, b: took } },
      { endsAt: 15 * MINUTE, totalMs: 15 * MINUTE },
    );
    expect(end.state).toBe('QUEUED');
    expect(started).toEqual(['a']);
  });

  it('does not turn a cancel into a wait', async () => {
    const { end, events } = await carry(planOf(), { endsAt: 15 * MINUTE, totalMs: 15 * MINUTE }, 20 * MINUTE);
    expect(end.state).toBe('CANCELED');
    expect(typesOf(events)).not.toContain('run.requeued');
  });

  it('leaves a run that the next part carries on with what is missing, though all was asked for', async () => {
    const { events } = await carry(planOf(), { endsAt: 15 * MINUTE, totalMs: 15 * MINUTE });
    const plan = planOf();
    const began: EventDraft = {
      type: 'run.started',
      at: timestamp(0),
      run: 'r1',
      epoch: 1,
      planDigest: plan.digest,
      steps: plan.steps.map(({ id, assets }) => ({
        id,
        assets: assets.map(({ asset }) => asset),
        verdict: 'run',
        reason: 'requested',
        detail: [],
      })),
    };
    const drafts = [requestedDraft({ runId: 'r1', request, tags: {} }, timestamp(0)), began, ...events];
    const recorded = fold(sketchView({}), {
      seq: sketchView({}).seq + 1,
      writer: 'w',
      tx: 1,
      at: timestamp(21 * MINUTE),
      events: numberEvents(
        'r1.1',
        0,
        drafts.map((draft) => ({ ...draft, epoch: 1 }) as EventDraft),
      ),
    });
    if (!recorded.ok) throw new Error(recorded.error.message);
    expect(recorded.value.openRuns.get('r1')).toMatchObject({ state: 'QUEUED', due: timestamp(MINUTE) });
    const next = planOf(recorded.value);
    expect(next.steps.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(['a skip', 'b skip', 'c run', 'd run']);
    const { end, started } = await carry(next);
    expect(started).toEqual(['c', 'd']);
    expect(end.state).toBe('SUCCESS');
  });
});
