import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AssetKey, Project } from '../model/project.ts';
import { BACKFILL, openBackfillWorld, WORLD_NOW } from '../testing/backfill-world.ts';
import { projectOf } from '../testing/project-builder.ts';
import { advanceBackfill } from './backfill-advance.ts';
import { openPartitionReader } from './partitioned.ts';

const HEAD = `name: shop
partitions:
  days: { daily: { start: 2026-04-01 } }
  weeks: { weekly: { start: 2026-03-29 } }
assets:
`;
const project = (assets: string): Project => projectOf({ 'branchline.yaml': HEAD + assets });
const days = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, n) => `2026-04-${String(first + n).padStart(2, '0')}`);
const ALL = days(1, 10);
const textOf = (
  runs: readonly { readonly request: { readonly partitions?: string; readonly assets: readonly string[] } }[],
) =>
  runs.map(
    ({ request }) => `${request.assets.join('+')}${request.partitions === undefined ? '' : `@${request.partitions}`}`,
  );

describe('the runs of a backfill', () => {
  test('are those of its policy, with its tags and those of their keys', () => {
    const world = openBackfillWorld({
      project: project(
        '  raw: { run: "true", partitions: days, backfill_policy: { multi_run: { max_partitions_per_run: 4 } } }\n',
      ),
      selected: ['raw'],
      keys: ALL,
    });
    const { runs } = world.advance();
    expect(textOf(runs)).toEqual([
      'raw@2026-04-01...2026-04-04',
      'raw@2026-04-05...2026-04-08',
      'raw@2026-04-09...2026-04-10',
    ]);
    expect(runs[0]!.tags).toEqual({
      'branchline/backfill': BACKFILL,
      'branchline/priority': '-1',
      'branchline/partition_range_start': '2026-04-01',
      'branchline/partition_range_end': '2026-04-04',
    });
    world.carryOutAll();
    expect(world.record()).toMatchObject({
      state: 'COMPLETED_SUCCESS',
      counts: { total: 10, done: 10, failed: 0, leftOut: 0 },
      groups: [{ requested: [[0, 9]], results: { raw: { done: [[0, 9]], failed: [], leftOut: [] } } }],
    });
  });

  test('are asked for as places become free, never twice', () => {
    const world = openBackfillWorld({
      project: project('  raw: { run: "true", partitions: days }\n'),
      selected: ['raw'],
      keys: ALL,
      openMax: 3,
    });
    const first = world.advance().runs;
    expect(textOf(first)).toEqual(['raw@2026-04-01', 'raw@2026-04-02', 'raw@2026-04-03']);
    for (const run of first) world.request(run);
    expect(world.advance().runs).toEqual([]);
    expect(world.record().state).toBe('IN_PROGRESS');
    world.carryOut(first[1]!.run);
    expect(textOf(world.advance().runs)).toEqual(['raw@2026-04-04']);
    expect(textOf(world.carryOutAll())).toEqual(days(4, 10).map((key) => `raw@${key}`));
  });

  test('wait until what they read is made, by the mapping', () => {
    const world = openBackfillWorld({
      project: project(
        '  raw: { run: "true", partitions: days, backfill_policy: { single_run: true } }\n  weekly: { run: "true", partitions: weeks, deps: [raw] }\n  total: { run: "true", deps: [weekly] }\n',
      ),
      selected: ['raw', 'weekly', 'total'],
      keys: ALL,
    });
    expect(textOf(world.advance().runs)).toEqual(['raw@2026-04-01...2026-04-10']);
    expect(textOf(world.carryOutAll())).toEqual(['raw@2026-04-01...2026-04-10', 'weekly@2026-03-29', 'total']);
  });
});

