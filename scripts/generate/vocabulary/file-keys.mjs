// What may stand at the top of a manifest and of branchline.yaml.

import { stepKeys } from './asset-keys.mjs';
import { operationDefinitions, operationProjectKeys } from './operation-keys.mjs';
import {
  assetKey,
  assetKeyPattern,
  boolean,
  branchName,
  closed,
  duration,
  env,
  exactlyOne,
  key,
  list,
  name,
  named,
  oneOfWords,
  owner,
  tags,
  text,
  variableName,
} from './schema-parts.mjs';

const ref = (definition) => ({ $ref: `#/definitions/${definition}` });

const duckdbKeys = {
  path: key(
    'The database file, from the project’s root, or `:memory:`. May hold expressions.',
    ['data/warehouse.duckdb'],
    text,
  ),
  extensions: key(
    'DuckDB extensions to load; those that DuckDB ships without need the network once.',
    [['spatial']],
    list(text),
  ),
  init: key('SQL that runs whenever a connection is opened.', ["set memory_limit = '2GB'"], text),
};
const postgresKeys = {
  url: key(
    'Address of the database, usually from a secret: `${{ env.DATABASE_URL }}`.',
    ['${{ env.DATABASE_URL }}'],
    text,
  ),
  schema: key('Default schema of relations whose name gives none.', ['analytics'], text),
};

const storageKeys = {
  type: key(
    '`directory`: a folder on this machine. `cache`: the Actions cache. `branch`: a branch of the repository, with history. `none`: nowhere, the steps look after their data.',
    ['cache'],
    oneOfWords('directory', 'cache', 'branch', 'none'),
  ),
  path: key('With `directory`: the folder. Default: a private one in the git directory.', ['/srv/branchline'], text),
  branch: key(
    'With `branch`: its name. Default `branchline/data`, or `X-data` where `state.branch` is `X`.',
    ['branchline/data'],
    text,
  ),
  max_file: key(
    'With `branch`: the largest file that is kept, in `kB` or `MB`; at most `100MB`. Default `50MB`.',
    ['20MB'],
    {
      type: 'string',
      pattern: '^[1-9][0-9]{0,8}(kB|MB)$',
      patternErrorMessage: 'a size is a whole number and a unit, `kB` or `MB`: `500kB`, `50MB`',
    },
  ),
};

const job = {
  description: key('What the job is for.', ['Everything that finance reads in the morning.'], text),
  selection: key('The assets that it makes.', ['group:ingest+'], text),
  tags: key('Tags of each of its runs.', [{ database: 'redshift' }], tags),
  materialize: key(
    '`when_stale` (default) makes what is missing, failed or stale; `all` makes everything selected.',
    ['all'],
    oneOfWords('when_stale', 'all'),
  ),
  oidc: key(
    '`true`: in its runs every step may ask GitHub for OIDC tokens, as with `oidc: true` on the step. Default `false`: those that say it themselves.',
    [true],
    boolean,
  ),
};

const schedule = {
  cron: key(
    'Five fields or `@hourly` … `@yearly`; a list of them is their union.',
    ['23 2 * * *', ['0 8 * * mon-fri', '0 12 * * sat']],
    {
      anyOf: [text, { type: 'array', items: text, minItems: 1 }],
    },
  ),
  timezone: key('Zone of the cron, by its IANA name. Default: the project’s.', ['Europe/Berlin'], text),
  job: key('The job to run.', ['nightly'], name),
  selection: key('Instead of a job: the assets to make.', ['group:ingest+'], text),
  catchup: key(
    'Of missed ticks: `latest` (default) runs the newest, `none` skips those older than `grace`, `all` runs up to `max_catchup_runs`.',
    ['none'],
    oneOfWords('latest', 'none', 'all'),
  ),
  grace: key('With `catchup: none`: how late a tick may still run. Default `1h`.', ['2h'], duration),
  max_catchup_runs: key('With `catchup: all`: at most so many of the newest. Default 5.', [5], {
    type: 'integer',
    minimum: 1,
    maximum: 1000,
  }),
  skip_if_running: key(
    '`true`: a tick is skipped while a run of this schedule is in progress. Default `false`.',
    [true],
    boolean,
  ),
  tags: key('Tags of each of its runs.', [{ team: 'finance' }], tags),
  partitions: key(
    'Which partitions of a partitioned job a tick asks for: keys, ranges, `all`, `missing`, `failed`. Default: the newest complete one.',
    ['missing'],
    text,
  ),
};

const environmentKeys = {
  env: key(
    'Variables for every step in this environment; nearer than the project’s `env`.',
    [{ DBT_TARGET: 'prod' }],
    env,
  ),
  connections: key(
    'Keys of connections that differ in this environment, by connection.',
    [{ warehouse: { path: '.branchline/local.duckdb' } }],
    named('a connection', ref('ConnectionOverride')),
  ),
};

