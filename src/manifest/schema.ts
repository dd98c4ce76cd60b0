import { vocabulary } from './generated/vocabulary.mjs';
import type { JsonType } from './json-type.ts';

/** The part of JSON Schema (draft-07) that the vocabulary is written in. */
export interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly $ref?: string;
  readonly type?: JsonType | readonly JsonType[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly patternErrorMessage?: string;
  /** Of a duration: the shortest one that is taken; who resolves the key sees to it. */
  readonly minimumDuration?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly propertyNames?: { readonly pattern: string; readonly patternErrorMessage: string };
  readonly additionalProperties?: false | Schema;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly dependencies?: Readonly<Record<string, readonly string[] | EitherRequired>>;
  /** Either alternatives by type, or (`oneOf`) keys of which exactly one is given, or definitions told apart by `type`. */
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  /** Two keys that contradict each other; `errorMessage` says why. */
  readonly not?: { readonly required?: readonly string[]; readonly type?: JsonType };
  readonly errorMessage?: string;
  readonly if?: { readonly required: readonly string[] };
  readonly then?: EitherRequired;
}

export interface EitherRequired {
  readonly anyOf: readonly { readonly required: readonly string[] }[];
}

export type ManifestKind = 'project' | 'manifest';
export type SchemaKind = ManifestKind | 'scenario';

/** The whole schema of a kind of file, as an editor wants it: the bytes of `schemas/*.schema.json` but for white space. */
export function schemaOf(kind: SchemaKind): object {
  const { definitions, manifestDefinitions, scenarioDefinitions, ...roots } = vocabulary();
  if (kind === 'scenario') return { ...roots.scenario, definitions: scenarioDefinitions };
  const names = kind === 'project' ? Object.keys(definitions) : manifestDefinitions;
  return { ...roots[kind], definitions: Object.fromEntries(names.map((name) => [name, definitions[name]])) };
}

export function rootOf(kind: SchemaKind): Schema {
  return vocabulary()[kind] as Schema;
}

export function definitionOf(name: string): Schema {
  const { definitions, scenarioDefinitions } = vocabulary();
  return ((definitions as Readonly<Record<string, Schema>>)[name] ?? scenarioDefinitions[name])!;
}

/** Of manifests and projects. */
export function definitionNames(): readonly string[] {
  return Object.keys(vocabulary().definitions);
}

/** What a definition is called in a message. */
export function nounsOf(definition: string | undefined): { readonly one: string; readonly many: string } {
  return (definition && nouns[definition]) || { one: 'this mapping', many: 'these mappings' };
}

const nouns: Readonly<Record<string, { readonly one: string; readonly many: string }>> = {
  Project: { one: 'branchline.yaml', many: 'projects' },
  Manifest: { one: 'a manifest', many: 'manifests' },
  Scenario: { one: 'a scenario', many: 'scenarios' },
  Spread: { one: 'a spread of durations', many: 'spreads of durations' },
  FailureRule: { one: 'a rule of failures', many: 'rules of failures' },
  WakeUps: { one: '`wake_ups`', many: '`wake_ups`' },
  GithubLimits: { one: '`github`', many: '`github`' },
  FanOut: { one: '`fan_out`', many: '`fan_out`' },
  LostRunners: { one: '`lost_runners`', many: '`lost_runners`' },
  StartedRun: { one: 'a run of a scenario', many: 'runs of a scenario' },
  StartedBackfill: { one: 'a backfill of a scenario', many: 'backfills of a scenario' },
  Asset: { one: 'an asset', many: 'assets' },
  Defaults: { one: '`defaults`', many: '`defaults`' },
  Group: { one: 'a group', many: 'groups' },
  MultiAsset: { one: 'a multi-asset', many: 'multi-assets' },
  Spec: { one: 'an asset of a multi-asset', many: 'assets of a multi-asset' },
  Column: { one: 'a column', many: 'columns' },
  CheckDefaults: { one: '`checks` of defaults', many: '`checks` of defaults' },
  Check: { one: 'a check', many: 'checks' },
  Factory: { one: 'a check factory', many: 'check factories' },
  MultiCheck: { one: 'a multi-check', many: 'multi-checks' },
  MultiCheckSpec: { one: 'a check of a multi-check', many: 'checks of a multi-check' },
  Range: { one: 'a range', many: 'ranges' },
  Relationships: { one: '`relationships`', many: '`relationships`' },
  Job: { one: 'a job', many: 'jobs' },
  Schedule: { one: 'a schedule', many: 'schedules' },
  Exposure: { one: 'an exposure', many: 'exposures' },
  Selection: { one: 'a selection', many: 'selections' },
  Connection: { one: 'a connection', many: 'connections' },
  DuckdbConnection: { one: 'a `duckdb` connection', many: '`duckdb` connections' },
  PostgresConnection: { one: 'a `postgres` connection', many: '`postgres` connections' },
  ConnectionOverride: { one: 'a connection of an environment', many: 'connections of an environment' },
  Environments: { one: '`environments`', many: '`environments`' },
  ProductionEnvironment: { one: '`production`', many: '`production`' },
  LocalEnvironment: { one: '`local`', many: '`local`' },
  RetryPolicy: { one: 'a retry policy', many: 'retry policies' },
  Partitions: { one: 'a partitions definition', many: 'partitions definitions' },
  Dimension: { one: 'a dimension', many: 'dimensions' },
  HourlyPartitions: { one: '`hourly`', many: '`hourly`' },
  DailyPartitions: { one: '`daily`', many: '`daily`' },
  WeeklyPartitions: { one: '`weekly`', many: '`weekly`' },
  MonthlyPartitions: { one: '`monthly`', many: '`monthly`' },
  CronPartitions: { one: '`cron`', many: '`cron`' },
  PartitionMapping: { one: 'a partition mapping', many: 'partition mappings' },
  TimeWindowMapping: { one: '`time_window`', many: '`time_window`' },
  BackfillPolicy: { one: 'a backfill policy', many: 'backfill policies' },
  MultiRunPolicy: { one: '`multi_run`', many: '`multi_run`' },
  Automation: { one: '`automation`', many: '`automation`' },
  CronAutomation: { one: '`on_cron`', many: '`on_cron`' },
  RunQueue: { one: '`run_queue`', many: '`run_queue`' },
  TagLimit: { one: 'a limit on tags', many: 'limits on tags' },
  UniqueValue: { one: '`value` of a limit', many: 'values of limits' },
  RunRetries: { one: '`run_retries`', many: '`run_retries`' },
  Runner: { one: 'a runner', many: 'runners' },
  RunnerContainer: { one: 'a container', many: 'containers' },
  RunMonitoring: { one: '`run_monitoring`', many: '`run_monitoring`' },
  BlockLimitedRuns: {
    one: '`block_op_concurrency_limited_runs`',
    many: '`block_op_concurrency_limited_runs`',
  },
  PoolSettings: { one: '`pools` of `concurrency`', many: '`pools` of `concurrency`' },
  Concurrency: { one: '`concurrency`', many: '`concurrency`' },
  State: { one: '`state`', many: '`state`' },
  Storage: { one: '`storage`', many: '`storage`' },
};
