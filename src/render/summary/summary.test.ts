import path from 'node:path';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import type { EventDraft } from '../../model/events.ts';
import type { RunRequest } from '../../model/plan.ts';
import { planRun } from '../../plan/run-plan.ts';
import { expectGolden } from '../../testing/golden.ts';
import { sketchProject, sketchView } from '../../testing/plan-builder.ts';
import { type RunSummary, renderSummary, SUMMARY_BYTES_MAX, type SummaryInput } from './summary.ts';

const AT = '2026-11-22T09:23:00.000Z';
const golden = (name: string): string => path.resolve(import.meta.dirname, '..', 'golden', 'summary', `${name}.md`);
const base = { at: AT, run: 'r1' };

function made(asset: string, rows?: number): EventDraft {
  return {
    ...base,
    type: 'asset.materialized',
    step: asset,
    asset,
    materialization: `r1.1/${asset}`,
    codeVersion: 'c',
    codeParts: {},
    dataVersion: 'v2',
    upstream: {},
    metadata: {},
    durationMs: 300,
    ...(rows === undefined ? {} : { rows }),
  };
}
function failed(asset: string, message: string, logTail?: string): EventDraft {
  const failure = { class: 'step', code: 'exit-code', message, ...(logTail === undefined ? {} : { logTail }) } as const;
  return {
    ...base,
    type: 'step.ended',
    step: asset,
    outcome: 'failure',
    failure,
    failedAssets: [asset],
    durationMs: 90,
  };
}
function judged(asset: string, check: string, more: object = {}): EventDraft {
  return {
    ...base,
    type: 'check.judged',
    step: asset,
    asset,
    check,
    status: 'PASSED',
    severity: 'error',
    blocking: false,
    stage: 'published',
    message: 'all rows pass',
    metadata: {},
    durationMs: 10,
    ...more,
  };
}

const schedule: RunRequest = {
  kind: 'schedule',
  schedule: 'hourly',
  tick: AT,
  selection: '*',
  materialize: 'when_stale',
};

/** A run of these assets: all of them missing but `fresh`, which is up to date. */
function runOf(assets: readonly string[], drafts: readonly EventDraft[], more: Partial<RunSummary> = {}): RunSummary {
  const sketches = Object.fromEntries([...assets.map((asset) => [asset, {}]), ['fresh', { deps: ['up'] }], ['up', {}]]);
  const plan = planRun({
    project: sketchProject(sketches),
    view: sketchView({ fresh: { used: { up: 'v' } }, up: {} }),
    environment: 'production',
    request: schedule,
    runId: '20261122-k7q2mzr4tw5ah3bd',
    selected: new Set([...assets, 'fresh']),
    fingerprintOf: () => ({ version: 'c', parts: {} }),
    lost: new Map(),
  });
  if (!plan.ok) throw new Error(plan.error.code);
  return { trigger: 'hourly 09:23', plan: plan.value, drafts, state: 'SUCCESS', durationMs: 61_000, ...more };
}

const idle: SummaryInput = { project: 'jaffle', runs: [], notes: [], waiting: [], next: [], links: {} };
const links = {
  state: { commit: '4be1d07aaaa', url: 'https://github.com/acme/data/commit/4be1d07aaaa' },
  report: 'https://github.com/acme/data/tree/branchline/state',
};

const troubled = runOf(
  ['raw/observations', 'marts/monthly', 'marts/records', 'charts/temperature'],
  [
    made('raw/observations', 1461),
    judged('raw/observations', 'enough'),
    made('marts/monthly', 48),
    judged('marts/monthly', 'snow_days', {
      status: 'FAILED',
      severity: 'warn',
      message: '3 of 48 months have none (allowed 0)',
    }),
    judged('marts/records', 'unique_day', {
      status: 'FAILED',
      blocking: true,
      stage: 'audit',
      message: '2 of 365 rows share a day (allowed 0)',
    }),
    failed('marts/records', 'the script ended with exit code 3', 'Traceback\n  line 3\nKeyError: day'),
    {
      ...base,
      type: 'step.skipped',
      step: 'charts/temperature',
      assets: ['charts/temperature'],
      reason: 'upstream_failed',
      cause: 'marts/records',
    },
  ],
  { state: 'FAILURE', latenessMs: 7 * 60_000 },
);

