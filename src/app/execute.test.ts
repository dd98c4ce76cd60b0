import { describe, expect, it } from 'vitest';
import type { EventDraft } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { AssetVerdict, Plan, RunRequest } from '../model/plan.ts';
import type { StateView } from '../model/state.ts';
import { planRun } from '../plan/run-plan.ts';
import type { Clock } from '../ports.ts';
import { openTimeBudget, type TimeBudget } from '../run/budget.ts';
import { type ResumedRun, settledSteps } from '../run/resume.ts';
import { numberEvents } from '../state/codec.ts';
import { fold } from '../state/fold.ts';
import { sketchProject, sketchView } from '../testing/plan-builder.ts';
import { aloneOneByOne } from '../testing/run-builder.ts';
import { hasBegunSteps } from './begun-steps.ts';
import { executeRun } from './execute.ts';
import { requestedDraft } from './opening-events.ts';
import { openStepPlaces } from './step-places.ts';

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
const depsOf = (asset: string): readonly string[] => project.assets[asset]!.deps;

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
    ...aloneOneByOne(depsOf),
    plan,
    ...(budget ? { budget } : {}),
    mayGoOnFrom: timestamp(MINUTE),
    clock,
    emit: (event) => events.push(event),
    signal: stop.signal,
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
    upstream: Object.fromEntries((project.assets[asset]?.deps ?? []).map((dep) => [dep, { dataVersion: 'v' }])),
    metadata: {},
    durationMs: 10 * MINUTE,
  };
}

const typesOf = (events: readonly EventDraft[]): string[] => events.map(({ type }) => type);

