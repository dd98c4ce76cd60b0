import { fail, ok, type Result } from '../base/result.ts';
import type { StateCommit, StoreUnreachable } from '../ports.ts';
import { BEHIND_TRAILER } from './git-ids.ts';
import { unlessSilent } from './git-object-reader.ts';
import type { StateObjects } from './git-objects.ts';
import type { StateRef } from './git-state-ref.ts';

/** A state branch is compacted by itself long before it has this many commits. */
export const HISTORY_MAX = 1_000_000;

/** Commits of a state, without their content. */
export interface History {
  /** Newest first: of the branch, then of its archives. */
  readonly commits: readonly StateCommit[];
  /** Why they are not all there are, for people. */
  readonly note: string | undefined;
  /** Why something of older days may be missing: history is cut there, or behind there. */
  readonly cause: string | undefined;
}

/** Asks where the state is kept, at most `limit` commits. */
export async function readHistory(ref: StateRef, limit: number): Promise<Result<History, StoreUnreachable>> {
  const history = await unlessSilent(() => ref.history());
  if (!history.ok) return history;
  const { objects, tips } = history.value;
  const commits = new Map<string, StateCommit>();
  let note: string | undefined;
  let cause: string | undefined;
  for (const tip of tips) {
    // The head of a compact that did not land is kept as an archive, and is part of the branch as well.
    if (commits.size >= limit || commits.has(tip)) continue;
    const log = await objects.readLog(tip, limit - commits.size);
    if (log === undefined) return fail(brokenHistory(objects, tip));
    // Behind a history that was begun anew there is only what left its tree.
    const behind = log.commits.findIndex(({ trailers }) => trailers[BEHIND_TRAILER] !== undefined);
    const own = behind < 0 ? log.commits : log.commits.slice(0, behind);
    for (const entry of own) commits.set(entry.commit, entry);
    const last = log.commits.at(-1);
    if (!log.isCut || last === undefined) continue;
    if (ref.cutNote === undefined) return fail(brokenHistory(objects, last.commit));
    cause ??= ref.cutNote(last.commit);
    if (behind < 0) note ??= cause;
  }
  return ok({ commits: [...commits.values()], note, cause });
}

function brokenHistory({ gitDir }: StateObjects, tip: string): StoreUnreachable {
  return {
    code: 'unreachable',
    message: `The history of the state cannot be read back from commit ${tip.slice(0, 12)}: a commit before it is missing in ${gitDir}. \`git fsck\` there says what else is.`,
  };
}

/**
 * Something of older days is not there. With the cause, where that is that the remote has not all of its history: it is
 * looked for only now, because it takes a fetch.
 */
export async function notThere(ref: StateRef, what: string): Promise<StoreUnreachable> {
  const history = ref.cutNote === undefined ? undefined : await readHistory(ref, HISTORY_MAX);
  const cause = history?.ok === true ? history.value.cause : undefined;
  const message = `There is no ${what} of older days in ${ref.label}.`;
  return { code: 'unreachable', message: cause === undefined ? message : `${message} ${cause}` };
}
