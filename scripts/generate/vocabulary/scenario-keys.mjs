// What a scenario of `branchline simulate` says about the world: when somebody is woken, how long steps take, what fails.

import { boolean, closed, duration, exactlyOne, key, list, text } from './schema-parts.mjs';

const ref = (definition) => ({ $ref: `#/definitions/${definition}` });
const whole = (minimum, maximum) => ({ type: 'integer', minimum, maximum });

const share = {
  type: 'string',
  pattern: '^(100|[0-9]{1,2}(\\.[0-9]{1,3})?)%$',
  patternErrorMessage: 'a share is a number from 0 to 100 and `%`: `5%`, `0.5%`',
};
const moment = {
  type: 'string',
  pattern:
    '^(\\+[1-9][0-9]{0,6}[smhd]|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:?[0-9]{2}))$',
  patternErrorMessage:
    'a moment is an instant with its zone, `2026-11-30T06:00:00Z`, or a time after the beginning, `+2h`',
};
const spread = { anyOf: [duration, ref('Spread')] };
const bySelection = (value) => ({
  type: 'object',
  propertyNames: { pattern: '\\S', patternErrorMessage: 'a selection is needed here, such as `key:raw/orders`' },
  additionalProperties: value,
});

export const scenarioDefinitions = {
  Spread: closed(
    'How long something takes, when it does not always take the same.',
    {
      p50: key('Half of the time it takes no longer.', ['2m'], duration),
      p99: key('99 times of 100 it takes no longer.', ['20m'], duration),
    },
    { required: ['p50', 'p99'] },
  ),
  FailureRule: closed(
    'When attempts fail.',
    {
      first: key('So many attempts fail, then no more.', [2], whole(1, 1000)),
      from: key('Every attempt that ends from this moment on fails.', ['+2h', '2026-11-30T06:00:00Z'], moment),
      to: key('Until this moment. Default: to the end.', ['+5h'], moment),
    },
    { ...exactlyOne(['first', 'from']), dependencies: { to: ['from'] } },
  ),
  WakeUps: closed('How the workflow is woken.', {
    cron: key(
      'Rules of cron in UTC, as they stand in the workflow. Default: those that `branchline init` writes.',
      ['7 * * * *', ['7 * * * *', '30 5 * * *']],
      { anyOf: [text, list(text)] },
    ),
    late: key('How late GitHub rings. Default: 5 min, 99 times of 100 no more than 40.', ['7m'], spread),
    lost: key('The share of rings that never come. Default: none.', ['5%'], share),
  }),
  GithubLimits: closed('What GitHub gives.', {
    runners: key('Jobs at once; others wait for a runner. Default 20.', [20], whole(1, 10_000)),
    set_up: key('From the start of a job to its first step. Default: 20 s.', ['45s'], duration),
    minutes: key(
      'Minutes that may be billed; then no job starts any more. Default: without limit.',
      [3000],
      whole(0, 100_000_000),
    ),
    requests_per_hour: key('Requests to the API an hour. Default 1,000.', [1000], whole(0, 1_000_000)),
    usd_per_minute: key('Price of a minute. Default: that of the workflow’s runner.', [0.006], {
      type: 'number',
      minimum: 0,
      maximum: 1000,
    }),
  }),
  FanOut: closed('How the workflow shares its work out, as `init --fan-out` writes it.', {
    jobs: key('Jobs of a wave at the most: `max-parallel` of the job `plan`. Default 20.', [256], whole(1, 256)),
    machines: key(
      'Machines of your own, by the name of a `runner` of the project: how many there are. Jobs for them wait for one of these; all others for a runner of GitHub.',
      [{ gpu: 1 }],
      { type: 'object', additionalProperties: whole(1, 10_000) },
    ),
  }),
  LostRunners: closed('Runners that are lost in the middle of their work.', {
    share: key('The share of jobs whose runner is lost in its first hour. Default: none.', ['2%'], share),
    at: key('Moments at which every runner that is at work is lost.', [['+90m']], list(moment)),
    work_on: key(
      'The share of lost runners that do not notice and work on for up to an hour; what they record comes too late. Default: none.',
      ['20%'],
      share,
    ),
  }),
  StartedRun: closed(
    'A run that somebody starts.',
    {
      at: key('When.', ['+30m', '2026-11-30T06:00:00Z'], moment),
      select: key('Which assets, by a selection.', ['group:marts'], text),
      partitions: key(
        'Which partitions: a key, a range, `all`. Default: the newest.',
        ['2026-01-01...2026-01-31'],
        text,
      ),
      with_upstream: key('Also make upstreams that were never materialized.', [true], boolean),
    },
    { required: ['at', 'select'] },
  ),
  StartedBackfill: closed(
    'A backfill that somebody starts.',
    {
      at: key('When. Default: at the beginning.', ['+30m', '2026-11-30T06:00:00Z'], moment),
      select: key('Which assets, by a selection.', ['key:raw/orders+'], text),
      partitions: key(
        'Which partitions of its roots: keys, ranges, `all`, `missing`, `failed`.',
        ['2026-01-01...2026-03-31', 'missing'],
        text,
      ),
      priority: key('Of its runs. Default: -1.', [5], whole(-1_000_000, 1_000_000)),
      tags: key('Tags of its runs.', [{ source: 'crm' }], {
        type: 'object',
        additionalProperties: text,
      }),
    },
    { required: ['select'] },
  ),
};

export const scenarioKeys = {
  wake_ups: key('How the workflow is woken.', [{ late: '7m', lost: '5%' }], ref('WakeUps')),
  github: key('What GitHub gives.', [{ runners: 20, minutes: 3000 }], ref('GithubLimits')),
  time_budget: key('Time after which a job starts nothing new. Default: 5 hours.', ['5h'], duration),
  max_parallel: key('Steps at once in a job. Default: the project’s, or 4.', [4], whole(1, 1000)),
  fan_out: key(
    'The workflow shares its work out among many jobs, wave after wave. Default: one job does all.',
    [{ jobs: 256 }],
    ref('FanOut'),
  ),
  durations: key(
    'How long steps take, for each partition, by selection; of several that fit the last counts. Default: as they did before, chosen from their history; without history `default_duration`.',
    [{ 'key:raw/orders': '5m', 'group:marts': { p50: '2m', p99: '20m' } }],
    bySelection(spread),
  ),
  default_duration: key('How long steps without history take. Default: 1 min.', ['3m'], duration),
  failures: key(
    'Which attempts fail, by selection; of several that fit the last counts. Default: as often as they did before.',
    [{ 'key:raw/orders': '10%', 'key:marts/daily': { first: 2 } }],
    bySelection({ anyOf: [share, ref('FailureRule')] }),
  ),
  failing_checks: key(
    'How often checks of assets do not pass, by selection. Default: they pass.',
    [{ 'group:marts': '1%' }],
    bySelection(share),
  ),
  lost_runners: key('Runners that are lost in the middle of their work.', [{ share: '2%' }], ref('LostRunners')),
  backfills: key(
    'Backfills that somebody starts.',
    [[{ at: '+30m', select: 'key:raw/orders', partitions: 'missing' }]],
    list(ref('StartedBackfill')),
  ),
  runs: key('Runs that somebody starts.', [[{ at: '+30m', select: 'group:marts' }]], list(ref('StartedRun'))),
};
