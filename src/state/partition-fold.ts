import { canonicalJson } from '../base/json.ts';
import { sortedEntries } from '../base/order.ts';
import type { AssetMaterialized, CheckJudged, StepEnded } from '../model/events.ts';
import type { PartitionFacts, PartitionRecord, Turn } from '../model/state.ts';
import { shortVersion, usedDigest } from '../model/versions.ts';
import { compareTurns } from './asset-fold.ts';
import { handledSince, newerHandled } from './handled.ts';

// What is known of a partition is a join: of each kind of fact the newest by turn. Joining is associative, commutative
// and idempotent, so records that were folded apart (what a snapshot holds, what came since) may be joined at any time.

/** What a materialization says of its partition. */
export function partitionMade(event: AssetMaterialized, turn: Turn): PartitionRecord {
  const upstream = Object.fromEntries(
    Object.entries(event.upstream).map(([dep, { dataVersion }]) => [dep, dataVersion]),
  );
  return {
    materialized: {
      run: event.run,
      at: event.at,
      codeVersion: event.codeVersion,
      dataVersion: shortVersion(event.dataVersion),
      used: usedDigest(upstream),
      ...(event.rows === undefined ? {} : { rows: event.rows }),
      ...(event.files === undefined ? {} : { files: event.files }),
      turn,
    },
  };
}

/** What a failed step says of each partition that it lacks. A canceled one says nothing. */
export function partitionFailed(event: StepEnded, turn: Turn): PartitionRecord {
  return event.outcome === 'failure' ? { failed: { run: event.run, at: event.at, turn } } : {};
}

/** What a check says of each partition that it judged, when it judged what is published. */
export function partitionJudged(event: CheckJudged, turn: Turn): PartitionRecord {
  if (!event.blocking || event.stage !== 'published' || event.status === 'SKIPPED') return {};
  const holds = (event.status === 'FAILED' && event.severity === 'error') || event.status === 'ERRORED';
  return { checks: { [event.check]: { holds, turn } } };
}

function newer<T extends { readonly turn: Turn }>(one: T | undefined, other: T | undefined): T | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const order = compareTurns(one.turn, other.turn);
  if (order !== 0) return order > 0 ? one : other;
  // The same turn twice (a step tried again): by content in one order of its members, so that neither the order of arrival
  // nor whether one was read from a leaf matters.
  return canonicalJson(one) >= canonicalJson(other) ? one : other;
}

/** All that two records say together. */
export function joinPartitions(one: PartitionRecord | undefined, other: PartitionRecord): PartitionRecord {
  if (one === undefined) return other;
  const materialized = newer(one.materialized, other.materialized);
  const failed = newer(one.failed, other.failed);
  // A success of the same turn or a later one ends the failure: it was tried again.
  const stillFailed = failed && materialized && compareTurns(materialized.turn, failed.turn) >= 0 ? undefined : failed;
  const handled = handledSince(newerHandled(one.handled, other.handled), materialized);
  const checks: Record<string, { holds: boolean; turn: Turn }> = { ...one.checks };
  for (const [name, result] of Object.entries(other.checks ?? {}))
    checks[name] = newer<{ readonly holds: boolean; readonly turn: Turn }>(checks[name], result)!;
  return {
    ...(materialized ? { materialized } : {}),
    ...(stillFailed ? { failed: stillFailed } : {}),
    ...(handled ? { handled } : {}),
    ...(Object.keys(checks).length > 0 ? { checks: Object.fromEntries(sortedEntries(checks)) } : {}),
  };
}

/** Status of a partition that nobody works on now (semantics.md 4). */
export function partitionStatus(record: PartitionFacts | undefined): 'failed' | 'materialized' | 'missing' {
  if (record?.failed) return 'failed';
  return record?.materialized ? 'materialized' : 'missing';
}
