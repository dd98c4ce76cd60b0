import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ShardStep } from './shard-pieces.ts';
import { packWave, SHARDS_MAX } from './shards.ts';

const MINUTE = 60_000;
const step = (id: string, more: Partial<ShardStep> & { readonly minutes?: number } = {}): ShardStep => {
  const { minutes = 1, ...rest } = more;
  return { id, runner: '', expectedMs: minutes * MINUTE, exclusive: [], after: [], ...rest };
};
const stepsOf = (steps: readonly ShardStep[], shardsMax = SHARDS_MAX): string[] =>
  packWave(steps, shardsMax).shards.map((shard) => `${shard.runner}: ${shard.steps.join(' ')}`);

describe('a wave', () => {
  it('keeps what belongs together on one machine, and is not worth a second one when it is short', () => {
    expect(stepsOf([step('a'), step('b', { after: ['a'] }), step('c')])).toEqual([': a b c']);
  });

  it('shares long work out by its expected duration', () => {
    const steps = [step('a', { minutes: 25 }), step('b', { minutes: 10 }), step('c', { minutes: 10 }), step('d')];
    expect(stepsOf(steps)).toEqual([': a', ': b', ': c', ': d']);
    expect(stepsOf(steps, 2)).toEqual([': a', ': b c d']);
    expect(stepsOf(steps, 1)).toEqual([': a b c d']);
  });

  it('leaves what waits for another kind of machine to the next one', () => {
    const steps = [
      step('load'),
      step('train', { runner: 'gpu', after: ['load'] }),
      step('report', { after: ['train'] }),
      step('other', { runner: 'gpu' }),
    ];
    expect(packWave(steps, 8)).toEqual({
      shards: [
        { runner: '', steps: ['load'], expectedMs: MINUTE, slots: {} },
        { runner: 'gpu', steps: ['other'], expectedMs: MINUTE, slots: {} },
      ],
      later: ['train', 'report'],
    });
    // Once `load` is over it is not among them any more.
    expect(stepsOf(steps.slice(1))).toEqual(['gpu: train other']);
  });

  it('keeps what only one may hold on one machine at a time, whatever machines its steps need', () => {
    const file = { exclusive: ['warehouse'], minutes: 20 };
    const steps = [step('a', file), step('b', file), step('c', { ...file, runner: 'gpu' }), step('d', { minutes: 20 })];
    expect(packWave(steps, 8)).toMatchObject({ shards: [{ steps: ['a', 'b'] }, { steps: ['d'] }], later: ['c'] });
  });

  it('cuts what is long where that lets several machines help', () => {
    const middle = Array.from({ length: 20 }, (_, i) => step(`m${i}`, { minutes: 5, after: ['first'] }));
    const last = step('last', { after: middle.map(({ id }) => id) });
    const all = [step('first', { minutes: 5 }), ...middle, last];
    expect(stepsOf(all)).toEqual([': first']);
    const second = packWave(all.slice(1), 5);
    expect(second.later).toEqual(['last']);
    expect(second.shards.map((shard) => shard.expectedMs / MINUTE)).toEqual([20, 20, 20, 20, 20]);
    expect(stepsOf([last])).toEqual([': last']);
    // Chains that only meet at their end are one machine each, and whole.
    const chain = (name: string) => [1, 2, 3].map((n) => step(name + n, { minutes: 8, after: [`${name}${n - 1}`] }));
    const chains = [...chain('a'), ...chain('b'), step('end', { after: ['a3', 'b3'] })];
    expect(packWave(chains, 8)).toMatchObject({
      shards: [{ steps: ['a1', 'a2', 'a3'] }, { steps: ['b1', 'b2', 'b3'] }],
      later: ['end'],
    });
  });

  it('does not cut what can only be done one after the other', () => {
    const file = { exclusive: ['warehouse'], minutes: 30 };
    const serial = [step('a', file), step('b', { ...file, after: ['a'] }), step('c', { ...file, after: ['a'] })];
    expect(stepsOf(serial)).toEqual([': a b c']);
  });

  it('shares out the slots of a pool: each machine with steps of it has one at least, and all together no more', () => {
    const api = (id: string, more = {}) => step(id, { pool: 'api', minutes: 20, ...more });
    const steps = [
      ...['a', 'b', 'c', 'd'].map((id) => api(id)),
      ...['x', 'y', 'z'].map((id) => step(id, { minutes: 20 })),
    ];
    const shares = (granted: Readonly<Record<string, number>>, all = steps) =>
      packWave(all, 8, granted).shards.map(({ steps: own, slots }) => `${own.join(' ')}: ${JSON.stringify(slots)}`);
    expect(shares({ api: 2 })).toEqual(['a c: {"api":1}', 'b d: {"api":1}', 'x: {}', 'y: {}', 'z: {}']);
    expect(shares({ api: 1 })).toEqual(['a b c d: {"api":1}', 'x: {}', 'y: {}', 'z: {}']);
    // No more than its steps could use, and what is left where there is most to do.
    const short = (id: string, more = {}) => api(id, { minutes: 8, ...more });
    const chained = [short('a'), short('b', { after: ['a'] }), short('c', { after: ['a'] }), short('d')];
    expect(shares({ api: 3 }, chained)).toEqual(['a b c: {"api":2}', 'd: {"api":1}']);
    // A pool without a limit keeps nothing together.
    expect(packWave(steps, 8).shards).toHaveLength(7);
    // Two kinds of machines cannot share a slot: the other one waits.
    const kinds = [api('a'), api('b', { runner: 'gpu' }), step('c', { runner: 'gpu' })];
    expect(packWave(kinds, 8, { api: 1 })).toMatchObject({
      shards: [
        { steps: ['a'], slots: { api: 1 } },
        { steps: ['c'], slots: {} },
      ],
      later: ['b'],
    });
  });

  it('gives each kind of machine at least one, as far as there are any', () => {
    const kinds = ['x', 'y', 'z'].map((runner) => step(runner, { runner }));
    expect(packWave(kinds, 2)).toMatchObject({ shards: [{ runner: 'x' }, { runner: 'y' }], later: ['z'] });
    expect(packWave(kinds, 0)).toEqual({ shards: [], later: ['x', 'y', 'z'] });
  });
});

