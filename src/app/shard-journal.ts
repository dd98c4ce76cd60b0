import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { decodeEvent, encodeEvent } from '../state/codec.ts';

/** What a shard has recorded, as it travels: an event a line. */
export function journalText(events: readonly BranchlineEvent[]): string {
  return events.map((event) => `${encodeEvent(event)}\n`).join('');
}

/**
 * What a journal holds at most, in bytes: what 100,000 steps say, were all of them in one job. `finalize` unpacks no more of
 * what strangers could have made.
 */
export const JOURNAL_BYTES_MAX = 128 * 1024 * 1024;

export interface BoundedJournal {
  readonly text: string;
  /** Last lines of logs and samples of rows are left out: the log of the job has them. */
  readonly isShortened: boolean;
}

/** The text of a journal within its bound; fails when it is longer even without what is only to be looked at. */
export function boundedJournal(
  events: readonly BranchlineEvent[],
  bytesMax = JOURNAL_BYTES_MAX,
): Result<BoundedJournal, string> {
  const whole = journalText(events);
  if (Buffer.byteLength(whole) <= bytesMax) return ok({ text: whole, isShortened: false });
  const text = journalText(events.map(shortened));
  const bytes = Buffer.byteLength(text);
  if (bytes <= bytesMax) return ok({ text, isShortened: true });
  return fail(
    `its journal has ${megabytes(bytes)}, and ${megabytes(bytesMax)} are taken in. Share the steps out among more jobs (\`max-parallel\` of \`plan\`), ask for fewer partitions at once, or report less metadata`,
  );
}

function shortened(event: BranchlineEvent): BranchlineEvent {
  if ('samples' in event) {
    const { samples: _, ...rest } = event;
    return rest;
  }
  if (!('failure' in event) || event.failure?.logTail === undefined) return event;
  const { logTail: _, ...failure } = event.failure;
  return { ...event, failure } as BranchlineEvent;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** The events of such a text, each checked; where one is none, the journal is none. */
export function journalEvents(text: string, name: string): Result<readonly BranchlineEvent[], string> {
  const events: BranchlineEvent[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const event = decodeEvent(line, name, index + 1);
    if (!event.ok) return fail(`line ${index + 1}: ${event.error.message}`);
    events.push(event.value);
  }
  return ok(events);
}

/** The events of a journal as a process left it that was ended: the last line may be cut off, and with it all behind it. */
export function leftEvents(lines: readonly string[], name: string): readonly BranchlineEvent[] {
  const events: BranchlineEvent[] = [];
  for (const [index, line] of lines.entries()) {
    const event = decodeEvent(line, name, index + 1);
    if (!event.ok) break;
    events.push(event.value);
  }
  return events;
}
