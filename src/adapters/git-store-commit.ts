import { ok } from '../base/result.ts';
import { indexPath, isInIndex, isInRecent, recentFolder } from '../model/landing.ts';
import type { CommitOutcome, RefMove, StateArchive, StateChange, StoreUnreachable } from '../ports-state.ts';
import { fullDiskNote } from './disk-room.ts';
import { unlessSilent } from './git-object-reader.ts';
import type { CommitBase, StateObjects } from './git-objects.ts';
import type { StateRef } from './git-state-ref.ts';
import { bringTips } from './git-store-behind.ts';
import { list, load } from './git-store-reading.ts';

/** A commit that is to be made. */
export interface Wanted {
  readonly expected: string | undefined;
  readonly change: StateChange;
  readonly base: CommitBase;
  /** The head that a compact leaves behind. */
  readonly archived?: Pick<StateArchive, 'seq' | 'commit'>;
}

/** Of a git that hangs it is not known what became of the commit. */
export async function tryCommit(store: StateObjects, ref: StateRef, wanted: Wanted): Promise<CommitOutcome> {
  const outcome = await unlessSilent(async () => ok(await commit(store, ref, wanted)));
  return outcome.ok ? outcome.value : { kind: 'unreachable', message: outcome.error.message };
}

async function commit(store: StateObjects, ref: StateRef, wanted: Wanted): Promise<CommitOutcome> {
  const { expected, base, archived } = wanted;
  const message = ref.isShared ? withSkipCi(wanted.change.message) : wanted.change.message;
  const change = { ...wanted.change, message };
  const attempt = { expected, change, isForced: archived !== undefined };
  const tips = change.behind === undefined ? ok(undefined) : await bringTips(store, ref, change.behind);
  if (!tips.ok) return { kind: 'unreachable', message: tips.error.message };
  const written = await store.writeCommit(base, change);
  if (!written.ok) return judge(store, ref, { ...attempt, commit: undefined, words: written.error });
  // Once more when git got no word from the server: its push may be under way still, or the line broke.
  for (let tries = 1; ; tries++) {
    const refs = change.refs ?? [];
    const published =
      refs.length > 0
        ? await ref.publishWith(written.value, expected, refs)
        : await ref.publish(written.value, expected, archived);
    if (published.kind === 'published') {
      await store.tidy();
      return { kind: 'landed', commit: written.value };
    }
    const outcome = await judge(store, ref, { ...attempt, commit: written.value, words: published.words });
    if (outcome.kind !== 'denied' || published.kind === 'refused' || tries === 2) return outcome;
  }
}

interface Attempt {
  readonly expected: string | undefined;
  /** Undefined when it could not even be written. */
  readonly commit: string | undefined;
  readonly change: StateChange;
  /** It does not continue the head. */
  readonly isForced: boolean;
  readonly words: string;
}

/** What became of a commit whose push was refused or not answered: found by looking at the head. */
async function judge(store: StateObjects, ref: StateRef, attempt: Attempt): Promise<CommitOutcome> {
  const head = await ref.read();
  if (!head.ok && attempt.commit === undefined) return unwritten(store, attempt);
  if (!head.ok) return { kind: 'unreachable', message: head.error.message };
  const current = head.value.commit;
  if (current === undefined) {
    if (attempt.expected !== undefined) return { kind: 'gone' };
    if (attempt.commit === undefined) return unwritten(store, attempt);
    return { kind: 'denied', message: await ref.advice(attempt.words, attempt.isForced) };
  }
  if (attempt.commit !== undefined) {
    if (current === attempt.commit) return { kind: 'landed', commit: current };
    const landed = current !== attempt.expected && (await hasLanded(store, ref, current, attempt.change));
    if (typeof landed !== 'boolean') return { kind: 'unreachable', message: landed.message };
    if (landed) return { kind: 'landed', commit: attempt.commit };
  }
  if (current !== attempt.expected) return { kind: 'conflict', head: head.value };
  const moved = await haveMoved(ref, attempt.change.refs ?? []);
  if (typeof moved !== 'boolean') return { kind: 'unreachable', message: moved.message };
  if (moved) return { kind: 'conflict' };
  if (attempt.commit === undefined) return unwritten(store, attempt);
  return { kind: 'denied', message: await ref.advice(attempt.words, attempt.isForced) };
}

function unwritten({ gitDir }: StateObjects, { words }: Attempt): CommitOutcome {
  const said = words === '' ? '' : `: ${words}`;
  return {
    kind: 'unwritten',
    message: `The commit could not be written to ${gitDir}${said}${said.endsWith('.') ? '' : '.'}${fullDiskNote(gitDir)}`,
  };
}

/** Did somebody move a ref of data meanwhile? Then the state did not move because of that. */
async function haveMoved(ref: StateRef, refs: readonly RefMove[]): Promise<boolean | StoreUnreachable> {
  if (refs.length === 0) return false;
  const now = await ref.whereabouts(refs.map((move) => move.ref));
  return now.ok ? refs.some((move) => now.value.get(move.ref) !== move.expected) : now.error;
}

async function hasLanded(
  store: StateObjects,
  ref: StateRef,
  head: string,
  change: StateChange,
): Promise<boolean | StoreUnreachable> {
  const recent = await list(store, ref, { commit: head, prefix: recentFolder });
  if (!recent.ok) return recent.error;
  if (
    isInRecent(
      recent.value.map(({ path }) => path),
      change,
    )
  )
    return true;
  const index = await load(store, ref, head, [indexPath]);
  if (!index.ok) return index.error;
  return isInIndex(index.value.get(indexPath), change);
}

/** Keeps other people's builds from starting at a state commit; before the trailers, which must stay last. */
function withSkipCi(message: string): string {
  if (message.includes('[skip ci]')) return message;
  const [subject, ...rest] = message.trimEnd().split('\n\n');
  return [subject, '[skip ci]', ...rest].join('\n\n');
}
