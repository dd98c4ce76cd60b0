import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PartitionRecord } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { decodeLeaf } from './decode-leaf.ts';
import { encodeLeaves } from './partition-files.ts';
import { recordsOfLeaves } from './partition-records.ts';

const version = fc.oneof(
  fc.constantFrom('0123456789ab', 'fedcba987654', 'ffffffffffff'),
  fc.constantFrom('v1', 'w"2', 'ü12345678901', '\\abcdefghijk', ''),
);
const at = fc.integer({ min: 0, max: 3 }).map((n) => new Date(Date.UTC(2001, 8, 9) + n * 86_400_250).toISOString());
const turn = fc.tuple(fc.constantFrom(1, 12, 987), fc.constantFrom(1, 2));
/** Whether all versions of a leaf are of the length that most are, so that they stand at even steps. */
const record = (isEven: boolean): fc.Arbitrary<PartitionRecord> => {
  const text = isEven ? version.map((one) => (/^[0-9a-f]{12}$/.test(one) ? one : '0123456789ab')) : version;
  const made = fc.record(
    {
      run: fc.constantFrom('r1', 'r2'),
      at,
      codeVersion: fc.constantFrom('c1', 'c2'),
      dataVersion: text,
      used: text,
      turn,
      rows: fc.constantFrom(0, 7, 1.5, 1e21),
    },
    { requiredKeys: ['run', 'at', 'codeVersion', 'dataVersion', 'used', 'turn'] },
  );
  const rest = {
    failed: fc.record({ run: fc.constantFrom('r1'), at, turn }),
    checks: fc.record({ ids: fc.record({ holds: fc.boolean(), turn }) }),
    handled: fc.constantFrom('h1', 'h2'),
    lost: fc.record({ at, turn, times: fc.constant(1), message: fc.constantFrom('gone', '"gone"') }),
  };
  return fc.record({ materialized: made, ...rest }, { requiredKeys: isEven ? ['materialized'] : [] }) as never;
};
const leafText = fc
  .tuple(fc.boolean(), fc.integer({ min: 1, max: 40 }))
  .chain(([isEven, length]) => fc.array(record(isEven), { minLength: length, maxLength: length }))
  .map((records) => {
    const keyed = records.map((one, i) => [`2026-01-${String(i + 1).padStart(2, '0')}`, one] as const);
    return [...encodeLeaves('mart "a"', [], new Map(), new Map(keyed)).values()][0]!;
  });

/** A leaf with everything that is told of it, and what is wrong. */
function told(text: string): unknown {
  const problems: StateProblem[] = [];
  const leaf = decodeLeaf('partitions/a/-.json', text, problems);
  if (leaf === undefined) return problems;
  const facts = leaf.keys.map((_, place) => [
    leaf.isMadeAt(place),
    leaf.hasFailedAt(place),
    leaf.isLostAt(place),
    leaf.isMadeAt(place) && [leaf.codeVersionAt(place), leaf.usedAt(place), leaf.factsAt(place)],
  ]);
  return [leaf.asset, leaf.keys, facts, [...recordsOfLeaves([leaf])], problems];
}

/** The same text with a sign before it that JSON lets pass: it is then read the plain way. */
const plainly = (text: string): unknown => told(` ${text}`);

test('property: a leaf that is read where its columns stand is the one that parsing gives', () => {
  fc.assert(
    fc.property(leafText, (text) => {
      expect(told(text)).toEqual(plainly(text));
    }),
    { numRuns: 150 },
  );
});

test('property: so is a damaged one, and what is wrong with it', () => {
  const signs = fc.oneof(
    fc.string({
      unit: fc.constantFrom('0', '9', 'a', 'l', '[', ']', '{', '}', '"', ',', ':', '\\', '\n', ' ', '-', '.', 'e'),
      maxLength: 2,
    }),
    fc.constantFrom('é', 'null', '1,', ',"a"'),
  );
  fc.assert(
    fc.property(leafText, fc.nat(), fc.nat({ max: 3 }), signs, (text, at, cut, put) => {
      const place = at % text.length;
      const damaged = text.slice(0, place) + put + text.slice(place + cut);
      expect(told(damaged)).toEqual(plainly(damaged));
    }),
    { numRuns: 3000 },
  );
});

test('each member that is cut, doubled or of another length is noticed', () => {
  const made = { run: 'r1', at: '2026-01-01T00:00:00.000Z', codeVersion: 'c1', dataVersion: '0123456789ab' };
  const records = new Map(
    Array.from({ length: 5 }, (_, i) => [
      `2026-01-0${i + 1}`,
      { materialized: { ...made, used: `0123456789a${i}`, turn: [i + 1, 1], rows: i } } as PartitionRecord,
    ]),
  );
  const text = [...encodeLeaves('a', [], new Map(), records).values()][0]!;
  const lines = text.split('\n');
  for (const [i, line] of lines.entries()) {
    const without = [...lines.slice(0, i), ...lines.slice(i + 1)].join('\n');
    const doubled = [...lines.slice(0, i), line, ...lines.slice(i)].join('\n');
    const shorter = [...lines.slice(0, i), line.replace(/,[^,]*\],?$/, '],'), ...lines.slice(i + 1)].join('\n');
    for (const changed of [without, doubled, shorter]) expect(told(changed)).toEqual(plainly(changed));
  }
});

test('texts of any length are read', () => {
  const long = 'a'.repeat(300_000);
  const made = { run: 'r1', at: '2026-01-01T00:00:00.000Z', codeVersion: 'c1', turn: [1, 1], used: long } as const;
  const records = new Map<string, PartitionRecord>([['k', { materialized: { ...made, dataVersion: 'v' } }]]);
  const text = [...encodeLeaves('a', [], new Map(), records).values()][0]!.replace('"v"', `"${long}"`);
  expect(text.match(/a{300000}/g)).toHaveLength(2);
  expect(told(text)).toEqual(plainly(text));
});
