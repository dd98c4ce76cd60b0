import { describe, expect, test } from 'vitest';
import type { BranchlineEvent, EventDraft } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { timestamp } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { Wave } from '../model/wave.ts';
import { createRedactor } from '../run/redact.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { afterCommit, claimOf, mustClaim, workflowHolder } from '../testing/run-builder.ts';
import { type FinalizedRun, finalizeWave, recordedPart } from './finalize-wave.ts';
import { buildPlanning } from './planning.ts';
import { shareOut } from './share-out.ts';
import type { StateAt } from './state-reading.ts';
import type { StateSession } from './state-session.ts';

const START = Date.parse('2026-11-22T09:00:00.000Z');
const files = {
  'branchline.yaml': `name: shop
runners: { big: { runs-on: big } }
assets:
  a: { run: "true" }
  b: { run: "true", runner: big }
  c: { deps: [a, b], run: "true" }
`,
};
const project = projectOf(files);
/** Takes up a run whose runners are lost, so many times. */
const monitored = (most: number) =>
  projectOf({
    'branchline.yaml': `${files['branchline.yaml']}run_monitoring: { enabled: true, max_resume_run_attempts: ${most} }\n`,
  });
const holder = workflowHolder('plan');

/** A run whose claim is committed, shared out to two jobs: `a` and `b`; `c` is of the next wave. */
async function claimedWave(): Promise<{ readonly view: StateView; readonly wave: Wave; readonly run: string }> {
  const claimed = mustClaim(await claimOf(files, START, { holder, writer: 'w1', maxParallel: 4 }));
  const wave = shareOut(project, [claimed], { workflow: '7', attempt: 1, jobsMax: 8 });
  return { view: folded(emptyView('production'), claimed.events), wave, run: claimed.plan.runId };
}

const folded = (view: StateView, events: readonly BranchlineEvent[]): StateView =>
  afterCommit(view, events, START + 60_000);

/** What a shard records of a step; the stream's name is not looked at. */
function journal(
  run: string,
  step: string,
  outcome: 'success' | 'failure',
  { ends = true, epoch = 1 } = {},
): BranchlineEvent[] {
  const base = { at: timestamp(START + 30_000), run, epoch };
  const drafts: EventDraft[] = [{ ...base, type: 'step.started', step, attempt: 1 }];
  if (outcome === 'success')
    drafts.push({
      ...base,
      type: 'asset.materialized',
      step,
      asset: step,
      materialization: `${run}.${epoch}/${step}`,
      codeVersion: buildPlanning(project, sourceTreeOf(files)).fingerprintOf(step).version,
      codeParts: {},
      dataVersion: `d-${step}`,
      upstream: {},
      metadata: {},
      durationMs: 1,
    });
  const failedAssets = outcome === 'success' ? [] : [step];
  drafts.push({ ...base, type: 'step.ended', step, outcome, failedAssets, durationMs: 1 });
  if (ends)
    drafts.push({
      ...base,
      type: 'run.ended',
      state: 'SUCCESS',
      counts: {
        materialized: 1,
        failed: 0,
        skipped: 0,
        upToDate: 0,
        checksPassed: 0,
        checksWarned: 0,
        checksFailed: 0,
      },
      durationMs: 1,
      billed: { runner: 'ubuntu-latest', minutes: 2, usd: 0.012 },
    });
  return numberEvents('whatever', 0, drafts);
}

interface Finalized {
  readonly view: StateView;
  readonly runs: readonly FinalizedRun[];
  readonly events: readonly BranchlineEvent[];
}

async function finalize(
  view: StateView,
  wave: Wave,
  journals: Readonly<Record<string, readonly BranchlineEvent[]>>,
  options: {
    readonly project?: typeof project;
    readonly isGivenBack?: boolean;
    readonly codeCommit?: string;
    readonly isCanceled?: boolean;
  } = {},
): Promise<Finalized> {
  let events: readonly BranchlineEvent[] = [];
  const session: StateSession = {
    async transact(decide) {
      const decision = await decide({ read: { view }, now: START + 60_000 } as unknown as StateAt);
      if (decision.kind === 'stop') throw new Error(decision.failure.message);
      if (decision.kind === 'commit') events = decision.events;
      return { ok: true, value: { value: decision.value, after: undefined as never } };
    },
  };
  const ports = { session, pages: () => new Map(), redactor: createRedactor([]) };
  const billed = { runner: 'ubuntu-latest', minutes: 2, usd: 0.012 };
  const { project: settings = project, ...how } = options;
  const input = { wave, journals: new Map(Object.entries(journals)), billed, ...how };
  const done = await finalizeWave(ports, settings, input);
  if (!done.ok) throw new Error(done.error.message);
  return { view: folded(view, events), runs: done.value.value, events };
}

