import type { Json } from '../base/json.ts';
import { unreachable } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { Failure } from '../model/failure.ts';

type Rewrite = (text: string) => string;

/** Texts inside of a JSON value, also the keys: metadata come from outside, names and all. */
export function mapJsonText(value: Json, rewrite: Rewrite): Json {
  if (typeof value === 'string') return rewrite(value);
  if (Array.isArray(value)) return value.map((item: Json) => mapJsonText(item, rewrite));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        rewrite(key),
        item === undefined ? item : mapJsonText(item as Json, rewrite),
      ]),
    );
  return value;
}

function mapFailure<T extends { readonly failure?: Failure }>(event: T, rewrite: Rewrite): T {
  const failure = event.failure;
  if (!failure) return event;
  const logTail = failure.logTail === undefined ? {} : { logTail: rewrite(failure.logTail) };
  return { ...event, failure: { ...failure, message: rewrite(failure.message), ...logTail } };
}

function mapMetadata(metadata: Readonly<Record<string, Json>>, rewrite: Rewrite): Record<string, Json> {
  return mapJsonText(metadata, rewrite) as Record<string, Json>;
}

/**
 * The event with its free text rewritten: messages, reasons in words, log tails, metadata and samples. Keys, names,
 * versions and digests of ours stay as they are, or nothing would find its record again.
 */
export function mapEventText(event: BranchlineEvent, rewrite: Rewrite): BranchlineEvent {
  switch (event.type) {
    case 'run.ended':
    case 'step.attempt-ended':
    case 'step.ended':
      return mapFailure(event, rewrite);
    case 'run.requeued':
    case 'run.taken-over':
    case 'cancel.requested':
    case 'journal.adopted':
    case 'backfill.cancel-requested':
      return { ...event, reason: rewrite(event.reason) };
    case 'asset.materialized':
    case 'asset.observed':
      return { ...event, metadata: mapMetadata(event.metadata, rewrite) };
    case 'asset.lost':
      return { ...event, message: rewrite(event.message) };
    case 'check.judged':
      return {
        ...event,
        message: rewrite(event.message),
        metadata: mapMetadata(event.metadata, rewrite),
        ...(event.samples ? { samples: event.samples.map((sample) => mapJsonText(sample, rewrite)) } : {}),
      };
    case 'run.requested':
    case 'run.started':
    case 'step.started':
    case 'step.skipped':
    case 'connection.saved':
    case 'asset.found':
    case 'assets.confirmed':
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
    case 'backfill.requested':
      return event.reason === undefined ? event : { ...event, reason: rewrite(event.reason) };
    default:
      return unreachable(event);
  }
}

/** What stands in a lean event instead of a message. */
export const WITHHELD =
  '(withheld: the server refused the push; the full text is in the journal on the machine that ran it)';

/**
 * The event without log tails, messages, samples and metadata that are not numbers: for the second try after a refused
 * push, because a scanner may have seen a secret in them.
 */
export function leanEvent(event: BranchlineEvent): BranchlineEvent {
  const lean = mapEventText(event, () => WITHHELD);
  if ('metadata' in lean && 'metadata' in event) {
    const numbers = Object.entries(event.metadata).filter(([, value]) => typeof value === 'number');
    const { samples: _samples, ...rest } = { samples: undefined, ...lean };
    // A name of a metadata entry is text from outside as well; those that are plain words stay.
    const metadata = Object.fromEntries(numbers.filter(([key]) => /^[a-z][a-z_]{0,39}$/.test(key)));
    return { ...rest, metadata } as BranchlineEvent;
  }
  if ('failure' in lean && lean.failure) {
    const { logTail: _logTail, ...failure } = lean.failure;
    return { ...lean, failure };
  }
  return lean;
}
