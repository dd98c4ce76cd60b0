// What may be written on an asset, a group, `defaults`, a multi-asset and its specs.

import { automationKey, depItem, operationKeys, partitionKeys } from './operation-keys.mjs';
import {
  allRemovable,
  apart,
  assetKey,
  boolean,
  closed,
  duration,
  env,
  key,
  list,
  name,
  named,
  oneOfWords,
  owner,
  pick,
  removable,
  tags,
  text,
  variableName,
} from './schema-parts.mjs';

const stepKeys = {
  run: key(
    'A shell script that makes the asset, like `run` of a GitHub workflow step. It may hold no `${{ }}`: hand values over by `env`.',
    ['python ingest/orders.py', 'curl --fail "$URL" -o data/orders.csv'],
    text,
  ),
  shell: key(
    'What runs the script: `bash` (default: `bash --noprofile --norc -eo pipefail {0}`), `sh`, `python`, `pwsh`, `node`, or a command with `{0}` for the script file.',
    ['bash', 'python', 'perl {0}'],
    {
      type: 'string',
      pattern: '^(bash|sh|python|pwsh|node)$|\\{0\\}',
      patternErrorMessage:
        'a shell is `bash`, `sh`, `python`, `pwsh`, `node`, or a command with `{0}` for the script file: `perl {0}`',
    },
  ),
  'working-directory': key(
    'Folder in which the script runs, from the project’s root. Default: the root.',
    ['ingest'],
    text,
  ),
  env: key(
    'Environment variables of the step. Values may hold expressions: `${{ env.REGION }}`. Merged by name with those of `defaults` and the group; `null` removes one.',
    [{ REGION: 'eu', DAYS: 7 }],
    env,
  ),
  secrets: key(
    'Names of secret environment variables that are handed to this step; no other secret is.',
    [['STRIPE_KEY']],
    list(variableName),
  ),
  oidc: key(
    '`true`: in a workflow with `permissions: id-token: write` the step may ask GitHub for OIDC tokens, as any step of a workflow may (`ACTIONS_ID_TOKEN_REQUEST_URL`, `…_TOKEN`). Default `false`: it sees neither.',
    [true],
    boolean,
  ),
  connection: key(
    'Name of the connection: where `sql` runs and the relation lives. With `run` the step holds the connection’s writer slot.',
    ['warehouse'],
    name,
  ),
  code: key(
    'What else makes up the code version: patterns of files. Words of `run` that name a file of the project count by themselves.',
    [['ingest/**/*.py', 'requirements.txt']],
    list(text),
  ),
  timeout: key(
    'How long one attempt may take: a whole number and `s`, `m`, `h` or `d`. Default: no limit.',
    ['30m', '2h'],
    duration,
  ),
  deps: key('Keys of the assets that are read. `ref(…)` in SQL adds to them.', [['raw/orders', 'raw/customers']], {
    type: 'array',
    items: { anyOf: [assetKey, depItem] },
  }),
  ...operationKeys,
};

const output = {
  description: 'A file or pattern that the step writes.',
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: {
    path: key(
      'File or pattern from the project’s root; may hold expressions.',
      ['data/orders.csv', 'charts/*.svg'],
      text,
    ),
    optional: key('`true`: a step that does not write it has not failed. Default `false`.', [true], boolean),
  },
};

const describingKeys = {
  description: key(
    'What the asset is, for people who read the report.',
    ['One row for each order, as the shop sent it.'],
    text,
  ),
  group: key('The group that it belongs to; the group’s keys are its defaults.', ['ingest'], name),
  owners: key(
    'Who cares for it: `@login`, `@org/team`, an e-mail address or `team:name`.',
    [['@acme/data', 'team:finance']],
    {
      type: 'array',
      items: owner,
    },
  ),
  tags: key(
    'Labels for selections (`tag:tier=gold`). Booleans and integers become text. Merged by name; `null` removes one.',
    [{ tier: 'gold', pii: true }],
    tags,
  ),
  kinds: key('What it is made with, for looks and selections (`kind:duckdb`).', [['duckdb', 'python']], list(text)),
  metadata: key(
    'Anything else worth keeping with the asset. Merged by key.',
    [{ source: 'https://example.org/orders' }],
    {
      type: 'object',
      additionalProperties: { $ref: '#/definitions/Json' },
    },
  ),
  columns: key(
    'A contract of the relation’s columns. A difference is a failed check `columns`.',
    [{ id: { type: 'bigint', nullable: false }, email: { description: 'may be stale' } }],
    { type: 'object', additionalProperties: { $ref: '#/definitions/Column' } },
  ),
};

const dataKeys = {
  relation: key(
    'Name of the table or view, `schema.name` or `name`. Default: from the key, `raw/orders` is `raw.orders`.',
    ['raw.orders'],
    text,
  ),
  materialized: key(
    'What SQL becomes: `table` (default), `view`, or `none` (statements run; there is no relation).',
    ['view'],
    oneOfWords('table', 'view', 'none'),
  ),
  outputs: key(
    'Files that the step writes: patterns from the project’s root, or `{path, optional}`. A file that git tracks cannot be one.',
    [['data/orders.csv'], [{ path: 'charts/*.svg', optional: true }]],
    { type: 'array', items: { anyOf: [text, output] } },
  ),
  incremental: key(
    '`true`: its own last outputs are put in place before it runs. If they are lost, it fails rather than start empty (`run --full-refresh` starts empty).',
    [true],
    boolean,
  ),
  on_lost: key(
    'When its data is gone: `rebuild` (default for assets with deps) or `fail` (default for those without: a source may not give its past again).',
    ['rebuild'],
    oneOfWords('rebuild', 'fail'),
  ),
  materialize: key(
    'When a job or schedule makes it: `when_stale` (default) or `always`.',
    ['always'],
    oneOfWords('when_stale', 'always'),
  ),
};

