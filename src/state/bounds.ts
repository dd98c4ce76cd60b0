import { canonicalJson, type Json } from '../base/json.ts';
import { sortedEntries } from '../base/order.ts';
import { unreachable } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';
import { cutEnd, cutStart } from './cut-text.ts';
import { utf8Bytes } from './layout.ts';
import { EVENT_BYTES_MAX } from './long-events.ts';

/** Limits of one event, in UTF-8 bytes of canonical JSON. */
export const METADATA_VALUE_BYTES_MAX = 4 * 1024;
export const METADATA_BYTES_MAX = 16 * 1024;
export const LOG_TAIL_BYTES_MAX = 8 * 1024;
export const MESSAGE_BYTES_MAX = 4 * 1024;
/** Failed steps of one commit whose log tails are kept. */
export const LOG_TAILS_MAX = 20;
const SAMPLES_MAX = 5;
const DETAIL_MAX = 20;
/** Stands in an event's metadata when whole entries were left out. */
export const CUT_KEY = 'branchline/cut';

function boundValue(value: Json): Json {
  const bytes = utf8Bytes(canonicalJson(value));
  if (bytes <= METADATA_VALUE_BYTES_MAX) return value;
  if (typeof value !== 'string')
    return `(left out: ${bytes} bytes; the limit of a value is ${METADATA_VALUE_BYTES_MAX})`;
  // Escapes make the JSON longer than the text, up to six bytes a character.
  let room = METADATA_VALUE_BYTES_MAX - 2;
  let cut = cutEnd(value, room);
  while (utf8Bytes(canonicalJson(cut)) > METADATA_VALUE_BYTES_MAX) {
    room = Math.floor(room * 0.75);
    cut = cutEnd(value, room);
  }
  return cut;
}

/** Metadata within the limits of a value and of an event; what was left out is said under `branchline/cut`. */
export function boundMetadata(metadata: Readonly<Record<string, Json>>): Record<string, Json> {
  const kept: [string, Json][] = [];
  const room = METADATA_BYTES_MAX - 128;
  let bytes = 2;
  let left = 0;
  for (const [key, value] of sortedEntries(metadata)) {
    const bounded = boundValue(value);
    const size = utf8Bytes(canonicalJson(key)) + utf8Bytes(canonicalJson(bounded)) + 2;
    if (bytes + size > room) left++;
    else {
      kept.push([key, bounded]);
      bytes += size;
    }
  }
  if (left > 0) kept.push([CUT_KEY, `${left} more left out; the limit of an event is ${METADATA_BYTES_MAX} bytes`]);
  return Object.fromEntries(kept);
}

function boundFailure(failure: Failure): Failure {
  const logTail = failure.logTail === undefined ? {} : { logTail: cutStart(failure.logTail, LOG_TAIL_BYTES_MAX) };
  return { ...failure, message: cutEnd(failure.message, MESSAGE_BYTES_MAX), ...logTail };
}

/** The event within the limits of the state branch. An event within them is returned as it is. */
export function boundEvent(event: BranchlineEvent): BranchlineEvent {
  switch (event.type) {
    case 'run.ended':
    case 'step.attempt-ended':
    case 'step.ended':
      return event.failure ? { ...event, failure: boundFailure(event.failure) } : event;
    case 'asset.materialized':
    case 'asset.observed':
      return { ...event, metadata: boundMetadata(event.metadata) };
    case 'asset.lost':
      return { ...event, message: cutEnd(event.message, MESSAGE_BYTES_MAX) };
    case 'check.judged':
      return {
        ...event,
        message: cutEnd(event.message, MESSAGE_BYTES_MAX),
        metadata: boundMetadata(event.metadata),
        ...(event.samples ? { samples: event.samples.slice(0, SAMPLES_MAX).map(boundValue) } : {}),
      };
    case 'run.started':
      return { ...event, steps: event.steps.map((step) => ({ ...step, detail: boundList(step.detail) })) };
    case 'run.requeued':
    case 'run.taken-over':
    case 'cancel.requested':
    case 'journal.adopted':
    case 'backfill.cancel-requested':
      return { ...event, reason: cutEnd(event.reason, MESSAGE_BYTES_MAX) };
    case 'backfill.requested':
      return event.reason === undefined ? event : { ...event, reason: cutEnd(event.reason, MESSAGE_BYTES_MAX) };
    // Nothing here grows with what a step says: names, instants and digests.
    case 'run.requested':
    case 'step.started':
    case 'step.skipped':
    case 'connection.saved':
    case 'assets.confirmed':
    case 'asset.found':
    case 'tick.judged':
    case 'ticks.missed':
    case 'schedule.adopted':
    case 'schedule.dropped':
    case 'schedule.evaluated':
    case 'automation.adopted':
    case 'automation.dropped':
    case 'claim.opened':
    case 'claim.renewed':
    case 'claim.suspected':
    case 'claim.closed':
    case 'partitions.changed':
    case 'backfill.ended':
      return event;
    default:
      return unreachable(event);
  }
}

/** Events of one commit within the limits, with the log tails of the first 20 failures. */
export function boundEvents(events: readonly BranchlineEvent[]): BranchlineEvent[] {
  let tails = 0;
  return events.map((event) => {
    const bounded = boundEvent(event);
    if (!('failure' in bounded) || bounded.failure?.logTail === undefined) return bounded;
    tails++;
    if (tails <= LOG_TAILS_MAX) return bounded;
    const { logTail: _logTail, ...failure } = bounded.failure;
    return { ...bounded, failure };
  });
}

/** What is too long in an event that is longer than any may be. */
export function tooLongOf(event: BranchlineEvent): string {
  const most = `what is recorded of it is longer than ${EVENT_BYTES_MAX / 1024 / 1024} MiB`;
  if (event.type === 'asset.materialized')
    return `\`${event.asset}\` has ${Object.keys(event.files ?? {}).length} output files: ${most}`;
  if (event.type === 'run.started') return `run ${event.run} has ${event.steps.length} steps: ${most}`;
  if (event.type === 'claim.opened') return `run ${event.run} makes ${event.claim.assets.length} assets: ${most}`;
  return `an event \`${event.type}\`${event.run === undefined ? '' : ` of run ${event.run}`}: ${most}`;
}

function boundList(items: readonly string[]): readonly string[] {
  if (items.length <= DETAIL_MAX) return items;
  return [...items.slice(0, DETAIL_MAX - 1), `and ${items.length - DETAIL_MAX + 1} more`];
}
