import { sortedUnique } from '../base/order.ts';
import { absentDagsterTags, dagsterTagNames, engineTags, ownTag, writtenTags } from '../manifest/engine-tags.ts';
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
import { below, keyOf, type Place } from './findings.ts';
import { didYouMean, type Resolving, resolveDuration } from './resolving.ts';

const SECOND = 1000;

/** The policies of branchline.yaml with their defaults. Reports contradictions; one limit twice is one (semantics.md 1). */
export function resolveOperations(resolving: Resolving): Operations {
  const { project } = resolving.definitions;
  const value: Partial<WrittenProject> = project?.value ?? {};
  const place = (...pointer: string[]): Place => ({ document: project!, pointer });
  const retries = value.run_retries ?? {};
  const monitoring = value.run_monitoring ?? {};
  const { enabled: _, requeue_after: __, ...whenRetried } = retries;
  reportSwitchedOff('run_retries', retries, whenRetried, resolving);
  reportSwitchedOff('run_monitoring', monitoring, monitoring, resolving);
  const inMs = (seconds: number | undefined): number | undefined =>
    seconds === undefined ? undefined : seconds * SECOND;
  return {
    queue: resolveQueue(value, place, resolving),
    pools: resolvePools(value, place, resolving),
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
      maxRuntimeMs: inMs(monitoring.max_runtime_seconds) ?? defaultMonitoring.maxRuntimeMs,
      startTimeoutMs: inMs(monitoring.start_timeout_seconds) ?? defaultMonitoring.startTimeoutMs,
      cancelTimeoutMs: inMs(monitoring.cancel_timeout_seconds) ?? defaultMonitoring.cancelTimeoutMs,
      maxResumeAttempts: monitoring.max_resume_run_attempts ?? defaultMonitoring.maxResumeAttempts,
    },
  };
}

type PlaceOf = (...pointer: string[]) => Place;

/** A section of Dagster+ has no `enabled`: there it is on by itself, here as in a `dagster.yaml` it is not. */
function reportSwitchedOff(
  section: 'run_retries' | 'run_monitoring',
  { enabled }: { readonly enabled?: boolean },
  settings: object,
  { definitions, findings }: Resolving,
): void {
  const isMeant = Object.values(settings).some((value) => value !== 0);
  if (enabled !== undefined || !isMeant) return;
  const at = keyOf({ document: definitions.project!, pointer: [section] });
  findings.warning('key-without-effect', at, `\`${section}\` does nothing: it is not switched on`, {
    help: 'write `enabled: true` in it (in Dagster+ it is on by itself), or `enabled: false` to keep it off',
  });
}

/** `run_queue`, or `concurrency.runs`; both at once contradict each other, whichever was meant. */
function resolveQueue(value: Partial<WrittenProject>, place: PlaceOf, resolving: Resolving): RunQueue {
  const newer = value.concurrency?.runs;
  if (value.run_queue !== undefined && newer !== undefined)
    resolving.findings.error(
      'conflict',
      keyOf(place('concurrency', 'runs')),
      '`concurrency.runs` and `run_queue` say the same thing in two places',
      { help: 'remove one of them' },
    );
  const at = value.run_queue === undefined ? place('concurrency', 'runs') : place('run_queue');
  return queueOf(value.run_queue ?? newer ?? {}, at, resolving);
}

function queueOf(written: WrittenRunQueue, at: Place, resolving: Resolving): RunQueue {
  const { findings } = resolving;
  if (written.block_op_concurrency_limited_runs?.enabled === false)
    findings.warning(
      'key-without-effect',
      below(at, 'block_op_concurrency_limited_runs', 'enabled'),
      'this cannot be switched off: a run starts only when every pool that it uses has a free slot',
      { help: 'remove it' },
    );
  const limits: TagLimit[] = [];
  // Where an entry was taken out the others have moved: their places would be told wrongly.
  const entries = written.tag_concurrency_limits ?? [];
  const isWhole = entries.length === 0 || !resolving.broken.at(below(at, 'tag_concurrency_limits'));
  for (const [index, entry] of entries.entries()) {
    const limit = limitOf(entry);
    const place = below(at, 'tag_concurrency_limits', index);
    const twin = limits.findIndex(
      (one) => one.key === limit.key && JSON.stringify(one.value) === JSON.stringify(limit.value),
    );
    if (twin >= 0)
      findings.error(
        'duplicate-limit',
        isWhole ? place : keyOf(below(at, 'tag_concurrency_limits')),
        `the tag \`${limit.key}\` is limited twice in the same way: to ${limits[twin]!.limit} and to ${limit.limit}`,
        { help: 'keep the one that is meant' },
      );
    if (isWhole) reportAbsentTag(entry.key, below(place, 'key'), resolving);
    limits.push(limit);
  }
  return { maxConcurrentRuns: written.max_concurrent_runs ?? defaultQueue.maxConcurrentRuns, tagLimits: limits };
}

