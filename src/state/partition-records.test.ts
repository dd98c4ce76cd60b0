import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PartitionRecord } from '../model/state.ts';
import { decodeLeaf } from './decode-leaf.ts';
import { encodeLeaves } from './partition-files.ts';
import {
  factsOf,
  missingIn,
  type PartitionRecords,
  recordsInOrder,
  recordsOfLeaves,
  withRecords,
} from './partition-records.ts';

/** Reads a leaf the plain way: every column written out, a record a key. What the columns must agree with. */
function plainRecords(text: string): Map<string, PartitionRecord> {
  const leaf = JSON.parse(text) as Record<string, unknown[]>;
  const written = (name: string): unknown[] => {
    const values: unknown[] = [];
    for (let i = 0; i < leaf[name]!.length; i += 2)
      for (let n = 0; n < (leaf[name]![i] as number); n++) values.push(leaf[name]![i + 1]);
    return values;
  };
  const [used, run, code, turn] = [written('used'), written('run'), written('code'), written('turn')];
  const [rows, files, failed, checks] = [written('rows'), written('files'), written('failed'), written('checks')];
  const lost = leaf['lost'] && written('lost');
  const records = new Map<string, PartitionRecord>();
  for (const [i, key] of (leaf['keys'] as string[]).entries()) {
    const record: Record<string, unknown> = {};
    if (leaf['data']![i] !== null) {
      const at = new Date((leaf['at']![i] as number) * 1000).toISOString();
      const made: Record<string, unknown> = { run: run[i], at, codeVersion: code[i], dataVersion: leaf['data']![i] };
      Object.assign(made, { used: used[i], turn: turn[i] });
      if (rows[i] !== null) made['rows'] = rows[i];
      if (files[i] !== null) made['files'] = files[i];
      record['materialized'] = made;
    }
    if (failed[i] !== null) record['failed'] = failed[i];
    if (checks[i] !== null) record['checks'] = checks[i];
    if (lost?.[i]) record['lost'] = lost[i];
    records.set(key, record);
  }
  return records;
}

const few = (...texts: string[]) => fc.constantFrom(...texts);
const turn = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 }));
const at = fc.integer({ min: 0, max: 3 }).map((n) => new Date(Date.UTC(2026, 0, 1) + n * 86_400_000).toISOString());
const record: fc.Arbitrary<PartitionRecord> = fc.record(
  {
    materialized: fc
      .record(
        {
          run: few('r1', 'r2'),
          at,
          codeVersion: few('c1', 'c2'),
          dataVersion: few('v1', 'v2', 'v3'),
          used: few('u1', 'u2'),
          turn,
          rows: fc.integer({ min: 0, max: 1 }),
          files: fc.constant({ 'a.csv': { digest: 'd', bytes: 1 } }),
        },
        { requiredKeys: ['run', 'at', 'codeVersion', 'dataVersion', 'used', 'turn'] },
      )
      .map((made) => made as PartitionRecord['materialized']),
    failed: fc.record({ run: few('r1', 'r2'), at, turn }),
    checks: fc.record({ ids: fc.record({ holds: fc.boolean(), turn }) }),
    lost: fc.record(
      { at, turn, times: fc.integer({ min: 1, max: 2 }), message: fc.constant('it is gone') },
      { requiredKeys: ['at', 'turn', 'times'] },
    ),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<PartitionRecord>;
// Days in order, and any text at all: some of those sort in another order by their bytes than as texts.
const key = fc.oneof(
  fc.integer({ min: 0, max: 2000 }).map((n) => new Date(n * 86_400_000).toISOString().slice(0, 10)),
  fc.string({ minLength: 1, maxLength: 3, unit: 'grapheme' }),
  few('\uffee', '\u{1f600}', '\ue000'),
);
const recordsByKey = (maxLength: number) =>
  fc.array(fc.tuple(key, record), { maxLength }).map((entries) => new Map(entries));

function isMissing(known: PartitionRecord | undefined): boolean {
  return known?.materialized === undefined || known.lost?.message !== undefined;
}

interface World {
  readonly leaves: PartitionRecords;
  readonly plain: ReadonlyMap<string, PartitionRecord>;
}

function readBack(records: PartitionRecords): World {
  const texts = [...encodeLeaves('a', [], new Map(), records)];
  const leaves = texts.map(([path, text]) => decodeLeaf(path, text, [])!);
  return { leaves: recordsOfLeaves(leaves), plain: new Map(texts.flatMap(([, text]) => [...plainRecords(text)])) };
}

function expectSame(records: PartitionRecords, plain: ReadonlyMap<string, PartitionRecord>, asked: readonly string[]) {
  for (const one of asked) {
    expect(records.has(one)).toBe(plain.has(one));
    expect(records.get(one)).toEqual(plain.get(one));
    const facts = factsOf(records, one);
    const whole = plain.get(one);
    expect(facts === undefined).toBe(whole === undefined);
    const { codeVersion, dataVersion, used } = whole?.materialized ?? {};
    if (whole?.materialized) expect(facts!.materialized).toMatchObject({ codeVersion, dataVersion, used });
    else expect(facts?.materialized).toBeUndefined();
    expect(facts?.failed).toEqual(whole?.failed);
    expect(facts?.checks).toEqual(whole?.checks);
    expect(facts?.lost).toEqual(whole?.lost);
  }
  expect(missingIn(records, asked)).toEqual(asked.filter((one) => isMissing(plain.get(one))));
  const inOrder = recordsInOrder(records, asked);
  for (const [i, one] of asked.entries())
    expect(inOrder.isLost(i)).toBe(isMissing(plain.get(one)) && plain.get(one)?.materialized !== undefined);
  expect(records.size).toBe(plain.size);
  expect(new Map(records)).toEqual(plain);
  expect([...records.keys()].sort()).toEqual([...plain.keys()].sort());
  expect([...records.values()]).toHaveLength(plain.size);
}

describe('records that lie in the columns of leaves', () => {
  it('are those that a plain reading gives, in whatever order they are asked for', () => {
    fc.assert(
      fc.property(recordsByKey(1200), fc.array(key, { maxLength: 30 }), fc.nat(), (records, others, turned) => {
        const { leaves, plain } = readBack(records);
        const keys = [...plain.keys()];
        const cut = turned % (keys.length + 1);
        expectSame(leaves, plain, [...keys, ...others, ...keys.slice(cut), ...keys.slice(0, cut).reverse()]);
      }),
      { numRuns: 60 },
    );
  });

  it('are replaced and added to without a change to what was there', () => {
    fc.assert(
      fc.property(recordsByKey(60), recordsByKey(20), recordsByKey(20), (records, first, second) => {
        const { leaves, plain } = readBack(records);
        const once = withRecords(leaves, first);
        const twice = withRecords(once, second);
        const asked = [...plain.keys(), ...first.keys(), ...second.keys()];
        expectSame(twice, new Map([...plain, ...first, ...second]), asked);
        expectSame(once, new Map([...plain, ...first]), asked);
        expectSame(leaves, plain, asked);
      }),
      { numRuns: 60 },
    );
  });

  it('of no leaf are none', () => {
    expectSame(recordsOfLeaves([]), new Map(), ['a']);
    expect(factsOf(undefined, 'a')).toBeUndefined();
    expect(missingIn(undefined, ['a'])).toEqual(['a']);
  });
});
