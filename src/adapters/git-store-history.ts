import { fail, ok, type Result } from '../base/result.ts';
import type { StateCommit, StoreUnreachable } from '../ports-state.ts';
import { BEHIND_TRAILER } from './git-ids.ts';
import { unlessSilent } from './git-object-reader.ts';
import type { StateObjects } from './git-objects.ts';
import type { StateRef } from './git-state-ref.ts';

/** A state branch is compacted by itself long before it has this many commits. */
const HISTORY_MAX = 1_000_000;

/** Commits, newest first, from one of them on. */
export async function readLog(
  ref: StateRef,
  limit: number,
  from: string | undefined,
): Promise<Result<readonly StateCommit[], StoreUnreachable>> {
  const history = await readHistory(ref, from === undefined ? limit : HISTORY_MAX);
  if (!history.ok) return history;
  const { commits, note } = history.value;
  const start = from === undefined ? 0 : commits.findIndex((entry) => entry.commit === from);
  const asked = start < 0 ? [] : commits.slice(start, start + limit);
  if (note !== undefined && asked.length < limit) ref.notice?.(note);
  return ok(asked);
}

/** The commit that an id, the beginning of one, or an instant means. */
export async function resolveCommit(ref: StateRef, at: string): Promise<Result<string | undefined, StoreUnreachable>> {
  const history = await readHistory(ref, HISTORY_MAX);
  if (!history.ok) return history;
  const { commits, note } = history.value;
  const found = findCommit(commits, at);
  // Whether there is such a commit cannot be known here.
  return found === undefined && note !== undefined ? fail({ code: 'unreachable', message: note }) : ok(found);
}

function findCommit(newestFirst: readonly StateCommit[], at: string): string | undefined {
  if (/^[0-9a-f]{4,64}$/.test(at)) {
    const matches = newestFirst.filter(({ commit }) => commit.startsWith(at));
    return matches.length === 1 ? matches[0]!.commit : undefined;
  }
  const instant = Date.parse(at);
  return newestFirst.find((commit) => commit.at <= instant)?.commit;
}

/** Commits of a state, without their content. */
interface History {
  /** Newest first: of the branch, then of its archives. */
  readonly commits: readonly StateCommit[];
  /** Why they are not all there are, for people. */
  readonly note: string | undefined;
  /** Why something of older days may be missing: history is cut there, or behind there. */
  readonly cause: string | undefined;
}

/** Asks where the state is kept, at most `limit` commits. */
async function readHistory(ref: StateRef, limit: number): Promise<Result<History, StoreUnreachable>> {
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
    if (ref.remote === undefined) return fail(brokenHistory(objects, last.commit));
    cause ??= cutNote(ref.remote, last.commit);
    if (behind < 0) note ??= cause;
  }
  return ok({ commits: [...commits.values()], note, cause });
}

function cutNote(remote: string, commit: string): string {
  return `${remote} is a shallow clone: history of the state before commit ${commit.slice(0, 12)} is not in it. \`git fetch --unshallow\` there brings what is missing.`;
}

function brokenHistory({ gitDir }: StateObjects, tip: string): StoreUnreachable {
  return {
    code: 'unreachable',
    message: `The history of the state cannot be read back from commit ${tip.slice(0, 12)}: a commit is missing or damaged in ${gitDir}. \`git fsck\` there says what else is.`,
  };
}

/**
 * Something of older days is not there. With the cause, where that is that the remote has not all of its history: it is
 * looked for only now, because it takes a fetch.
 */
export async function notThere(ref: StateRef, what: string): Promise<StoreUnreachable> {
  const history = ref.remote === undefined ? undefined : await readHistory(ref, HISTORY_MAX);
  const cause = history?.ok === true ? history.value.cause : undefined;
  const message = `There is no ${what} of older days in ${ref.label}.`;
  return { code: 'unreachable', message: cause === undefined ? message : `${message} ${cause}` };
}
