import type { Exposure, Project, SavedSelection, Schedule } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { ReportInput } from '../render/report/facts.ts';
import { type AssetStory, night, reportOf, runOf, storyProject, storyView } from './report-story.ts';

const HERE = { file: 'branchline.yaml', line: 1, column: 1, length: 1 };

const daily: Schedule = {
  name: 'daily',
  crons: ['23 2 * * *'],
  timezone: 'UTC',
  job: 'daily',
  catchup: 'latest',
  graceMs: 0,
  maxCatchupRuns: 10,
  skipIfRunning: false,
  tags: {},
  definedAt: HERE,
};

const published: SavedSelection = {
  name: 'published',
  icon: '🌦',
  description: 'What leaves the house',
  selection: 'group:marts or group:charts',
  visibility: 'public',
  pinned: true,
  definedAt: HERE,
};

const board: Exposure = {
  name: 'board',
  type: 'dashboard',
  owner: '@acme/finance',
  deps: ['charts/temperature', 'marts/records'],
  url: 'https://bi.example.org/board?a=1|2',
  definedAt: HERE,
};

const PROJECT: Partial<Project> = {
  description: 'Four years of daily weather in two cities, as tables that can be trusted.',
  groups: {
    ingest: { description: 'What comes from outside, as it came.' },
    staging: {},
    marts: { description: 'What people read' },
    charts: {},
  },
  schedules: { daily },
  selections: { published },
  exposures: { board },
};

const columns = {
  station: { type: 'varchar', nullable: false, description: 'Name of the city' },
  day: { type: 'date', nullable: false },
  precipitation_mm: { type: 'double' },
};

/** The weather example as it is when all went well but for an honest warning, or nothing at all. */
export function weatherStories(): Record<string, AssetStory> {
  const owners = ['team:weather'];
  return {
    'raw/observations': {
      group: 'ingest',
      rows: 2922,
      ms: 310,
      asset: {
        owners,
        description: 'Daily observations of two stations, one row a station and day.',
        outputs: [{ path: 'data/observations.csv', optional: false }],
      },
      checks: {
        enough: { blocking: true, result: { value: 2922, message: '2,922 rows' } },
        key_is_there: { blocking: true, result: { value: 0, of: 2922, message: 'no null in location, date' } },
      },
    },
    'staging/days': {
      group: 'staging',
      deps: ['raw/observations'],
      rows: 2922,
      ms: 140,
      asset: {
        owners,
        columns,
        description: 'One row a station and day, with types.',
        connection: 'warehouse',
        relation: { schema: 'staging', name: 'days' },
      },
      checks: {
        one_row_a_day: { blocking: true, result: { value: 0, of: 2922, message: 'no two rows share station, day' } },
        plausible: { result: { value: 0, of: 2922, message: 'all rows within bounds' } },
      },
    },
    'staging/stations': {
      group: 'staging',
      deps: ['staging/days'],
      rows: 2,
      ms: 60,
      asset: { owners },
      checks: { no_gap: { blocking: true } },
    },
    'marts/monthly': {
      group: 'marts',
      deps: ['staging/days', 'staging/stations'],
      rows: 96,
      ms: 90,
      asset: { owners },
      checks: { all_months: { blocking: true, result: { value: 96, message: '96 rows' } }, known_station: {} },
    },
    'marts/records': {
      group: 'marts',
      deps: ['staging/days'],
      rows: 8,
      ms: 80,
      asset: { owners },
      checks: { one_of_each: { blocking: true } },
    },
    'marts/yearly': {
      group: 'marts',
      deps: ['marts/monthly'],
      rows: 8,
      ms: 50,
      asset: { owners },
      checks: { four_years: {} },
    },
    'exports/monthly': {
      group: 'charts',
      deps: ['marts/monthly'],
      ms: 40,
      asset: { owners, outputs: [{ path: 'data/monthly.csv', optional: false }] },
    },
    'charts/temperature': {
      group: 'charts',
      deps: ['exports/monthly'],
      ms: 420,
      asset: { owners, outputs: [{ path: 'data/temperature.svg', optional: false }] },
    },
  };
}

/** Assets whose step is SQL in a file of its own. */
function withSql(project: Project): Project {
  const steps = { ...project.steps };
  for (const name of ['staging/days', 'marts/monthly', 'marts/records']) {
    const file = `pipelines/${name.split('/')[1]}.sql`;
    steps[name] = { ...steps[name]!, action: { kind: 'sql', text: 'select 1', file, startsAt: { ...HERE, file } } };
  }
  for (const [name, run] of [
    ['raw/observations', 'node ingest/observations.mjs'],
    ['charts/temperature', 'node charts/temperature.mjs'],
  ] as const) {
    steps[name] = { ...steps[name]!, action: { kind: 'run', run, shell: 'bash' } };
  }
  return { ...project, steps };
}

const SELECTED = new Map([
  ['published', ['marts/monthly', 'marts/records', 'marts/yearly', 'exports/monthly', 'charts/temperature']],
]);