function limitOf({ key, value, limit }: WrittenTagLimit): TagLimit {
  return { key: ownTag(key), value: countedOf(value), limit };
}

/** As Dagster: `applyLimitPerUniqueValue: false` counts all values together, like no value at all. */
function countedOf(value: WrittenTagLimit['value']): TagLimit['value'] {
  if (typeof value === 'string') return { kind: 'equals', text: value };
  return value?.applyLimitPerUniqueValue ? { kind: 'each' } : { kind: 'any' };
}

/** A limit on a tag of the engine that no run carries would limit nothing. */
function reportAbsentTag(key: string, at: Place, { findings }: Resolving): void {
  const own = ownTag(key);
  if (!own.startsWith('branchline/')) return;
  const name = own.slice('branchline/'.length);
  const known = [...engineTags, ...writtenTags];
  if (known.includes(name)) return;
  if (key.startsWith('dagster/')) {
    findings.warning('key-without-effect', at, `this limit does nothing: no run carries the tag \`${key}\` here`, {
      help: Object.hasOwn(absentDagsterTags, name)
        ? absentDagsterTags[name]!
        : (didYouMean(
            key,
            dagsterTagNames.map((each) => `dagster/${each}`),
          ) ?? 'remove it'),
    });
    return;
  }
  findings.error('unknown-key', at, `there is no tag \`${key}\``, {
    help:
      didYouMean(
        key,
        known.map((each) => `branchline/${each}`),
      ) ?? 'tags that begin with `branchline/` belong to the engine; name yours without it',
  });
}

function resolvePools(
  { pools = {}, concurrency }: Partial<WrittenProject>,
  place: PlaceOf,
  { findings }: Resolving,
): Readonly<Record<string, number>> {
  if (concurrency?.default_op_concurrency_limit !== undefined && concurrency.pools?.default_limit !== undefined)
    findings.error(
      'conflict',
      keyOf(place('concurrency', 'default_op_concurrency_limit')),
      '`default_op_concurrency_limit` and `pools.default_limit` say the same thing in two places',
      { help: 'keep `pools: { default_limit }`, which is the newer one' },
    );
  if (concurrency?.pools?.granularity === 'run')
    findings.warning(
      'key-without-effect',
      place('concurrency', 'pools', 'granularity'),
      'pools count the steps at work here, not runs; that is never more than was allowed',
      {
        help: 'to count runs, give the jobs a tag and limit it: `run_queue: { tag_concurrency_limits: [{ key: <tag>, limit: 1 }] }`',
      },
    );
  return pools;
}

/** Limits of all pools that steps use: those that are named, and the default for the others. */
export function withDefaultPools(
  operations: Operations,
  steps: readonly { readonly pool?: string }[],
  { definitions }: Resolving,
): Operations {
  const limit = defaultPoolLimit(definitions.project?.value);
  if (limit === undefined) return operations;
  const used = sortedUnique(steps.flatMap(({ pool }) => pool ?? []));
  const others = used.filter((pool) => !Object.hasOwn(operations.pools, pool));
  return { ...operations, pools: { ...operations.pools, ...Object.fromEntries(others.map((pool) => [pool, limit])) } };
}

/** Slots of a pool that `pools` does not name; undefined = such a pool is a mistake. */
export function defaultPoolLimit(value: Pick<WrittenProject, 'concurrency'> | undefined): number | undefined {
  return value?.concurrency?.pools?.default_limit ?? value?.concurrency?.default_op_concurrency_limit;
}

/** A step's policy; reports durations that are none, and a wait that is longer than the longest one. */
export function resolveRetryPolicy(written: WrittenRetryPolicy, at: Place, resolving: Resolving): RetryPolicy {
  const delayMs = resolveDuration(written.delay, below(at, 'delay'), resolving);
  const maxDelayMs = resolveDuration(written.max_delay, below(at, 'max_delay'), resolving);
  if (delayMs !== undefined && maxDelayMs !== undefined && delayMs > maxDelayMs)
    resolving.findings.error(
      'conflict',
      below(at, 'max_delay'),
      `\`max_delay: ${written.max_delay}\` is shorter than \`delay: ${written.delay}\`: every wait would be cut off`,
      { help: 'make `max_delay` the longest wait that is wanted, or remove it' },
    );
  return {
    maxRetries: written.max_retries,
    delayMs,
    backoff: written.backoff ?? 'none',
    jitter: written.jitter ?? 'none',
    maxDelayMs,
    classes: written.classes ?? retriedClasses,
  };
}

/** How a backfill cuts a step's partitions into runs. */
export function resolveBackfillPolicy(written: 'single_run' | WrittenBackfillPolicy | undefined): BackfillPolicy {
  if (written === 'single_run') return { kind: 'single_run' };
  if (written?.single_run) return { kind: 'single_run' };
  if (written?.multi_run) return { kind: 'multi_run', partitionsMax: written.multi_run.max_partitions_per_run };
  return { kind: 'per_partition' };
}
