import { expect, test } from 'vitest';
import { epochMs } from '../model/instant.ts';
import type { Asset } from '../model/project.ts';
import type { PartitionRecord, StateView } from '../model/state.ts';
import { emptyView } from '../state/fold.ts';
import type { RelationStamp } from './sql-stamps.ts';
import { type Onlooker, unknownIn } from './unknown-data.ts';

const AT = '2026-01-10T00:00:00.000Z';
const days = { kind: 'static', keys: ['a', 'b'] } as const;
const cut = { key: 'marts/a', partitions: days } as unknown as Asset;
const whole = { key: 'marts/a' } as unknown as Asset;

function stamp(partition: string, run: string, more: Partial<RelationStamp> = {}): RelationStamp {
  const name = partition === '' ? 'marts/a' : `marts/a@${partition}`;
  const made = { materialization: `${run}.1/${name}`, dataVersion: `of ${run}`, at: AT };
  return { relation: '"marts"."a"', environment: 'production', asset: 'marts/a', partition, ...made, ...more };
}

function record(run: string): PartitionRecord {
  const made = { run, at: AT, codeVersion: '', dataVersion: 'x', used: '', turn: [1, 1] as const };
  return { materialized: made };
}

/** A state in which run `one` has made `a`, and `old` under a key that is no more. */
const view: StateView = {
  ...emptyView('production'),
  partitions: new Map([
    [
      'marts/a',
      new Map([
        ['a', record('one')],
        ['old', record('one')],
      ]),
    ],
  ]),
};
const found = (stamps: readonly RelationStamp[], more: Partial<Onlooker> = {}, asset = cut): readonly string[] =>
  unknownIn({ view, environment: 'production', ...more }, asset, stamps).map(({ key, why }) => `${key}: ${why}`);

test('what the state has made is known, also under a key that is no more and by a further attempt', () => {
  expect(found([stamp('a', 'one'), stamp('old', 'one')])).toEqual([]);
  expect(found([stamp('a', 'one', { materialization: 'one.1/marts/a@a#2' })])).toEqual([]);
});

test('all else is not, and it is said who made it', () => {
  expect(found([stamp('b', 'two')])).toEqual(['b: run two made it, of which this state has no record']);
  expect(found([stamp('old', 'two')])).toHaveLength(1);
  expect(found([stamp('b', 'two', { environment: 'local' })])).toEqual(['b: environment local made it']);
  expect(found([stamp('a', 'one', { environment: 'local' })])).toEqual(['a: environment local made it']);
  const renamed = stamp('a', 'one', { asset: 'raw/a' });
  expect(found([renamed])).toEqual(['a: raw/a made it, which has the same table']);
  const cutOff = new Map([['two', { run: 'two' }]]) as unknown as StateView['endedRuns'];
  expect(found([stamp('b', 'two')], { view: { ...view, endedRuns: cutOff } })).toEqual([
    'b: run two made it, and was cut off before that was recorded',
  ]);
});

test('what may be recorded a moment later is left alone: of the run itself, of one that holds a claim, since it was read', () => {
  expect(found([stamp('b', 'two')], { run: 'two' })).toEqual([]);
  const claims = new Map([['two.1', { run: 'two' }]]) as unknown as StateView['claims'];
  expect(found([stamp('b', 'two')], { view: { ...view, claims } })).toEqual([]);
  expect(found([stamp('b', 'two')], { since: epochMs(AT) })).toEqual([]);
  expect(found([stamp('b', 'two')], { since: epochMs(AT) + 1 })).toHaveLength(1);
});

test('who wrote the table as a whole left nothing of before in it', () => {
  expect(found([stamp('b', 'two'), stamp('', 'three'), stamp('a', 'one')])).toEqual([
    ': run three made it, of which this state has no record',
  ]);
  expect(found([stamp('b', 'two'), stamp('', 'three')], {}, whole)).toHaveLength(1);
  // Of an asset that is not cut, stamps of partitions are of a definition before.
  expect(found([stamp('', 'three'), stamp('b', 'two')], { run: 'three' }, whole)).toEqual([]);
});
