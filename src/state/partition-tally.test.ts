import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byText } from '../base/order.ts';
import type { PartitionTally } from '../model/partitions.ts';
import type { PartitionRecord } from '../model/state.ts';
import { joinPartitions, lossOf, partitionStatus } from './partition-fold.ts';
import { addToTally, NEWEST_KEPT } from './partition-tally.ts';

interface Fact {
  readonly key: string;
  readonly kind: 'made' | 'failed' | 'lost' | 'back' | 'nothing';
  readonly rank: number;
}

const facts: fc.Arbitrary<Fact[]> = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0')),
    kind: fc.constantFrom('made', 'failed', 'lost', 'back', 'nothing'),
    rank: fc.integer({ min: 1, max: 3 }),
  }),
  { maxLength: 300 },
);

function recordOf({ kind, rank }: Fact): PartitionRecord {
  const said = { run: 'r', at: '2026-11-22T00:00:00.000Z', turn: [rank, 1] } as const;
  if (kind === 'made') return { materialized: { ...said, codeVersion: 'c', dataVersion: 'd', used: 'u' } };
  const look = { at: said.at, turn: said.turn };
  if (kind === 'lost') return { lost: { ...look, times: 1, message: 'gone' } };
  if (kind === 'back') return { lost: { ...look, times: 2 } };
  return kind === 'failed' ? { failed: said } : {};
}

function tallyOf(order: readonly Fact[]): [PartitionTally | undefined, Map<string, PartitionRecord>] {
  const records = new Map<string, PartitionRecord>();
  let tally: PartitionTally | undefined;
  for (const fact of order) {
    const before = records.get(fact.key);
    const now = joinPartitions(before, recordOf(fact));
    records.set(fact.key, now);
    tally = addToTally(tally, fact.key, before, now);
  }
  return [tally, records];
}

test('is what counting the records gives, whatever came first', () => {
  fc.assert(
    fc.property(
      facts.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
      ([list, shuffled]) => {
        const [tally, records] = tallyOf(list);
        const keys = [...records.keys()].sort(byText);
        const withStatus = (status: string): string[] =>
          keys.filter((key) => partitionStatus(records.get(key)) === status);
        const [made, failed] = [withStatus('materialized'), withStatus('failed')];
        const lost = keys.filter((key) => lossOf(records.get(key)) !== undefined);
        const losing = (of: readonly string[]): string[] => lost.filter((key) => of.includes(key));
        const newest = [...new Set([...made, ...failed, ...lost])].sort(byText).slice(-NEWEST_KEPT);
        expect(tally ?? { made: 0, failed: 0, newest: [], failing: [] }).toEqual({
          made: made.length,
          failed: failed.length,
          newest,
          failing: failed.filter((key) => newest.includes(key)),
          ...(lost.length === 0 ? {} : { lost: lost.length }),
          ...(losing(newest).length === 0 ? {} : { losing: losing(newest) }),
        });
        expect(tallyOf(shuffled)[0]).toEqual(tally);
      },
    ),
  );
});
