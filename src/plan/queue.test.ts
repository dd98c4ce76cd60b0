import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TagLimit } from '../model/operations.ts';
import { priorityOf, type QueuedRun, type QueueInput, releaseRuns, waitsInVain } from './queue.ts';

const run = (name: string, tags: Record<string, string> = {}, more: Partial<QueuedRun> = {}): QueuedRun => ({
  run: name,
  tags,
  slots: {},
  requestedAt: `2026-11-22T09:00:${name.padStart(2, '0').slice(-2)}`,
  ...more,
});
const limit = (key: string, value: string, n: number): TagLimit => ({
  key,
  value: value === 'any' || value === 'each' ? { kind: value } : { kind: 'equals', text: value },
  limit: n,
});
function pass(input: Partial<Omit<QueueInput, 'queue'>> & { places?: number; limits?: TagLimit[] }) {
  const { places = 10, limits = [], ...rest } = input;
  return releaseRuns({
    queue: { maxConcurrentRuns: places, tagLimits: limits },
    pools: {},
    inProgress: [],
    queued: [],
    now: '2026-11-22T10:00:00',
    ...rest,
  });
}

describe('order', () => {
  test('priority first, then who came first; negative is behind', () => {
    const queued = [
      run('1'),
      run('2', { 'branchline/priority': '-1' }),
      run('3', { 'branchline/priority': ' 5 ' }),
      run('0'),
    ];
    expect(pass({ queued }).released).toEqual(['3', '0', '1', '2']);
  });
  test.each([
    ['1.5', 0, true],
    ['high', 0, true],
    ['', 0, true],
    ['+7', 7, false],
    [' -3\t', -3, false],
  ])('the priority %j', (text, priority, isOdd) => {
    expect(priorityOf({ 'branchline/priority': text })).toEqual({ priority, isOdd });
  });
  test('Dagster’s name of the tag is read as well, and an odd one is said', () => {
    expect(priorityOf({ 'dagster/priority': '4' }).priority).toBe(4);
    expect(pass({ queued: [run('1', { 'branchline/priority': 'high' })] }).warnings).toHaveLength(1);
  });
});

describe('places', () => {
  test('no room releases nothing, whatever the priority, and says who has the places', () => {
    const result = pass({ places: 1, inProgress: [run('9')], queued: [run('1', { 'branchline/priority': '99' })] });
    expect(result.released).toEqual([]);
    expect(result.waiting.get('1')).toEqual({ kind: 'all-places', limit: 1, holders: ['9'] });
  });
  test('0 lets nothing out, -1 everything', () => {
    const queued = ['1', '2', '3'].map((name) => run(name));
    expect(pass({ places: 0, queued }).released).toEqual([]);
    expect(pass({ places: -1, queued }).released).toEqual(['1', '2', '3']);
  });
  test('a run that is not due yet takes no place', () => {
    const result = pass({ places: 1, queued: [run('1', {}, { due: '2026-11-22T11:00:00' }), run('2')] });
    expect(result.released).toEqual(['2']);
    expect(result.waiting.get('1')).toEqual({ kind: 'not-due', due: '2026-11-22T11:00:00' });
  });
});

describe('limits on tags', () => {
  const redshift = { database: 'redshift' };
  test('a blocked run lets those behind it pass', () => {
    const result = pass({
      limits: [limit('database', 'redshift', 1)],
      inProgress: [run('9', redshift)],
      queued: [run('1', redshift), run('2')],
    });
    expect(result.released).toEqual(['2']);
    expect(result.waiting.get('1')).toEqual({
      kind: 'tag',
      key: 'database',
      value: 'redshift',
      limit: 1,
      holders: ['9'],
    });
  });
  test('all values together, and each for itself', () => {
    const queued = [run('1', { customer: 'a' }), run('2', { customer: 'b' }), run('3', { customer: 'a' })];
    expect(pass({ limits: [limit('customer', 'any', 1)], queued }).released).toEqual(['1']);
    expect(pass({ limits: [limit('customer', 'each', 1)], queued }).released).toEqual(['1', '2']);
  });
  test('0 bans', () => {
    expect(pass({ limits: [limit('database', 'redshift', 0)], queued: [run('1', redshift)] }).released).toEqual([]);
  });
  test('what one limit blocks charges no other one', () => {
    // Run 1 passes the first limit and fails the second: run 2 must still find the first one free.
    const result = pass({
      limits: [limit('database', 'redshift', 1), limit('team', 'x', 0)],
      queued: [run('1', { ...redshift, team: 'x' }), run('2', redshift)],
    });
    expect(result.released).toEqual(['2']);
  });
});

describe('pools and holders', () => {
  test('a pool that is used up makes wait, and charges no tag', () => {
    const result = pass({
      pools: { duckdb: 1 },
      limits: [limit('t', 'any', 1)],
      inProgress: [run('9', {}, { slots: { duckdb: 1 } })],
      queued: [run('1', { t: '' }, { slots: { duckdb: 1 } }), run('2', { t: '' })],
    });
    expect(result.released).toEqual(['2']);
    expect(result.waiting.get('1')).toEqual({ kind: 'pool', pool: 'duckdb', limit: 1, free: 0, holders: ['9'] });
  });
  test('who holds an asset is named', () => {
    const result = pass({ queued: [run('1', {}, { heldBy: [{ run: '9', what: 'raw/orders' }] })] });
    expect(result.waiting.get('1')).toEqual({ kind: 'held', what: 'raw/orders', holders: ['9'] });
  });
});