/** Steps in topological order, with what they hold and need. */
const plans = fc
  .array(
    fc.record({
      runner: fc.constantFrom('', '', '', 'gpu', 'big'),
      minutes: fc.integer({ min: 0, max: 40 }),
      exclusive: fc.uniqueArray(fc.constantFrom('x', 'y'), { maxLength: 2 }).filter((list) => list.length < 2),
      pool: fc.constantFrom(undefined, undefined, 'p', 'q', 'free'),
      after: fc.uniqueArray(fc.nat(), { maxLength: 3 }),
    }),
    { maxLength: 60 },
  )
  .map((rows) =>
    rows.map(({ after, pool, ...row }, i) =>
      step(`s${i}`, {
        ...row,
        ...(pool === undefined ? {} : { pool }),
        after: i === 0 ? [] : after.map((n) => `s${n % i}`),
      }),
    ),
  );
/** Slots of the pools that have a limit. */
const grants = fc.record({ p: fc.integer({ min: 1, max: 4 }), q: fc.integer({ min: 1, max: 9 }) });

describe('whatever the plan', () => {
  it('a wave has each step once, waits for no other machine, and is the same again', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 300 }), grants, (steps, shardsMax, granted) => {
        const { shards, later } = packWave(steps, shardsMax, granted);
        const all = [...shards.flatMap((shard) => shard.steps), ...later];
        expect([...all].sort()).toEqual(steps.map(({ id }) => id).sort());
        expect(shards.length).toBeLessThanOrEqual(Math.min(shardsMax, SHARDS_MAX));
        const known = new Map(steps.map((each) => [each.id, each]));
        const shardOf = new Map(shards.flatMap((shard, n) => shard.steps.map((id) => [id, n] as const)));
        const holders = new Map<string, number>();
        for (const [id, n] of shardOf) {
          const { after, exclusive, runner } = known.get(id)!;
          expect(runner).toBe(shards[n]!.runner);
          for (const upstream of after) expect(shardOf.get(upstream)).toBe(n);
          for (const name of exclusive) {
            expect(holders.get(name) ?? n).toBe(n);
            holders.set(name, n);
          }
        }
        // Within a shard the plan's order stays.
        for (const shard of shards)
          expect(shard.steps).toEqual(
            steps.map(({ id }) => id).filter((id) => shardOf.get(id) === shardOf.get(shard.steps[0]!)),
          );
        expect(packWave(steps, shardsMax, granted)).toEqual({ shards, later });
      }),
      { numRuns: 300 },
    );
  });

  it('all machines together use no more slots of a pool than were granted, and none that needs one has none', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 300 }), grants, (steps, shardsMax, granted) => {
        const known = new Map(steps.map((each) => [each.id, each]));
        const { shards } = packWave(steps, shardsMax, granted);
        for (const pool of ['p', 'q'] as const) {
          const own = shards.map((shard) => shard.steps.filter((id) => known.get(id)!.pool === pool).length);
          const shares = shards.map(({ slots }) => slots[pool] ?? 0);
          expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThanOrEqual(granted[pool]);
          for (const [n, count] of own.entries()) {
            expect(shares[n]! > 0).toBe(count > 0);
            expect(shares[n]!).toBeLessThanOrEqual(count);
          }
        }
        for (const { slots } of shards) expect(slots).not.toHaveProperty('free');
      }),
      { numRuns: 300 },
    );
  });

  it('waves follow each other until nothing is left', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 9 }), grants, (steps, shardsMax, granted) => {
        let left = steps;
        while (left.length > 0) {
          const { later } = packWave(left, shardsMax, granted);
          expect(later.length).toBeLessThan(left.length);
          const ids = new Set(later);
          left = left.filter(({ id }) => ids.has(id));
        }
      }),
      { numRuns: 200 },
    );
  });
});
