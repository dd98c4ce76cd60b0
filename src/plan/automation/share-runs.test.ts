import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AssetKey, Project } from '../../model/project.ts';
import { emptyView } from '../../state/fold.ts';
import { projectOf } from '../../testing/project-builder.ts';
import { openPartitionReader } from '../partitioned.ts';
import type { AskedKey } from './joined-ranges.ts';
import { ASSETS_MAX, type SharedRuns, shareRuns, VERSIONS_BYTES_MAX } from './share-runs.ts';

const NOW = Date.parse('2026-01-06T00:00:00Z');
const VERSIONS = '0123456789ab';

/** An asset that is cut by day since 2022. */
const line = (asset: string, deps: readonly string[] = [], policy = 'single_run'): string =>
  `  ${asset}: { run: "true", partitions: { daily: { start: 2022-01-01 } }, backfill_policy: ${policy}, automation: eager, deps: [${deps.join(', ')}] }\n`;
const projectWith = (assets: string, more = ''): Project =>
  projectOf({ 'branchline.yaml': `name: shop\nassets:\n${assets}${more}` });
const share = (project: Project, asked: readonly AskedKey[]): SharedRuns => {
  const reader = openPartitionReader(project, emptyView('local'), { now: NOW, dynamic: () => [] });
  return shareRuns(project, reader, asked, () => '');
};
const daysOf = (project: Project, count: number): readonly string[] => {
  const [first] = Object.keys(project.assets);
  const reader = openPartitionReader(project, emptyView('local'), { now: NOW, dynamic: () => [] });
  return reader.keysOf(first!).slice(0, count);
};

/** Asked for at these keys; what it reads of the same run is found out as a pass does. */
function ask(
  project: Project,
  wanted: readonly (readonly [asset: string, keys: readonly string[]])[],
  versions = VERSIONS,
): AskedKey[] {
  const keysOf = new Map(wanted.map(([asset, keys]) => [asset, new Set(keys)]));
  return wanted.flatMap(([asset, keys]) =>
    keys.map((key): AskedKey => {
      const reads = project.assets[asset]!.deps.filter((dep) => keysOf.get(dep)?.has(key));
      return { asset, key, condition: 'eager', versions, ...(reads.length > 0 ? { reads } : {}) };
    }),
  );
}

const runsOf = (shared: SharedRuns): unknown[] =>
  shared.runs.map(({ targets, partitions }) => [targets.map(({ asset }) => asset).join(' '), partitions]);

describe('a range is cut where one run must make both, and nowhere else', () => {
  const project = projectWith(
    line('a') + line('b') + line('c') + line('d', ['c']) + line('e', ['a', 'b']) + line('f', ['c']),
    `multi_assets:
  pair: { run: "true", partitions: { daily: { start: 2022-01-01 } }, backfill_policy: single_run, specs: { left: { automation: eager }, right: { automation: eager } } }
`,
  );
  const keys = daysOf(project, 10);
  const all = `${keys[0]}...${keys[9]}`;
  const runs = (...wanted: [string, readonly string[]][]): unknown[] => runsOf(share(project, ask(project, wanted)));

  test('an asset that is asked for with other keys cuts none of one that it does not read', () => {
    expect(runs(['a', keys], ['b', [keys[2]!]])).toEqual([
      ['a', all],
      ['b', keys[2]],
    ]);
    const odd = keys.filter((_, i) => i % 2 === 0);
    expect(runs(['a', keys], ['b', odd])[0]).toEqual(['a', all]);
  });

  test('assets of the same range share a run, also where one has another range besides', () => {
    expect(runs(['a', keys], ['b', keys])).toEqual([['a b', all]]);
    expect(runs(['a', keys.slice(0, 3)], ['b', [...keys.slice(0, 3), ...keys.slice(5)]])).toEqual([
      ['a b', `${keys[0]}...${keys[2]}`],
      ['b', `${keys[5]}...${keys[9]}`],
    ]);
  });

  test('what reads another is made after it in one run, so there it is cut', () => {
    expect(runs(['c', keys], ['d', [keys[2]!]])).toEqual([
      ['c', `${keys[0]}...${keys[1]}`],
      ['c d', keys[2]],
      ['c', `${keys[3]}...${keys[9]}`],
    ]);
    // What else reads it there is in that run as well.
    expect(runs(['c', keys], ['d', [keys[2]!]], ['f', keys])).toEqual([
      ['c f', `${keys[0]}...${keys[1]}`],
      ['c d f', keys[2]],
      ['c f', `${keys[3]}...${keys[9]}`],
    ]);
  });

  test('an asset that two others have in common puts them together at its own keys only', () => {
    expect(runs(['a', keys], ['b', [keys[3]!]], ['e', [keys[7]!]])).toEqual([
      ['a', `${keys[0]}...${keys[6]}`],
      ['b', keys[3]],
      ['a e', keys[7]],
      ['a', `${keys[8]}...${keys[9]}`],
    ]);
  });

  test('siblings that are made only together are asked for together', () => {
    expect(runs(['left', keys], ['right', keys.slice(4, 6)])).toEqual([
      ['left', `${keys[0]}...${keys[3]}`],
      ['left right', `${keys[4]}...${keys[5]}`],
      ['left', `${keys[6]}...${keys[9]}`],
    ]);
  });
});