const anyRun = (index: number) =>
  fc
    .record({
      database: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      team: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
      priority: fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined }),
      slots: fc.constantFrom<Record<string, number>>({}, { p: 1 }, { p: 2, q: 1 }),
    })
    .map(({ database, team, priority, slots }) =>
      run(
        String(index),
        {
          ...(database === undefined ? {} : { database }),
          ...(team === undefined ? {} : { team }),
          ...(priority === undefined ? {} : { 'branchline/priority': String(priority) }),
        },
        { slots },
      ),
    );
const anyLimits = fc
  .array(
    fc.tuple(
      fc.constantFrom('database', 'team'),
      fc.constantFrom('any', 'each', 'a', 'x'),
      fc.integer({ min: 0, max: 3 }),
    ),
    { maxLength: 4 },
  )
  .map((list) => list.map(([key, value, n]) => limit(key, value, n)));

test('of several limits that block a run the first in the manifest is told, whichever tags they are on', () => {
  const queued = [run('1', { team: 'x', database: 'a' })];
  const blocked = (limits: TagLimit[]) => pass({ queued, limits }).waiting.get('1');
  const limits = [
    limit('team', 'x', 0),
    limit('database', 'a', 0),
    limit('team', 'any', 0),
    limit('database', 'each', 0),
  ];
  for (const first of limits)
    expect(blocked([limit('team', 'y', 0), first, ...limits])).toMatchObject({ kind: 'tag', key: first.key });
  expect(blocked(limits.slice(2))).toEqual({ kind: 'tag', key: 'team', limit: 0, holders: [] });
  expect(blocked(limits.slice(3))).toMatchObject({ key: 'database', value: 'a' });
});

test('no limit is exceeded, everybody is answered, and nobody waits while everything is free', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 24 }).chain((n) => fc.tuple(...Array.from({ length: n }, (_, index) => anyRun(index)))),
      fc.integer({ min: -1, max: 6 }),
      anyLimits,
      (queued, places, limits) => {
        const pools = { p: 3, q: 1 };
        const result = pass({ queued, places, limits, pools });
        const out = queued.filter((each) => result.released.includes(each.run));
        if (places >= 0) expect(out.length).toBeLessThanOrEqual(places);
        for (const entry of limits) {
          const counts = new Map<string, number>();
          for (const each of out) {
            const value = each.tags[entry.key];
            if (value === undefined || (entry.value.kind === 'equals' && entry.value.text !== value)) continue;
            const name = entry.value.kind === 'any' ? '' : value;
            counts.set(name, (counts.get(name) ?? 0) + 1);
          }
          for (const count of counts.values()) expect(count).toBeLessThanOrEqual(entry.limit);
        }
        expect(result.waiting.size + out.length).toBe(queued.length);
        // Whoever waits has a reason that still holds once all others were let go.
        const again = pass({
          queued: queued.filter((each) => result.waiting.has(each.run)),
          inProgress: out,
          places,
          limits,
          pools,
        });
        expect(again.released).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
});

describe('waiting in vain', () => {
  const behind = (more: Parameters<typeof pass>[0]) => pass({ pools: { q: 1, r: 2 }, ...more }).waiting;
  const isVain = (waiting: ReturnType<typeof behind>, ...idle: string[]) =>
    waitsInVain(waiting, (name) => idle.includes(name));
  test('of places, when all who have them stay away', () => {
    const queued = [run('1', {}, { slots: { q: 1 } }), run('2', {}, { slots: { q: 1 } })];
    expect(isVain(behind({ queued }), '1')('2')).toBe(true);
    expect(isVain(behind({ queued }))('2')).toBe(false);
    const inProgress = [run('0', {}, { slots: { r: 1 } })];
    const two = behind({ inProgress, queued: [run('1', {}, { slots: { r: 1 } }), run('2', {}, { slots: { r: 1 } })] });
    // One that ends is enough.
    expect(isVain(two, '1')('2')).toBe(false);
    expect(isVain(two, '1', '0')('2')).toBe(true);
    expect(isVain(behind({ places: 1, queued: [run('1'), run('2')] }), '1')('2')).toBe(true);
    const crm = { source: 'crm' };
    const limits = [limit('source', 'crm', 1)];
    expect(isVain(behind({ limits, queued: [run('1', crm), run('2', crm)] }), '1')('2')).toBe(true);
  });
  test('of what is held, when one of the holders stays away, or is waited for in vain', () => {
    const held = (name: string, ...by: string[]) =>
      run(name, {}, { heldBy: by.map((each) => ({ run: each, what: 'a' })) });
    const waiting = behind({ queued: [run('1'), held('2', '0', '1'), held('3', '2')] });
    expect(['2', '3'].map(isVain(waiting, '1'))).toEqual([true, true]);
    expect(['2', '3'].map(isVain(waiting))).toEqual([false, false]);
  });
});
