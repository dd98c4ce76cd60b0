import type { EpochMs } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import type { Clock } from '../ports.ts';
import type { RememberedHead, StateHead } from '../ports-state.ts';
import { type AppFailure, outsideFailure } from './failure.ts';

/** What this process last saw of the branch: a head that is older, or gone, was moved by force. */
export interface Seen {
  head?: { readonly commit: string; readonly seq: number };
  /** The newest head that a command of this machine saw. */
  remembered?: RememberedHead | undefined;
  /** Our newest transaction that landed. */
  landed?: { readonly tx: number; readonly at: EpochMs };
  /** Our last commit was fought for: others come first until then. */
  giveWayUntil?: EpochMs;
  /** The head that the last transaction read, if it had nothing to do there, and when. */
  idle?: { readonly head: StateHead; readonly at: EpochMs };
}

/** How long a head that was seen is as good as one that is read, in milliseconds. */
const SOON_MS = 3_000;

/** The head at which this process had nothing to do a moment ago, with the time that has passed since. */
export function seenSoon({ idle }: Seen, now: EpochMs): StateHead | undefined {
  if (idle === undefined || now < idle.at || now - idle.at > SOON_MS) return undefined;
  const { serverNow } = idle.head;
  return { ...idle.head, ...(serverNow === undefined ? {} : { serverNow: serverNow + now - idle.at }) };
}

/** The branch that this command has read is not there any more. */
export function goneState(label: string, { head }: Seen): AppFailure {
  const commit = head?.commit ?? '<commit>';
  return outsideFailure(
    'state-gone',
    `${label} was deleted while this command was at work. Nothing more is recorded there.`,
    `Restore it from a clone that still has it (\`git push <remote> ${commit}:refs/heads/<branch>\`), then run again.`,
  );
}

/** The view remembers a writer's last transaction for a day. */
const REMEMBERED_MS = 12 * 3_600_000;

/** True when the head is older than what this process saw or landed: somebody forced the history back. */
function isForcedBack(
  view: StateView,
  by: { readonly writer: string; readonly now: EpochMs },
  { head, landed }: Seen,
): boolean {
  if (head !== undefined && view.seq < head.seq) return true;
  // Others may have gone on since. The view remembers a writer for a day.
  const isRemembered = landed !== undefined && by.now - landed.at < REMEMBERED_MS;
  return isRemembered && (view.writers.get(by.writer)?.tx ?? 0) < landed.tx;
}

/** Keeps what was seen; a sentence for people when the history was forced back since. */
export function watchHead(
  seen: Seen,
  view: StateView,
  by: { readonly label: string; readonly writer: string; readonly now: EpochMs },
): string | undefined {
  const before = seen.head;
  const wasForced = isForcedBack(view, by, seen);
  if (wasForced) delete seen.landed;
  if (view.head !== undefined) seen.head = { commit: view.head, seq: view.seq };
  if (!wasForced) return undefined;
  return `${by.label} was forced back to commit ${view.seq} (${view.head?.slice(0, 7)}); this command has seen ${before?.seq} (${before?.commit}). What this run did is recorded again. What others had recorded since: \`branchline state replay ${before?.commit}\` takes it from there, as long as the server keeps that commit.`;
}

/**
 * A sentence where a command of this machine has seen a newer head than there is. Nothing is replayed by itself: whoever
 * forces a state back may do it to take something out, such as a secret, and it would come back with the next tick.
 */
export function forcedSince(
  label: string,
  remembered: RememberedHead | undefined,
  view: StateView,
): string | undefined {
  if (remembered === undefined || view.head === undefined || view.seq >= remembered.seq) return undefined;
  return `${label} is at commit ${view.seq} (${view.head.slice(0, 7)}), and this machine has seen ${remembered.seq}: it was forced back, or begun anew. If that was not on purpose, \`branchline state replay ${remembered.commit} --environment production\` records what is missing, as long as this machine or the server has that commit. Claims that are gone count as lost. This is said once.`;
}

/** Waits as long as others come first. */
export async function giveWay(clock: Clock, seen: Seen): Promise<void> {
  const waitMs = (seen.giveWayUntil ?? 0) - clock.now();
  delete seen.giveWayUntil;
  if (waitMs > 0) await clock.sleep(waitMs);
}
