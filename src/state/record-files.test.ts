import { expect, test } from 'vitest';
import type { RunRecord } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { utf8Bytes } from './layout.ts';
import { decodeRun, encodeRun } from './record-files.ts';

const MIB = 1024 * 1024;
const keys = (count: number, name: string): string[] => Array.from({ length: count }, (_, i) => `${name}/${i}`);

function record(more: Partial<RunRecord>): RunRecord {
  const at = '2026-11-22T09:00:00.000Z';
  const request = {
    kind: 'schedule',
    schedule: 'nightly',
    tick: at,
    selection: '*',
    materialize: 'all',
  } as unknown as RunRecord['request'];
  return {
    run: '20261122-aaaaaaaaaaaaaaaa',
    epoch: 1,
    state: 'SUCCESS',
    request,
    environment: 'production',
    tags: {},
    requestedAt: at,
    steps: {},
    confirmed: [],
    ...more,
  };
}

function written(run: RunRecord): {
  readonly bytes: number;
  readonly back: RunRecord | undefined;
  readonly problems: readonly StateProblem[];
} {
  const line = encodeRun(run);
  const problems: StateProblem[] = [];
  return { bytes: utf8Bytes(line), back: decodeRun(line, 'runs', 1, problems), problems };
}

test('a run that is too long for a file keeps the groups of its assets as long as they fit', () => {
  const groups = Object.fromEntries(keys(20_000, 'raw').map((key) => [key, 'raw']));
  const long = written(record({ groups, confirmed: keys(80_000, 'raw') }));
  expect(long.problems).toEqual([]);
  expect(long.bytes).toBeLessThan(MIB);
  expect(long.back?.groups).toEqual(groups);
  expect(long.back?.confirmed).toEqual([]);

  const longer = Object.fromEntries(keys(80_000, 'raw').map((key) => [key, 'raw']));
  const bare = written(record({ groups: longer }));
  expect(bare.bytes).toBeLessThan(MIB);
  expect(bare.back?.groups).toBeUndefined();
});
