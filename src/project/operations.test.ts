import { describe, expect, it } from 'vitest';
import { buildProject, projectOf, showDiagnostic } from '../testing/project-builder.ts';

const HEAD = 'name: shop\nconnections:\n  db: { type: duckdb, path: data/w.duckdb }\n';
/** What `branchline.yaml` with this text behind its head finds, without the file's name. */
function found(text: string): string[] {
  return buildProject({ 'branchline.yaml': HEAD + text }).diagnostics.map((one) =>
    showDiagnostic(one).replace('branchline.yaml:', ''),
  );
}
const one = (text: string): string => found(text).join('\n');

describe('sections of a dagster.yaml', () => {
  const PASTED = `run_retries: { enabled: true, max_retries: 3, retry_on_asset_or_op_failure: false }
run_queue:
  max_concurrent_runs: 15
  tag_concurrency_limits:
    - key: 'database'
      value: 'redshift'
      limit: 4
    - key: 'dagster/backfill'
      limit: 10
    - { key: customer, value: { applyLimitPerUniqueValue: true }, limit: 1 }
run_monitoring: { enabled: true, start_timeout_seconds: 60, cancel_timeout_seconds: 90, max_resume_run_attempts: 3, max_runtime_seconds: 7200 }
`;
  it('are taken as they are', () => {
    expect(projectOf({ 'branchline.yaml': HEAD + PASTED }).operations).toEqual({
      queue: {
        maxConcurrentRuns: 15,
        tagLimits: [
          { key: 'database', value: { kind: 'equals', text: 'redshift' }, limit: 4 },
          { key: 'branchline/backfill', value: { kind: 'any' }, limit: 10 },
          { key: 'customer', value: { kind: 'each' }, limit: 1 },
        ],
      },
      pools: {},
      retries: {
        enabled: true,
        maxRetries: 3,
        onStepFailure: false,
        strategy: 'FROM_FAILURE',
        requeueAfterMs: 300_000,
      },
      monitoring: {
        enabled: true,
        maxRuntimeMs: 7_200_000,
        startTimeoutMs: 60_000,
        cancelTimeoutMs: 90_000,
        maxResumeAttempts: 3,
      },
    });
  });
  it('in the newer spelling say the same', () => {
    const { queue, pools } = projectOf({
      'branchline.yaml': `${HEAD}concurrency: { runs: { max_concurrent_runs: 2 }, pools: { api: 3 } }\n`,
    }).operations;
    expect([queue.maxConcurrentRuns, pools]).toEqual([2, { api: 3 }]);
  });
  it.each([
    ['run_queue: { max_concurrent_runs: -2 }', 'out-of-range 4:35'],
    ['run_queue: { max_concurrent_runs: 3 }\nconcurrency: { runs: { max_concurrent_runs: 3 } }', 'conflict 5:16'],
    [
      'run_queue:\n  tag_concurrency_limits:\n    - { key: a, limit: 1 }\n    - { key: a, limit: 2 }',
      'duplicate-limit 7:7',
    ],
    ['run_queue: { tag_concurrency_limits: [{ key: a, limit: -1 }] }', 'out-of-range 4:56'],
    ['run_retries: { strategy: FROM_START }', 'unknown-value 4:26'],
    ['run_monitoring: { max_runtime_seconds: 2h }', 'wrong-type 4:40'],
    ['pools: { duckdb: -1 }', 'out-of-range 4:18'],
  ])('%s', (text, expected) => {
    expect(one(`${text}\n`)).toContain(expected);
    expect(found(`${text}\n`)).toHaveLength(1);
  });
});

describe('steps', () => {
  it('take retry policy and pool from the nearest layer', () => {
    const { steps } = projectOf({
      'branchline.yaml': `${HEAD}pools: { api: 2 }
defaults: { retry_policy: { max_retries: 1 } }
assets:
  a: { run: "true", pool: api, retry_policy: { max_retries: 3, delay: 10s, backoff: exponential, jitter: full, max_delay: 1m } }
  b: { run: "true" }
`,
    });
    expect(steps['a']).toMatchObject({
      pool: 'api',
      retryPolicy: { maxRetries: 3, delayMs: 10_000, backoff: 'exponential', jitter: 'full', maxDelayMs: 60_000 },
    });
    expect(steps['b']!.retryPolicy).toMatchObject({ maxRetries: 1, backoff: 'none' });
  });
  it.each([
    ['retry_policy: { max_retries: 3, backoff: linear }', 'conflict'],
    ['retry_policy: { max_retries: 3, jitter: full }', 'conflict'],
    ['retry_policy: { delay: 5s }', 'missing-key'],
    ['retry_policy: { max_retries: -1 }', 'out-of-range'],
    ['retry_policy: { max_retries: 1, classes: [oom] }', 'unknown-value'],
    ['pool: duckdb', 'unknown-pool'],
  ])('%s', (text, code) => {
    expect(found(`assets:\n  a: { run: "true", ${text} }\n`).map((line) => line.split(' ')[0])).toEqual([code]);
  });
});