const TICKED: Partial<StateView> = {
  schedules: new Map([
    [
      'daily',
      {
        schedule: 'daily',
        adoptedAt: night(14),
        evaluatedUntil: night(0),
        lastTick: {
          tick: '2026-11-22T02:23:00.000Z',
          outcome: 'requested',
          reason: 'due',
          latenessMs: 432_000,
          run: runOf(0),
        },
      },
    ],
  ]),
};

export function weatherReport(stories: Record<string, AssetStory>, more: Partial<StateView> = {}): ReportInput {
  return reportOf(withSql(storyProject(stories, PROJECT)), storyView(stories, { ...TICKED, ...more }), SELECTED);
}

/** All is well. */
export function healthyWeather(): ReportInput {
  return weatherReport(weatherStories());
}

/** Nothing has ever run. */
export function emptyWeather(): ReportInput {
  const stories = Object.fromEntries(
    Object.entries(weatherStories()).map(([key, story]) => [key, { ...story, nights: 0 }]),
  );
  const nothing: Partial<StateView> = { seq: 0, days: new Map(), schedules: new Map() };
  const input = weatherReport(stories, nothing);
  const { at: _at, head: _head, ...view } = input.view;
  return reportOf(input.project, view, SELECTED);
}

/** marts/records was not published for the second night, the chart's script fails, and one check warns. */
export function troubledWeather(): ReportInput {
  const stories = weatherStories();
  const records = stories['marts/records']!;
  stories['marts/records'] = {
    ...records,
    checks: {
      one_of_each: {
        blocking: true,
        result: {
          status: 'FAILED',
          value: 2,
          of: 8,
          message: '2 of 8 rows share station, record (allowed 0)',
          published: undefined,
          materialization: `${runOf(0)}.1/other`,
        },
      },
    },
    record: failing(records, 2, {
      class: 'step',
      code: 'check-failed',
      message: 'Not published: the blocking check one_of_each failed.',
    }),
  };
  const chart = stories['charts/temperature']!;
  stories['charts/temperature'] = {
    ...chart,
    record: failing(chart, 1, {
      class: 'step',
      code: 'exit-code',
      exitCode: 1,
      message: 'The step ended with exit code 1.',
      logTail:
        "reading data/monthly.csv\n96 rows\nfile:///work/charts/temperature.mjs:31\n    throw new Error('no month has a value for <temp_max_c>');\n    ^\n\nError: no month has a value for <temp_max_c>\n    at draw (file:///work/charts/temperature.mjs:31:11)\n",
    }),
  };
  const days = stories['staging/days']!;
  stories['staging/days'] = {
    ...days,
    checks: {
      ...days.checks,
      rain_is_wet: {
        severity: 'warn',
        description: 'A day called rain should have some precipitation.',
        result: {
          status: 'FAILED',
          value: 13,
          of: 2922,
          message: '13 days called rain have no precipitation (allowed 0)',
        },
      },
    },
  };
  return weatherReport(stories, { endedRuns: new Map([[runOf(0), editedRun()]]) });
}

/** Last night's run: marts/monthly was made because its SQL had changed. */
function editedRun(): StateView['endedRuns'] extends ReadonlyMap<string, infer R> ? R : never {
  return {
    run: runOf(0),
    epoch: 1,
    state: 'FAILURE',
    request: {
      kind: 'schedule',
      schedule: 'daily',
      tick: '2026-11-22T02:23:00.000Z',
      selection: '*',
      materialize: 'when_stale',
    },
    environment: 'production',
    tags: {},
    requestedAt: night(0),
    endedAt: night(0),
    codeCommit: 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678',
    steps: {
      'marts/monthly': {
        assets: ['marts/monthly'],
        state: 'SUCCESS',
        reason: 'code_changed',
        detail: ['pipelines/monthly.sql'],
        materialized: ['marts/monthly'],
        failedAssets: [],
        checks: [],
      },
    },
    confirmed: [],
  };
}

function failing(
  story: AssetStory,
  times: number,
  failure: NonNullable<NonNullable<NonNullable<AssetStory['record']>['attempt']>['failure']>,
): AssetStory['record'] {
  const ms = story.ms ?? 300;
  const made = { rows: story.rows, durationMs: ms };
  const failed = Array.from({ length: times }, (_, back) => ({
    at: night(back),
    run: runOf(back),
    outcome: 'failure' as const,
    durationMs: ms,
    message: failure.message,
  }));
  const before = Array.from({ length: 8 }, (_, i) => ({
    at: night(times + i),
    run: runOf(times + i),
    outcome: 'success' as const,
    dataVersion: `duckdb-1.5.5:${i}`,
    ...made,
  }));
  return {
    attempt: {
      run: runOf(0),
      at: night(0),
      outcome: 'failure',
      failure,
      failuresInRow: times,
      failingSince: night(times - 1),
    },
    materialized: {
      id: `${runOf(times)}.1/x`,
      run: runOf(times),
      at: night(times),
      codeVersion: 'c1',
      codeParts: {},
      dataVersion: 'duckdb-1.5.5:0',
      upstream: {},
      ...made,
    },
    history: [...failed, ...before],
  };
}
