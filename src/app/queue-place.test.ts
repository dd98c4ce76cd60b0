import { expect, test } from 'vitest';
import type { RunRequest } from '../model/plan.ts';
import { queueOrder } from '../plan/queue.ts';
import { placeOf, type WaitingRun } from './release.ts';

const at = '2026-11-22T09:00:00.000Z';
const days = ['2026-11-18', '2026-11-19', '2026-11-20', '2026-11-21'];

/** Ids that sort against the order of their keys. */
function waiting(request: (day: string, place: number) => RunRequest): WaitingRun[] {
  return days.map((day, place) => ({
    run: `run-${9 - place}`,
    request: request(day, place),
    tags: {},
    requestedAt: at,
  }));
}

const runs: Readonly<Record<string, WaitingRun[]>> = {
  'of automation': waiting((day) => ({
    kind: 'automation',
    at,
    targets: [{ asset: 'a', condition: 'on_missing', versions: ['x'] }],
    keys: [day],
    partitions: day,
    selection: 'key:a',
  })),
  'of a backfill': waiting((day, place) => ({
    kind: 'backfill',
    backfill: 'bf-1',
    at,
    group: 1,
    place,
    count: 1,
    partitions: day,
    assets: ['a'],
    selection: 'key:a',
  })),
};

test.each(Object.entries(runs))('runs %s that were asked for in one moment go oldest first', (_, asked) => {
  const mixed = [asked[2]!, asked[0]!, asked[3]!, asked[1]!];
  expect(queueOrder(mixed.map(placeOf)).map(({ run }) => run)).toEqual(asked.map(({ run }) => run));
});
