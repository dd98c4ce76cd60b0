import { describe, expect, it } from 'vitest';
import type { Claim, Holder } from '../model/events.ts';
import { defaultRetries } from '../model/operations.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import { emptyView, fold } from '../state/fold.ts';
import { askHolders, closeLostRun, findHolder, judgeClaims } from './claims.ts';

const NOW = Date.parse('2026-11-22T09:30:00.000Z');
const ago = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString();
const holder: Holder = { kind: 'process', machine: 'm', boot: 'b', pid: 1, start: '1' };
const claimOf = (writer: string, more: Partial<Claim> = {}): Claim => ({
  claim: `${writer}.1`,
  environment: 'local',
  run: `20261122-${writer}`,
  epoch: 1,
  holder,
  writer,
  assets: ['a'],
  connections: [],
  at: ago(5),
  ...more,
});
type Held = StateView['claims'] extends ReadonlyMap<string, infer C> ? C : never;
const viewWith = (...claims: Held[]): StateView => ({
  ...emptyView('local'),
  claims: new Map(claims.map((claim) => [claim.claim, claim])),
});

describe('claims', () => {
  it('exclude others from their assets and file connections, not oneself', () => {
    const view = viewWith({ ...claimOf('w1', { connections: [{ name: 'warehouse', startedFrom: '' }] }), renewals: 0 });
    const overlap = (assets: string[], connections: string[], run = '20261122-w2') =>
      findHolder(view, { run, assets, connections })?.overlap;
    expect(overlap(['a', 'b'], [])).toEqual(['a']);
    expect(overlap(['b'], ['warehouse'])).toEqual(['connection warehouse']);
    expect(overlap(['b'], ['other'])).toBeUndefined();
    expect(overlap(['a'], [], '20261122-w1')).toBeUndefined();
  });

  it('of partitions exclude only those, and an asset that is not cut is held whole', () => {
    const held = claimOf('w1', { assets: ['a', 'b'], partitions: { a: ['d1', 'd2'] } });
    const view = viewWith({ ...held, renewals: 0 });
    const overlap = (partitions: Record<string, string[]>, connections: string[] = []) =>
      findHolder(view, { run: 'other', assets: Object.keys(partitions), partitions, connections })?.overlap;
    expect(overlap({ a: ['d3'] })).toBeUndefined();
    expect(overlap({ a: ['d2', 'd3'] })).toEqual(['a']);
    expect(overlap({ b: ['d3'] })).toEqual(['b']);
    expect(findHolder(view, { run: 'other', assets: ['a'], connections: [] })?.overlap).toEqual(['a']);
    // A database file has one writer, whatever its partitions.
    const file = viewWith({ ...held, connections: [{ name: 'db', startedFrom: '' }], renewals: 0 });
    const wish = { run: 'other', assets: ['a'], partitions: { a: ['d3'] }, connections: ['db'] };
    expect(findHolder(file, wish)?.overlap).toEqual(['connection db']);
  });

  type Verdict = 'gone' | 'suspect' | 'stays';
  const judge = async (liveness: 'alive' | 'gone' | 'unknown', claim: Held, dead: string[] = []): Promise<Verdict> => {
    const view = viewWith(claim);
    const holders = { self: holder, liveness: async () => liveness };
    const livenesses = await askHolders(view, holders, { writer: 'me', dead: new Set(dead) });
    const { gone, suspect } = judgeClaims(view, livenesses, NOW);
    return gone.length > 0 ? 'gone' : suspect.length > 0 ? 'suspect' : 'stays';
  };

  it.each<[string, 'alive' | 'gone' | 'unknown', Held, Verdict]>([
    ['lives', 'alive', { ...claimOf('w1'), renewals: 0 }, 'stays'],
    [
      'lives, however silent',
      'alive',
      { ...claimOf('w1'), renewals: 2, suspected: { at: ago(60), renewals: 2 } },
      'stays',
    ],
    ['is gone', 'gone', { ...claimOf('w1'), renewals: 0 }, 'gone'],
    ['cannot be asked', 'unknown', { ...claimOf('w1'), renewals: 0 }, 'suspect'],
    [
      'was silent for 14 min',
      'unknown',
      { ...claimOf('w1'), renewals: 2, suspected: { at: ago(14), renewals: 2 } },
      'stays',
    ],
    [
      'was silent for 15 min',
      'unknown',
      { ...claimOf('w1'), renewals: 2, suspected: { at: ago(15), renewals: 2 } },
      'gone',
    ],
    ['renewed since', 'unknown', { ...claimOf('w1'), renewals: 3, suspected: { at: ago(60), renewals: 2 } }, 'suspect'],
    ['is ourselves', 'gone', { ...claimOf('me'), renewals: 0 }, 'stays'],
  ])('are judged by their holder: %s', async (_, liveness, claim, expected) => {
    expect(await judge(liveness, claim)).toBe(expected);
  });

  it('of a writer whose journal was left behind are gone, whatever is known of it', async () => {
    expect(await judge('unknown', { ...claimOf('w1'), renewals: 0 }, ['w1'])).toBe('gone');
  });

  it('of a lost run are closed with it: what had finished is kept, what was under way failed', () => {
    const claim = claimOf('w1');
    const step = (asset: string, state: 'STARTED' | 'SUCCESS' | 'PLANNED', materialized: string[] = []) => ({
      assets: [asset],
      state,
      materialized,
      failedAssets: [],
      checks: [],
    });
    const run: RunRecord = {
      run: claim.run,
      epoch: 1,
      state: 'STARTED',
      request: { kind: 'schedule', schedule: 's', tick: ago(9), selection: '*', materialize: 'all' },
      environment: 'local',
      tags: {},
      requestedAt: ago(9),
      startedAt: ago(8),
      steps: { a: step('a', 'SUCCESS', ['a']), b: step('b', 'STARTED'), c: step('c', 'PLANNED') },
      confirmed: [],
    };
    const events = closeLostRun(viewWith(), run, claim, { now: NOW, retries: defaultRetries });
    expect(events.map((event) => event.type)).toEqual(['run.taken-over', 'step.ended', 'run.ended', 'claim.closed']);
    expect(new Set(events.map((event) => event.epoch))).toEqual(new Set([2]));
    expect(events[2]).toMatchObject({
      state: 'FAILURE',
      failure: { class: 'crash' },
      counts: { materialized: 1, failed: 1, skipped: 1 },
    });
    expect(fold(emptyView('local'), { seq: 1, writer: 'w', tx: 1, at: ago(0), events }).ok).toBe(true);
  });
});
