import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AssetVerdict, Estimate, Plan, PlannedStep, RunRequest } from '../model/plan.ts';
import { expectGolden } from '../testing/golden.ts';
import { expectedText, type PlanPrice, planPrice, renderPlan } from './plan-text.ts';

/** On the machine that made the plan, with two steps at once. */
const KEPT = { parallel: 2, isKept: true };
const golden = path.resolve(import.meta.dirname, 'golden', 'plan-text');
const tick: RunRequest = {
  kind: 'schedule',
  schedule: 'hourly',
  tick: '2026-11-22T09:23:00.000Z',
  selection: '*',
  materialize: 'when_stale',
};
const byHand: RunRequest = {
  kind: 'cli',
  nonce: '00',
  at: '2026-11-22T09:00:00.000Z',
  selection: '*',
  mode: 'stale',
  withUpstream: false,
  ignoreBlocking: false,
};

type Row = readonly [
  asset: string,
  verdict: AssetVerdict['verdict'],
  reason: AssetVerdict['reason'],
  detail?: readonly string[],
  after?: readonly string[],
];

function plan(request: RunRequest, rows: readonly Row[], estimates: Readonly<Record<string, Estimate>> = {}): Plan {
  const steps = rows.map(
    ([asset, verdict, reason, detail = [], after = []]): PlannedStep => ({
      step: asset,
      id: asset,
      verdict,
      assets: [{ asset, verdict, reason, detail }],
      partial: false,
      after,
      codeVersion: 'c',
      codeParts: {},
      upstream: {},
      used: {},
      held: {},
    }),
  );
  const digest = `7f3a${'0'.repeat(57)}c21`;
  return {
    format: 1,
    environment: 'local',
    request,
    runId: '20261122-k7q2mzr4tw5ah3bd',
    steps,
    digest,
    tags: {},
    estimates,
  };
}

const known = (ms: number, samples = 12): Estimate => ({ samples, p50Ms: ms, p95Ms: Math.round(ms * 1.5) });
const rows: Row[] = [
  ['raw/observations', 'run', 'no_upstreams'],
  ['staging/days', 'if_changed', 'upstream_changed', ['raw/observations'], ['raw/observations']],
  ['marts/monthly', 'run', 'code_changed', ['pipelines/monthly.sql'], ['staging/days']],
  ['marts/records', 'if_changed', 'upstream_changed', ['marts/monthly', 'staging/days'], ['marts/monthly']],
  ['charts/temperature', 'skip', 'blocked_by_check', ['marts/yearly/four_years']],
  ['staging/stations', 'skip', 'up_to_date'],
  ['marts/yearly', 'skip', 'up_to_date'],
];