test('what is downstream of keys that are not asked for is left alone, however far', () => {
  const world = openBackfillWorld({
    project: project(
      '  a: { run: "true", partitions: days }\n  b: { run: "true", partitions: days, deps: [{ asset: a, partition_mapping: { time_window: { start_offset: 20, end_offset: 20 } } }] }\n  c: { run: "true", partitions: weeks, deps: [b] }\n',
    ),
    selected: ['a', 'b', 'c'],
    keys: days(1, 1),
  });
  expect(world.record().groups.map(({ assets }) => assets)).toEqual([['a']]);
  world.carryOutAll();
  expect(world.record()).toMatchObject({ state: 'COMPLETED_SUCCESS', counts: { total: 1, done: 1 } });
});

describe('a partition that fails', () => {
  const chain = project(
    '  a: { run: "true", partitions: days }\n  b: { run: "true", partitions: days, deps: [{ asset: a, partition_mapping: { time_window: { start_offset: -1 } } }] }\n  c: { run: "true", partitions: days, deps: [b] }\n',
  );
  test('leaves out just what reads it', () => {
    const world = openBackfillWorld({
      project: chain,
      selected: ['a', 'b', 'c'],
      keys: ALL,
      bad: new Set(['a@2026-04-03']),
    });
    const asked = textOf(world.carryOutAll());
    expect(asked).not.toContain('b@2026-04-03');
    expect(asked).not.toContain('b@2026-04-04');
    expect(world.record()).toMatchObject({
      state: 'COMPLETED_FAILED',
      counts: { total: 30, done: 25, failed: 1, leftOut: 4 },
    });
  });

  test('in a run of many leaves the others to runs of what is left', () => {
    const together = project(
      ['a', 'b']
        .map(
          (name) =>
            `  ${name}: { run: "true", partitions: days, backfill_policy: { single_run: true }${name === 'b' ? ', deps: [a]' : ''} }\n`,
        )
        .join(''),
    );
    const world = openBackfillWorld({
      project: together,
      selected: ['a', 'b'],
      keys: ALL,
      bad: new Set(['a@2026-04-03']),
      failsByKey: true,
    });
    expect(textOf(world.carryOutAll())).toEqual([
      'a+b@2026-04-01...2026-04-10',
      'b@2026-04-01...2026-04-02',
      'b@2026-04-04...2026-04-10',
    ]);
    expect(world.record()).toMatchObject({
      state: 'COMPLETED_FAILED',
      counts: { total: 20, done: 18, failed: 1, leftOut: 1 },
    });
  });
});

describe('a backfill whose world changes', () => {
  const start = () =>
    openBackfillWorld({
      project: project('  raw: { run: "true", partitions: days }\n'),
      selected: ['raw'],
      keys: ALL,
      openMax: 2,
    });
  const again = (world: ReturnType<typeof start>, now: Project) =>
    advanceBackfill({
      project: now,
      reader: openPartitionReader(now, world.view(), { now: WORLD_NOW, dynamic: () => [] }),
      record: world.record(),
      openRuns: world.view().openRuns,
      isKnown: () => false,
      openMax: 50,
    });

  test('leaves out what is gone, and ends', () => {
    const world = start();
    expect(again(world, project('  other: { run: "true" }\n')).end).toEqual({
      state: 'COMPLETED_FAILED',
      counts: { total: 10, done: 0, failed: 0, leftOut: 10 },
    });
    const later = projectOf({
      'branchline.yaml': `${HEAD.replace('2026-04-01', '2026-04-05')}  raw: { run: "true", partitions: days }\n`,
    });
    expect(again(world, later).end?.counts.leftOut).toBe(10);
  });

  test('that is canceled asks for nothing and is over with its last run', () => {
    const world = start();
    const { runs } = world.advance();
    for (const run of runs) world.request(run);
    world.commit([
      { type: 'backfill.cancel-requested', at: '2026-04-11T00:00:00.000Z', backfill: BACKFILL, reason: 'by hand' },
    ]);
    expect(world.advance()).toMatchObject({ runs: [] });
    expect(world.advance().end).toBeUndefined();
    for (const run of runs) world.carryOut(run.run);
    expect(world.advance().end).toEqual({ state: 'CANCELED', counts: { total: 10, done: 2, failed: 0, leftOut: 8 } });
  });
});