export const fileDefinitions = {
  Job: closed('A named selection with tags.', job, { required: ['selection'] }),
  Schedule: closed('When a job or a selection is due.', schedule, {
    required: ['cron'],
    ...exactlyOne(['job', 'selection']),
  }),
  Selection: closed(
    'A selection with a name, for the report and the page.',
    {
      icon: key('One emoji before its name.', ['📈'], text),
      description: key('What it gathers.', ['What the board looks at.'], text),
      selection: key('The assets that belong to it.', ['key:"raw/orders"+ and not group:marketing'], text),
      visibility: key(
        '`public` (default) or `private`: left out of the report.',
        ['private'],
        oneOfWords('public', 'private'),
      ),
      pinned: key('`true`: listed first.', [true], boolean),
    },
    { required: ['selection'] },
  ),
  Exposure: closed(
    'Something outside of the project that is made from its data: a dashboard, a notebook, an application.',
    {
      type: key(
        'What it is.',
        ['dashboard'],
        oneOfWords('dashboard', 'notebook', 'analysis', 'ml', 'application', 'report', 'other'),
      ),
      description: key('What it is for.', ['What the board looks at on Mondays.'], text),
      owner: key(
        'Who to talk to before its data changes: `@login`, `@org/team`, an e-mail address or `team:name`.',
        ['@acme/finance'],
        owner,
      ),
      deps: key('Keys of the assets that it reads.', [['marts/daily_revenue']], list(assetKey)),
      url: key('Where it is.', ['https://bi.example.org/board'], {
        type: 'string',
        pattern: '^https?://[^\\s]+$',
        patternErrorMessage: 'an address begins with `https://` or `http://` and has no blanks',
      }),
    },
    { required: ['type', 'deps'] },
  ),
  Connection: { description: 'A database.', oneOf: [ref('DuckdbConnection'), ref('PostgresConnection')] },
  DuckdbConnection: closed(
    'A DuckDB database file.',
    {
      type: key('`duckdb`.', ['duckdb'], oneOfWords('duckdb')),
      ...duckdbKeys,
      storage: key(
        'Where the database file is kept between runs. Default: the project’s `storage`. With `directory` and `none` it stays where it is.',
        [{ type: 'cache' }],
        ref('Storage'),
      ),
    },
    { required: ['type', 'path'] },
  ),
  PostgresConnection: closed(
    'A Postgres database.',
    { type: key('`postgres`.', ['postgres'], oneOfWords('postgres')), ...postgresKeys },
    { required: ['type', 'url'] },
  ),
  ConnectionOverride: closed('Keys of a connection that an environment replaces.', { ...duckdbKeys, ...postgresKeys }),
  Environments: closed('Where the same project runs with other variables and connections.', {
    production: key(
      'The environment of scheduled runs.',
      [{ branches: ['main'], env: { DBT_TARGET: 'prod' } }],
      ref('ProductionEnvironment'),
    ),
    local: key(
      'The environment of a laptop.',
      [{ connections: { warehouse: { path: '.branchline/local.duckdb' } } }],
      ref('LocalEnvironment'),
    ),
  }),
  ProductionEnvironment: closed('The environment of scheduled runs.', {
    branches: key('Branches whose code may write production. Default: the default branch.', [['main']], list(text)),
    build_on_push: key(
      'What a push to one of these branches builds, as a selection; `changed:` is what differs from the code that ticked last. Of it only what is missing, failed last or stale is made. Default: nothing beside what is due.',
      ['changed:any+'],
      text,
    ),
    ...environmentKeys,
  }),
  LocalEnvironment: closed('The environment of a laptop.', environmentKeys),
  State: closed('Where run state is kept.', {
    branch: key('Branch that holds the state. Default `branchline/state`.', ['branchline/state'], branchName),
    remote: key('Remote that it is pushed to. Default `origin`.', ['origin'], text),
    retention: key(
      'Events of days that are older leave the branch when it is compacted; sums, what is known of each asset, and archives stay. At least `30d`. Default: none leave.',
      ['400d'],
      { ...duration, minimumDuration: '30d' },
    ),
  }),
  // `null` takes an inherited one away.
  Storage: {
    ...closed('Where published files are kept between runs.', storageKeys, { required: ['type'] }),
    type: ['object', 'null'],
  },
  ...operationDefinitions,
};

