import { describe, expect, test } from 'vitest';
import { buildPlanning } from '../app/planning.ts';
import { emptyView } from '../state/fold.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { type ResolvedScenario, resolveScenario } from './scenario.ts';
import { sampleSpread } from './scenario-plan.ts';
import { seededRandom } from './virtual-time.ts';

const files = {
  'branchline.yaml': `name: small
runners: { big: { runs-on: [self-hosted, big] } }
assets:
  raw/a: { run: make a, checks: { fine: { run: judge } } }
  mart/b: { deps: [raw/a], run: make b }
  cut: { run: make cut, partitions: { daily: { start: "2026-11-01" } } }
`,
};
const planning = buildPlanning(projectOf(files), sourceTreeOf(files));
const from = Date.parse('2026-11-30T00:00:00Z');

function resolved(
  text: string,
  history?: { readonly outcomes: string; readonly durationsMs: number[] },
): ResolvedScenario {
  const view = emptyView('production');
  const assets = new Map(
    history === undefined
      ? []
      : [
          [
            'raw/a',
            {
              asset: 'raw/a',
              checks: {},
              durationsMs: history.durationsMs,
              history: Array.from(history.outcomes, (each) => ({
                at: '2026-11-29T00:00:00.000Z',
                run: 'r',
                outcome: each === 'x' ? ('failure' as const) : ('success' as const),
                durationMs: 1,
              })),
            },
          ] as const,
        ],
  );
  return resolveScenario({ path: 's.yml', text }, { planning, view: { ...view, assets }, from });
}

describe('what is wrong is shown where it stands', () => {
  test.each([
    ['failure: {}', '1:1 unknown-key: scenarios have no key `failure`; did you mean `failures`?'],
    ['runners: 5', '1:1 unknown-key: scenarios have no key `runners` → `runners` stands below `github`'],
    ['assets: {}', '1:1 unknown-key: scenarios have no key `assets` → known are `wake_ups`'],
    ['durations: { "key:raw/*": 5 }', '1:27 wrong-type: `key:raw/*` is the number 5; text or a mapping is needed'],
    ['durations: { "key:raw/*": 5x }', '1:27 bad-duration: '],
    ['durations: { "*": { p50: 1m } }', '1:19 missing-key: '],
    ['durations: { "key:raw/x": 5m }', '1:14 empty-selection: `key:raw/x` selects no asset of this project'],
    ['failures: { "raw/a": 5% }', '1:13 bad-selection: '],
    ['failures: { "*": 105% }', '1:18 bad-format: `105%` does not fit: a share is a number from 0 to 100 and `%`'],
    ['failures: { "*": { first: 1, from: +1h } }', '1:18 conflict: '],
    ['wake_ups: { cron: "61 * * * *" }', '1:19 bad-cron: '],
    ['lost_runners: { at: [tomorrow] }', '1:22 bad-format: `tomorrow` does not fit: a moment is an instant'],
    ['runs: [{ at: 2026-11-01T00:00:00Z, select: "*" }]', '1:14 out-of-range: this is before the simulation begins'],
    ['runs: [{ at: +1h }]', '1:8 missing-key: '],
    ['backfills: [{ select: "key:none" }]', '1:14 empty-selection: `key:none` selects no asset of this project'],
    [
      'backfills: [{ at: 2026-11-01T00:00:00Z, select: "key:raw/a" }]',
      '1:14 out-of-range: this is before the simulation',
    ],
    [
      'backfills: [{ select: "key:raw/a", partitions: all }]',
      '1:14 bad-backfill: raw/a has no partitions, and `all` names',
    ],
    [
      'backfills: [{ select: "key:cut" }]',
      '1:14 bad-backfill: cut has partitions (2026-11-01 to 2026-11-29), and the backfill',
    ],
    ['backfills: [{ select: "key:cut", partitions: 2026-10-31 }]', '1:14 bad-backfill: '],
    ['lost_runners: { work_on: half }', '1:1 bad-format: `half` does not fit: a share is a number from 0 to 100'],
    ['github: { runners: 0 }', '1:20 out-of-range: '],
    [
      'fan_out: { machines: { bigg: 1 } }',
      '1:24 unknown-runner: the project has no runner `bigg` → did you mean `big`?',
    ],
    ['a: [', '1:5 yaml-syntax: '],
  ])('%s', (text, expected) => {
    const { plan, diagnostics } = resolved(text);
    expect(plan).toBeUndefined();
    const said = diagnostics.map(
      ({ span, code, message, help }) => `${span.line}:${span.column} ${code}: ${message} → ${help}`,
    );
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(expected.replace(/^1:\d+ /, ''));
  });
});

test('of several selections that name an asset, the last counts; a moment may count from the beginning', () => {
  const { plan } = resolved(`
durations: { "*": 1m, "key:mart/*": { p50: 2m, p99: 9m } }
failures: { "*": { from: +1h, to: 2026-11-30T05:00:00Z } }
failing_checks: { "key:raw/a": 50% }
`);
  expect(plan?.durations.get('raw/a')).toEqual({ p50Ms: 60_000, p99Ms: 60_000 });
  expect(plan?.durations.get('mart/b')).toEqual({ p50Ms: 120_000, p99Ms: 540_000 });
  expect(plan?.failures.get('raw/a')).toEqual({ kind: 'between', from: from + 3_600_000, to: from + 5 * 3_600_000 });
  expect(plan?.checks).toEqual(new Map([['raw/a/fine', 0.5]]));
});

test('a backfill begins at once when nobody says when; what is missing or failed is only known then', () => {
  const { plan } = resolved(`
backfills:
  - { select: "key:cut", partitions: failed, priority: 5, tags: { source: crm } }
  - { at: +2h, select: "key:cut", partitions: "2026-11-29" }
`);
  expect(plan?.started).toEqual([
    {
      at: from,
      work: {
        kind: 'backfill',
        options: { select: 'key:cut', partitions: 'failed', priority: '5', tags: ['source=crm'] },
      },
    },
    expect.objectContaining({ at: from + 7_200_000 }),
  ]);
});

test('what is not said comes from history, when there is enough of it', () => {
  const { plan } = resolved('', { outcomes: 'x..x......', durationsMs: [1000, 3000] });
  expect(plan?.seenMs.get('raw/a')).toEqual([1000, 3000]);
  expect(plan?.failures.get('raw/a')).toEqual({ kind: 'rate', rate: 0.2 });
  expect(resolved('', { outcomes: 'x..', durationsMs: [] }).plan?.failures.size).toBe(0);
  expect(
    resolved('failures: { "*": 0% }', { outcomes: 'x.....', durationsMs: [] }).plan?.failures.get('raw/a'),
  ).toEqual({
    kind: 'rate',
    rate: 0,
  });
});

test('a spread has its median and its 99th percentile', () => {
  const random = seededRandom(5);
  const values = Array.from({ length: 20_000 }, () => sampleSpread({ p50Ms: 60_000, p99Ms: 600_000 }, random)).sort(
    (a, b) => a - b,
  );
  expect(values[10_000]! / 60_000).toBeCloseTo(1, 1);
  expect(Math.abs(values[19_800]! / 600_000 - 1)).toBeLessThan(0.15);
  expect(sampleSpread({ p50Ms: 5, p99Ms: 5 }, random)).toBe(5);
});
