import { describe, expect, it } from 'vitest';
import { found, HEAD, one } from '../testing/manifest-findings.ts';
import { buildProject, projectOf } from '../testing/project-builder.ts';

const warned = (text: string): string[] =>
  buildProject({ 'branchline.yaml': HEAD + text }).diagnostics.map(
    ({ code, severity, message, span }) =>
      `${severity} ${code} ${span.line}:${span.column} ${message.split(/[:;]/)[0]!.replaceAll('`', '')}`,
  );

describe('sections of a dagster.yaml', () => {
  // As the Dagster manual has them (`dagster.yaml` reference, run monitoring, run retries), with every key that there is.
  const QUEUE = `  max_concurrent_runs: 15
  tag_concurrency_limits:
    - key: 'database'
      value: 'redshift'
      limit: 4
    - key: 'dagster/backfill'
      limit: 10
    - key: 'customer'
      value:
        applyLimitPerUniqueValue: true
      limit: 1
    - key: 'team'
      value: { applyLimitPerUniqueValue: false }
      limit: 2
    - key: 'dagster/schedule_name'
      value: 'nightly'
      limit: 1
`;
  const PASTED = `run_queue:
${QUEUE}  block_op_concurrency_limited_runs:
    enabled: true
run_retries:
  enabled: true # Omit this key if using Dagster+
  max_retries: 3
  retry_on_asset_or_op_failure: false
run_monitoring:
  enabled: true
  start_timeout_seconds: 60
  cancel_timeout_seconds: 90
  max_resume_run_attempts: 3
  max_runtime_seconds: 7200
`;
  const JOBS = `assets: { a: { run: "true" } }
jobs:
  nightly: { selection: "*", tags: { database: redshift, customer: acme, team: data } }
`;
  const LIMITS = [
    { key: 'database', value: { kind: 'equals', text: 'redshift' }, limit: 4 },
    { key: 'branchline/backfill', value: { kind: 'any' }, limit: 10 },
    { key: 'customer', value: { kind: 'each' }, limit: 1 },
    { key: 'team', value: { kind: 'any' }, limit: 2 },
    { key: 'branchline/schedule', value: { kind: 'equals', text: 'nightly' }, limit: 1 },
  ];

  it('are taken as they are, without a word', () => {
    expect(found(PASTED + JOBS)).toEqual([]);
    expect(projectOf({ 'branchline.yaml': HEAD + PASTED + JOBS }).operations).toEqual({
      queue: { maxConcurrentRuns: 15, tagLimits: LIMITS },
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
    const newer = `concurrency:\n  runs:\n${QUEUE.replaceAll(/^/gm, '  ').trimEnd()}\n`;
    expect(found(newer + JOBS)).toEqual([]);
    expect(projectOf({ 'branchline.yaml': HEAD + newer + JOBS }).operations.queue).toEqual({
      maxConcurrentRuns: 15,
      tagLimits: LIMITS,
    });
  });

  it('have keys that do nothing here: each is told with its reason, and the rest counts', () => {
    const text = `run_queue:
  max_concurrent_runs: 5
  tag_concurrency_limits:
  max_user_code_failure_retries: 3
  user_code_failure_retry_delay: 10
  dequeue_interval_seconds: 5
  dequeue_use_threads: true
  dequeue_num_workers: 4
  block_op_concurrency_limited_runs: { enabled: true, op_concurrency_slot_buffer: 1 }
run_monitoring:
  enabled: true
  poll_interval_seconds: 120
  cancellation_thread_poll_interval_seconds: 10
  free_slots_after_run_end_seconds: 300
  max_resume_run_attempts: 2
`;
    expect(warned(text)).toEqual([
      'warning key-without-effect 7:3 max_user_code_failure_retries does nothing here',
      'warning key-without-effect 8:3 user_code_failure_retry_delay does nothing here',
      'warning key-without-effect 9:3 dequeue_interval_seconds does nothing here',
      'warning key-without-effect 10:3 dequeue_use_threads does nothing here',
      'warning key-without-effect 11:3 dequeue_num_workers does nothing here',
      'warning key-without-effect 12:55 op_concurrency_slot_buffer does nothing here',
      'warning key-without-effect 15:3 poll_interval_seconds does nothing here',
      'warning key-without-effect 16:3 cancellation_thread_poll_interval_seconds does nothing here',
      'warning key-without-effect 17:3 free_slots_after_run_end_seconds does nothing here',
    ]);
    expect(projectOf({ 'branchline.yaml': HEAD + text }).operations).toMatchObject({
      queue: { maxConcurrentRuns: 5, tagLimits: [] },
      monitoring: { enabled: true, maxResumeAttempts: 2 },
    });
  });

  it('of Dagster+ are not switched on by themselves, and that is told', () => {
    expect(warned('run_retries: { max_retries: 3 }\nrun_monitoring:\n  max_runtime_seconds: 7200\n')).toEqual([
      'warning key-without-effect 4:1 run_retries does nothing',
      'warning key-without-effect 5:1 run_monitoring does nothing',
    ]);
    expect(found('run_retries: { max_retries: 0 }\n')).toEqual([]);
    expect(found('run_retries: { requeue_after: 10m }\n')).toEqual([]);
    expect(found('run_monitoring: { enabled: false, max_runtime_seconds: 7200 }\n')).toEqual([]);
  });

  it('limit tags that runs carry here, or say that they do not', () => {
    const limits = (...keys: string[]): string =>
      `run_queue: { tag_concurrency_limits: [${keys.map((key) => `{ key: ${key}, limit: 1 }`).join(', ')}] }\n`;
    expect(warned(limits('dagster/code_location', 'dagster/sensor_name'))).toEqual([
      'warning key-without-effect 4:46 this limit does nothing',
      'warning key-without-effect 4:88 this limit does nothing',
    ]);
    const helpOf = (key: string) => buildProject({ 'branchline.yaml': HEAD + limits(key) }).diagnostics[0]?.help;
    expect(helpOf('dagster/backfil')).toBe('did you mean `dagster/backfill`?');
    expect(helpOf('dagster/schedule_nam')).toBe('did you mean `dagster/schedule_name`?');
    expect(helpOf('dagster/zzzzzz')).toBe('remove it');
    expect(one(limits('branchline/backfil'))).toContain('unknown-key 4:46');
    expect(one(limits('databse') + JOBS)).toContain('warning key-without-effect');
    const [near] = buildProject({ 'branchline.yaml': HEAD + limits('databse') + JOBS }).diagnostics;
    expect(near!.help).toBe('did you mean `database`?');
    const onAsset = 'assets: { a: { run: "true", tags: { database: redshift } } }\n';
    const [asset] = buildProject({ 'branchline.yaml': HEAD + limits('database') + onAsset }).diagnostics;
    expect(asset!.help).toContain('tags of assets are not tags of runs');
  });

  it('for pools: a default limit holds for every pool that is used and not named', () => {
    const assets = 'assets: { a: { run: "true", pool: api }, b: { run: "true", pool: db } }\n';
    const poolsOf = (text: string) => projectOf({ 'branchline.yaml': HEAD + text + assets }).operations.pools;
    expect(poolsOf('pools: { db: 1 }\nconcurrency: { pools: { default_limit: 4, granularity: op } }\n')).toEqual({
      api: 4,
      db: 1,
    });
    expect(poolsOf('concurrency: { default_op_concurrency_limit: 2 }\n')).toEqual({ api: 2, db: 2 });
    expect(
      warned('concurrency: { pools: { default_limit: 1, granularity: run, op_granularity_run_buffer: 1 } }\n'),
    ).toEqual([
      'warning key-without-effect 4:61 op_granularity_run_buffer does nothing here',
      'warning key-without-effect 4:56 pools count the steps at work here, not runs',
    ]);
    const [named] = buildProject({ 'branchline.yaml': `${HEAD}concurrency: { pools: { api: 3 } }\n` }).diagnostics;
    expect(named!.help).toContain('`pools: { api: 1 }`');
  });

  it.each(['run_coordinator', 'run_launcher', 'telemetry', 'code_servers', 'retention', 'auto_materialize'])(
    'that are none of ours: %s is refused with what to do',
    (section) => {
      const { diagnostics } = buildProject({ 'branchline.yaml': `${HEAD}${section}: { module: x, class: y }\n` });
      expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
        ['unknown-key', `\`${section}\` is a section of a dagster.yaml that Branchline does not have`],
      ]);
      expect(diagnostics[0]!.help).toMatch(/remove it|run_queue|state|automation/);
    },
  );

  it.each([
    ['run_queue: { max_concurrent_runs: -2 }', 'out-of-range 4:35'],
    ['run_queue: { max_concurrent_runs: 3 }\nconcurrency: { runs: { max_concurrent_runs: 3 } }', 'conflict 5:16'],
    ['concurrency: { default_op_concurrency_limit: 1, pools: { default_limit: 2 } }', 'conflict 4:16'],
    [
      'run_queue:\n  tag_concurrency_limits:\n    - { key: dagster/backfill, limit: 1 }\n    - { key: branchline/backfill, limit: 2 }',
      'duplicate-limit 7:7',
    ],
    ['run_queue: { block_op_concurrency_limited_runs: { enabled: false } }', 'key-without-effect 4:60'],
    ['run_queue: { tag_concurrency_limits: [{ key: dagster/backfill, limit: -1 }] }', 'out-of-range 4:71'],
    ['run_queue: { tag_concurrency_limits: [{ key: dagster/backfill }] }', 'missing-key'],
    ['run_retries: { enabled: true, strategy: FROM_START }', 'unknown-value 4:41'],
    ['run_retries: { enabled: true, max_retries: -1 }', 'out-of-range 4:44'],
    ['run_retries: { enabled: true, max_retry: 3 }', 'unknown-key 4:31'],
    ['run_monitoring: { enabled: true, max_runtime_seconds: 2h }', 'wrong-type 4:55'],
    ['run_monitoring: { enabled: true, max_runtime_seconds: 0 }', 'out-of-range 4:55'],
    ['pools: { duckdb: -1 }', 'out-of-range 4:18'],
  ])('%s', (text, expected) => {
    expect(one(`${text}\n`)).toContain(expected);
    expect(found(`${text}\n`)).toHaveLength(1);
  });

  it('are told of twins also beside a limit that cannot be read', () => {
    const twins = '- { key: dagster/backfill, limit: 1 }\n    - { key: branchline/backfill, limit: 2 }';
    expect(found(`run_queue:\n  tag_concurrency_limits:\n    - { limit: 3 }\n    ${twins}\n`)).toEqual([
      expect.stringContaining('missing-key 6:7'),
      expect.stringContaining('duplicate-limit 5:3'),
    ]);
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
    ['retry_policy: { max_retries: 3, delay: 10m, max_delay: 5m }', 'conflict'],
    ['retry_policy: { max_retries: 3, delay: 10 }', 'bad-duration'],
    ['retry_policy: { max_retries: 1, classes: [oom] }', 'unknown-value'],
    ['pool: duckdb', 'unknown-pool'],
    ['runner: gpu', 'unknown-runner'],
  ])('%s', (text, code) => {
    expect(found(`assets:\n  a: { run: "true", ${text} }\n`).map((line) => line.split(' ')[0])).toEqual([code]);
  });
});

