// Keys of the vocabulary that this version does not obey yet. The schema does not hold them, so that nothing is accepted
// and then ignored; here they are known, so that the finding can say which of the two it is: not yet, or never.

const assets = ['observe', 'freshness', 'environments'];
const checks = ['change', 'freshness_of', 'distribution', 'reconciliation'];
const manifests = ['dbt', 'alerts', 'channels'];

/** By definition of the schema; `Project` and `Manifest` are the files themselves. */
export const plannedKeys: Readonly<Record<string, readonly string[]>> = {
  Project: [...manifests, 'incidents'],
  Manifest: manifests,
  Asset: assets,
  Defaults: assets,
  Group: assets,
  Spec: assets,
  Check: checks,
  Factory: checks,
  Job: ['config'],
  Environments: ['pull_request'],
};

/** Values of `type` that come later, by definition. */
export const plannedValues: Readonly<Record<string, readonly string[]>> = {
  Connection: ['command'],
};

/** What other tools call it. Only where the nearest word would not be found by its letters. */
export const otherWords: Readonly<Record<string, string>> = {
  depends_on: 'deps',
  dependencies: 'deps',
  upstream: 'deps',
  upstreams: 'deps',
  ins: 'deps',
  non_argument_deps: 'deps',
  needs: 'deps',
  inputs: 'deps',
  command: 'run',
  cmd: 'run',
  script: 'run',
  steps: 'run',
  query: 'sql',
  tests: 'checks',
  expectations: 'checks',
  audits: 'checks',
  cwd: 'working-directory',
  environment: 'env',
  variables: 'env',
  labels: 'tags',
  op_tags: 'tags',
  compute_kind: 'kinds',
  materialization: 'materialized',
  cron_schedule: 'cron',
  schedule: 'cron',
  execution_timezone: 'timezone',
  group_name: 'group',
  partitions_def: 'partitions',
  partition_keys: 'static',
  start_date: 'start',
  end_date: 'end',
  fmt: 'format',
  automation_condition: 'automation',
  auto_materialize_policy: 'automation',
  concurrency_key: 'pool',
  asset_selection: 'selection',
  models: 'assets',
  sources: 'assets',
  database: 'path',
  select: 'selection',
  timeout_minutes: 'timeout',
  'timeout-minutes': 'timeout',
};
