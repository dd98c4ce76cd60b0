// Tags of the engine on runs, and the names that Dagster has for them (`dagster/_core/storage/tags.py`).

/** Tags that the engine reads: without the prefix, which is `branchline/` or, as an alias, `dagster/`. */
export const engineTags = ['priority', 'max_retries', 'max_runtime', 'retry_strategy', 'retry_on_asset_or_op_failure'];

/** Tags that the engine writes on runs, without the prefix. */
export const writtenTags = [
  'backfill',
  'partition',
  'partition_range_start',
  'partition_range_end',
  'schedule',
  'parent_run',
  'root_run',
  'retry_number',
];

/** What Dagster calls those that have another name there. */
const dagsterTags: Readonly<Record<string, string>> = {
  schedule_name: 'schedule',
  parent_run_id: 'parent_run',
  root_run_id: 'root_run',
  asset_partition_range_start: 'partition_range_start',
  asset_partition_range_end: 'partition_range_end',
};

/** All that may stand behind `dagster/` where a limit counts a tag. */
export const dagsterTagNames: readonly string[] = [...engineTags, ...writtenTags, ...Object.keys(dagsterTags)];

/** A key of a tag with the engine's own prefix: `dagster/schedule_name` is `branchline/schedule`. Others as they are. */
export function ownTag(key: string): string {
  if (!key.startsWith('dagster/')) return key;
  const name = key.slice('dagster/'.length);
  return `branchline/${Object.hasOwn(dagsterTags, name) ? dagsterTags[name] : name}`;
}

/** Tags of Dagster that no run carries here, and what takes their place. */
export const absentDagsterTags: Readonly<Record<string, string>> = {
  sensor_name: 'there are no sensors: a schedule or `automation` asks for runs',
  code_location: 'a project is one code location: `max_concurrent_runs` limits all of its runs',
  concurrency_key: 'steps are limited by `pool` on the asset',
  auto_materialize: 'limit the assets themselves by `pool`',
  from_automation_condition: 'limit the assets themselves by `pool`',
};