describe('what the jobs of a wave did', () => {
  test('is taken in once; the rest of the run waits for the next wave', async () => {
    const { view, wave, run } = await claimedWave();
    expect(wave.shards.map(({ id, runner, steps }) => [id, runner, steps])).toEqual([
      ['s000', '', ['a']],
      ['s001', 'big', ['b']],
    ]);
    const journals = { s000: journal(run, 'a', 'success'), s001: journal(run, 'b', 'success') };
    const done = await finalize(view, wave, journals);
    expect(done.runs).toMatchObject([{ state: 'QUEUED', lostShards: [] }]);
    expect(done.view.claims.size).toBe(0);
    expect(done.view.openRuns.get(run)).toMatchObject({
      state: 'QUEUED',
      epoch: 1,
      billed: { minutes: 6, usd: 0.036 },
      steps: { a: { state: 'SUCCESS' }, b: { state: 'SUCCESS' }, c: { state: 'PLANNED' } },
    });
    // The same again changes nothing.
    const again = await finalize(done.view, wave, journals);
    expect(again.events).toEqual([]);
    expect(again.runs).toMatchObject([{ state: 'late' }]);
  });

  test('changes nothing any more once somebody else goes on with the run, in the same epoch', async () => {
    const { view, wave, run } = await claimedWave();
    const journals = { s000: journal(run, 'a', 'success'), s001: journal(run, 'b', 'success') };
    const given = (await finalize(view, wave, journals)).view;
    const claim = { ...wave.runs[0]!.claim, writer: 'w2', holder: { ...holder, workflow: '8' } };
    const stream = runStream(run, 1);
    const opened: EventDraft = { type: 'claim.opened', at: timestamp(START + 60_000), run, epoch: 1, claim };
    const taken = folded(given, numberEvents(stream, given.streams.get(stream) ?? 0, [opened]));
    expect([...taken.claims.values()]).toMatchObject([{ writer: 'w2', epoch: 1 }]);
    // Two jobs found the wave lost, and each takes in what it uploaded.
    const late = await finalize(taken, wave, journals);
    expect(late.runs).toMatchObject([{ state: 'late' }]);
    expect(late.events).toEqual([]);
    expect(recordedPart(taken, wave)).toBeUndefined();
  });

  test('waits with a step that is tried again later, as long as nothing else can go on', async () => {
    const { view, wave, run } = await claimedWave();
    const retryAt = timestamp(START + 600_000);
    const base = { at: timestamp(START + 30_000), run, epoch: 1 };
    const failing = numberEvents('whatever', 0, [
      { ...base, type: 'step.started', step: 'b', attempt: 1 },
      { ...base, type: 'step.attempt-ended', step: 'b', attempt: 1, outcome: 'failure', durationMs: 1, retryAt },
      { ...base, type: 'run.requeued', due: retryAt, reason: 'b failed and is tried again later' },
    ]);
    const done = await finalize(view, wave, { s000: journal(run, 'a', 'success'), s001: failing });
    expect(done.view.openRuns.get(run)).toMatchObject({ state: 'QUEUED', due: retryAt });
    // Whose job was lost has the other step to do meanwhile.
    const other = await finalize(view, wave, { s000: [], s001: failing }, { project: monitored(1) });
    expect(other.view.openRuns.get(run)).toMatchObject({ state: 'QUEUED', due: timestamp(START) });
  });

  test('is the same in whatever order the journals are read', async () => {
    const { view, wave, run } = await claimedWave();
    const [a, b] = [journal(run, 'a', 'success'), journal(run, 'b', 'failure')];
    const one = await finalize(view, wave, { s000: a, s001: b });
    const other = await finalize(view, wave, { s001: b, s000: a });
    expect(other.events).toEqual(one.events);
    // `c` reads what failed: nothing is left to do.
    expect(one.runs).toMatchObject([{ state: 'FAILURE' }]);
    expect(one.view.endedRuns.get(run)).toMatchObject({
      state: 'FAILURE',
      counts: { materialized: 1, failed: 1, skipped: 1 },
    });
  });

  test('that came to no end goes back to the queue in a new epoch, and what comes of it later is late', async () => {
    const { view, wave, run } = await claimedWave();
    const whole = journal(run, 'b', 'success');
    const done = await finalize(view, wave, { s000: journal(run, 'a', 'success'), s001: whole.slice(0, 1) });
    expect(done.runs).toMatchObject([{ state: 'QUEUED', lostShards: ['s001'] }]);
    expect(done.view.claims.size).toBe(0);
    expect(done.view.openRuns.get(run)).toMatchObject({
      state: 'QUEUED',
      epoch: 2,
      steps: { a: { state: 'SUCCESS' }, b: { state: 'PLANNED' } },
    });
    const late = await finalize(done.view, wave, { s000: journal(run, 'a', 'success'), s001: whole });
    expect(late.runs).toMatchObject([{ state: 'late' }]);
    expect(late.view.openRuns.get(run)).toMatchObject({
      state: 'QUEUED',
      epoch: 2,
      steps: { b: { state: 'PLANNED' } },
    });
    expect(late.view.assets.get('b')?.materialized?.dataVersion).toBe('d-b');
  });

  test('is nothing at all: the run fails, for the next wave would fare the same', async () => {
    const { view, wave, run } = await claimedWave();
    const done = await finalize(view, wave, {});
    expect(done.runs).toMatchObject([{ state: 'FAILURE', lostShards: ['s000', 's001'] }]);
    expect(done.view.endedRuns.get(run)).toMatchObject({
      state: 'FAILURE',
      failure: { class: 'crash', code: 'runner-lost' },
    });
    expect(done.view.claims.size).toBe(0);
  });

  test('is nothing, with a run that may be taken up again: it goes back as often as that, counted by what is recorded', async () => {
    const { view, wave, run } = await claimedWave();
    const once = await finalize(view, wave, {}, { project: monitored(1) });
    expect(once.runs).toMatchObject([{ state: 'QUEUED' }]);
    expect(once.view.openRuns.get(run)).toMatchObject({ state: 'QUEUED', epoch: 2 });
    const [from] = wave.runs;
    const claim = { ...from!.claim, claim: `${run}.2`, epoch: 2 };
    const opened: EventDraft = { type: 'claim.opened', at: claim.at, run, epoch: 2, claim };
    const stream = `${run}.2`;
    const claimed = folded(once.view, numberEvents(stream, once.view.streams.get(stream)!, [opened]));
    const second = { ...wave, workflow: '8', runs: [{ ...from!, claim }] };
    const part = journal(run, 'b', 'success', { epoch: 2 }).slice(0, 1);
    const twice = await finalize(
      claimed,
      second,
      { s000: journal(run, 'a', 'success', { epoch: 2 }), s001: part },
      { project: monitored(1) },
    );
    expect(twice.runs).toMatchObject([{ state: 'FAILURE', lostShards: ['s001'] }]);
    expect(twice.view.endedRuns.get(run)).toMatchObject({
      state: 'FAILURE',
      epoch: 3,
      failure: { class: 'crash', code: 'runner-lost' },
      counts: { materialized: 1, failed: 1, skipped: 1 },
      billed: { minutes: 6 },
      steps: { a: { state: 'SUCCESS' }, b: { state: 'FAILURE', failure: { class: 'crash' } } },
    });
    expect(twice.view.claims.size).toBe(0);
    expect(twice.view.assets.get('a')?.materialized?.dataVersion).toBe('d-a');
  });

  test('was not begun, for nobody could be told: nothing is lost, and it waits in its epoch', async () => {
    const { view, wave, run } = await claimedWave();
    const done = await finalize(view, wave, {}, { isGivenBack: true, project: monitored(0) });
    expect(done.runs).toMatchObject([{ state: 'QUEUED', lostShards: [] }]);
    expect(done.view.openRuns.get(run)).toMatchObject({ state: 'QUEUED', epoch: 1 });
    expect(done.view.claims.size).toBe(0);
  });

  test('was canceled: what is left is skipped', async () => {
    const { view, wave, run } = await claimedWave();
    const asked: EventDraft = { type: 'cancel.requested', at: timestamp(START + 1), run, reason: 'enough' };
    const canceled = folded(view, numberEvents('w2', 0, [asked]));
    const done = await finalize(canceled, wave, {
      s000: journal(run, 'a', 'success'),
      s001: journal(run, 'b', 'success'),
    });
    expect(done.runs).toMatchObject([{ state: 'CANCELED' }]);
    expect(done.view.endedRuns.get(run)).toMatchObject({ state: 'CANCELED', counts: { materialized: 2, skipped: 1 } });
  });
});