describe('runners', () => {
  it('are machines in the words of a workflow, taken from the nearest layer', () => {
    const { runners, steps } = projectOf({
      'branchline.yaml': `${HEAD}runners:
  gpu: { runs-on: [self-hosted, gpu], environment: production-gpu }
  py: { runs-on: ubuntu-latest, container: "python:3.13-slim" }
  tools: { runs-on: ubuntu-latest, container: { image: "ghcr.io/acme/tools:2", options: --cpus 2 } }
groups: { ml: { runner: gpu } }
defaults: { runner: py }
assets:
  a: { run: "true", group: ml }
  b: { run: "true" }
  c: { run: "true", group: ml, runner: tools }
multi_assets:
  m: { run: "true", runner: gpu, specs: { d: {}, e: {} } }
`,
    });
    expect(runners).toEqual({
      gpu: { runsOn: ['self-hosted', 'gpu'], environment: 'production-gpu' },
      py: { runsOn: ['ubuntu-latest'], container: { image: 'python:3.13-slim' } },
      tools: { runsOn: ['ubuntu-latest'], container: { image: 'ghcr.io/acme/tools:2', options: '--cpus 2' } },
    });
    expect(['a', 'b', 'c', 'm'].map((name) => steps[name]!.runner)).toEqual(['gpu', 'py', 'tools', 'gpu']);
  });
  it.each([
    ['runners: { gpu: { container: x } }', 'missing-key'],
    ['runners: { gpu: { runs-on: "two words" } }', 'bad-format'],
    ['runners: { gpu: { runs_on: x, runs-on: x } }', 'unknown-key'],
    ['runners: { gpu: ubuntu-latest }', 'wrong-type'],
  ])('%s', (text, code) => {
    expect(found(`${text}\n`).map((line) => line.split(' ')[0])).toEqual([code]);
  });
  it('of GitHub are taken away before a long maximum is reached', () => {
    const limits = (runner: string, of: { readonly seconds?: number; readonly tag?: number; readonly job?: number }) =>
      warned(`runners: { py: { runs-on: ubuntu-24.04 }, own: { runs-on: [self-hosted, linux] } }
run_monitoring: { enabled: true, max_runtime_seconds: ${of.seconds ?? 60} }
assets:
  a: { run: "true", runner: py, tags: { branchline/max_runtime: ${of.tag ?? 60} } }
  b: { run: "true", ${runner} }
jobs: { j: { selection: "*", tags: { dagster/max_runtime: ${of.job ?? 60} } } }
`).map((line) => line.split(' ').slice(1, 4).join(' '));
    const [most, more] = [19_800, 19_801];
    expect(limits('runner: py', { seconds: most, tag: most, job: most })).toEqual([]);
    expect(limits('runner: py', { seconds: more })).toEqual([
      'maximum-too-long 5:55 run_monitoring.max_runtime_seconds',
    ]);
    expect(limits('runner: py', { job: more })).toEqual(['maximum-too-long 9:59 dagster/max_runtime']);
    // Another machine, or one that only the workflow knows, may be there for longer.
    for (const other of ['runner: own', 'group: x']) {
      expect(limits(other, { seconds: more, job: more })).toEqual([]);
      expect(limits(other, { tag: more })).toEqual(['maximum-too-long 7:65 branchline/max_runtime']);
    }
  });
  it('that are mistyped are named', () => {
    expect(one('runners: { gpu: { runs-on: x } }\nassets:\n  a: { run: "true", runner: gpuu }\n')).toContain(
      'there is no runner `gpuu`',
    );
  });
});