/** Its definition takes `null` already. */
const storageKey = key('Where its outputs are kept. Default: the project’s `storage`.', [{ type: 'branch' }], {
  $ref: '#/definitions/Storage',
});

const sqlKeys = {
  external: key('`true`: made by others; it is never executed here.', [true], boolean),
  sql: key(
    'SQL that makes the asset. One word that ends in `.sql` is a file; anything else is SQL. The last `select` becomes the relation.',
    ['pipelines/orders.sql', "select * from ${{ ref('raw/orders') }} where status <> 'void'"],
    text,
  ),
  publish: key(
    '`direct`: write the relation at once instead of building it aside, judging the copy and swapping it in.',
    ['direct'],
    oneOfWords('direct'),
  ),
};

const checksOfAsset = key(
  'Tests on its data, by name.',
  [{ ids: { not_null: ['id'], blocking: true }, enough: { row_count: {}, error_if: '< 1' } }],
  named('a check', { $ref: '#/definitions/Check' }),
);
const checkDefaults = key(
  'What holds for every check below: only `severity` and `blocking`. Shared checks are factories (`checks` of a manifest).',
  [{ severity: 'warn' }],
  { $ref: '#/definitions/CheckDefaults' },
);

/** Keys that an asset may have and a level above it may set; `null` takes an inherited value away. */
const assetKeys = {
  ...allRemovable({
    ...describingKeys,
    ...stepKeys,
    ...dataKeys,
    ...partitionKeys,
    automation: automationKey,
    ...sqlKeys,
  }),
  storage: storageKey,
};

const runOrSql = apart('run', 'sql', 'an asset is made either by `run` or by `sql`; remove one of them');
const multiStepKeys = [
  'run',
  'shell',
  'working-directory',
  'env',
  'secrets',
  'oidc',
  'connection',
  'code',
  'timeout',
  'deps',
  'retry_policy',
  'pool',
  'runner',
  'partitions',
  'backfill_policy',
];

export const assetDefinitions = {
  Asset: closed('A data object that is kept up to date.', { ...assetKeys, checks: removable(checksOfAsset) }, runOrSql),
  Defaults: closed(
    'Asset keys that hold for every asset below unless something nearer says otherwise.',
    { ...assetKeys, checks: checkDefaults },
    runOrSql,
  ),
  Group: closed(
    'A group of assets: its keys are defaults of every asset with `group: <name>`.',
    {
      ...assetKeys,
      description: key('What the group is.', ['Everything that comes from outside.'], text),
      group: undefined,
      checks: checkDefaults,
    },
    runOrSql,
  ),
  MultiAsset: closed(
    'One execution that materializes several assets.',
    {
      ...pick(assetKeys, multiStepKeys),
      run: stepKeys.run,
      can_subset: key(
        '`true`: it may run for part of its assets (it reads `BRANCHLINE_ASSETS`). Default `false`: selecting one selects all.',
        [true],
        boolean,
      ),
      specs: key(
        'The assets that it makes, by key.',
        [{ 'raw/contacts': { relation: 'raw.contacts' }, 'raw/deals': { skippable: true } }],
        { ...named('an asset', { $ref: '#/definitions/Spec' }, assetKey.pattern), minProperties: 1 },
      ),
    },
    { required: ['run', 'specs'] },
  ),
  Spec: {
    ...closed('One asset of a multi-asset.', {
      ...allRemovable({ ...describingKeys, deps: stepKeys.deps, ...dataKeys, automation: automationKey }),
      storage: storageKey,
      skippable: key(
        '`true`: a step that succeeds without reporting this asset has not materialized it. Default `false`.',
        [true],
        boolean,
      ),
      checks: removable(checksOfAsset),
    }),
    // `raw/contacts:` with nothing behind it is the natural way to write a spec that says no more.
    type: ['object', 'null'],
  },
  Column: closed('One column of the contract.', {
    type: key('Type as the database calls it.', ['bigint'], text),
    description: key('What the column holds.', ['when the order was paid, UTC'], text),
    nullable: key('`false`: the column may hold no null. Default: not looked at.', [false], boolean),
  }),
  Json: {
    description: 'Any value.',
    type: ['string', 'number', 'boolean', 'null', 'array', 'object'],
    items: { $ref: '#/definitions/Json' },
    additionalProperties: { $ref: '#/definitions/Json' },
  },
  CheckDefaults: closed('Defaults for checks.', {
    severity: key('`error` or `warn` for each check that does not say.', ['warn'], oneOfWords('warn', 'error')),
    blocking: key('Whether a check that does not say holds up what is downstream.', [true], boolean),
  }),
};
for (const definition of Object.values(assetDefinitions)) {
  for (const [property, schema] of Object.entries(definition.properties ?? {})) {
    if (schema === undefined) delete definition.properties[property];
  }
}

export { stepKeys };