// Worlds: a few assets in a row, each with a definition, a policy and upstreams among those before.
const policies = [
  '',
  ', backfill_policy: { single_run: true }',
  ', backfill_policy: { multi_run: { max_partitions_per_run: 3 } }',
];
const mappings = [
  '',
  ', partition_mapping: { time_window: { start_offset: -1 } }',
  ', partition_mapping: { all: true }',
];
const world = fc
  .array(
    fc.record({
      policy: fc.integer({ min: 0, max: 2 }),
      cut: fc.constantFrom('days', 'days', 'weeks', ''),
      reads: fc.array(fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: 0, max: 2 })), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((sketches) => {
    const lines = sketches.map(({ policy, cut, reads }, index) => {
      const deps = new Map(reads.filter(([on]) => on < index).map(([on, how]) => [on, how]));
      const written = [...deps].map(([on, how]) => {
        const both = cut === 'days' && (on === 0 || sketches[on]!.cut === 'days');
        return `{ asset: a${on}${both ? mappings[how] : ''} }`;
      });
      const own = index === 0 ? 'days' : cut;
      // What has no upstream must share the roots' definition.
      const definition = written.length === 0 ? 'days' : own;
      return `  a${index}: { run: "true"${definition === '' ? '' : `, partitions: ${definition}${policies[policy]}`}${written.length === 0 ? '' : `, deps: [${written.join(', ')}]`} }\n`;
    });
    return project(lines.join(''));
  });

/** What has to be left out: everything that reads, through targets, something that fails. */
function expected(of: Project, at: ReturnType<typeof openBackfillWorld>, bad: ReadonlySet<string>) {
  const states = new Map<string, 'done' | 'failed' | 'left_out'>();
  const targets = new Map<AssetKey, Set<string>>();
  for (const { assets } of at.record().groups) for (const asset of assets) targets.set(asset, new Set());
  for (const [index, { keys }] of at.advance().account.groups.entries())
    for (const asset of at.record().groups[index]!.assets) for (const key of keys!) targets.get(asset)!.add(key);
  for (const asset of Object.keys(of.assets).sort())
    for (const key of targets.get(asset) ?? []) {
      const cut = of.assets[asset]!.deps.some((dep) =>
        at.reader.upstreamKeys(asset, dep, key).some((up) => (states.get(`${dep}@${up}`) ?? 'done') !== 'done'),
      );
      states.set(
        `${asset}@${key}`,
        cut ? 'left_out' : bad.has(key === '' ? asset : `${asset}@${key}`) ? 'failed' : 'done',
      );
    }
  return states;
}

test('a backfill makes each of its targets once, leaves out just what reads a failed one, and ends', () => {
  fc.assert(
    fc.property(
      world,
      fc.subarray(ALL, { minLength: 1 }),
      fc.array(fc.tuple(fc.nat({ max: 5 }), fc.constantFrom(...ALL, '')), { maxLength: 4 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 5 }),
      (of, keys, failing, failsByKey, openMax) => {
        const bad = new Set(failing.map(([n, key]) => (key === '' ? `a${n}` : `a${n}@${key}`)));
        const at = openBackfillWorld({ project: of, selected: Object.keys(of.assets), keys, bad, failsByKey, openMax });
        const asked = at.carryOutAll();
        const runs = asked.map(({ run }) => run);
        expect(new Set(runs).size).toBe(runs.length);
        const { groups, counts } = at.advance().account;
        expect(at.record().counts).toMatchObject({ total: counts.total, done: counts.done, failed: counts.failed });
        if (!failsByKey && bad.size > 0) return;
        const wanted = expected(of, at, bad);
        for (const { keys: own, targets } of groups)
          for (const [asset, states] of targets)
            for (const [place, state] of states.entries())
              expect([asset, own![place], state]).toEqual([asset, own![place], wanted.get(`${asset}@${own![place]}`)]);
      },
    ),
    { numRuns: 60 },
  );
});
