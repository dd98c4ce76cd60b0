import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { BranchlineEvent, EventDraft } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { PartitionRecord, Turn } from '../model/state.ts';
import { numberEvents, runStream } from './codec.ts';
import { prepareCommit } from './commit.ts';
import { decodeLeaf } from './decode-leaf.ts';
import { utf8Bytes } from './layout.ts';
import { neededLeaves, neededPaths } from './needed-paths.ts';
import { encodeLeaves, LEAF_KEYS_MAX, leafFolder, leafPaths, leavesOf } from './partition-files.ts';
import { joinPartitions, lossOf, partitionStatus } from './partition-fold.ts';
import { recordsOfLeaves } from './partition-records.ts';
import { assembleView, type StateRead } from './read.ts';
import { secondsText } from './seconds-text.ts';
import { verifyState } from './verify.ts';

const AT = '2026-11-22T09:00:00.000Z';
const made = (rank: number, more: object = {}): PartitionRecord => ({
  materialized: {
    run: `r${rank}`,
    at: AT,
    codeVersion: 'c',
    dataVersion: `v${rank}`,
    used: 'u',
    turn: [rank, 1],
    ...more,
  },
});
const failed = (rank: number): PartitionRecord => ({ failed: { run: `r${rank}`, at: AT, turn: [rank, 1] } });
const judged = (rank: number, holds: boolean): PartitionRecord => ({ checks: { ids: { holds, turn: [rank, 1] } } });

/** It was asked for before the run of that rank, or that run began to make it. */
const handled = (rank: number, epoch: number): PartitionRecord => ({
  handled: { run: `r${rank}`, at: AT, versions: `u${rank}`, turn: [rank, epoch] },
});

/** What was made at that rank was found gone, or back. */
const looked = (rank: number, times: number, message?: string): PartitionRecord => ({
  lost: { at: AT, turn: [rank, 1], times, ...(message === undefined ? {} : { message }) },
});

describe('what is known of a partition', () => {
  const facts = fc.array(
    fc
      .integer({ min: 1, max: 4 })
      .chain((rank) =>
        fc.constantFrom(
          made(rank),
          failed(rank),
          judged(rank, rank % 2 === 0),
          handled(rank, 0),
          handled(rank, 1),
          looked(rank, 1, 'gone'),
          looked(rank, 2),
          looked(rank, 3, 'gone again'),
        ),
      ),
    { minLength: 1, maxLength: 8 },
  );
  const joinAll = (records: readonly PartitionRecord[]): PartitionRecord =>
    records.reduce<PartitionRecord>((all, each) => joinPartitions(all, each), {});
  const orders = facts.chain((records) =>
    fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length }), fc.nat()),
  );
  it('is the same whatever came first, and however it was put together', () => {
    fc.assert(
      fc.property(orders, ([records, turned, cut]) => {
        const at = cut % (records.length + 1);
        const halves = joinPartitions(joinAll(records.slice(0, at)), joinAll(records.slice(at)));
        expect(joinAll(turned)).toEqual(joinAll(records));
        expect(halves).toEqual(joinAll(records));
      }),
    );
  });
  it('what was handled counts until it is made', () => {
    expect(joinPartitions(handled(2, 0), handled(2, 1)).handled?.turn).toEqual([2, 1]);
    expect(joinPartitions(made(1), handled(2, 0)).handled?.run).toBe('r2');
    expect(joinPartitions(handled(2, 1), made(2))).toEqual(made(2));
  });
  it('what was lost is missing until it is made again, or found to be back', () => {
    const gone = joinPartitions(made(2), looked(2, 1, 'gone'));
    expect([partitionStatus(gone), lossOf(gone)]).toEqual(['missing', 'gone']);
    expect(partitionStatus(joinPartitions(gone, failed(3)))).toBe('failed');
    expect(joinPartitions(gone, made(3))).toEqual(made(3));
    const back = joinPartitions(gone, looked(2, 2));
    expect([partitionStatus(back), lossOf(back)]).toEqual(['materialized', undefined]);
    // What came late speaks of what is no more.
    expect(joinPartitions(made(3), looked(2, 1, 'gone'))).toEqual(made(3));
    expect(lossOf(joinPartitions(back, looked(2, 3, 'gone again')))).toBe('gone again');
  });
  it('a run that goes on in one turn makes again what it found gone', () => {
    const later = made(2, { at: '2026-11-22T09:00:01.000Z' });
    expect(joinPartitions(joinPartitions(made(2), looked(2, 1, 'gone')), later)).toEqual(later);
  });
  it('a failed attempt takes no older success away, and a newer success ends it', () => {
    expect(partitionStatus(joinPartitions(made(1), failed(2)))).toBe('failed');
    expect(joinPartitions(made(1), failed(2)).materialized?.run).toBe('r1');
    expect(partitionStatus(joinPartitions(failed(2), made(3)))).toBe('materialized');
    expect(partitionStatus(undefined)).toBe('missing');
  });
});