describe('tags of the engine', () => {
  it('with values that say nothing are warned of', () => {
    expect(
      found('assets:\n  a: { run: "true" }\njobs:\n  j: { selection: "*", tags: { branchline/priority: high } }\n'),
    ).toEqual([
      'warning odd-tag 7:53 (4) `branchline/priority: high`: a priority is a whole number; this one counts as 0',
    ]);
  });
  it('of retries do nothing while retries are off', () => {
    const text = 'assets:\n  a: { run: "true", tags: { dagster/max_retries: 3 } }\n';
    expect(one(text)).toContain('warning key-without-effect');
    expect(found(`${text}run_retries: { enabled: true }\n`)).toEqual([]);
  });
});

describe('partitions', () => {
  const MULTI = 'partitions: { multi: { day: { daily: { start: 2026-01-01 } }, region: { static: [eu, us] } } }';
  it('are shared by name, and a step has those of its assets', () => {
    const { assets, steps } = projectOf({
      'branchline.yaml': `${HEAD}timezone: Europe/Berlin
partitions: { days: { daily: { start: 2026-01-01, hour_offset: 6 } } }
assets:
  a: { run: "true", partitions: days, backfill_policy: { multi_run: { max_partitions_per_run: 10 } } }
  b: { connection: db, sql: "select 1 as day ", deps: [a], relation: b, partitions: days, partition_expr: day }
  c: { run: "true", deps: [{ asset: a, partition_mapping: { last: true } }] }
`,
    });
    const days = {
      kind: 'time',
      cron: '0 6 * * *',
      timezone: 'Europe/Berlin',
      start: '2026-01-01',
      format: '%Y-%m-%d',
      endOffset: 0,
    };
    expect(assets['a']!.partitions).toEqual(days);
    expect(steps['a']).toMatchObject({ partitions: days, backfillPolicy: { kind: 'multi_run', partitionsMax: 10 } });
    expect(assets['b']).toMatchObject({ partitions: days, partitionExpr: 'day' });
    expect(assets['c']).toMatchObject({ deps: ['a'], mappings: { a: { kind: 'last' } } });
  });
  it('alike are one, however they are written', () => {
    const { assets, partitions } = projectOf({
      'branchline.yaml': `${HEAD}partitions: { days: { daily: { start: 2026-01-01 } } }
assets:
  a: { run: "true", partitions: days }
  b: { run: "true", partitions: { daily: { start: 2026-01-01, hour_offset: 0 } } }
  c: { run: "true", partitions: { daily: { start: 2026-01-02 } } }
`,
    });
    expect(assets['a']!.partitions).toBe(partitions['days']);
    expect(assets['b']!.partitions).toBe(partitions['days']);
    expect(assets['c']!.partitions).not.toEqual(partitions['days']);
  });
  it('of several dimensions have a column for each', () => {
    const { assets } = projectOf({
      'branchline.yaml': `${HEAD}assets:
  a: { connection: db, sql: "select 1", partition_expr: { day: d, region: r }, ${MULTI} }
`,
    });
    expect(assets['a']!.partitionExpr).toEqual({ day: 'd', region: 'r' });
  });
  it('of several dimensions, and of a multi-asset', () => {
    const { assets } = projectOf({
      'branchline.yaml': `${HEAD}multi_assets:
  m:
    run: "true"
    partitions: { multi: { day: { daily: { start: 2026-01-01 } }, region: { static: [eu, us] } } }
    specs: { x: {}, y: {} }
`,
    });
    expect(assets['y']!.partitions).toMatchObject({ kind: 'multi', dimensions: { region: { keys: ['eu', 'us'] } } });
  });
  const asset = (text: string): string => `assets:\n  a: { run: "true", ${text} }\n`;
  it.each([
    [
      `${asset('partitions: dayz')}partitions: { days: { daily: { start: 2026-01-01 } } }\n`,
      'unknown-partitions',
      'did you mean',
    ],
    [asset('partitions: { daily: { start: 2026-02-30 } }'), 'bad-partitions', '2026-02-30'],
    [asset('partitions: { daily: { start: yesterday } }'), 'bad-format', ''],
    [asset('partitions: { daily: { start: 2026-01-01, timezone: Europe/Berlinn } }'), 'unknown-zone', 'Europe/Berlin'],
    [
      asset('partitions: { cron: { schedule: "0 0 30 2 *", start: 2026-01-01, format: "%Y" } }'),
      'bad-partitions',
      'never comes',
    ],
    [
      asset('partitions: { cron: { schedule: "0 * * * *", start: 2026-01-01, format: "%Y-%m-%d" } }'),
      'bad-partitions',
      'several windows',
    ],
    [asset('partitions: { static: [eu, eu] }'), 'bad-partition-key', 'twice'],
    [asset('partitions: { static: ["a...b"] }'), 'bad-format', ''],
    [asset('partitions: { multi: { a: { static: ["x|y"] }, b: { static: [z] } } }'), 'bad-partition-key', '|'],
    [asset('partitions: { daily: { start: 2026-01-01 }, static: [a] }'), 'conflict', ''],
    [asset('partitions: {}'), 'missing-key', ''],
    [asset('partition_expr: day'), 'key-without-effect', ''],
    ['assets:\n  a: { external: true, partitions: { static: [a] } }\n', 'key-without-effect', 'external'],
    [
      `assets:\n  a: { connection: db, sql: "select 1", partition_expr: day, ${MULTI} }\n`,
      'bad-partition-expr',
      'partition_expr: { day: day, region: region }',
    ],
    [
      `assets:\n  a: { connection: db, sql: "select 1", partition_expr: { day: d }, ${MULTI} }\n`,
      'bad-partition-expr',
      'no column for the dimension region',
    ],
    [
      `assets:\n  a: { connection: db, sql: "select 1", partition_expr: { day: d, region: r, reigon: x }, ${MULTI} }\n`,
      'bad-partition-expr',
      'did you mean `region`?',
    ],
    [
      'assets:\n  a: { connection: db, sql: "select 1", partition_expr: { day: d }, partitions: { static: [a] } }\n',
      'bad-partition-expr',
      'have no dimensions',
    ],
    [
      asset('partitions: { multi: { start: { static: [a] }, b: { static: [c] } } }'),
      'bad-partitions',
      'BRANCHLINE_PARTITION_START',
    ],
    [
      asset('partitions: { multi: { a-b: { static: [a] }, a_b: { static: [c] } } }'),
      'bad-partitions',
      'BRANCHLINE_PARTITION_A_B',
    ],
    [asset('partitions: { static: [a] }, outputs: [data/x.csv]'), 'outputs-of-partitions', 'partition.key'],
    [asset('outputs: ["data/${{ partition.key }}.csv"]'), 'partition-of-none', ''],
    ['assets:\n  a: { connection: db, sql: "select ${{ partition.key }} as k" }\n', 'partition-of-none', ''],
    [
      'assets:\n  a: { connection: db, sql: "select 1", partitions: { static: [a] } }\n',
      'missing-key',
      'partition_expr',
    ],
    [
      'assets:\n  a: { connection: db, sql: "select 1", materialized: view, partitions: { static: [a] } }\n',
      'partitioned-view',
      '',
    ],
    [
      asset('partitions: { static: [a] }') +
        '  b: { run: "true", partitions: { daily: { start: 2026-01-01 } }, deps: [a] }\n',
      'bad-mapping',
      'nothing in common',
    ],
    [
      asset('partitions: { static: [eu] }') +
        '  b: { run: "true", deps: [{ asset: a, partition_mapping: { specific: [eo] } }] }\n',
      'bad-mapping',
      '`eu`',
    ],
    [asset('automation: eagerly'), 'unknown-value', ''],
    [asset('automation: { on_cron: { cron: "61 * * * *" } }'), 'bad-cron', ''],
    [asset('backfill_policy: { multi_run: { max_partitions_per_run: 0 } }'), 'out-of-range', ''],
  ])('%j', (text, code, words) => {
    const lines = buildProject({ 'branchline.yaml': HEAD + text }).diagnostics;
    expect(lines.map((line) => line.code)).toEqual([code]);
    expect(`${lines[0]!.message} ${lines[0]!.help}`).toContain(words);
  });
});