export const manifestKeys = {
  assets: key(
    'Data objects that are kept up to date, by key.',
    [{ 'raw/orders': { run: 'python ingest/orders.py', outputs: ['data/orders.csv'] } }],
    named('an asset', ref('Asset'), assetKeyPattern),
  ),
  multi_assets: key(
    'Executions that materialize several assets each, by name.',
    [{ hubspot: { run: 'python ingest/hubspot.py', specs: { 'raw/contacts': {} } } }],
    named('a multi-asset', ref('MultiAsset'), assetKeyPattern),
  ),
  checks: key(
    'Factories: checks that are made for every asset of a selection, by name.',
    [
      {
        no_nulls: { selection: 'group:scrape', for_each: { column: ['station', 'date'] }, not_null: ['${{ column }}'] },
      },
    ],
    named('a factory', ref('Factory')),
  ),
  multi_checks: key(
    'Executions that judge several checks each, by name.',
    [
      {
        bronze: { asset: 'bronze/events', run: 'python checks/bronze.py', specs: { no_null_ids: { blocking: true } } },
      },
    ],
    named('a multi-check', ref('MultiCheck')),
  ),
  jobs: key(
    'Named selections with tags, by name.',
    [{ nightly: { selection: 'group:ingest+' } }],
    named('a job', ref('Job')),
  ),
  schedules: key(
    'When jobs and selections are due, by name.',
    [{ nightly: { cron: '23 2 * * *', timezone: 'Europe/Berlin', job: 'nightly' } }],
    named('a schedule', ref('Schedule')),
  ),
  partitions: key(
    'Shared definitions of partitions, by name.',
    [{ days: { daily: { start: '2026-01-01' } } }],
    named('partitions', ref('Partitions')),
  ),
  selections: key(
    'Selections with a name, for the report and the page.',
    [{ 'core-kpis': { selection: 'key:"raw/orders"+', pinned: true } }],
    named('a selection', ref('Selection')),
  ),
  exposures: key(
    'What outside of the project is made from its data, by name: named where a change or a failure reaches it.',
    [
      {
        board: {
          type: 'dashboard',
          owner: '@acme/finance',
          deps: ['marts/daily_revenue'],
          url: 'https://bi.example.org/board',
        },
      },
    ],
    named('an exposure', ref('Exposure')),
  ),
  defaults: key(
    'Keys that hold for every asset below. In branchline.yaml they hold for the whole project, elsewhere for this file.',
    [{ connection: 'warehouse', owners: ['@acme/data'] }],
    ref('Defaults'),
  ),
};

export const projectKeys = {
  name: key(
    'Name of the project: lower-case letters, digits, `_` and `-`. It goes into the state branch and cannot change later.',
    ['jaffle'],
    {
      type: 'string',
      pattern: '^[a-z0-9_-]+$',
      patternErrorMessage: 'the name of a project consists of lower-case letters, digits, `_` and `-`',
    },
  ),
  description: key(
    'What the project is, for people who read the report.',
    ['Weather records of Seattle, every hour.'],
    text,
  ),
  timezone: key('Zone of schedules that name none, by its IANA name. Default `UTC`.', ['Europe/Berlin'], text),
  manifests: key(
    'Patterns of manifest files, from the project’s root; one that begins with `!` excludes. Default `["pipelines/**/*.{yaml,yml}"]`.',
    [['pipelines/**/*.yaml', '!pipelines/old/**']],
    list(text),
  ),
  env: key('Variables for every step. Values may hold expressions.', [{ REGION: 'eu' }], stepKeys.env),
  secrets: key(
    'Names of environment variables that are secret: masked wherever they would be written, and handed only to steps that list them.',
    [['STRIPE_KEY']],
    list(variableName),
  ),
  groups: key(
    'Groups of assets, by name: their keys are defaults of their assets.',
    [{ ingest: { description: 'Everything from outside.', owners: ['@acme/data'] } }],
    named('a group', ref('Group')),
  ),
  connections: key(
    'Databases, by name.',
    [{ warehouse: { type: 'duckdb', path: 'data/warehouse.duckdb' } }],
    named('a connection', ref('Connection')),
  ),
  storage: key(
    'Where published files and DuckDB databases are kept between runs. Default: `cache` for the Action on runners that GitHub hosts, `directory` elsewhere.',
    [{ type: 'cache' }, { type: 'directory', path: '/srv/branchline' }],
    ref('Storage'),
  ),
  max_parallel: key('Steps at once on one machine. Default: the number of cores, at least 2.', [4], {
    type: 'integer',
    minimum: 1,
    maximum: 1024,
  }),
  prices: key(
    'What a minute of a runner costs in US dollars, by label; over the built-in prices of GitHub, and for runners of your own.',
    [{ 'ubuntu-latest': 0.006, 'our-big-machine': 0.02 }],
    {
      type: 'object',
      propertyNames: {
        pattern: '^\\S+$',
        patternErrorMessage: 'a runner label has no blanks; write it as `runs-on:` does',
      },
      additionalProperties: { type: 'number', minimum: 0, maximum: 1000, examples: [0.02] },
    },
  ),
  state: key('Where run state is kept.', [{ branch: 'branchline/state', remote: 'origin' }], ref('State')),
  ...operationProjectKeys,
  environments: key(
    'Where the same project runs with other variables and connections.',
    [{ production: { branches: ['main'] } }],
    ref('Environments'),
  ),
};
