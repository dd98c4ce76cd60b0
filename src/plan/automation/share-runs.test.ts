import { expect, test } from 'vitest';
import { emptyView } from '../../state/fold.ts';
import { projectOf } from '../../testing/project-builder.ts';
import { openPartitionReader } from '../partitioned.ts';
import { type AskedKey, shareRuns, VERSIONS_BYTES_MAX } from './share-runs.ts';

const NOW = Date.parse('2026-01-06T00:00:00Z');

test('what a run is told of versions stays far below the length of a file of the state', () => {
  const assets = Array.from({ length: 200 }, (_, i) => `a${String(i).padStart(3, '0')}`);
  const project = projectOf({
    'branchline.yaml': `name: shop\nassets:\n${assets
      .map(
        (asset) =>
          `  ${asset}: { run: "true", partitions: { daily: { start: 2022-01-01 } }, backfill_policy: single_run, automation: eager }\n`,
      )
      .join('')}`,
  });
  const reader = openPartitionReader(project, emptyView('local'), { now: NOW, dynamic: () => [] });
  const keys = reader.keysOf('a000').slice(0, 1000);
  const asked = assets.flatMap((asset) =>
    keys.map((key): AskedKey => ({ asset, key, condition: 'eager', versions: '0123456789ab' })),
  );
  const [run, ...others] = shareRuns(project, reader, asked, () => '');
  expect(others).toEqual([]);
  expect(run!.keys).toEqual(keys);
  // The first of them, upstreams before what reads them; a later pass asks for the others.
  expect(run!.targets.map(({ asset }) => asset)).toEqual(assets.slice(0, run!.targets.length));
  expect(run!.targets.length).toBeGreaterThan(30);
  expect(JSON.stringify(run!.targets.map(({ versions }) => versions)).length).toBeLessThan(VERSIONS_BYTES_MAX * 1.01);
});

test('one asset is asked for with all of its keys, however many', () => {
  const project = projectOf({
    'branchline.yaml': `name: shop\nassets:\n  a: { run: "true", partitions: { daily: { start: 2022-01-01 } }, backfill_policy: single_run, automation: eager }\n`,
  });
  const reader = openPartitionReader(project, emptyView('local'), { now: NOW, dynamic: () => [] });
  const keys = reader.keysOf('a').slice(0, 1000);
  const asked = keys.map((key): AskedKey => ({ asset: 'a', key, condition: 'eager', versions: 'x'.repeat(1024) }));
  expect(shareRuns(project, reader, asked, () => '').map(({ keys: own }) => own?.length)).toEqual([1000]);
});

test('an asset that is asked for with other keys cuts no range of one that it does not read', () => {
  const line = (asset: string, more = ''): string =>
    `  ${asset}: { run: "true", partitions: { daily: { start: 2022-01-01 } }, backfill_policy: single_run, automation: eager${more} }\n`;
  const project = projectOf({
    'branchline.yaml': `name: shop\nassets:\n${line('a')}${line('b')}${line('c')}${line('d', ', deps: [c]')}`,
  });
  const reader = openPartitionReader(project, emptyView('local'), { now: NOW, dynamic: () => [] });
  const keys = reader.keysOf('a').slice(0, 10);
  const ask = (asset: string, of: readonly string[]) =>
    of.map((key): AskedKey => ({ asset, key, condition: 'eager', versions: '0123456789ab' }));
  const runsOf = (...asked: readonly AskedKey[]) =>
    shareRuns(project, reader, asked, () => '').map(({ targets, partitions }) => [
      targets.map(({ asset }) => asset).join(' '),
      partitions,
    ]);
  const all = `${keys[0]}...${keys[9]}`;
  expect(runsOf(...ask('a', keys), ...ask('b', [keys[2]!]))).toEqual([
    ['a', all],
    ['b', keys[2]],
  ]);
  expect(runsOf(...ask('a', keys), ...ask('b', keys))).toEqual([['a b', all]]);
  const odd = keys.filter((_, i) => i % 2 === 0);
  expect(runsOf(...ask('a', keys), ...ask('b', odd)).filter(([asset]) => asset === 'a')).toEqual([['a', all]]);
  // What reads another waits for it in one run, so there the ranges are cut.
  expect(runsOf(...ask('c', keys), ...ask('d', [keys[2]!]))).toEqual([
    ['c', `${keys[0]}...${keys[1]}`],
    ['c d', keys[2]],
    ['c', `${keys[3]}...${keys[9]}`],
  ]);
});
