import { expect, test } from 'vitest';
import { openPartitionReader } from '../plan/partitioned.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf } from '../testing/project-builder.ts';
import { commandFor } from './lost-advice.ts';

const DAY_MS = 86_400_000;
const START = Date.parse('2025-01-01T00:00:00Z');
const day = (n: number): string => new Date(START + n * DAY_MS).toISOString().slice(0, 10);

const project = projectOf({
  'branchline.yaml': `name: shop
partitions: { days: { daily: { start: 2025-01-01, end: 2026-01-01 } } }
assets:
  whole: { run: "true" }
  raw: { partitions: days, run: "true" }
  mart: { deps: [raw], partitions: days, run: "true" }
`,
});
const reader = openPartitionReader(project, emptyView('local'), { now: START + 400 * DAY_MS, dynamic: () => [] });

function commandOf(keys: readonly number[], environment = 'local'): string {
  const lost = new Map(keys.flatMap((n) => [`raw@${day(n)}`, `mart@${day(n)}`]).map((name) => [name, 'gone'] as const));
  return commandFor({ project, environment, reader, lost }, ['mart']);
}

test('days that are lost are named as ranges, and not all that was never made with them', () => {
  const run = 'branchline run --select key:raw+ --partitions';
  expect(commandOf([3])).toBe(`${run} 2025-01-04`);
  expect(commandOf([0, 1, 2])).toBe(`${run} 2025-01-01...2025-01-03`);
  expect(commandOf([0, 200])).toBe(`${run} 2025-01-01,2025-07-20`);
  expect(commandOf([0, 1, 2, 200, 364], 'production')).toBe(
    `${run} 2025-01-01...2025-01-03,2025-07-20,2025-12-31 --environment production`,
  );
});

test('what is more than a command carries out is a backfill; of more ranges than a line has room for, of all that is missing', () => {
  const start = 'branchline backfill start --select key:raw+ --partitions';
  const many = Array.from({ length: 120 }, (_, i) => i);
  expect(commandOf(many)).toBe(`${start} 2025-01-01...2025-04-30 --environment local`);
  expect(commandOf(many.map((i) => i * 2))).toBe(`${start} missing --environment local`);
});

test('where nothing of it has partitions none are named', () => {
  const lost = new Map([['whole', 'gone']]);
  expect(commandFor({ project, environment: 'local', reader, lost }, ['whole'])).toBe(
    'branchline run --select key:whole+',
  );
});
