import { canonicalJson } from '../base/json.ts';
import { byText, sortedEntries } from '../base/order.ts';
import type { AssetFound, AssetLost, AssetMaterialized, CheckJudged, StepEnded } from '../model/events.ts';
import type { Timestamp } from '../model/instant.ts';
import type { LostRecord, PartitionFacts, PartitionRecord, Turn } from '../model/state.ts';
import { shortVersion, usedDigest } from '../model/versions.ts';
import { compareTurns } from './asset-fold.ts';
import { cutEnd } from './cut-text.ts';
import { handledSince, newerHandled } from './handled.ts';

/** Of the message of a loss so much is kept for each partition. */
const LOST_MESSAGE_BYTES_MAX = 512;

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

/** What a look says of a partition whose data was gone, or is back. */
export function partitionLooked(event: AssetLost | AssetFound, key: string): PartitionRecord {
  const [rank, epoch, times] = event.partitions![key]!;
  const message = event.type === 'asset.lost' ? { message: cutEnd(event.message, LOST_MESSAGE_BYTES_MAX) } : {};
  return { lost: { at: event.at, turn: [rank, epoch], times, ...message } };
}

/** What is still known of a look: nothing once the partition was made after what was looked for. */
function newestLook(
  one: LostRecord | undefined,
  other: LostRecord | undefined,
  made: { readonly turn: Turn; readonly at: Timestamp } | undefined,
): LostRecord | undefined {
  const newest = newer(one, other, (look) => look.times);
  if (newest === undefined || made === undefined) return newest;
  // A run that was given back and goes on may make in one turn again what it had made in it.
  const order = compareTurns(made.turn, newest.turn) || byText(made.at, newest.at);
  return order > 0 ? undefined : newest;
}

/** Why the data of a partition counts as lost; undefined = it does not. */
export function lossOf(record: Pick<PartitionFacts, 'materialized' | 'lost'> | undefined): string | undefined {
  return record?.materialized === undefined ? undefined : record.lost?.message;
}

function newer<T extends { readonly turn: Turn }>(
  one: T | undefined,
  other: T | undefined,
  withinTurn: (value: T) => number = () => 0,
): T | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const order = compareTurns(one.turn, other.turn) || withinTurn(one) - withinTurn(other);
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
  const lost = newestLook(one.lost, other.lost, materialized);
  const checks: Record<string, { holds: boolean; turn: Turn }> = { ...one.checks };
  for (const [name, result] of Object.entries(other.checks ?? {}))
    checks[name] = newer<{ readonly holds: boolean; readonly turn: Turn }>(checks[name], result)!;
  return {
    ...(materialized ? { materialized } : {}),
    ...(stillFailed ? { failed: stillFailed } : {}),
    ...(handled ? { handled } : {}),
    ...(lost ? { lost } : {}),
    ...(Object.keys(checks).length > 0 ? { checks: Object.fromEntries(sortedEntries(checks)) } : {}),
  };
}

/** Status of a partition that nobody works on now (semantics.md 4). */
export function partitionStatus(record: PartitionFacts | undefined): 'failed' | 'materialized' | 'missing' {
  if (record?.failed) return 'failed';
  return record?.materialized && lossOf(record) === undefined ? 'materialized' : 'missing';
}