describe('what a run is told of versions stays far below the length of a file of the state', () => {
  const names = Array.from({ length: 200 }, (_, i) => `a${String(i).padStart(3, '0')}`);
  const bytesOf = ({ targets }: SharedRuns['runs'][number]): number =>
    JSON.stringify(targets.map(({ versions }) => versions)).length;

  test('what has no room goes into another run', () => {
    const project = projectWith(names.map((asset) => line(asset)).join(''));
    const keys = daysOf(project, 1000);
    const { runs, left } = share(
      project,
      ask(
        project,
        names.map((asset) => [asset, keys] as const),
      ),
    );
    expect(left).toEqual([]);
    expect(runs.map((run) => run.keys)).toEqual(runs.map(() => keys));
    expect(runs.flatMap(({ targets }) => targets.map(({ asset }) => asset))).toEqual(names);
    for (const run of runs) expect(bytesOf(run)).toBeLessThan(VERSIONS_BYTES_MAX * 1.01);
    expect(runs.length).toBeLessThan(7);
  });

  test('of what must be one run the first is made, and a later pass asks for what reads it', () => {
    const project = projectWith(names.map((asset, i) => line(asset, i > 0 ? [names[i - 1]!] : [])).join(''));
    const keys = daysOf(project, 1000);
    const { runs, left } = share(
      project,
      ask(
        project,
        names.map((asset) => [asset, keys] as const),
      ),
    );
    expect(runs).toHaveLength(1);
    expect(bytesOf(runs[0]!)).toBeLessThan(VERSIONS_BYTES_MAX * 1.01);
    const made = runs[0]!.targets.map(({ asset }) => asset);
    expect(made.length).toBeGreaterThan(30);
    expect(left).toEqual(names.slice(made.length).map((asset) => ({ asset, keys: 1000 })));
    expect(made).toEqual(names.slice(0, made.length));
  });

  test('one asset is asked for with all of its keys, however many', () => {
    const project = projectWith(line('a'));
    const keys = daysOf(project, 1000);
    const { runs } = share(project, ask(project, [['a', keys]], 'x'.repeat(1024)));
    expect(runs.map(({ keys: own }) => own?.length)).toEqual([1000]);
  });
});

