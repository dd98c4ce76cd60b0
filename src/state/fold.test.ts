import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byText } from '../base/order.ts';
import type { BranchlineEvent, EventDraft } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { runEvents, STORY_START, type StoryAsset, tickDrafts } from '../testing/state-story.ts';
import { checkInForce } from './asset-fold.ts';
import type { Batch } from './batch.ts';
import { numberEvents } from './codec.ts';
import { decodeSnapshot } from './decode-snapshot.ts';
import { emptyView, fold, foldAll } from './fold.ts';
import { sketchCount, sketchQuantile } from './sketch.ts';
import { encodeSnapshot } from './snapshot.ts';

const AT = timestamp(STORY_START);
const RUN_A = '20261122-aaaaaaaaaaaaaaaa';
const RUN_B = '20261122-bbbbbbbbbbbbbbbb';

function batchOf(seq: number, events: readonly BranchlineEvent[], at = AT): Batch {
  return { seq, writer: 'w1', tx: seq, at, events };
}

function folded(batches: readonly Batch[], view: StateView = emptyView('production')): StateView {
  const result = foldAll(view, batches);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function viewOf(...streams: readonly BranchlineEvent[][]): StateView {
  return folded(streams.map((events, i) => batchOf(i + 1, events)));
}

function bytesOf(view: StateView): string {
  return JSON.stringify([...encodeSnapshot(view, { digest: '', close: false })].sort(([a], [b]) => byText(a, b)));
}

const one = (outcome: StoryAsset['outcome'], asset = 'marts/days'): StoryAsset[] => [{ asset, outcome }];

describe('what a run leaves behind', () => {
  it('records the materialization, the attempt, the check and the run', () => {
    const view = viewOf(runEvents({ run: RUN_A, assets: one('success'), group: 'marts' }));
    const asset = view.assets.get('marts/days')!;
    expect(asset.materialized).toMatchObject({ id: `${RUN_A}.1/marts/days`, run: RUN_A, rows: 365 });
    expect(asset.attempt).toMatchObject({ outcome: 'success', failuresInRow: 0 });
    expect(asset.checks['rows']).toMatchObject({ status: 'PASSED', stage: 'audit', published: true });
    expect(asset.group).toBe('marts');
    expect(view.openRuns.size).toBe(0);
    expect(view.claims.size).toBe(0);
    expect(view.endedRuns.get(RUN_A)).toMatchObject({ state: 'SUCCESS', recordedOn: '2026-11-22', rank: 1 });
    expect(view.endedRuns.get(RUN_A)!.steps['marts/days']).toMatchObject({ state: 'SUCCESS', rows: 365 });
  });

  it('counts failures in a row until the next success', () => {
    const runs = ['a', 'b', 'c'].map((c) => `20261122-${c.repeat(16)}`);
    const failures = viewOf(
      ...runs.map((run, i) => runEvents({ run, assets: one('failure'), at: STORY_START + i * 60_000 })),
    );
    const asset = failures.assets.get('marts/days')!;
    expect(asset.attempt).toMatchObject({ outcome: 'failure', failuresInRow: 3 });
    // The step ended five seconds into the first run.
    expect(asset.attempt!.failingSince).toBe(timestamp(STORY_START + 4000));
    const healed = folded(
      [batchOf(4, runEvents({ run: '20261122-dddddddddddddddd', assets: one('success') }))],
      failures,
    );
    expect(healed.assets.get('marts/days')!.attempt).toMatchObject({ outcome: 'success', failuresInRow: 0 });
    expect(healed.assets.get('marts/days')!.attempt!.failingSince).toBeUndefined();
  });

  it('keeps what was published in force when a copy was rejected', () => {
    const view = viewOf(
      runEvents({ run: RUN_A, assets: one('success') }),
      runEvents({ run: RUN_B, assets: one('rejected') }),
    );
    const asset = view.assets.get('marts/days')!;
    expect(asset.materialized!.run).toBe(RUN_A);
    expect(asset.checks['rows']).toMatchObject({ status: 'FAILED', run: RUN_B });
    expect(checkInForce(asset, 'rows')).toMatchObject({ status: 'PASSED', run: RUN_A });
    expect(checkInForce(asset, 'constructor')).toBeUndefined();
  });

  it('orders runs of an asset by who started later, whatever their clocks say', () => {
    const ahead = runEvents({ run: RUN_A, assets: one('failure'), at: STORY_START + 3_600_000 });
    const view = viewOf(ahead, runEvents({ run: RUN_B, assets: one('success') }));
    expect(view.assets.get('marts/days')!.materialized!.run).toBe(RUN_B);
    expect(view.assets.get('marts/days')!.attempt).toMatchObject({ run: RUN_B, failuresInRow: 0 });
  });

  it('sums the day for the project, the group and the asset', () => {
    const assets: StoryAsset[] = [
      { asset: 'marts/days', outcome: 'success' },
      { asset: 'marts/months', outcome: 'failure' },
    ];
    const day = viewOf(runEvents({ run: RUN_A, assets, group: 'marts' })).days.get('2026-11-22')!;
    const project = day.get('project')!;
    expect(project).toMatchObject({ materialized: 1, failed: 1, checksExecuted: 1, checksPassed: 1, runs: 1 });
    expect(project.runsSucceeded).toBe(0);
    expect(sketchCount(project.durations)).toBe(1);
    expect(day.get('group:marts')).toMatchObject({ materialized: 1, failed: 1, runs: 1 });
    expect(sketchQuantile(day.get('asset:marts/days')!.durations, 0.5)).toBeCloseTo(900, -1);
    expect(day.get('asset:marts/months')).toMatchObject({ materialized: 0, failed: 1 });
  });

  it('honours the mark of a repair also in a further file of a commit that has no event left', () => {
    const events = runEvents({ run: RUN_A, assets: one('success') });
    const file = (more: Partial<Batch>): Batch => ({ ...batchOf(1, []), ...more });
    const marked = { streams: { [`${RUN_A}.1`]: 2 } };
    const files = [file({ events: events.slice(0, 1) }), file({ lost: marked }), file({ events: events.slice(2) })];
    const view = folded(files);
    expect(view.streams.get(`${RUN_A}.1`)).toBe(events.length);
    // Once more it changes nothing.
    expect(bytesOf(folded(files, view))).toBe(bytesOf(view));
    const unmarked = foldAll(emptyView('production'), [files[0]!, file({}), files[2]!]);
    expect(unmarked).toMatchObject({ ok: false, error: { code: 'gap' } });
  });

  it('forgets what was lost when it is made anew, and hears of no loss of what was replaced', () => {
    const made = viewOf(runEvents({ run: RUN_A, assets: one('success') }));
    const loss: EventDraft = {
      type: 'asset.lost',
      at: AT,
      asset: 'marts/days',
      materialization: `${RUN_A}.1/marts/days`,
      message: 'the table is gone',
    };
    const lost = folded([batchOf(2, numberEvents('w2', 0, [loss]))], made);
    expect(lost.assets.get('marts/days')!.lost).toMatchObject({ message: 'the table is gone' });
    const again = folded([batchOf(3, runEvents({ run: RUN_B, assets: one('success') }))], lost);
    expect(again.assets.get('marts/days')!.lost).toBeUndefined();
    const late = folded([batchOf(4, numberEvents('w3', 0, [loss]))], again);
    expect(late.assets.get('marts/days')!.lost).toBeUndefined();
  });
});

describe('taking over', () => {
  it('counts late events for the asset and not for the run', () => {
    const whole = runEvents({ run: RUN_A, assets: one('success') });
    const taken = runEvents({ run: RUN_A, epoch: 2, assets: one('failure') });
    const view = viewOf(whole.slice(0, 3), taken, whole.slice(3));
    expect(view.endedRuns.get(RUN_A)).toMatchObject({ epoch: 2, state: 'FAILURE' });
    expect(view.endedRuns.get(RUN_A)!.steps['marts/days']!.materialized).toEqual([]);
    const asset = view.assets.get('marts/days')!;
    expect(asset.materialized!.id).toBe(`${RUN_A}.1/marts/days`);
    expect(asset.attempt).toMatchObject({ outcome: 'failure', failuresInRow: 1 });
    expect(view.claims.size).toBe(0);
  });

  it('holds a suspicion only while the claim shows no sign of life', () => {
    const open = viewOf(runEvents({ run: RUN_A, assets: one('success') }).slice(0, 4));
    const suspicion = numberEvents('w2', 0, [
      { type: 'claim.suspected', at: AT, claim: `${RUN_A}.1`, renewals: 0 },
      { type: 'claim.renewed', at: AT, claim: `${RUN_A}.1` },
    ]);
    const suspected = folded([batchOf(2, suspicion.slice(0, 1))], open);
    expect(suspected.claims.get(`${RUN_A}.1`)!.suspected).toEqual({ at: AT, renewals: 0 });
    const renewed = folded([batchOf(3, suspicion.slice(1))], suspected);
    expect(renewed.claims.get(`${RUN_A}.1`)).toMatchObject({ renewals: 1 });
    expect(renewed.claims.get(`${RUN_A}.1`)!.suspected).toBeUndefined();
  });
});

describe('schedules', () => {
  it('counts each tick once by its instant, whoever judged it', () => {
    const first = numberEvents('w1', 0, tickDrafts('hourly', STORY_START, { adopt: true }));
    const again = numberEvents('w2', 0, tickDrafts('hourly', STORY_START));
    const view = viewOf(first, again);
    expect(view.schedules.get('hourly')).toMatchObject({
      evaluatedUntil: timestamp(STORY_START + 5000),
      lastTick: { tick: AT, outcome: 'requested', latenessMs: 5000 },
    });
    expect(sketchCount(view.days.get('2026-11-22')!.get('project')!.lateness)).toBe(1);
    expect(view.codeCommit).toEqual({ commit: 'a1b2c3d', at: AT });
    const drop: EventDraft = { type: 'schedule.dropped', at: AT, schedule: 'hourly' };
    expect(folded([batchOf(3, numberEvents('w3', 0, [drop]))], view).schedules.size).toBe(0);
  });
});

describe('counting once', () => {
  const events = runEvents({ run: RUN_A, assets: one('success') });

  it('refuses a gap in a stream and changes nothing', () => {
    const gap = fold(emptyView('production'), batchOf(1, [...events.slice(0, 2), ...events.slice(3)]));
    expect(gap).toMatchObject({ ok: false, error: { code: 'gap', file: 'commit 1' } });
    expect(gap.ok ? '' : gap.error.message).toContain(`${RUN_A}.1#4 follows number 2`);
  });

  it('refuses a gap in the commits', () => {
    const gap = fold(viewOf(events), batchOf(3, runEvents({ run: RUN_B, assets: one('success') })));
    expect(gap).toMatchObject({ ok: false, error: { code: 'gap' } });
  });

  it('knows a run of a closed day when the same request is delivered again by somebody else', () => {
    const first = viewOf(events);
    const tomorrow = timestamp(STORY_START + 86_400_000);
    const { id: _id, v: _v, ...request } = events[0]!;
    const again = numberEvents('w9', 0, [request as EventDraft]);
    const view = folded([batchOf(2, again, tomorrow)], first);
    expect(view.openRuns.size).toBe(0);
  });

  it('forgets a stream 30 days after it last grew, unless its run is open', () => {
    const open = runEvents({ run: RUN_B, assets: one('success', 'raw/a') }).slice(0, 3);
    const view = viewOf(events, open);
    const later = folded([batchOf(3, [], timestamp(STORY_START + 31 * 86_400_000))], view);
    expect([...later.streams.keys()]).toEqual([`${RUN_B}.1`]);
    expect(later.writers.size).toBe(1);
  });
});

// ── Properties ───────────────────────────────────────────────────────────────────────────────────────────────────────

interface Placed {
  readonly event: BranchlineEvent;
  /** Id of an event of another stream that must have been recorded before. */
  readonly after?: string;
}
type Stream = readonly Placed[];

const outcomes = fc.constantFrom<StoryAsset['outcome']>('success', 'failure', 'canceled', 'rejected');
/** Some assets' runs, one after the other; each may have been lost at a point and taken over. */
const chains = fc.array(
  fc.array(
    fc.record({
      outcomes: fc.array(outcomes, { minLength: 2, maxLength: 2 }),
      lostAt: fc.option(fc.nat(8)),
      skewMs: fc.integer({ min: -9_000_000, max: 9_000_000 }),
    }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  { minLength: 1, maxLength: 3 },
);

function placed(events: readonly BranchlineEvent[], after?: string): Stream {
  return events.map((event, i) => (i === 0 && after !== undefined ? { event, after } : { event }));
}

/** The streams that these chains may leave, with what each writer had read before it wrote. */
function streamsOf(all: typeof chains extends fc.Arbitrary<infer T> ? T : never): Stream[] {
  const streams: Stream[] = [];
  for (const [c, chain] of all.entries()) {
    let after: string | undefined;
    const keys = [`raw/a${c}`, `marts/b${c}`];
    for (const [r, link] of chain.entries()) {
      const run = `20261122-${String.fromCharCode(97 + c)}${r}`.padEnd(25, 'x');
      const assets = keys.map((asset, i) => ({ asset, outcome: link.outcomes[i]! }));
      const at = STORY_START + r * 60_000 + link.skewMs;
      const first = runEvents({ run, assets, at, group: `g${c}` });
      streams.push(placed(first, after));
      after = first.at(-1)!.id;
      if (link.lostAt === null) continue;
      // Whoever takes over has seen the start, and whatever more had been recorded; the rest comes late.
      const seen = first[Math.min(2 + link.lostAt, first.length - 3)]!;
      const second = runEvents({ run, epoch: 2, assets: [...assets].reverse(), at: at + 30_000, group: `g${c}` });
      streams.push(placed(second, seen.id));
      after = second.at(-1)!.id;
      const index = first.indexOf(seen);
      streams[streams.length - 2] = streams
        .at(-2)!
        .map((p, i) => (i === index + 1 ? { ...p, after: second[0]!.id } : p));
    }
    const ticks = numberEvents(`writer${c}`, 0, [
      ...tickDrafts(`s${c}`, STORY_START, { adopt: true }),
      ...tickDrafts(`s${c}`, STORY_START + 60_000),
      { type: 'asset.observed', at: AT, asset: 'external/x', dataVersion: `v${c}`, metadata: {} },
      {
        type: 'cancel.requested',
        at: AT,
        run: `20261122-${String.fromCharCode(97 + c)}0`.padEnd(25, 'x'),
        reason: 'by hand',
      },
    ]);
    streams.push(ticks.map((event, i) => (i === ticks.length - 1 ? { event, after: `${event.run}.1#1` } : { event })));
  }
  return streams;
}

/** One of the orders in which the streams may have been recorded, by a list of choices. */
function interleave(streams: readonly Stream[], choices: readonly number[]): BranchlineEvent[] {
  const next = streams.map(() => 0);
  const done = new Set<string>();
  const order: BranchlineEvent[] = [];
  for (let step = 0; ; step++) {
    const ready = streams.flatMap((stream, s) => {
      const head = stream[next[s]!];
      return head && (head.after === undefined || done.has(head.after)) ? [s] : [];
    });
    if (ready.length === 0) break;
    const s = ready[(choices[step % choices.length] ?? 0) % ready.length]!;
    const { event } = streams[s]![next[s]!]!;
    next[s]!++;
    done.add(event.id);
    order.push(event);
  }
  return order;
}

function inCommits(events: readonly BranchlineEvent[], size: number, at: (i: number) => string = () => AT): Batch[] {
  const batches: Batch[] = [];
  for (let i = 0; i < events.length; i += size) {
    const seq = batches.length + 1;
    batches.push(batchOf(seq, events.slice(i, i + size), at(batches.length)));
  }
  return batches;
}

const choices = fc.array(fc.nat(20), { minLength: 1, maxLength: 60 });

describe('properties of the fold', { timeout: 240_000 }, () => {
  it('gives the same bytes for every order in which the streams may arrive', () => {
    fc.assert(
      fc.property(chains, choices, choices, fc.integer({ min: 1, max: 9 }), (all, a, b, size) => {
        const streams = streamsOf(all);
        const total = streams.reduce((sum, stream) => sum + stream.length, 0);
        const [left, right] = [a, b].map((list) => interleave(streams, list));
        expect(left!.length).toBe(total);
        expect(bytesOf(folded(inCommits(left!, size)))).toBe(bytesOf(folded(inCommits(right!, size))));
      }),
      { numRuns: 100 },
    );
  });

  it('changes nothing when a commit is taken in twice', () => {
    fc.assert(
      fc.property(chains, choices, fc.integer({ min: 1, max: 9 }), (all, list, size) => {
        const batches = inCommits(interleave(streamsOf(all), list), size);
        const once = folded(batches);
        expect(bytesOf(folded(batches.flatMap((batch) => [batch, batch])))).toBe(bytesOf(once));
        expect(bytesOf(folded(batches, once))).toBe(bytesOf(once));
      }),
      { numRuns: 40 },
    );
  });

  it('goes on from a snapshot as if it had folded everything, over days as well', () => {
    fc.assert(
      fc.property(chains, choices, fc.integer({ min: 1, max: 9 }), fc.nat(40), (all, list, size, cut) => {
        const events = interleave(streamsOf(all), list);
        // Several days, but fewer than the 30 after which a silent stream is forgotten.
        const stepMs = Math.min(6 * 3_600_000, (20 * 86_400_000) / events.length);
        const batches = inCommits(events, size, (i) => timestamp(STORY_START + Math.floor(i * stepMs)));
        const k = Math.min(1 + cut, batches.length);
        const first = folded(batches.slice(0, k));
        const close = batches[k] !== undefined && batches[k].at.slice(0, 10) > first.at!.slice(0, 10);
        const decoded = decodeSnapshot(encodeSnapshot(first, { digest: 'd', close }));
        if (!decoded.ok) throw new Error(JSON.stringify(decoded.error));
        expect(decoded.value.digest).toBe('d');
        expect(bytesOf(folded(batches.slice(k), decoded.value.view))).toBe(bytesOf(folded(batches)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('the database file of a connection', () => {
  const draft = (run: string, epoch: number, n: number, event: Record<string, unknown>): BranchlineEvent =>
    ({ id: `${run}.${epoch}#${n}`, v: 1, at: AT, run, epoch, ...event }) as unknown as BranchlineEvent;
  const made = (run: string, n: number, asset: string, epoch = 1): BranchlineEvent =>
    draft(run, epoch, n, {
      type: 'asset.materialized',
      step: asset,
      asset,
      materialization: `${run}.${epoch}/${asset}`,
      codeVersion: 'c',
      codeParts: {},
      dataVersion: 'd',
      upstream: {},
      connection: 'w',
      metadata: {},
      durationMs: 1,
    });
  const savedFile = (run: string, n: number, startedFrom: string, digest: string, epoch = 1): BranchlineEvent =>
    draft(run, epoch, n, { type: 'connection.saved', connection: 'w', path: 'w.db', digest, bytes: 1, startedFrom });
  const recordAfter = (...events: BranchlineEvent[]) => {
    const view = folded(events.map((event, i) => batchOf(i + 1, [event])));
    expect(decodeSnapshot(encodeSnapshot(view, { digest: '', close: false }))).toMatchObject({
      value: { view: { connections: view.connections } },
    });
    return view.connections.get('w');
  };

  it('holds what its run made before the save, and nothing of what came later', () => {
    const record = recordAfter(made(RUN_A, 1, 'a'), savedFile(RUN_A, 2, '', 'd1'), made(RUN_A, 3, 'b'));
    expect(record).toEqual({
      connection: 'w',
      file: { path: 'w.db', digest: 'd1', bytes: 1, run: RUN_A, at: AT },
      unsaved: { b: `${RUN_A}.1/b` },
    });
  });
  it('is taken only when its writer began with the one that is current', () => {
    const events = [savedFile(RUN_A, 1, '', 'd1'), savedFile(RUN_A, 2, 'd1', 'd2'), made(RUN_B, 1, 'b')];
    expect(recordAfter(...events, savedFile(RUN_B, 2, 'd1', 'd9'))).toMatchObject({
      file: { digest: 'd2' },
      unsaved: { b: `${RUN_B}.1/b` },
    });
    expect(recordAfter(...events, savedFile(RUN_B, 2, 'd2', 'd3'))).toMatchObject({
      file: { digest: 'd3' },
      unsaved: {},
    });
  });
  it('does not hold what another run, or an earlier taking of the same run, made beside it', () => {
    const lost = made(RUN_A, 1, 'a');
    expect(recordAfter(lost, made(RUN_B, 1, 'b'), savedFile(RUN_B, 2, '', 'd1'))!.unsaved).toEqual({
      a: `${RUN_A}.1/a`,
    });
    expect(recordAfter(lost, savedFile(RUN_A, 1, '', 'd1', 2))!.unsaved).toEqual({ a: `${RUN_A}.1/a` });
    // Made again, it is the new one that counts.
    expect(recordAfter(lost, made(RUN_B, 1, 'a'), savedFile(RUN_B, 2, '', 'd1'))!.unsaved).toEqual({});
  });
  it('costs a state without one no byte', () => {
    const files = encodeSnapshot(viewOf(runEvents({ run: RUN_A, assets: one('success') })), {
      digest: '',
      close: false,
    });
    expect(files.get('snapshot/index.json')).not.toContain('"connections":{');
  });
});
