import { LateTexts } from '../base/late-texts.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { indexPath, isInIndex, isInRecent, recentFolder } from '../model/landing.ts';
import type {
  CommitOutcome,
  RefMove,
  StateArchive,
  StateChange,
  StateCommit,
  StateStore,
  StateTreeEntry,
  StoreUnreachable,
} from '../ports.ts';
import { fullDiskNote } from './disk-room.ts';
import { unlessSilent } from './git-object-reader.ts';
import type { CommitBase, StateObjects } from './git-objects.ts';
import type { StateRef } from './git-state-ref.ts';

/** A state store of a ref and of the private repository that its objects are brought to. */
export function createStateStore(store: StateObjects, ref: StateRef): StateStore {
  return {
    label: ref.label,
    read: () => unlessSilent(() => ref.read()),
    list: (commit, prefix) => unlessSilent(() => list(store, ref, commit, prefix)),
    load: (commit, paths) => unlessSilent(() => load(store, ref, commit, paths)),
    commit: (expected, change) => tryCommit(store, ref, { expected, change, base: { parent: expected } }),
    compact: (expected, seq, change) =>
      tryCommit(store, ref, { expected, change, base: { treeOf: expected }, archived: { seq, commit: expected } }),
    archives: () => ref.archives(),
    dropArchives: (archives) => ref.dropArchives(archives),
    async log(limit, from) {
      const history = await readHistory(ref, from === undefined ? limit : HISTORY_MAX);
      if (!history.ok || from === undefined) return history;
      const start = history.value.findIndex((entry) => entry.commit === from);
      return ok(start < 0 ? [] : history.value.slice(start, start + limit));
    },
    async resolve(at) {
      const history = await readHistory(ref, HISTORY_MAX);
      return history.ok ? ok(findCommit(history.value, at)) : history;
    },
  };
}

/** Commits newest first: of the branch, then of its archives. */
async function readHistory(ref: StateRef, limit: number): Promise<Result<readonly StateCommit[], StoreUnreachable>> {
  const history = await unlessSilent(() => ref.history());
  if (!history.ok) return history;
  const { objects, tips } = history.value;
  const commits = new Map<string, StateCommit>();
  for (const tip of tips) {
    // The head of a compact that did not land is kept as an archive, and is part of the branch as well.
    if (commits.size >= limit || commits.has(tip)) continue;
    for (const entry of (await objects.readLog(tip, limit - commits.size)) ?? []) commits.set(entry.commit, entry);
  }
  return ok([...commits.values()]);
}

/** A state branch is compacted by itself long before it has this many commits. */
const HISTORY_MAX = 1_000_000;

function findCommit(newestFirst: readonly StateCommit[], at: string): string | undefined {
  if (/^[0-9a-f]{4,64}$/.test(at)) {
    const matches = newestFirst.filter(({ commit }) => commit.startsWith(at));
    return matches.length === 1 ? matches[0]!.commit : undefined;
  }
  const instant = Date.parse(at);
  return newestFirst.find((commit) => commit.at <= instant)?.commit;
}

/** Asks git here; when the commit is not here, brings it once and asks again. */
async function withCommit<T>(
  ref: StateRef,
  commit: string,
  ask: () => Promise<T | undefined>,
): Promise<Result<T, StoreUnreachable>> {
  const first = await ask();
  if (first !== undefined) return ok(first);
  const brought = await ref.bringCommit(commit);
  if (!brought.ok) return brought;
  const second = brought.value ? await ask() : undefined;
  if (second !== undefined) return ok(second);
  return fail({ code: 'unreachable', message: `There is no commit ${commit} in ${ref.label}.` });
}

function list(
  store: StateObjects,
  ref: StateRef,
  commit: string,
  prefix: string,
): Promise<Result<readonly StateTreeEntry[], StoreUnreachable>> {
  return withCommit(ref, commit, () => store.listTree(commit, prefix));
}

async function load(
  store: StateObjects,
  ref: StateRef,
  commit: string,
  paths: readonly string[],
): Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>> {
  const found = await withCommit(ref, commit, () => store.findBlobs(commit, paths));
  if (!found.ok) return found;
  const blobs = found.value;
  const texts = new Map(await store.readBlobs(blobs.values()));
  const missing = [...new Set(blobs.values())].filter((blob) => !texts.has(blob));
  if (blobs.size > 0) {
    const brought = await ref.bringBlobs(missing);
    if (!brought.ok) return brought;
  }
  for (const [blob, text] of await store.readBlobs(missing)) texts.set(blob, text);
  const files = new LateTexts();
  for (const [path, blob] of blobs) {
    const text = texts.get(blob);
    if (text === undefined) {
      return fail({ code: 'unreachable', message: `${path} of commit ${commit} could not be had from ${ref.label}.` });
    }
    files.setLate(path, text);
  }
  return ok(files);
}

interface Wanted {
  readonly expected: string | undefined;
  readonly change: StateChange;
  readonly base: CommitBase;
  /** The head that a compact leaves behind. */
  readonly archived?: Pick<StateArchive, 'seq' | 'commit'>;
}

/** Of a git that hangs it is not known what became of the commit. */
async function tryCommit(store: StateObjects, ref: StateRef, wanted: Wanted): Promise<CommitOutcome> {
  const outcome = await unlessSilent(async () => ok(await commit(store, ref, wanted)));
  return outcome.ok ? outcome.value : { kind: 'unreachable', message: outcome.error.message };
}

async function commit(store: StateObjects, ref: StateRef, wanted: Wanted): Promise<CommitOutcome> {
  const { expected, base, archived } = wanted;
  const message = ref.isShared ? withSkipCi(wanted.change.message) : wanted.change.message;
  const change = { ...wanted.change, message };
  const attempt = { expected, change, isForced: archived !== undefined };
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
  const recent = await list(store, ref, head, recentFolder);
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