describe('a time budget', () => {
  it('that is never reached changes nothing', async () => {
    const { end, events, started } = await carry(planOf(), openTimeBudget(0, 41 * MINUTE));
    expect(end).toMatchObject({ state: 'SUCCESS', counts: { materialized: 4 } });
    expect(started).toEqual(['a', 'b', 'c', 'd']);
    expect(typesOf(events)).not.toContain('run.requeued');
  });

  it('lets what runs end, starts nothing after it, and gives the run back', async () => {
    const { end, events, started } = await carry(planOf(), openTimeBudget(0, 15 * MINUTE));
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
      openTimeBudget(0, 15 * MINUTE),
    );
    expect(end.state).toBe('QUEUED');
    expect(started).toEqual(['a']);
  });

  it('in which nothing fits is one in which nothing was begun, whatever the plan leaves out and says so', async () => {
    const plan = planOf();
    const leaveOut = (asset: AssetVerdict): AssetVerdict => ({ ...asset, verdict: 'skip', reason: 'blocked_by_check' });
    const steps = plan.steps.map((step) =>
      step.id === 'd' ? { ...step, verdict: 'skip' as const, assets: step.assets.map(leaveOut) } : step,
    );
    const { end, events } = await carry({ ...plan, steps }, openTimeBudget(-60 * MINUTE, 60 * MINUTE));
    expect([end.state, typesOf(events)]).toEqual(['QUEUED', ['step.skipped', 'run.requeued']]);
    expect(hasBegunSteps(events)).toBe(false);
    const begun = await carry({ ...plan, steps }, openTimeBudget(-59 * MINUTE, 60 * MINUTE));
    expect([begun.end.state, begun.started, hasBegunSteps(begun.events)]).toEqual(['QUEUED', ['a'], true]);
  });

  it('does not turn a cancel into a wait', async () => {
    const { end, events } = await carry(planOf(), openTimeBudget(0, 15 * MINUTE), 20 * MINUTE);
    expect(end.state).toBe('CANCELED');
    expect(typesOf(events)).not.toContain('run.requeued');
  });

  it('leaves a run that the next part carries on with what is missing, though all was asked for', async () => {
    const { events } = await carry(planOf(), openTimeBudget(0, 15 * MINUTE));
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

describe('a step that is tried again', () => {
  const HOUR = 60 * MINUTE;
  /** Carries a → b → c → d out; `a` fails until `failures` attempts have, each to be repeated an hour later. */
  async function carryFlaky(more: { failures: number; requeueAfterMs?: number; resumed?: ResumedRun; from?: number }) {
    let now = more.from ?? 0;
    const events: EventDraft[] = [];
    const clock: Clock = {
      now: () => now,
      sleep: async (ms, signal) => {
        await new Promise((done) => setImmediate(done));
        if (!signal?.aborted) now += ms;
      },
    };
    const end = await executeRun({
      ...aloneOneByOne(depsOf),
      plan: planOf(),
      mayGoOnFrom: timestamp(0),
      ...(more.requeueAfterMs === undefined ? {} : { requeueAfterMs: more.requeueAfterMs }),
      ...(more.resumed ? { resumed: more.resumed } : {}),
      clock,
      emit: (event) => events.push(event),
      runStep: async (step, assets, emit, _signal, attempt) => {
        const base = { at: timestamp(now), run: 'r1', step, durationMs: 1 } as const;
        emit({ type: 'step.started', at: base.at, run: 'r1', step, attempt });
        if (step === 'b' && attempt <= more.failures) {
          const failure = { class: 'step', code: 'exit-code', message: 'exit code 1' } as const;
          const retryAt = timestamp(now + HOUR);
          emit({ type: 'step.attempt-ended', ...base, attempt, outcome: 'failure', failure, retryAt });
          return;
        }
        for (const asset of assets) emit(materialized(step, asset, now));
        emit({ type: 'step.attempt-ended', ...base, attempt, outcome: 'success' });
        emit({ type: 'step.ended', ...base, outcome: 'success', failedAssets: [] });
      },
    });
    return { end, events, now };
  }
  const attempts = (events: readonly EventDraft[]): string[] =>
    events.flatMap((event) => (event.type === 'step.started' ? [`${event.step} ${event.attempt}`] : []));

  it('is waited for where nobody carries the run on, then what is downstream goes on', async () => {
    const { end, events, now } = await carryFlaky({ failures: 2 });
    expect(end).toMatchObject({ state: 'SUCCESS', counts: { materialized: 4, failed: 0 } });
    expect(attempts(events)).toEqual(['a 1', 'b 1', 'b 2', 'b 3', 'c 1', 'd 1']);
    expect(now).toBe(2 * HOUR);
  });

  it('gives the run back when it waits for longer than a runner should be held, due when it is tried again', async () => {
    const { end, events, now } = await carryFlaky({ failures: 1, requeueAfterMs: 5 * MINUTE });
    expect(end).toMatchObject({ state: 'QUEUED', counts: { materialized: 1 } });
    expect(now).toBe(0);
    expect(events.at(-1)).toMatchObject({ type: 'run.requeued', due: timestamp(HOUR) });
  });

  it('waits in place for what is not longer', async () => {
    const { end } = await carryFlaky({ failures: 1, requeueAfterMs: HOUR });
    expect(end.state).toBe('SUCCESS');
  });

  it('has its next attempt, and no more, when the run is carried on: what had finished keeps its result', async () => {
    const { events } = await carryFlaky({ failures: 1, requeueAfterMs: 5 * MINUTE });
    const plan = planOf();
    const began: EventDraft = {
      type: 'run.started',
      at: timestamp(0),
      run: 'r1',
      planDigest: plan.digest,
      steps: plan.steps.map(({ id }) => ({ id, assets: [id], verdict: 'run', reason: 'requested', detail: [] })),
    };
    const drafts = [requestedDraft({ runId: 'r1', request, tags: {} }, timestamp(0)), began, ...events];
    const numbered = numberEvents('r1.1', 0, drafts);
    const recorded = fold(sketchView({}), { seq: 2, writer: 'w', tx: 1, at: timestamp(0), events: numbered });
    if (!recorded.ok) throw new Error(recorded.error.message);
    const record = recorded.value.openRuns.get('r1')!;
    expect(record.steps['b']).toMatchObject({ state: 'PLANNED', attempt: 1, retryAt: timestamp(HOUR) });
    const madeOf = () => ({ kind: 'materialized', versions: 'v', materialization: 'r1.1/a' }) as const;
    const settled = settledSteps(plan, record, () => true);
    expect([...settled]).toEqual(['a']);
    const resumed = { record, settled, madeOf };
    const early = await carryFlaky({ failures: 1, requeueAfterMs: 5 * MINUTE, resumed, from: HOUR / 2 });
    expect(early.end.state).toBe('QUEUED');
    const { end, events: later } = await carryFlaky({ failures: 1, requeueAfterMs: 5 * MINUTE, resumed, from: HOUR });
    expect(attempts(later)).toEqual(['b 2', 'c 1', 'd 1']);
    expect(end).toMatchObject({ state: 'SUCCESS', counts: { materialized: 4 } });
  });

  it('is made anew by other code, with all that is downstream', () => {
    const plan = planOf();
    const done = { state: 'SUCCESS', materialized: [], failedAssets: [], checks: [] } as const;
    const steps = Object.fromEntries(
      ['a', 'b', 'c', 'd'].map((id) => [id, { ...done, assets: [id], materialized: [id] }]),
    );
    const settled = settledSteps(plan, { steps }, (_step, asset) => asset !== 'b');
    expect([...settled]).toEqual(['a']);
  });

  it('goes on counting its attempts where it had ended and is done again, so that nothing is made twice by one name', async () => {
    const done = { state: 'SUCCESS', attempt: 1, failedAssets: [], checks: [] } as const;
    const steps = Object.fromEntries(
      ['a', 'b', 'c'].map((id) => [id, { ...done, assets: [id], materialized: [id] }] as const),
    );
    // What `b` reads was made by somebody else while the run waited; `d` had never begun.
    const resumed: ResumedRun = {
      record: { steps },
      settled: settledSteps(planOf(), { steps }, (_step, asset) => asset !== 'b'),
      madeOf: () => ({ kind: 'materialized', versions: 'v', materialization: 'r1.1/a' }),
    };
    const { end, events } = await carryFlaky({ failures: 0, resumed });
    expect(end.state).toBe('SUCCESS');
    expect(attempts(events)).toEqual(['b 2', 'c 2', 'd 1']);
  });
});

describe('a disk that takes its time', () => {
  it('lets no more steps be at work than there are places', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `a${n}`);
    const wide = sketchProject(Object.fromEntries(names.map((name) => [name, {}])));
    const plan = planRun({
      project: wide,
      view: sketchView({}),
      environment: 'production',
      request,
      runId: 'r1',
      selected: new Set(names),
      fingerprintOf: () => ({ version: 'c', parts: { run: 'c' } }),
      lost: new Map(),
    });
    if (!plan.ok) throw new Error(plan.error.code);
    const places = openStepPlaces(2);
    let atWork = 0;
    let most = 0;
    const turns = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) await Promise.resolve();
    };
    const alone = aloneOneByOne();
    const { counts } = await executeRun({
      ...alone,
      plan: plan.value,
      options: {
        ...alone.options,
        get maxParallel() {
          return places.mostOf('r1');
        },
      },
      places,
      mayGoOnFrom: timestamp(MINUTE),
      clock: { now: () => 0, sleep: () => new Promise(() => undefined) },
      emit: () => undefined,
      synced: () => turns(200),
      runStep: async (step, assets, emit) => {
        emit({ type: 'step.started', at: timestamp(0), run: 'r1', step, attempt: 1 });
        most = Math.max(most, ++atWork);
        await turns(Number(step.slice(1)) % 7);
        for (const asset of assets) emit(materialized(step, asset, 0));
        atWork--;
        emit({
          type: 'step.ended',
          at: timestamp(0),
          run: 'r1',
          step,
          durationMs: 1,
          outcome: 'success',
          failedAssets: [],
        });
      },
    });
    expect(counts.materialized).toBe(40);
    expect(most).toBe(2);
  });
});