describe('tags of the engine', () => {
  it('with values that say nothing are warned of', () => {
    expect(
      found('assets:\n  a: { run: "true" }\njobs:\n  j: { selection: "*", tags: { branchline/priority: high } }\n'),
    ).toEqual(['odd-tag 7:53 (4) `branchline/priority: high`: a priority is a whole number; this one counts as 0']);
  });
  it('of groups and of assets that are made together are warned of where they are written, once', () => {
    expect(
      warned(`groups: { g: { tags: { branchline/priority: "1.5" } } }
assets:
  a: { run: "true", group: g }
  b: { run: "true", group: g }
multi_assets:
  m: { run: "true", specs: { c: { tags: { dagster/priority: high } } } }
`),
    ).toEqual(['error odd-tag 4:45 branchline/priority', 'warning odd-tag 9:61 dagster/priority']);
  });
  it.each([
    ['branchline/retry_strategy: ALL', 'did you mean `ALL_STEPS`?'],
    ['dagster/retry_strategy: from_failure', 'did you mean `FROM_FAILURE`?'],
    ['branchline/retry_strategy: FROM_FAILED', 'did you mean `FROM_FAILURE`?'],
    [
      'branchline/retry_strategy: x',
      'write `FROM_FAILURE` to keep what succeeded, `ALL_STEPS` to make everything again',
    ],
    [
      'branchline/retry_strategy: ""',
      'write `FROM_FAILURE` to keep what succeeded, `ALL_STEPS` to make everything again',
    ],
    ['branchline/retry_on_asset_or_op_failure: "True"', 'did you mean `true`?'],
    ['branchline/max_retries: "-1"', 'write how often a run is tried again: `"3"`'],
    ['branchline/max_runtime: 1h', 'write seconds: `"3600"` is an hour'],
    ['dagster/priority: "1.5"', expect.stringMatching(/^write a whole number: `"5"` goes before/)],
  ])('%s: what to write instead', (tag, help) => {
    const { diagnostics } = buildProject({
      'branchline.yaml': `${HEAD}run_retries: { enabled: true }\nassets: { a: { run: "true", tags: { ${tag} } } }\n`,
    });
    expect(diagnostics.map((found) => [found.code, found.help])).toEqual([['odd-tag', help]]);
  });
  it('of Dagster that mean nothing here are told, with what to write instead', () => {
    const helps = (tag: string) =>
      buildProject({
        'branchline.yaml': `${HEAD}assets: { a: { run: "true", tags: { ${tag}: x } } }\n`,
      }).diagnostics.map(({ code, severity, help }) => [severity, code, help]);
    const idle = 'key-without-effect';
    expect(helps('dagster/max_retry')).toEqual([['warning', idle, 'did you mean `dagster/max_retries`?']]);
    expect(helps('dagster/concurrency_key')).toEqual([['warning', idle, 'steps are limited by `pool` on the asset']]);
    expect(helps('dagster/kind/duckdb')).toEqual([['warning', idle, 'write `kinds: [duckdb]`']]);
    expect(helps('team')).toEqual([]);
  });
  it('that are written twice, in both spellings, contradict each other', () => {
    const tags = (text: string) => found(`assets:\n  a: { run: "true", tags: { ${text} } }\n`);
    expect(tags('branchline/priority: 2, dagster/priority: "3"')).toEqual([
      'conflict 5:53 (16) `dagster/priority` and `branchline/priority` are one tag, and say `3` and `2`',
    ]);
    expect(tags('branchline/priority: 2, dagster/priority: "2"')).toEqual([]);
    const { assets } = projectOf({
      'branchline.yaml': `${HEAD}defaults: { tags: { branchline/priority: 2, dagster/max_runtime: 60 } }
assets:
  a: { run: "true", tags: { dagster/priority: 3, branchline/max_runtime: null } }
`,
    });
    expect(assets['a']!.tags).toEqual({ 'dagster/priority': '3' });
  });
  it('of retries do nothing while retries are off', () => {
    const text = 'assets:\n  a: { run: "true", tags: { dagster/max_retries: 3 } }\n';
    expect(one(text)).toContain('warning key-without-effect');
    expect(found(`${text}run_retries: { enabled: true }\n`)).toEqual([]);
  });
});

