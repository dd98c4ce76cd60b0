import type {
  WrittenBackfillPolicy,
  WrittenProject,
  WrittenRetryPolicy,
  WrittenRunQueue,
  WrittenTagLimit,
} from '../manifest/generated/written.ts';
import {
  defaultMonitoring,
  defaultQueue,
  defaultRetries,
  type Operations,
  type RetryPolicy,
  type RunQueue,
  retriedClasses,
  type TagLimit,
} from '../model/operations.ts';
import type { BackfillPolicy } from '../model/partitions.ts';
import { below, type Place } from './findings.ts';
import { type Resolving, resolveDuration } from './resolving.ts';

const SECOND = 1000;

/** The policies of branchline.yaml with their defaults. Reports contradictions; one limit twice is one (semantics.md 1). */
export function resolveOperations(resolving: Resolving): Operations {
  const { project } = resolving.definitions;
  const value: Partial<WrittenProject> = project?.value ?? {};
  const place = (...pointer: string[]): Place => ({ document: project!, pointer });
  reportTwice(value, 'run_queue', value.concurrency?.runs, 'runs', place, resolving);
  reportTwice(value, 'pools', value.concurrency?.pools, 'pools', place, resolving);
  const retries = value.run_retries ?? {};
  const monitoring = value.run_monitoring ?? {};
  const seconds = (written: number | undefined, otherwise: number): number =>
    written === undefined ? otherwise : written * SECOND;
  const queuePlace = value.run_queue === undefined ? place('concurrency', 'runs') : place('run_queue');
  return {
    queue: queueOf(value.run_queue ?? value.concurrency?.runs ?? {}, queuePlace, resolving),
    pools: value.pools ?? value.concurrency?.pools ?? {},
    retries: {
      enabled: retries.enabled ?? defaultRetries.enabled,
      maxRetries: retries.max_retries ?? defaultRetries.maxRetries,
      onStepFailure: retries.retry_on_asset_or_op_failure ?? defaultRetries.onStepFailure,
      strategy: retries.strategy ?? defaultRetries.strategy,
      requeueAfterMs:
        resolveDuration(retries.requeue_after, place('run_retries', 'requeue_after'), resolving) ??
        defaultRetries.requeueAfterMs,
    },
    monitoring: {
      enabled: monitoring.enabled ?? defaultMonitoring.enabled,
      maxRuntimeMs: monitoring.max_runtime_seconds === undefined ? undefined : monitoring.max_runtime_seconds * SECOND,
      startTimeoutMs: seconds(monitoring.start_timeout_seconds, defaultMonitoring.startTimeoutMs),
      cancelTimeoutMs: seconds(monitoring.cancel_timeout_seconds, defaultMonitoring.cancelTimeoutMs),
      maxResumeAttempts: monitoring.max_resume_run_attempts ?? defaultMonitoring.maxResumeAttempts,
    },
  };
}

/** Both spellings at once contradict each other, whichever was meant. */
function reportTwice(
  value: Partial<WrittenProject>,
  key: 'run_queue' | 'pools',
  other: unknown,
  otherKey: 'runs' | 'pools',
  place: (...pointer: string[]) => Place,
  { findings }: Resolving,
): void {
  if (value[key] === undefined || other === undefined) return;
  findings.error(
    'conflict',
    { ...place('concurrency', otherKey), what: 'key' },
    `\`concurrency.${otherKey}\` and \`${key}\` say the same thing in two places`,
    { help: 'remove one of them' },
  );
}

function queueOf(written: WrittenRunQueue, at: Place, { findings }: Resolving): RunQueue {
  const limits: TagLimit[] = [];
  for (const [index, entry] of (written.tag_concurrency_limits ?? []).entries()) {
    const limit = limitOf(entry);
    const twin = limits.findIndex(
      (one) => one.key === limit.key && JSON.stringify(one.value) === JSON.stringify(limit.value),
    );
    if (twin >= 0)
      findings.error(
        'duplicate-limit',
        below(at, 'tag_concurrency_limits', index),
        `the tag \`${limit.key}\` is limited twice in the same way: to ${limits[twin]!.limit} and to ${limit.limit}`,
        { help: 'keep the one that is meant' },
      );
    limits.push(limit);
  }
  return { maxConcurrentRuns: written.max_concurrent_runs ?? defaultQueue.maxConcurrentRuns, tagLimits: limits };
}

function limitOf({ key, value, limit }: WrittenTagLimit): TagLimit {
  return {
    // Dagster's names of the engine's tags are read as ours.
    key: key.startsWith('dagster/') ? `branchline/${key.slice('dagster/'.length)}` : key,
    value:
      value === undefined
        ? { kind: 'any' }
        : typeof value === 'string'
          ? { kind: 'equals', text: value }
          : { kind: 'each' },
    limit,
  };
}

/** A step's policy; reports durations that are none. */
export function resolveRetryPolicy(written: WrittenRetryPolicy, at: Place, resolving: Resolving): RetryPolicy {
  return {
    maxRetries: written.max_retries,
    delayMs: resolveDuration(written.delay, below(at, 'delay'), resolving),
    backoff: written.backoff ?? 'none',
    jitter: written.jitter ?? 'none',
    maxDelayMs: resolveDuration(written.max_delay, below(at, 'max_delay'), resolving),
    classes: written.classes ?? retriedClasses,
  };
}

/** How a backfill cuts a step's partitions into runs. */
export function resolveBackfillPolicy(written: WrittenBackfillPolicy | undefined): BackfillPolicy {
  if (written?.single_run) return { kind: 'single_run' };
  if (written?.multi_run) return { kind: 'multi_run', partitionsMax: written.multi_run.max_partitions_per_run };
  return { kind: 'per_partition' };
}