describe('random graphs and keys', () => {
  const KEYS = 12;
  const POLICIES = ['single_run', '{ multi_run: { max_partitions_per_run: 3 } }', 'null'];
  const most = [Number.POSITIVE_INFINITY, 3, 1];
  const graphs = fc.record({
    policy: fc.nat({ max: 2 }),
    reads: fc.array(fc.array(fc.nat({ max: 7 }), { maxLength: 3 }), { minLength: 1, maxLength: 8 }),
    // Mostly runs of neighbouring keys, as days that are missing are.
    wanted: fc.array(
      fc.array(fc.tuple(fc.nat({ max: KEYS - 1 }), fc.integer({ min: 1, max: KEYS })), { maxLength: 3 }),
      {
        minLength: 8,
        maxLength: 8,
      },
    ),
    joined: fc.array(fc.nat({ max: KEYS * 8 - 1 }), { maxLength: 4 }),
  });
  type Graph = typeof graphs extends fc.Arbitrary<infer T> ? T : never;

  /** Read once for each policy: what assets read is put in afterwards. */
  const NAMES = Array.from({ length: 8 }, (_, i) => `a${i}`);
  const projects = POLICIES.map((policy) => projectWith(NAMES.map((asset) => line(asset, [], policy)).join('')));

  function drawn({ policy, reads, wanted, joined }: Graph) {
    const names = NAMES.slice(0, reads.length);
    const depsOf = (i: number): string[] => [...new Set(reads[i]!.filter((dep) => dep < i))].map((dep) => names[dep]!);
    const { assets } = projects[policy]!;
    const own = names.map((asset, i) => [asset, { ...assets[asset]!, deps: depsOf(i) }] as const);
    const project: Project = { ...projects[policy]!, assets: Object.fromEntries(own) };
    const days = daysOf(project, KEYS);
    const keys = names.map((_, i) => {
      const own = new Set(wanted[i]!.flatMap(([from, count]) => days.slice(from, from + count)));
      return days.filter((day) => own.has(day));
    });
    const only = new Set(joined.map((n) => `a${Math.floor(n / KEYS)}@${days[n % KEYS]}`));
    const asked = ask(
      project,
      names.map((asset, i) => [asset, keys[i]!] as const),
    ).map(
      (each): AskedKey => ({
        ...each,
        versions: `${each.asset} of ${each.key}`,
        ...(each.reads && only.has(`${each.asset}@${each.key}`) ? { joined: true } : {}),
      }),
    );
    return { asked, days, project, shared: share(project, asked), keysMax: most[policy]! };
  }

  /** Who has to be in one run with an asset at a key, and how each is asked for: found by going on from one to the next. */
  function mustBeWith(asked: readonly AskedKey[], asset: AssetKey, key: string): string {
    const row = asked.filter((each) => each.key === key);
    const found = new Set([asset]);
    for (const one of found)
      for (const { asset: other, reads = [] } of row) {
        if (other === one) for (const dep of reads) found.add(dep);
        if (reads.includes(one)) found.add(other);
      }
    return row.flatMap((each) => (found.has(each.asset) ? [`${each.asset} ${each.joined}`] : [])).join();
  }

  test('all that is wanted is asked for once, each for its own versions', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { asked, shared } = drawn(graph);
        const told = shared.runs.flatMap(({ targets, keys }) =>
          targets.flatMap(({ asset, versions, joined }) => versions.map((text, i) => [asset, keys![i], text, joined])),
        );
        const wanted = asked.map(({ asset, key, versions, joined }) => [asset, key, versions, joined]);
        const inOrder = (all: unknown[]): string[] => all.map((each) => JSON.stringify(each)).sort();
        expect(inOrder(told)).toEqual(inOrder(wanted));
        expect(shared.left).toEqual([]);
      }),
    );
  });

  test('a run makes neighbouring keys, no more than the policy lets it, and upstreams first', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { asked, days, project, shared, keysMax } = drawn(graph);
        for (const { targets, keys } of shared.runs) {
          const first = days.indexOf(keys![0]!);
          expect(keys).toEqual(days.slice(first, first + keys!.length));
          expect(keys!.length).toBeLessThanOrEqual(keysMax);
          const places = new Map(targets.map(({ asset }, i) => [asset, i]));
          for (const { asset } of targets)
            for (const dep of project.assets[asset]!.deps)
              expect(places.get(dep) ?? -1).toBeLessThan(places.get(asset)!);
          // What is read, and asked for as well, is made by the same run.
          for (const { asset, key, reads = [] } of asked)
            if (keys!.includes(key) && places.has(asset)) expect(reads.filter((dep) => !places.has(dep))).toEqual([]);
        }
      }),
    );
  });

  test('a range ends only where it must, and what may share a run does', () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const { asked, days, shared, keysMax } = drawn(graph);
        const runAt = new Map(
          shared.runs.flatMap((run) =>
            run.targets.flatMap(({ asset }) => run.keys!.map((key) => [`${asset}@${key}`, run])),
          ),
        );
        for (const { asset, key } of asked) {
          const next = days[days.indexOf(key) + 1];
          const [run, other] = [runAt.get(`${asset}@${key}`)!, runAt.get(`${asset}@${next}`)];
          if (other === undefined || other === run) continue;
          const isFull = run.keys!.length === keysMax;
          expect(isFull || mustBeWith(asked, asset, key) !== mustBeWith(asked, asset, next!)).toBe(true);
        }
        const ranges = shared.runs.map(({ partitions }) => partitions);
        expect(new Set(ranges).size).toBe(ranges.length);
      }),
    );
  });

  test('no run is told more than fits, and what is left reads what is asked for, or is too long beside it', () => {
    fc.assert(
      fc.property(graphs, fc.integer({ min: 1, max: 200_000 }), (graph, length) => {
        const { asked: short, project } = drawn(graph);
        const asked = short.map((each) => ({ ...each, versions: each.versions.padEnd(length, '.') }));
        const shared = share(project, asked);
        const isMade = new Set<string>();
        for (const run of shared.runs) {
          const bytes = run.targets.flatMap(({ versions }) => versions).reduce((sum, text) => sum + text.length + 3, 0);
          expect(run.targets.length === 1 || bytes <= VERSIONS_BYTES_MAX).toBe(true);
          expect(run.targets.length).toBeLessThanOrEqual(ASSETS_MAX);
          for (const { asset } of run.targets) for (const key of run.keys!) isMade.add(`${asset}@${key}`);
        }
        const left = asked.filter(({ asset, key }) => !isMade.has(`${asset}@${key}`));
        expect(left.length).toBe(shared.left.reduce((sum, { keys }) => sum + keys, 0));
        // Nothing is made before what it reads, and only what has to share a run is left out of one.
        for (const { asset, key, reads = [] } of asked)
          if (isMade.has(`${asset}@${key}`)) expect(reads.every((dep) => isMade.has(`${dep}@${key}`))).toBe(true);
        for (const { asset, key } of left) expect(mustBeWith(asked, asset, key)).toContain(',');
      }),
    );
  });
});