describe('renderSummary', () => {
  const check = (name: string, input: SummaryInput): void => expectGolden(golden(name), `${renderSummary(input)}\n`);

  it('shows failures first, then what was skipped and why', () => {
    check('troubled', {
      ...idle,
      runs: [troubled],
      next: [{ schedule: 'hourly', tick: '2026-11-22T10:23:00.000Z' }],
      links,
      billing: { minutes: 2, usd: 0.012, runner: 'ubuntu-latest' },
    });
  });

  it('says why nothing was done', () => {
    check('nothing-due', {
      ...idle,
      notes: ['hourly of 2026-11-22 09:23 UTC was judged already (run 20261122-k7q2mzr4tw5ah3bd: SUCCESS).'],
      next: [{ schedule: 'hourly', tick: '2026-11-22T10:23:00.000Z' }],
      links,
      billing: { minutes: 1, usd: 0, runner: 'ubuntu-latest' },
    });
  });

  it('says what stopped it, and what to do', () => {
    check('refused', {
      ...idle,
      failure: {
        message: 'The push to branchline/state was refused.',
        help: 'Add to the job:\n\npermissions:\n  contents: write',
      },
    });
  });

  it('names what failed without a log, and what to click when it is mended', () => {
    const late = runOf(
      ['raw/days', 'marts/records'],
      [
        { ...failed('raw/days', 'DAY of raw/days: `DAY` is not set'), failedPartitions: ['2026-11-21'] } as EventDraft,
        judged('marts/records', 'unique_day', {
          status: 'FAILED',
          blocking: true,
          stage: 'audit',
          message: 'two rows',
        }),
        failed('marts/records', 'not published: 1 of 1 blocking check failed'),
      ],
      { state: 'FAILURE', kept: 'Downstream of raw/days still reads its data of 2026-11-20 09:23 UTC.' },
    );
    const summary = renderSummary({ ...idle, runs: [late] });
    expect(summary).toContain('| `raw/days` 2026-11-21 | ✗ failed |');
    expect(summary).toContain('\n`raw/days` failed: DAY of raw/days: `DAY` is not set\n');
    // What a check found stands in the table.
    expect(summary.match(/not published|two rows/g)).toEqual(['two rows']);
    expect(summary).toContain(
      'Downstream of raw/days still reads its data of 2026-11-20 09:23 UTC. **After a fix:** *Run workflow* with command `run`, select `key:raw/days+`, partitions `2026-11-21`; or the next tick of `hourly` makes it.',
    );
  });

  it('advises nothing where the run is tried again by itself', () => {
    const drafts: EventDraft[] = [failed('a', 'exit code 3')];
    const of = (more: Partial<RunSummary>): string =>
      renderSummary({ ...idle, runs: [runOf(['a'], drafts, { state: 'FAILURE', ...more })] });
    expect(of({})).toContain('After a fix');
    expect(of({ madeGoodBy: '20261122-aaaaaaaaaaaaaaaa' })).not.toContain('After a fix');
  });

  it('says what waits', () => {
    const half = runOf(['a', 'b'], [made('a', 1)], { state: 'QUEUED' });
    check('out-of-time', { ...idle, runs: [half], waiting: ['daily 08:00', 'by hand: key:x'] });
  });

  it('shows a text as it is', () => {
    check('text', { ...idle, text: { title: '1 problem', body: 'a.yaml:3:1  unknown-key\n   3 │ x: `1`\n' } });
  });
});

describe('text from outside', () => {
  const hostile = [
    '@acme/everyone see #12 and GH-3',
    '</summary></details><script>alert(1)</script>',
    '![x](https://evil.example/p.png)[click](javascript:alert(1))',
    '| a | b |\n|---|---|',
    '```\n# heading\n',
    '<img src=x onerror=alert(1)>',
    'https://evil.example www.evil.example mailto:a@b.c',
    '\u202ereversed\u0000\u001b[31m',
  ];

  it.each(hostile)('does nothing: %j', (evil) => {
    const run = runOf([evil], [failed(evil, evil, evil), judged(evil, evil, { status: 'FAILED', message: evil })], {
      trigger: evil,
      state: 'FAILURE',
    });
    const skippedOne: EventDraft = {
      ...base,
      type: 'step.skipped',
      step: evil,
      assets: [evil],
      reason: 'upstream_failed',
      cause: evil,
    };
    const summary = renderSummary({
      ...idle,
      project: evil,
      runs: [run, runOf([evil], [skippedOne])],
      notes: [evil],
      waiting: [evil],
      next: [{ schedule: evil, tick: AT }],
      failure: { message: evil, help: evil },
      text: { title: '1 problem', body: evil },
    });
    const html = micromark(summary, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
    expect(html).not.toMatch(/<a |<img|<script|javascript:alert\(1\)"|<h1/);
    // A mention or a reference is one only outside of code, where a zero-width space breaks it.
    const prose = html.replace(/<(code|pre)[^>]*>[\s\S]*?<\/\1>/g, '');
    expect(prose).not.toMatch(/@(?=[A-Za-z])|#\d|GH-\d|:\/\/|www\./);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    expect(summary).not.toMatch(/[\u0000\u001b\u202e]/);
  });
});

describe('bounds', () => {
  it('stays within what GitHub takes, and keeps the verdict', () => {
    const names = Array.from({ length: 3_000 }, (_, i) => `group/asset-${i}-${'x'.repeat(60)}`);
    const drafts = names.flatMap((name) => [
      ...Array.from({ length: 3 }, (_, i) =>
        judged(name, `check-${i}`, { status: 'FAILED', message: '漢字'.repeat(2_000) }),
      ),
      failed(name, 'm'.repeat(4_000), 'l'.repeat(8_192)),
    ]);
    const summary = renderSummary({
      ...idle,
      runs: Array.from({ length: 12 }, () => runOf(names, drafts, { state: 'FAILURE' })),
      notes: Array.from({ length: 1_000 }, () => 'n'.repeat(5_000)),
    });
    expect(new TextEncoder().encode(summary).length).toBeLessThanOrEqual(SUMMARY_BYTES_MAX);
    expect(summary).toMatch(/^### jaffle: 36,000 failed/);
    expect(summary).toContain('more; the log has them');
  });
});