describe('what the jobs of a run did that was at work for too long', () => {
  const limited = (seconds: number) =>
    projectOf({
      'branchline.yaml': `${files['branchline.yaml']}run_monitoring: { enabled: true, max_runtime_seconds: ${seconds} }
run_retries: { enabled: true, max_retries: 3 }
`,
    });
  /** `b` was at work when the maximum was over. */
  const stopped = (run: string): readonly BranchlineEvent[] => {
    const base = { at: timestamp(START + 50_000), run, epoch: 1 };
    const failure: Failure = { class: 'timeout', code: 'max-runtime', message: 'stopped' };
    const [begun] = journal(run, 'b', 'failure');
    const [end] = journal(run, 'b', 'failure').slice(-1);
    const drafts: EventDraft[] = [
      { ...base, type: 'step.started', step: 'b', attempt: 1 },
      { ...base, type: 'step.ended', step: 'b', outcome: 'failure', failure, failedAssets: ['b'], durationMs: 1 },
      { ...(end as EventDraft & { type: 'run.ended' }), state: 'FAILURE', failure },
    ];
    expect(begun?.type).toBe('step.started');
    return numberEvents('whatever', 0, drafts);
  };

  test('ends the run as a failure by its maximum, keeps what had finished, and is tried again as such', async () => {
    const { view, wave, run } = await claimedWave();
    const journals = { s000: journal(run, 'a', 'success'), s001: stopped(run) };
    const done = await finalize(view, wave, journals, { project: limited(45) });
    expect(done.runs).toMatchObject([{ state: 'FAILURE' }]);
    expect(done.view.claims.size).toBe(0);
    expect(done.view.endedRuns.get(run)).toMatchObject({
      state: 'FAILURE',
      failure: { class: 'timeout', code: 'max-runtime' },
      counts: { materialized: 1, failed: 1, skipped: 1 },
      steps: { a: { state: 'SUCCESS' }, b: { state: 'FAILURE', failure: { class: 'timeout' } } },
      retry: { decision: 'retry' },
    });
  });

  test('leaves nothing to a next wave, also of what reads nothing that was stopped', async () => {
    const { view, wave, run } = await claimedWave();
    const [, , ended] = stopped(run);
    const journals = { s000: journal(run, 'a', 'success'), s001: [{ ...ended!, id: 'whatever#1' }] };
    const done = await finalize(view, wave, journals, { project: limited(45) });
    expect(done.runs).toMatchObject([{ state: 'FAILURE' }]);
    expect(done.view.endedRuns.get(run)).toMatchObject({
      failure: { code: 'max-runtime' },
      counts: { materialized: 1, failed: 0, skipped: 2 },
    });
  });

  test('is judged without what the run waited between two waves of which the first was lost', async () => {
    const { view, wave, run } = await claimedWave();
    const [, , ended] = stopped(run);
    const project = limited(90);
    const journals = { s000: journal(run, 'a', 'success') };
    // By the tag alone: without monitoring there is no limit on how often it goes on.
    const once = await finalize(view, wave, journals);
    expect(once.view.openRuns.get(run)).toMatchObject({ state: 'QUEUED', epoch: 2, atWorkMs: 60_000 });
    const [from] = wave.runs;
    /** The next wave is claimed so long before the end that is judged. */
    const claimedFor = (ms: number) => {
      const claim = { ...from!.claim, claim: `${run}.2`, epoch: 2, at: timestamp(START + 60_000 - ms) };
      const opened: EventDraft = { type: 'claim.opened', at: claim.at, run, epoch: 2, claim };
      const claimed = folded(once.view, numberEvents(`${run}.2`, once.view.streams.get(`${run}.2`)!, [opened]));
      const late = { s001: [{ ...ended!, epoch: 2, id: 'whatever#1' }] };
      return finalize(claimed, { ...wave, workflow: '8', runs: [{ ...from!, claim }] }, late, { project });
    };
    expect((await claimedFor(30_001)).runs).toMatchObject([{ state: 'FAILURE' }]);
    const inTime = await claimedFor(30_000);
    expect(inTime.view.endedRuns.get(run)?.failure?.code).not.toBe('max-runtime');
  });

  test('begins anew where the run was given back with nothing lost', async () => {
    const { view, wave, run } = await claimedWave();
    const journals = { s000: journal(run, 'a', 'success'), s001: journal(run, 'b', 'success') };
    const done = await finalize(view, wave, journals);
    expect(done.view.openRuns.get(run)).toMatchObject({ state: 'QUEUED', epoch: 1 });
    expect(done.view.openRuns.get(run)).not.toHaveProperty('atWorkMs');
  });

  test('is not believed of a job before the time is over', async () => {
    const { view, wave, run } = await claimedWave();
    const [, , ended] = stopped(run);
    const journals = { s000: journal(run, 'a', 'success'), s001: [{ ...ended!, id: 'whatever#1' }] };
    const done = await finalize(view, wave, journals, { project: limited(3600) });
    expect(done.runs).toMatchObject([{ state: 'QUEUED' }]);
  });
});

