import { expect, test } from 'vitest';
import type { RunRecord } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { utf8Bytes } from './layout.ts';
import { decodeRun, encodeRun, parseFile } from './record-files.ts';
import { runShape } from './record-shapes.ts';

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

type Step = RunRecord['steps'][string];
const step = (asset: string, more: Partial<Step> = {}): Step => ({
  assets: [asset],
  state: 'SUCCESS',
  reason: 'requested',
  detail: ['said "so"\n'],
  attempt: 1,
  durationMs: 0.5,
  materialized: [asset],
  failedAssets: [],
  checks: [{ asset, check: 'rows', status: 'PASSED', severity: 'error', blocking: true, message: 'ü' }],
  ...more,
});
const failed: Partial<Step> = {
  state: 'FAILURE',
  reason: 'upstream_failed',
  failure: { class: 'step', code: 'exit', message: '', exitCode: 1, logTail: '\\' },
  partitions: ['2026-11-22'],
  retryAt: '2026-11-22T09:00:00.000Z',
};
/** Of so many steps that they are late. */
const long = record({
  steps: Object.fromEntries(keys(400, 'raw').map((key, i) => [key, step(key, i % 7 === 0 ? failed : {})])),
  tags: { steps: '"steps":{' },
});

test('the steps of a long run are parsed when somebody asks, and are those that were written', () => {
  const { back, problems } = written(long);
  expect(problems).toEqual([]);
  expect(Object.getOwnPropertyDescriptor(back, 'steps')).toHaveProperty('get');
  expect(back).toEqual(long);
  expect({ ...back }).toEqual(long);
  expect(JSON.stringify(back)).toBe(JSON.stringify(JSON.parse(JSON.stringify(back))));
  expect(back?.steps).toBe(back?.steps);
  expect(encodeRun(back!)).toBe(encodeRun(long));
});

test('whatever is done to a long run, it is read as if all of it were parsed at once, or refused with the same words', () => {
  const atOnce = (line: string): unknown => {
    const problems: StateProblem[] = [];
    const parsed = parseFile('runs', line, problems);
    if (!parsed) return problems[0]!.message;
    const { v: _version, ...run } = parsed;
    return runShape.test(run) ?? run;
  };
  const whole = encodeRun(long);
  // Around what begins and ends the steps, and all through one of each kind.
  const first = whole.indexOf('"steps":');
  const places = [0, first, first + 600, whole.indexOf('"raw/399"'), whole.length - 120].flatMap((from) =>
    Array.from({ length: 60 }, (_, i) => from + 2 * i),
  );
  const pieces = ['', ',', '"', '{', '}', '\\', '0', '\u0001', '"x":1,', '"steps":{},', 'null'];
  let [refused, readable] = [0, 0];
  for (const [i, place] of places.entries()) {
    for (const length of [0, 1, 9]) {
      const line = whole.slice(0, place) + pieces[(i + length) % pieces.length]! + whole.slice(place + length);
      const problems: StateProblem[] = [];
      const back = decodeRun(line, 'runs', 1, problems);
      const wanted = atOnce(line);
      if (typeof wanted === 'string') refused++;
      else readable++;
      if (JSON.stringify(back ?? problems[0]?.message) !== JSON.stringify(wanted)) expect(back).toEqual(wanted);
    }
  }
  // Both have come up, or this has shown nothing.
  expect([refused > 100, readable > 50]).toEqual([true, true]);
});
