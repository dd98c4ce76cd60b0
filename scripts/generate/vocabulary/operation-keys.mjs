// Policies of the operations layer: queue, retries, monitoring, pools, runners, partitions, backfills, automation.
// Spelled as in a `dagster.yaml`, so that a section of one can be pasted.

import { assetKey, boolean, closed, duration, exactlyOne, key, list, name, oneOfWords, text } from './schema-parts.mjs';

const ref = (definition) => ({ $ref: `#/definitions/${definition}` });
const whole = (minimum, maximum = 1_000_000) => ({ type: 'integer', minimum, maximum });
const seconds = whole(1, 315_360_000);

const wallTime = {
  type: 'string',
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?)?$',
  patternErrorMessage:
    'a start is a day or a time on the wall, whatever the keys look like: `2026-01-01` or `2026-01-01T06:00`',
};
const partitionKeyText = {
  type: 'string',
  pattern: '^(?!.*\\.\\.\\.)[^\\u0000-\\u001f\\u007f]+$',
  patternErrorMessage: 'a partition key is text without `...` and without control characters',
};

const start = key('The first window begins at the first boundary on or after this.', ['2026-01-01'], wallTime);
const windowKeys = {
  start,
  end: key(
    'No window ends after this: what came to an end has no newer partitions. Default: they go on.',
    ['2026-12-31'],
    {
      ...wallTime,
      patternErrorMessage:
        'an end is a day or a time on the wall, whatever the keys look like: `2026-12-31` or `2026-12-31T06:00`',
    },
  ),
  timezone: key('Zone of the windows, by its IANA name. Default: the project’s.', ['Europe/Berlin'], text),
  end_offset: key(
    'So many windows after the last complete one exist as well; negative: so many of the last do not. Default 0.',
    [1],
    whole(-10_000, 10_000),
  ),
};
const minute = key('Minute at which windows begin. Default 0.', [15], whole(0, 59));
const hour = key('Hour at which windows begin. Default 0.', [6], whole(0, 23));

const runnerLabel = {
  type: 'string',
  pattern: '^\\S+$',
  patternErrorMessage: 'a runner label has no blanks; write it as `runs-on:` does',
};
const retryClass = oneOfWords('step', 'timeout', 'crash', 'infrastructure');