/** Applies changes to the leaves of an asset as folds would, one after the other. */
function fold(steps: readonly (readonly string[])[]): Map<string, string> {
  const tree = new Map<string, string>();
  const asset = 'marts/days';
  for (const [rank, keys] of steps.entries()) {
    const leaves = leavesOf(tree.keys());
    const before = recordsOf(tree);
    const changed = new Map(keys.map((key) => [key, joinPartitions(before.get(key), made(rank + 1))]));
    for (const [path, text] of encodeLeaves(asset, leaves.get(leafFolder(asset)) ?? [], before, changed))
      tree.set(path, text);
  }
  return tree;
}
function recordsOf(tree: ReadonlyMap<string, string>): Map<string, PartitionRecord> {
  const records = new Map<string, PartitionRecord>();
  for (const [path, text] of tree) {
    const problems: never[] = [];
    const leaf = decodeLeaf(path, text, problems);
    expect(problems).toEqual([]);
    for (const [place, key] of leaf!.keys.entries()) {
      expect(leafPaths(leavesOf(tree.keys()), leaf!.asset, [key])).toEqual(new Set([path]));
      records.set(key, leaf!.recordAt(place));
    }
  }
  return records;
}
const day = (n: number): string => timestamp(Date.UTC(2000, 0, 1) + n * 86_400_000).slice(0, 10);

describe('leaves', () => {
  it('hold what was put in, whatever the order, each key in its leaf, none too full', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.array(
            fc.oneof(
              fc.integer({ min: 0, max: 3000 }).map(day),
              fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
            ),
            { maxLength: 400 },
          ),
          { maxLength: 6 },
        ),
        (steps) => {
          const tree = fold(steps);
          const last = new Map(steps.flatMap((keys, i) => keys.map((key): [string, number] => [key, i + 1])));
          const records = recordsOf(tree);
          expect(new Map([...records].map(([key, record]) => [key, record.materialized!.turn[0]]))).toEqual(last);
        },
      ),
      { numRuns: 40 },
    );
  });
  it('split, touch only what changed, and stay small', () => {
    const tree = fold([Array.from({ length: 10_000 }, (_, n) => day(n))]);
    expect(tree.size).toBeGreaterThanOrEqual(10_000 / LEAF_KEYS_MAX);
    const bytes = [...tree.values()].reduce((sum, text) => sum + utf8Bytes(text), 0);
    expect(bytes / 10_000).toBeLessThan(60);
    const before = recordsOf(tree);
    const one = encodeLeaves(
      'marts/days',
      leavesOf(tree.keys()).get(leafFolder('marts/days'))!,
      before,
      new Map([[day(5000), made(9)]]),
    );
    expect(one.size).toBe(1);
  });
  it('keep everything of a record', () => {
    const record: PartitionRecord = {
      ...made(3, { rows: 7, files: { 'data/x.csv': { digest: 'd', bytes: 1 } } }),
      ...failed(4),
      ...judged(2, true),
      ...handled(4, 1),
      ...looked(3, 1, 'gone'),
    };
    const files = encodeLeaves(
      'a',
      [],
      new Map(),
      new Map([
        ['k', record],
        ['only-failed', failed(1)],
      ]),
    );
    const [[path, text]] = [...files] as [[string, string]];
    // Who knows no losses must not write the leaf without them.
    expect(JSON.parse(text)).toMatchObject({ v: 2 });
    expect(JSON.parse([...encodeLeaves('a', [], new Map(), new Map([['k', made(3)]])).values()][0]!)).toMatchObject({
      v: 1,
    });
    expect(new Map(recordsOfLeaves([decodeLeaf(path, text, [])!]))).toEqual(
      new Map([
        ['k', record],
        ['only-failed', failed(1)],
      ]),
    );
  });
  it('that were damaged are told, and nothing is read of them', () => {
    const [[path, text]] = [...fold([['a', 'b']])] as [[string, string]];
    for (const broken of [
      '',
      '{',
      text.replace('"keys":["a","b"]', '"keys":["a"]'),
      text.replace('"data":["v1","v1"]', '"data":[1,"v1"]'),
      text.replace('"data":["v1","v1"]', '"data":["v1"]'),
      text.replace('"at":[', '"at":["x",'),
      text.replace(/"at":\[\d+/, '"at":[null'),
      text.replace('"run":[2,"r1"]', '"run":[2,7]'),
      text.replace('"run":[2,"r1"]', '"run":[1,"r1"]'),
      text.replace('"run":[2,"r1"]', '"run":[0,"r1",2,"r1"]'),
      text.replace('"run":[2,"r1"]', '"run":[1.5,"r1",0.5,"r1"]'),
      text.replace('"run":[2,"r1"]', '"run":"r1"'),
      text.replace('"used":[2,"u"]', '"used":[1,"u",1,null]'),
      text.replace('"turn":[2,[1,1]]', '"turn":[2,1]'),
    ]) {
      const problems: never[] = [];
      expect(broken).not.toBe(text);
      expect(decodeLeaf(path, broken, problems)).toBeUndefined();
      expect(problems).toHaveLength(1);
    }
  });
});