describe('what the jobs of a canceled workflow run did', () => {
  /** What a job says whose runner stopped it while its step was at work. */
  const stopped = (run: string, step: string): readonly BranchlineEvent[] => {
    const base = { at: timestamp(START + 30_000), run, epoch: 1 };
    const counts = {
      materialized: 0,
      failed: 0,
      skipped: 1,
      upToDate: 0,
      checksPassed: 0,
      checksWarned: 0,
      checksFailed: 0,
    };
    return numberEvents('whatever', 0, [
      { ...base, type: 'step.started', step, attempt: 1 },
      { ...base, type: 'cancel.requested', reason: 'interrupted' },
      { ...base, type: 'step.ended', step, outcome: 'canceled', failedAssets: [step], durationMs: 1 },
      {
        ...base,
        type: 'run.ended',
        state: 'CANCELED',
        counts,
        durationMs: 1,
        billed: { runner: 'ubuntu-latest', minutes: 2 },
      },
    ]);
  };
  const retrying = projectOf({
    'branchline.yaml': `${files['branchline.yaml']}run_retries: { enabled: true, max_retries: 3 }\n`,
  });

  test.each([
    ['stopped in time', true],
    ['gone', false],
  ])('ends the run, with what had finished, whether the last of them was %s', async (_, isHeard) => {
    const { view, wave, run } = await claimedWave();
    const part = isHeard ? stopped(run, 'b') : stopped(run, 'b').slice(0, 1);
    const journals = { s000: journal(run, 'a', 'success'), s001: part };
    const done = await finalize(view, wave, journals, { isCanceled: true, project: retrying });
    expect(done.runs).toMatchObject([{ state: 'CANCELED' }]);
    expect(done.view.claims.size).toBe(0);
    const record = done.view.endedRuns.get(run)!;
    expect(record).toMatchObject({ state: 'CANCELED', counts: { materialized: 1, failed: 0, skipped: 2 } });
    expect(record.retry).toBeUndefined();
    expect(done.events.filter(({ type }) => type === 'cancel.requested')).toMatchObject([
      { reason: 'canceled on GitHub' },
    ]);
    expect(done.view.assets.get('a')?.materialized?.dataVersion).toBe('d-a');
  });

  test('that had done all that it could keeps its result', async () => {
    const { view, wave, run } = await claimedWave();
    const journals = { s000: journal(run, 'a', 'success'), s001: journal(run, 'b', 'failure') };
    const done = await finalize(view, wave, journals, { isCanceled: true });
    expect(done.runs).toMatchObject([{ state: 'FAILURE' }]);
  });

  test('is another thing than a job that ran out of time: its step is made by the next wave', async () => {
    const { view, wave, run } = await claimedWave();
    const journals = { s000: journal(run, 'a', 'success'), s001: stopped(run, 'b') };
    const done = await finalize(view, wave, journals, { isCanceled: false });
    expect(done.runs).toMatchObject([{ state: 'QUEUED', lostShards: ['s001'] }]);
    expect(done.view.openRuns.get(run)).toMatchObject({
      state: 'QUEUED',
      epoch: 2,
      steps: { a: { state: 'SUCCESS' }, b: { state: 'PLANNED' }, c: { state: 'PLANNED' } },
      billed: { minutes: 6 },
    });
    // A person who canceled the run itself is heard all the same.
    const asked: EventDraft = { type: 'cancel.requested', at: timestamp(START + 1), run, reason: 'enough' };
    const canceled = await finalize(folded(view, numberEvents('w2', 0, [asked])), wave, journals, {
      isCanceled: false,
    });
    expect(canceled.runs).toMatchObject([{ state: 'CANCELED' }]);
  });

  test('counts as it is where the workflow does not say which it was', async () => {
    const { view, wave, run } = await claimedWave();
    const done = await finalize(view, wave, { s000: journal(run, 'a', 'success'), s001: stopped(run, 'b') });
    expect(done.view.endedRuns.get(run)).toMatchObject({ state: 'CANCELED', steps: { b: { state: 'CANCELED' } } });
    const other = await finalize(view, wave, {
      s000: journal(run, 'a', 'success'),
      s001: stopped(run, 'b').slice(0, 1),
    });
    expect(other.runs).toMatchObject([{ state: 'QUEUED' }]);
  });
});