describe('a plan on a terminal', () => {
  test.each<[string, Plan]>([
    [
      'tick',
      plan(tick, rows, {
        'raw/observations': known(3000),
        'staging/days': known(1000),
        'marts/monthly': known(2000),
        'marts/records': known(500),
      }),
    ],
    ['by-hand-without-history', plan(byHand, rows, { 'raw/observations': known(0, 0), 'staging/days': known(0, 0) })],
    [
      'some-without-history',
      plan(byHand, rows.slice(0, 2), { 'raw/observations': known(3000, 1), 'staging/days': known(0, 0) }),
    ],
    ['nothing-to-do', plan(byHand, rows.slice(5))],
    ['nothing-selected', plan(byHand, [])],
    [
      'many-up-to-date',
      plan(
        byHand,
        Array.from({ length: 40 }, (_, i): Row => [`area/asset_${i}`, 'skip', 'up_to_date']),
      ),
    ],
    [
      'first-run',
      plan(byHand, [
        ['raw/a', 'run', 'never_materialized'],
        ['raw/b', 'run', 'failed_last', ['the script ended with exit code 1']],
        ['raw/c', 'run', 'data_lost', ['data/c.csv is gone']],
        ['ext/d', 'skip', 'external'],
      ]),
    ],
  ])('%s', (name, of) => {
    expectGolden(path.join(golden, `${name}.txt`), renderPlan(of, { color: false, unicode: true }, KEPT));
  });

  describe('what it would cost', () => {
    const timed = plan(tick, rows.slice(0, 2), { 'raw/observations': known(3000), 'staging/days': known(61_000) });
    const text = (price: PlanPrice | undefined, of: Plan = timed): string => expectedText(of, 2, price);
    test.each<[string, PlanPrice | undefined, string]>([
      ['nothing is billed here', undefined, 'p95 1 min 36 s)'],
      [
        'known',
        { runner: 'ubuntu-latest', usdPerMinute: 0.006, visibility: 'known' },
        '; 2 min on ubuntu-latest: $0.012)',
      ],
      [
        'public or private is not known',
        { runner: 'ubuntu-latest', usdPerMinute: 0.006, visibility: 'unknown' },
        '; 2 min on ubuntu-latest: $0.012, free where public)',
      ],
      ['free', { runner: 'ubuntu-latest', usdPerMinute: 0, visibility: 'known' }, '; 2 min on ubuntu-latest: free)'],
      ['no price', { runner: 'ours', visibility: 'known' }, '; 2 min on ours)'],
    ])('%s', (_, price, end) => {
      expect(text(price).endsWith(end)).toBe(true);
    });

    test('is known where the project names the price', () => {
      expect(planPrice({ runner: 'ours' }, { ours: 0.02 })).toEqual({
        runner: 'ours',
        usdPerMinute: 0.02,
        visibility: 'known',
      });
      expect(planPrice({ runner: 'ubuntu-latest', isPublic: true }, {})).toMatchObject({
        usdPerMinute: 0,
        visibility: 'known',
      });
      expect(planPrice({ runner: 'ubuntu-latest' }, {})).toMatchObject({ visibility: 'unknown' });
    });

    test('without history there is no price to tell', () => {
      expect(text({ runner: 'ubuntu-latest', usdPerMinute: 1, visibility: 'known' }, plan(tick, rows))).toBe(
        'no history yet',
      );
    });
  });

  test('says where it would run, unless that is here', () => {
    const text = renderPlan(
      { ...plan(byHand, rows), environment: 'production' },
      { color: false, unicode: true },
      KEPT,
    );
    expect(text).toContain('branchline run --plan 7f3a0000 --environment production to do');
  });

  test('names no command where the plan is not kept', () => {
    const kept = renderPlan(plan(tick, rows), { color: false, unicode: true }, KEPT);
    const text = renderPlan(plan(tick, rows), { color: false, unicode: true }, { ...KEPT, isKept: false });
    expect(kept).toBe(`${text}\nbranchline run --plan 7f3a0000 to do exactly this.\n`);
  });

  test('reads without Unicode and without colour', () => {
    const text = renderPlan(plan(tick, rows), { color: false, unicode: false }, KEPT);
    expect(text).toMatch(/^Would run 4 of 7 assets/);
    expect(text).not.toContain('\u001b');
  });
});

test('a partitioned step names what it would make', () => {
  const made = plan(byHand, [
    ['raw/days', 'run', 'never_materialized'],
    ['raw/weeks', 'skip', 'up_to_date'],
    ['marts/all', 'if_changed', 'upstream_changed', ['raw/days']],
  ]);
  const keys: Readonly<Record<string, readonly string[]>> = {
    'raw/days': ['2026-11-25', '2026-11-26', '2026-11-27'],
    'raw/weeks': ['2026-11-22'],
  };
  const steps = made.steps.map((step) => ({ ...step, ...(keys[step.step] ? { partitions: keys[step.step]! } : {}) }));
  const text = renderPlan({ ...made, steps }, { color: false, unicode: true }, KEPT);
  expect(text).toContain('  raw/days 2026-11-25...2026-11-27  run  never materialized\n');
  expect(text).toContain('raw/weeks 2026-11-22\n');
  expect(text).toContain('  marts/all ');
});