describe('the state of a partitioned asset', () => {
  const RUN = '20261122-aaaaaaaaaaaaaaaa';
  const events = (run: string, keys: readonly string[], bad: readonly string[] = []): BranchlineEvent[] => {
    const base = { at: AT, run, epoch: 1 };
    const drafts: object[] = [
      {
        type: 'run.requested',
        request: { kind: 'schedule', schedule: 's', tick: AT, selection: '*', materialize: 'all' },
        tags: {},
      },
      {
        type: 'run.started',
        planDigest: 'd',
        steps: [
          {
            id: `days@${keys[0]}`,
            assets: ['days'],
            verdict: 'run',
            reason: 'requested',
            detail: [],
            partitions: keys,
          },
        ],
      },
      ...keys
        .filter((key) => !bad.includes(key))
        .map((key) => ({
          type: 'asset.materialized',
          step: `days@${keys[0]}`,
          asset: 'days',
          partition: key,
          materialization: `${run}.1/days@${key}`,
          codeVersion: 'c1',
          codeParts: {},
          dataVersion: `${run}-${key}`,
          upstream: {},
          metadata: {},
          durationMs: 1,
        })),
      {
        type: 'step.ended',
        step: `days@${keys[0]}`,
        outcome: bad.length > 0 ? 'failure' : 'success',
        failedAssets: bad.length > 0 ? ['days'] : [],
        ...(bad.length > 0 ? { failedPartitions: bad } : {}),
        durationMs: 1,
      },
    ];
    return numberEvents(runStream(run, 1), 0, drafts.map((draft) => ({ ...base, ...draft })) as EventDraft[]);
  };
  const read = (tree: ReadonlyMap<string, string>, partitionsOf?: ReadonlySet<string>): StateRead => {
    const listing = [...tree.keys()].sort();
    const first = new Map(neededPaths(listing).map((path) => [path, tree.get(path)!]));
    const leaves = neededLeaves(listing, first, partitionsOf ? { partitionsOf } : {});
    const done = assembleView({
      listing,
      texts: new Map([...first, ...leaves.map((path): [string, string] => [path, tree.get(path)!])]),
      environment: 'production',
    });
    if (!done.ok) throw new Error(JSON.stringify(done.error));
    return done.value;
  };
  const commit = (tree: Map<string, string>, list: readonly BranchlineEvent[], now: string): void => {
    const before = read(tree);
    const prepared = prepareCommit({
      read: before,
      project: 'p',
      events: list,
      writer: 'w',
      tx: before.view.seq + 1,
      now: Date.parse(now),
      message: 'm',
    });
    if (!prepared.ok) throw new Error(prepared.error.message);
    for (const [path, text] of prepared.value.change.files) {
      if (text === null) tree.delete(path);
      else tree.set(path, text);
    }
  };
  const story = (): Map<string, string> => {
    const tree = new Map<string, string>();
    commit(tree, events(RUN, ['2026-11-01', '2026-11-02', '2026-11-03'], ['2026-11-03']), '2026-11-22T09:00:00Z');
    commit(tree, events('20261123-bbbbbbbbbbbbbbbb', ['2026-11-03']), '2026-11-23T09:00:00Z');
    commit(tree, events('20261124-cccccccccccccccc', ['2026-11-02'], ['2026-11-02']), '2026-11-24T09:00:00Z');
    return tree;
  };
  it('goes through folds into leaves and comes back, and verifies', () => {
    const tree = story();
    expect([...tree.keys()].filter((path) => path.startsWith('partitions/'))).toHaveLength(1);
    const { view } = read(tree, new Set(['days']));
    const status = (key: string) => partitionStatus(view.partitions?.get('days')?.get(key));
    expect(['2026-11-01', '2026-11-02', '2026-11-03', '2026-11-04'].map(status)).toEqual([
      'materialized',
      'failed',
      'materialized',
      'missing',
    ]);
    expect(view.partitions!.get('days')!.get('2026-11-02')!.materialized!.run).toBe(RUN);
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });
  it('is not read by who does not ask, but for what the next fold must write', () => {
    const tree = story();
    const listing = [...tree.keys()];
    const first = new Map(neededPaths(listing).map((path) => [path, tree.get(path)!]));
    expect(neededPaths(listing).filter((path) => path.startsWith('partitions/'))).toEqual([]);
    expect(neededLeaves(listing, first)).toHaveLength(1);
    expect(neededLeaves(listing, new Map())).toEqual([]);
  });
  it('that was edited is found', () => {
    const tree = story();
    const path = [...tree.keys()].find((each) => each.startsWith('partitions/'))!;
    tree.set(path, tree.get(path)!.replace('"2026-11-01"', '"2026-10-01"'));
    const problems = verifyState(tree, 'production').problems.map((problem) => problem.message);
    expect(problems).toEqual([
      'no event made the partition `2026-10-01`',
      'the events made the partition `2026-11-01` of `days`, and no leaf holds it',
    ]);
  });
  it('folds without its leaf are never made', () => {
    const tree = story();
    commit(tree, events('20261124-dddddddddddddddd', ['2026-11-04']), '2026-11-24T10:00:00Z');
    const listing = [...tree.keys()].sort();
    const first = new Map(neededPaths(listing).map((path) => [path, tree.get(path)!]));
    const blind = assembleView({ listing, texts: first, environment: 'production' });
    if (!blind.ok) throw new Error('read');
    expect(() =>
      prepareCommit({
        read: blind.value,
        project: 'p',
        events: [],
        writer: 'w',
        tx: 9,
        now: Date.parse('2026-11-25T09:00:00Z'),
        message: 'm',
      }),
    ).toThrow('without its leaf');
  });
});