export const operationDefinitions = {
  RetryPolicy: closed(
    'How a failed attempt of a step is repeated.',
    {
      max_retries: key('Attempts after the first one.', [3], whole(0, 1000)),
      delay: key('How long to wait before a retry. Default: not at all.', ['10s'], duration),
      backoff: key(
        'How the wait grows: `linear` (delay × n) or `exponential` (delay × (2ⁿ − 1)). Default: it does not.',
        ['exponential'],
        oneOfWords('linear', 'exponential'),
      ),
      jitter: key(
        'Spreads retries: `full` waits between nothing and the whole, `plus_minus` up to one delay more or less.',
        ['full'],
        oneOfWords('full', 'plus_minus'),
      ),
      max_delay: key('No wait is longer. Default: no cap.', ['10m'], duration),
      classes: key(
        'Only failures of these classes are repeated. Default: all but what a person stopped.',
        [['timeout', 'crash']],
        list(retryClass),
      ),
    },
    {
      required: ['max_retries'],
      dependencies: { backoff: ['delay'], jitter: ['delay'], max_delay: ['delay'] },
    },
  ),
  RunRetries: closed('How failed runs are tried again.', {
    enabled: key('`true` switches retries of runs on. Default `false`.', [true], boolean),
    max_retries: key('Automatic retries of one run. Default 0.', [3], whole(0, 1000)),
    retry_on_asset_or_op_failure: key(
      '`false`: a run that failed by one of its steps is not tried again, only one that its runner failed. Default `true`.',
      [false],
      boolean,
    ),
    strategy: key(
      '`FROM_FAILURE` (default) keeps what had finished; `ALL_STEPS` runs everything again.',
      ['FROM_FAILURE'],
      oneOfWords('FROM_FAILURE', 'ALL_STEPS'),
    ),
    requeue_after: key(
      'A step that waits longer than this for its retry gives the runner back: the run goes to the queue. Default `5m`.',
      ['5m'],
      duration,
    ),
  }),
  TagLimit: closed(
    'A limit on runs with a tag.',
    {
      key: key('The tag.', ['database', 'branchline/backfill'], text),
      value: key(
        'Only runs with this value count; `applyLimitPerUniqueValue: true` counts each value for itself. Default: all runs with the tag together.',
        ['redshift', { applyLimitPerUniqueValue: true }],
        { anyOf: [text, ref('UniqueValue')] },
      ),
      limit: key('At most so many at once; 0 lets none start.', [4], whole(0)),
    },
    { required: ['key', 'limit'] },
  ),
  UniqueValue: closed(
    'Counts each value of a tag for itself.',
    {
      applyLimitPerUniqueValue: key(
        '`true`: each value of the tag for itself; `false`: all values together.',
        [true],
        boolean,
      ),
    },
    { required: ['applyLimitPerUniqueValue'] },
  ),
  RunQueue: closed('Which runs may be in progress at once.', {
    max_concurrent_runs: key(
      'Runs in progress at once: -1 is no limit, 0 lets nothing start. Default 10.',
      [15],
      whole(-1),
    ),
    tag_concurrency_limits: key(
      'Limits on runs with a tag. Empty: none.',
      [[{ key: 'database', value: 'redshift', limit: 4 }]],
      { type: ['array', 'null'], items: ref('TagLimit') },
    ),
    block_op_concurrency_limited_runs: key(
      'Runs whose pools are full wait in the queue. It is always so; the key is here so that a section can be pasted.',
      [{ enabled: true }],
      ref('BlockLimitedRuns'),
    ),
  }),
  BlockLimitedRuns: closed('Whether runs whose pools are full wait in the queue.', {
    enabled: key('Only `true` can be had.', [true], boolean),
  }),
  RunMonitoring: closed('When a run has been at it for too long, and what is done about a lost runner.', {
    enabled: key('`true` switches monitoring on. Default `false`.', [true], boolean),
    max_runtime_seconds: key('A run that works longer is stopped and fails. Default: no limit.', [7200], seconds),
    start_timeout_seconds: key(
      'A run whose jobs wait for a machine for longer, before anything of it has begun, fails. Default: no limit but that of GitHub.',
      [180],
      seconds,
    ),
    cancel_timeout_seconds: key('A run that takes longer to stop counts as canceled. Default 180.', [180], seconds),
    max_resume_run_attempts: key(
      'How often a run whose runner was lost is taken up again. Default 0.',
      [3],
      whole(0, 1000),
    ),
  }),
  Concurrency: closed('The newer spelling of `run_queue`, and what holds for all pools.', {
    runs: key('As `run_queue`.', [{ max_concurrent_runs: 15 }], ref('RunQueue')),
    pools: key(
      'What holds for pools; the limit of each stands under `pools`.',
      [{ default_limit: 1 }],
      ref('PoolSettings'),
    ),
    default_op_concurrency_limit: key('The older name of `pools: { default_limit }`.', [4], whole(0)),
  }),
  PoolSettings: closed('What holds for all pools.', {
    default_limit: key('Steps at once in each pool that `pools` does not name.', [1], whole(0)),
    granularity: key(
      'What is counted: `op`, the steps at work. Runs (`run`) cannot be counted by a pool; a limit on a tag does that.',
      ['op'],
      oneOfWords('op', 'run'),
    ),
  }),
  Runner: closed(
    'A machine for steps, in the words of a workflow.',
    {
      'runs-on': key(
        'Label of the machine, or several that it must all have.',
        ['ubuntu-latest', ['self-hosted', 'gpu']],
        { anyOf: [runnerLabel, list(runnerLabel)] },
      ),
      container: key(
        'Image of the container that its steps run in. Default: none.',
        ['python:3.13-slim', { image: 'ghcr.io/acme/tools:2', options: '--cpus 2' }],
        {
          anyOf: [text, ref('RunnerContainer')],
        },
      ),
      environment: key(
        'Environment of GitHub whose secrets its jobs may read. Default: that of the workflow.',
        ['production-gpu'],
        text,
      ),
    },
    { required: ['runs-on'] },
  ),
  RunnerContainer: closed(
    'A container with options.',
    {
      image: key('Its image.', ['ghcr.io/acme/tools:2'], text),
      options: key('Options of `docker create`.', ['--cpus 2'], text),
    },
    { required: ['image'] },
  ),
  Partitions: closed(
    'How an asset is cut: one of `hourly`, `daily`, `weekly`, `monthly`, `cron`, `static`, `dynamic` and `multi`.',
    {
      hourly: key('A window an hour.', [{ start: '2026-01-01' }], ref('HourlyPartitions')),
      daily: key('A window a day.', [{ start: '2026-01-01' }], ref('DailyPartitions')),
      weekly: key('A window a week.', [{ start: '2026-01-04' }], ref('WeeklyPartitions')),
      monthly: key('A window a month.', [{ start: '2026-01-01' }], ref('MonthlyPartitions')),
      cron: key(
        'A window from each tick of a cron to the next.',
        [{ schedule: '0 6,18 * * *', start: '2026-01-01', format: '%Y-%m-%d-%H' }],
        ref('CronPartitions'),
      ),
      static: key('The keys themselves, in order.', [['eu', 'us']], list(partitionKeyText)),
      dynamic: key(
        'Keys that come by `branchline partitions add` and by what steps report; the name of their set.',
        ['customers'],
        name,
      ),
      multi: key(
        'The product of several definitions, by name of the dimension.',
        [{ day: { daily: { start: '2026-01-01' } }, region: { static: ['eu', 'us'] } }],
        {
          type: 'object',
          propertyNames: { pattern: name.pattern, patternErrorMessage: name.patternErrorMessage },
          additionalProperties: { anyOf: [text, ref('Dimension')] },
          minProperties: 2,
        },
      ),
    },
    exactlyOne(['hourly', 'daily', 'weekly', 'monthly', 'cron', 'static', 'dynamic', 'multi']),
  ),
  Dimension: closed(
    'One dimension of a multi definition.',
    {
      hourly: key('A window an hour.', [{ start: '2026-01-01' }], ref('HourlyPartitions')),
      daily: key('A window a day.', [{ start: '2026-01-01' }], ref('DailyPartitions')),
      weekly: key('A window a week.', [{ start: '2026-01-04' }], ref('WeeklyPartitions')),
      monthly: key('A window a month.', [{ start: '2026-01-01' }], ref('MonthlyPartitions')),
      cron: key(
        'A window from each tick of a cron to the next.',
        [{ schedule: '0 6,18 * * *', start: '2026-01-01', format: '%Y-%m-%d-%H' }],
        ref('CronPartitions'),
      ),
      static: key('The keys themselves, in order.', [['eu', 'us']], list(partitionKeyText)),
      dynamic: key('Name of the set of keys.', ['customers'], name),
    },
    exactlyOne(['hourly', 'daily', 'weekly', 'monthly', 'cron', 'static', 'dynamic']),
  ),
  HourlyPartitions: closed('A window an hour.', { ...windowKeys, minute_offset: minute }, { required: ['start'] }),
  DailyPartitions: closed(
    'A window a day.',
    { ...windowKeys, hour_offset: hour, minute_offset: minute },
    { required: ['start'] },
  ),
  WeeklyPartitions: closed(
    'A window a week.',
    {
      ...windowKeys,
      day_offset: key('Day on which weeks begin: 0 is Sunday (default).', [1], whole(0, 6)),
      hour_offset: hour,
      minute_offset: minute,
    },
    { required: ['start'] },
  ),
  MonthlyPartitions: closed(
    'A window a month.',
    {
      ...windowKeys,
      day_offset: key('Day on which months begin. Default 1.', [15], whole(1, 28)),
      hour_offset: hour,
      minute_offset: minute,
    },
    { required: ['start'] },
  ),
  CronPartitions: closed(
    'A window from each tick of a cron to the next.',
    {
      ...windowKeys,
      schedule: key('The cron: five fields or an alias.', ['0 6,18 * * *'], text),
      format: key('How keys are written: `%Y %m %d %H %M %S %j`.', ['%Y-%m-%d-%H'], text),
    },
    { required: ['schedule', 'start', 'format'] },
  ),
  PartitionMapping: closed(
    'Which partitions of the upstream asset one of this asset reads.',
    {
      identity: key('The partition with the same key.', [true], { type: 'boolean', enum: [true] }),
      all: key('All of them.', [true], { type: 'boolean', enum: [true] }),
      last: key('The newest.', [true], { type: 'boolean', enum: [true] }),
      specific: key('These, by key.', [['eu']], list(partitionKeyText)),
      static: key('By key of this asset: the keys that it reads.', [{ europe: ['de', 'fr'] }], {
        type: 'object',
        additionalProperties: list(partitionKeyText),
        minProperties: 1,
      }),
      time_window: key(
        'The windows that overlap, both ends moved by so many windows.',
        [{ start_offset: -1 }],
        ref('TimeWindowMapping'),
      ),
    },
    exactlyOne(['identity', 'all', 'last', 'specific', 'static', 'time_window']),
  ),
  TimeWindowMapping: closed('Moves the ends of the overlap.', {
    start_offset: key('Windows by which the beginning moves. Default 0.', [-1], whole(-100_000, 100_000)),
    end_offset: key('Windows by which the end moves. Default 0.', [0], whole(-100_000, 100_000)),
  }),
  BackfillPolicy: closed(
    'How a backfill cuts partitions into runs. Without it: one run a partition.',
    {
      single_run: key('`true`: all partitions of a contiguous range in one run.', [true], {
        type: 'boolean',
        enum: [true],
      }),
      multi_run: key('Several partitions a run.', [{ max_partitions_per_run: 10 }], ref('MultiRunPolicy')),
    },
    exactlyOne(['single_run', 'multi_run']),
  ),
  MultiRunPolicy: closed(
    'Several partitions a run.',
    { max_partitions_per_run: key('At most so many, one after the other.', [10], whole(1, 100_000)) },
    { required: ['max_partitions_per_run'] },
  ),
  Automation: closed(
    'When an asset is made by itself, for each partition.',
    {
      on_cron: key(
        'Once after each tick, when everything that it reads was updated since.',
        [{ cron: '0 6 * * *', timezone: 'Europe/Berlin' }],
        ref('CronAutomation'),
      ),
    },
    { required: ['on_cron'] },
  ),
  CronAutomation: closed(
    'Once after each tick.',
    {
      cron: key('Five fields or an alias.', ['0 6 * * *'], text),
      timezone: key('Zone of the cron. Default: the project’s.', ['Europe/Berlin'], text),
    },
    { required: ['cron'] },
  ),
};