test('a shard speaks of its own steps only: the rest is left out, its step is done again, and others count', async () => {
  const { view, wave, run } = await claimedWave();
  const base = { at: timestamp(START + 30_000), run, epoch: 1 };
  const again = (events: readonly BranchlineEvent[]): EventDraft[] =>
    events.map(({ id: _id, v: _v, ...draft }) => draft as EventDraft);
  const foreign = numberEvents('x', 0, [
    ...again(journal(run, 'c', 'success', { ends: false })),
    ...again(journal('20261122-other', 'a', 'success')),
    { ...base, type: 'step.ended', step: 'a', outcome: 'failure', failedAssets: ['a', 'b'], durationMs: 1 },
    { ...base, type: 'claim.closed', claim: `${run}.1`, reason: 'ended' },
    { ...base, type: 'run.taken-over', reason: 'mine', epoch: 9 },
    { ...base, type: 'connection.saved', connection: 'w', path: 'w.db', digest: 'f', bytes: 1, startedFrom: '' },
    { ...base, type: 'run.requeued', due: base.at, reason: 'x', billed: { runner: 'x', minutes: 1_000_000 } },
  ]);
  const done = await finalize(view, wave, { s000: foreign, s001: journal(run, 'b', 'success') });
  const record = done.view.openRuns.get(run)!;
  // Its own word counts no more: another job does it, in another epoch.
  expect(record.epoch).toBe(2);
  expect(record.steps).toMatchObject({ a: { state: 'PLANNED' }, b: { state: 'SUCCESS' }, c: { state: 'PLANNED' } });
  expect(done.events.filter(({ id }) => id.includes('s000'))).toEqual([]);
  expect(record.billed!.minutes).toBeLessThan(10_000);
  expect(done.runs).toMatchObject([{ lostShards: ['s000'], refusals: [{ code: 'foreign-event' }] }]);
});

test('newer code that takes in what older code made says so where it does not know it any more', async () => {
  const { view, wave, run } = await claimedWave();
  const newer = projectOf({
    'branchline.yaml': files['branchline.yaml'].replaceAll('b:', 'd:').replaceAll('b]', 'd]'),
  });
  const journals = { s000: journal(run, 'a', 'success'), s001: journal(run, 'b', 'success') };
  const helpOf = async (codeCommit: string): Promise<string | undefined> => {
    const old = { ...wave, codeCommit: 'a'.repeat(40) };
    const [done] = (await finalize(view, old, journals, { project: newer, codeCommit })).runs;
    expect(done).toMatchObject({ lostShards: ['s001'], refusals: [{ code: 'foreign-event' }] });
    return done!.refusals[0]!.help;
  };
  expect(await helpOf('b'.repeat(40))).toMatch(/^The job carried out other code \(aaaaaaa\) than takes it in: /);
  expect(await helpOf('a'.repeat(40))).toMatch(/^No version of Branchline records this/);
});