describe('words of Dagster', () => {
  it.each([
    ['partitions_def: days', '`partitions`'],
    ['automation_condition: eager', '`automation`'],
    ['concurrency_key: api', '`pool`'],
    ['partitions: { daily: { start_date: 2026-01-01 } }', '`start`'],
    ['partitions: { daily: { start: 2026-01-01, end_date: 2026-02-01 } }', '`end`'],
    ['partitions: { cron: { schedule: "@daily", start: 2026-01-01, fmt: "%Y-%m-%d" } }', '`format`'],
  ])('%s: what it is called here', (text, word) => {
    const { diagnostics } = buildProject({ 'branchline.yaml': `${HEAD}assets: { a: { run: "true", ${text} } }\n` });
    expect(diagnostics.map(({ code }) => code)).toEqual(['unknown-key']);
    expect(diagnostics[0]!.message).toContain(word);
  });
});

describe('limits of time that contradict each other', () => {
  const times = (timeout: string, more = '', tags = ''): string[] =>
    warned(`run_monitoring: { enabled: true, max_runtime_seconds: 3600 }
assets:
  a: { run: "true", timeout: ${timeout}${tags} }
${more}`);
  it('are a timeout that its run never reaches', () => {
    expect(times('1h')).toEqual([]);
    expect(times('2h')).toEqual(['warning timeout-not-reached 6:30 timeout']);
    // A tag has the last word, of a job too.
    expect(times('2h', 'jobs: { j: { selection: "*", tags: { branchline/max_runtime: 7200 } } }\n')).toEqual([]);
    expect(times('2h', '', ', tags: { dagster/max_runtime: "7200" }')).toEqual([]);
    expect(times('2h', '', ', tags: { branchline/max_runtime: "5000" }')).toEqual([
      'warning timeout-not-reached 6:30 timeout',
    ]);
  });
  it('are told once where several inherit it, and not where nothing watches runs', () => {
    const several = '  b: { run: "true" }\n  c: { run: "true" }\ndefaults: { timeout: 3h }\n';
    expect(times('5m', several)).toEqual(['warning timeout-not-reached 9:22 timeout']);
    expect(warned('run_monitoring: { enabled: false }\nassets: { a: { run: "true", timeout: 9h } }\n')).toEqual([]);
    const together = 'multi_assets: { m: { run: "true", timeout: 4h, specs: { d: {}, e: {} } } }\n';
    expect(times('5m', together)).toEqual(['warning timeout-not-reached 7:44 timeout']);
  });
});