/** Keys of an asset. */
export const partitionKeys = {
  partitions: key(
    'How it is cut: a definition, or the name of a shared one.',
    [{ daily: { start: '2026-01-01' } }, 'days'],
    { anyOf: [text, ref('Partitions')] },
  ),
  partition_expr: key(
    'The column that SQL is cut by: a partition replaces the rows of its window or key. Of several dimensions: a column for each.',
    ['order_date', { day: 'order_date', region: 'region' }],
    { anyOf: [text, { type: 'object', additionalProperties: text, minProperties: 1 }] },
  ),
  backfill_policy: key(
    'How a backfill cuts its partitions into runs: `single_run`, or `{multi_run: {max_partitions_per_run}}`.',
    [{ multi_run: { max_partitions_per_run: 10 } }],
    { anyOf: [{ type: 'string', enum: ['single_run'] }, ref('BackfillPolicy')] },
  ),
};
export const operationKeys = {
  retry_policy: key(
    'How a failed attempt is repeated.',
    [{ max_retries: 3, delay: '10s', backoff: 'exponential', jitter: 'full' }],
    ref('RetryPolicy'),
  ),
  runner: key(
    'The machine that it runs on, one of `runners`, where the work is shared among several. Default: that of the workflow.',
    ['gpu'],
    name,
  ),
  pool: key('The pool whose slots limit how many such steps run at once, in all runs together.', ['duckdb'], name),
};
export const automationKey = key(
  'When it is made by itself: `eager`, `on_missing`, or `{on_cron: {cron, timezone}}`.',
  ['eager', { on_cron: { cron: '0 6 * * *' } }],
  { anyOf: [{ type: 'string', enum: ['eager', 'on_missing'] }, ref('Automation')] },
);

