// The sections `run_queue`, `run_retries`, `run_monitoring` and `concurrency` of a `dagster.yaml` are taken as they are.
// Some of their keys tune a machine that does not exist here. Each is known, so that a pasted section is accepted and
// every key without a meaning is told with its reason. Source: instance configuration of Dagster
// (`dagster/_core/instance/config.py`, `queued_run_coordinator.py`) and its manual.

const oneFreeSlot = 'a run starts only when every pool that it uses has a free slot';

/** Keys that are accepted with a warning, by definition of the schema: why they do nothing. */
export const idleDagsterKeys: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  RunQueue: {
    max_user_code_failure_retries: 'there is no code server that could be away',
    user_code_failure_retry_delay: 'there is no code server that could be away',
    dequeue_interval_seconds: 'the queue is gone through at every wake-up and whenever a run ends',
    dequeue_use_threads: 'no threads are needed to go through the queue',
    dequeue_num_workers: 'no threads are needed to go through the queue',
  },
  BlockLimitedRuns: { op_concurrency_slot_buffer: oneFreeSlot },
  PoolSettings: { op_granularity_run_buffer: oneFreeSlot },
  RunMonitoring: {
    poll_interval_seconds:
      'the runner at work keeps its timeouts itself, and one that is gone is found at the next wake-up',
    cancellation_thread_poll_interval_seconds: 'a run looks by itself whether it is to stop',
    free_slots_after_run_end_seconds: 'slots end with the run that holds them, so none is left over',
  },
};

const history = 'the history is on the state branch: see `state`';
const noServer = 'there is no server and no daemon here: remove it';
const onGitHub = 'who may do what is said by GitHub: remove it';

/** Other sections of a `dagster.yaml`, and of the settings of Dagster+: what to do with each. */
export const dagsterSections: Readonly<Record<string, string>> = {
  run_coordinator: 'write what stands below its `config` as `run_queue`',
  run_launcher: 'steps run on the runner that calls `branchline`: remove it',
  scheduler: '`branchline tick` judges the schedules: remove it',
  run_storage: history,
  event_log_storage: history,
  schedule_storage: history,
  local_artifact_storage: 'files of assets are kept by `storage`',
  compute_logs: 'what steps print is in the log of the job: remove it',
  python_logs: 'what steps print is in the log of the job: remove it',
  telemetry: 'nothing is sent to anybody: remove it',
  nux: noServer,
  code_servers: noServer,
  instance_class: noServer,
  sensors: 'there are no sensors: a schedule or `automation` asks for runs',
  backfills: noServer,
  retention: history,
  auto_materialize: 'say it on each asset: `automation: eager`',
  sso_default_role: onGitHub,
  non_isolated_runs: 'every step is a process of its own: remove it',
};

const mapping = 'a mapping stands beside the asset that is read: `deps: [{ asset: …, partition_mapping: … }]`';
const kept = 'files are kept by `storage`, and tables are in the database that `connection` names';

/** Words of an asset's definition that have no key here: where what they say is said. */
export const placesOfDagster: Readonly<Record<string, string>> = {
  partition_mapping: mapping,
  partition_mappings: mapping,
  io_manager: kept,
  io_manager_key: kept,
  key_prefix: 'the prefix is part of the key: `assets: { raw/orders: … }`',
  required_resource_keys: 'a step gets what it needs from its environment: `env` and `secrets`',
};
