import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { decodeEvent, encodeEvent } from '../state/codec.ts';

/** What a shard has recorded, as it travels: an event a line. */
export function journalText(events: readonly BranchlineEvent[]): string {
  return events.map((event) => `${encodeEvent(event)}\n`).join('');
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
