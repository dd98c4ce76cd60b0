import { describe, expect, test } from 'vitest';
import type { RunRequest } from '../model/plan.ts';
import type { AssetRecord, StateView } from '../model/state.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { askedAssets } from './asked-assets.ts';
import { buildPlanning, keysAt, partitionedAssets } from './planning.ts';
import { partitionsOfQueue } from './release.ts';

const files = {
  'branchline.yaml': `name: shop
assets:
  base: { run: make }
  middle: { deps: [base], run: make }
  top: { deps: [middle], run: make }
  days: { run: make, partitions: { static: [x, y] } }
  more: { deps: [days], run: make, partitions: { static: [x, y] } }
  most: { deps: [more], run: make, partitions: { static: [x, y] } }
  other: { run: make }
  end: { deps: [left], run: make }
multi_assets:
  pair: { run: make, specs: { left: { deps: [base] }, right: { deps: [other] } } }
`,
};
const planning = buildPlanning(projectOf(files), sourceTreeOf(files));
const NOW = Date.parse('2026-11-22T09:00:00.000Z');

const click = (selection: string, more: object = {}): RunRequest =>
  ({
    kind: 'cli',
    nonce: '0',
    at: '',
    selection,
    mode: 'all',
    withUpstream: true,
    ignoreBlocking: false,
    ...more,
  }) as RunRequest;
const plain = (selection: string): RunRequest => click(selection, { withUpstream: false });
const made = (...assets: string[]): StateView['assets'] =>
  new Map(assets.map((asset) => [asset, { asset, materialized: { dataVersion: 'v' } } as unknown as AssetRecord]));

function asked(request: RunRequest, view: Partial<StateView> = {}): readonly string[] {
  const full = { ...emptyView('production'), ...view };
  return [...askedAssets(() => planning, full, keysAt(full, NOW))(request)].sort();
}

describe('what a run asks for', () => {
  test('is what it selects, and with its upstream what is missing before that', () => {
    expect(asked(plain('key:top'))).toEqual(['top']);
    expect(asked(click('key:top'))).toEqual(['base', 'middle', 'top']);
    expect(asked(click('key:top'), { assets: made('base') })).toEqual(['middle', 'top']);
    // What is there is not looked behind.
    expect(asked(click('key:top'), { assets: made('middle') })).toEqual(['top']);
  });

  test('has the siblings of a multi-asset, and what these read', () => {
    expect(asked(plain('key:left'))).toEqual(['left', 'right']);
    expect(asked(click('key:end'))).toEqual(['base', 'end', 'left', 'other', 'right']);
  });

  test('of keys is what is missing of these keys', () => {
    const x = click('key:most', { partitions: 'x' });
    expect(asked(x)).toEqual(['days', 'more', 'most']);
    const known = (...keys: string[]) => new Map(keys.map((key) => [key, { materialized: { dataVersion: 'v' } }]));
    const view = (keys: string[]) => ({
      assets: made('days', 'more'),
      partitions: new Map([
        ['days', known(...keys)],
        ['more', known()],
      ]) as unknown as NonNullable<StateView['partitions']>,
    });
    expect(asked(x, view(['x']))).toEqual(['more', 'most']);
    expect(asked(x, view(['y']))).toEqual(['days', 'more', 'most']);
    // One question at a time: requests of one selection differ by their keys.
    const full = { ...emptyView('production'), ...view(['y']) };
    const both = askedAssets(() => planning, full, keysAt(full, NOW));
    expect([x, click('key:most', { partitions: 'y' }), plain('key:most')].map((each) => both(each).length)).toEqual([
      3, 2, 1,
    ]);
  });

  test('of partitions that nobody has read counts none as missing', () => {
    expect(asked(click('key:most', { partitions: 'x' }), { assets: made('days', 'more') })).toEqual(['most']);
  });
});

test('partitions are read as far back as a run may make them', () => {
  expect([...partitionedAssets(planning, plain('key:most'))].sort()).toEqual(['more', 'most']);
  expect([...partitionedAssets(planning, click('key:most'))].sort()).toEqual(['days', 'more', 'most']);
  const waiting = [plain('key:most'), click('key:most')].map((request) => ({ request }));
  expect([...partitionsOfQueue(planning, waiting)].sort()).toEqual(['days', 'more', 'most']);
});