describe('keys of a dynamic definition', () => {
  const changed = (tx: number, added: string[], removed: string[]): BranchlineEvent[] =>
    numberEvents('w', tx - 1, [{ type: 'partitions.changed', at: AT, name: 'customers', added, removed }]);
  it('come in order, once, and go', () => {
    let tree = new Map<string, string>();
    const commitTo = (list: readonly BranchlineEvent[], now: string): readonly string[] => {
      const listing = [...tree.keys()].sort();
      const before = assembleView({ listing, texts: tree, environment: 'production' });
      if (!before.ok) throw new Error('read');
      const done = prepareCommit({
        read: before.value,
        project: 'p',
        events: list,
        writer: 'w',
        tx: before.value.view.seq + 1,
        now: Date.parse(now),
        message: 'm',
      });
      if (!done.ok) throw new Error(done.error.message);
      tree = new Map(
        [...tree, ...done.value.change.files].filter((entry): entry is [string, string] => entry[1] !== null),
      );
      return done.value.after.view.dynamicKeys!.get('customers')!;
    };
    expect(commitTo(changed(1, ['acme', 'beta'], []), '2026-11-22T09:00:00Z')).toEqual(['acme', 'beta']);
    expect(commitTo(changed(2, ['zeta', 'acme'], []), '2026-11-23T09:00:00Z')).toEqual(['acme', 'beta', 'zeta']);
    expect(commitTo(changed(3, ['acme'], ['acme']), '2026-11-24T09:00:00Z')).toEqual(['beta', 'zeta', 'acme']);
  });
});

it('turns compare by rank, then epoch', () => {
  const turns: Turn[] = [
    [1, 2],
    [2, 1],
  ];
  expect(joinPartitions(made(1, { turn: turns[0] }), made(2, { turn: turns[1] })).materialized!.run).toBe('r2');
});

test('instants of leaves are those of the calendar', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 200_000_000_000 }), (seconds) => {
      expect(secondsText(seconds)).toBe(new Date(seconds * 1000).toISOString());
    }),
    { numRuns: 500 },
  );
  for (const text of ['1970-01-01', '2000-02-29', '2024-12-31', '2100-03-01'])
    expect(secondsText(Date.parse(`${text}T23:59:59Z`) / 1000)).toBe(`${text}T23:59:59.000Z`);
});