/** An item of `deps` with a mapping of partitions. */
export const depItem = {
  description: 'An upstream asset, with how partitions are mapped.',
  type: 'object',
  additionalProperties: false,
  required: ['asset'],
  properties: {
    asset: key('Its key.', ['raw/orders'], assetKey),
    partition_mapping: key(
      'Which of its partitions are read: `identity`, `all`, `last`, or a mapping. Default: windows that overlap, or the equal key.',
      ['all', { time_window: { start_offset: -1 } }],
      { anyOf: [{ type: 'string', enum: ['identity', 'all', 'last'] }, ref('PartitionMapping')] },
    ),
  },
};

/** Keys of branchline.yaml. */
export const operationProjectKeys = {
  run_queue: key(
    'Which runs may be in progress at once.',
    [{ max_concurrent_runs: 15, tag_concurrency_limits: [{ key: 'database', value: 'redshift', limit: 4 }] }],
    ref('RunQueue'),
  ),
  run_retries: key('How failed runs are tried again.', [{ enabled: true, max_retries: 3 }], ref('RunRetries')),
  run_monitoring: key(
    'When a run has been at it for too long.',
    [{ enabled: true, max_runtime_seconds: 7200, max_resume_run_attempts: 3 }],
    ref('RunMonitoring'),
  ),
  pools: key('Steps at once in each pool, in all runs together, by name.', [{ duckdb: 1, api: 4 }], {
    type: 'object',
    propertyNames: { pattern: name.pattern, patternErrorMessage: name.patternErrorMessage },
    additionalProperties: { ...whole(0), examples: [4] },
  }),
  runners: key(
    'Machines for steps that need another one than the workflow’s, by name, for work that is shared among several.',
    [{ gpu: { 'runs-on': ['self-hosted', 'gpu'] } }],
    {
      type: 'object',
      propertyNames: { pattern: name.pattern, patternErrorMessage: name.patternErrorMessage },
      additionalProperties: ref('Runner'),
    },
  ),
  concurrency: key(
    'The newer spelling of `run_queue`, and what holds for all pools.',
    [{ runs: { max_concurrent_runs: 15 }, pools: { default_limit: 1 } }],
    ref('Concurrency'),
  ),
};
