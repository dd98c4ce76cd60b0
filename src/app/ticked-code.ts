import type { EventDraft, TickedCode } from '../model/events.ts';
import type { Timestamp } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';

/** The code that a tick runs with. */
export interface CheckedOutCode {
  readonly commit: string;
  /** Its commit time, asked for where the state does not know it; undefined when nobody can say. */
  at(): Promise<Timestamp | undefined>;
}

/**
 * The code that ticks; undefined when nobody can say when it was committed, or nobody has to: its time is compared with
 * that of `known` code, and recorded where `isRecorded`.
 */
export async function tickedCode(
  code: CheckedOutCode | undefined,
  known: StateView['codeCommit'],
  isRecorded: boolean,
): Promise<TickedCode | undefined> {
  if (!code || (!known && !isRecorded)) return undefined;
  const at = known?.commit === code.commit ? known.at : await code.at();
  return at === undefined ? undefined : { commit: code.commit, at };
}

/** The state remembers the newest code that has ticked: an older one judges nothing. */
export function isNewestCode(code: TickedCode | undefined, ticked: StateView['codeCommit']): boolean {
  if (!code || !ticked || code.commit === ticked.commit) return true;
  return code.at >= ticked.at;
}

/** What is on record of a schedule says which code judged it. */
export function withCode(draft: EventDraft, code: TickedCode | undefined): EventDraft {
  return draft.type === 'schedule.evaluated' && code ? { ...draft, code } : draft;
}
