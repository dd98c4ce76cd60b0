import { expect, it } from 'vitest';
import type { AssetMaterialized } from '../model/events.ts';
import type { AssetRecord, PartitionRecord, StateView } from '../model/state.ts';
import { dataCommits } from './data-moves.ts';

type Files = Record<string, string | undefined>;
const record = (files: Files): AssetMaterialized['files'] =>
  Object.fromEntries(
    Object.entries(files).map(([path, blob]) => [
      path,
      { digest: 'd', bytes: 1, ...(blob === undefined ? {} : { blob }) },
    ]),
  );
const event = (run: string, files: Files): AssetMaterialized => ({
  type: 'asset.materialized',
  id: `${run}.1#1`,
  v: 1,
  at: '2026-11-22T09:00:00.000Z',
  run,
  step: 'a',
  asset: 'raw/a',
  materialization: `${run}.1/raw/a`,
  codeVersion: 'c',
  codeParts: {},
  dataVersion: 'v7',
  upstream: {},
  files: record(files)!,
  rows: 3,
  metadata: {},
  durationMs: 1,
});
const view = (id: string, files: Files): Pick<StateView, 'assets' | 'connections'> => ({
  connections: new Map(),
  assets: new Map([['raw/a', { materialized: { id, files: record(files) } } as unknown as AssetRecord]]),
});
const nothing = { assets: new Map(), connections: new Map() };

it('one commit for a materialization: what it keeps, without what it no longer has', () => {
  const made = event('r2', { 'a.csv': 'b2', 'c.csv': 'b3' });
  const before = view('r1.1/raw/a', { 'a.csv': 'b1', 'b.csv': 'b0' });
  const [commit, ...more] = dataCommits([made], before, view('r2.1/raw/a', {}));
  expect(more).toEqual([]);
  expect([...commit!.files]).toEqual([
    ['a.csv', 'b2'],
    ['c.csv', 'b3'],
    ['b.csv', null],
  ]);
  expect(commit!.message.split('\n')).toEqual([
    'raw/a: 2 files, 3 rows',
    '',
    '[skip ci]',
    '',
    'Asset: raw/a',
    'Run: r2',
    'Data-Version: v7',
  ]);
});

it('none for files that another kind of storage keeps, nor for a materialization that is not the newest', () => {
  expect(dataCommits([event('r1', { 'a.csv': undefined })], nothing, view('r1.1/raw/a', {}))).toEqual([]);
  expect(dataCommits([event('r1', { 'a.csv': 'b1' })], nothing, view('r9.1/raw/a', {}))).toEqual([]);
});

it('takes the files away that moved to another kind of storage', () => {
  const [commit] = dataCommits(
    [event('r2', { 'a.csv': undefined })],
    view('x', { 'a.csv': 'b1' }),
    view('r2.1/raw/a', {}),
  );
  expect([...commit!.files]).toEqual([['a.csv', null]]);
});

it('one commit for each partition, and none takes the files of another', () => {
  const at = '2026-11-22T09:00:00.000Z';
  const made = ['2026-01-01', '2026-01-02', '2026-01-03'].map((partition) => ({
    ...event('r2', { [`${partition}.csv`]: `b-${partition}` }),
    partition,
  }));
  const of = (run: string, files: Files) =>
    ({ materialized: { run, at, files: record(files), turn: [1, 1] } }) as unknown as PartitionRecord;
  const before = {
    ...view('r1.1/raw/a@2026-01-02', { '2026-01-02.csv': 'b0' }),
    partitions: new Map([['raw/a', new Map([['2026-01-02', of('r1', { 'old.csv': 'b0' })]])]]),
  };
  const after = {
    ...view('r2.1/raw/a@2026-01-03', {}),
    // Of the third another run made a newer one.
    partitions: new Map([
      ['raw/a', new Map(made.map(({ partition }, i) => [partition, of(i === 2 ? 'r3' : 'r2', {})] as const))],
    ]),
  };
  const commits = dataCommits(made, before, after);
  expect(commits.map(({ files }) => [...files])).toEqual([
    [['2026-01-01.csv', 'b-2026-01-01']],
    [
      ['2026-01-02.csv', 'b-2026-01-02'],
      ['old.csv', null],
    ],
  ]);
  expect(commits[0]!.message).toContain(
    'raw/a@2026-01-01: 1 file, 3 rows\n\n[skip ci]\n\nAsset: raw/a\nPartition: 2026-01-01\n',
  );
});
