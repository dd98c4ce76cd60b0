import type { Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import type { RefMove, StateArchive, StateHead, StoreUnreachable } from '../ports-state.ts';
import type { StateObjects } from './git-objects.ts';

/** Where one environment's ref lives: what a state store needs beyond objects that are here. */
export interface StateRef {
  readonly label: string;
  /** True when others see the commits: they then say `[skip ci]`. */
  readonly isShared: boolean;
  /** The head, with its commit and trees here. */
  read(): Promise<Result<StateHead, StoreUnreachable>>;
  /**
   * Moves the ref from `expected` (undefined: it must not exist) to `commit`, both at once or not at all. `archived`: the
   * head before gets a ref of its own first, because the commit does not continue it.
   */
  publish(
    commit: string,
    expected: string | undefined,
    archived?: Pick<StateArchive, 'seq' | 'commit'>,
  ): Promise<Published>;
  /** The same, and refs of data with it (see `StateChange.refs`). */
  publishWith(commit: string, expected: string | undefined, refs: readonly RefMove[]): Promise<Published>;
  /** Where refs of data stand now: those that exist. */
  whereabouts(refs: readonly string[]): Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>>;
  /** Heads of history before compacts, newest first. */
  archives(): Promise<Result<readonly StateArchive[], StoreUnreachable>>;
  /** Deletes their refs; gives those that are gone now. */
  dropArchives(archives: readonly StateArchive[]): Promise<Result<readonly StateArchive[], StoreUnreachable>>;
  /** Brings commits, or trees, with all trees below here; false when one of them is not there. */
  bringTrees(ids: readonly string[]): Promise<Result<boolean, StoreUnreachable>>;
  /** Brings blobs here, in one batch. Also called with none, when a read found all of its blobs here already. */
  bringBlobs(blobs: readonly string[]): Promise<Result<void, StoreUnreachable>>;
  /** All commits of the ref and of its archives, without their content; tips are newest first. */
  history(): Promise<Result<{ readonly objects: StateObjects; readonly tips: readonly string[] }, StoreUnreachable>>;
  /** For messages: the remote, which may be a shallow clone. Without one, history that ends too early is damaged. */
  readonly remote?: string;
  /** Tells what a person should know though nothing failed. */
  readonly notice?: (text: string) => void;
  /**
   * Why a push may have been refused, and what to do. `words`: what git said, for people. `isForced`: the commit did not
   * continue the head.
   */
  advice(words: string, isForced: boolean): Promise<string>;
}

/** `refused`: the other side answered and took it not; `unanswered`: git got no word. Only the head tells what is true. */
export type Published =
  | { readonly kind: 'published' }
  | { readonly kind: 'refused' | 'unanswered'; readonly words: string };

/** Refs as `git for-each-ref` or `git ls-remote` list them. */
export interface ListedRef {
  readonly ref: string;
  readonly id: string;
  readonly committedAt?: EpochMs;
}

/** Arguments and parser for refs of the private repository, with the time of their commits. */
export const listRefsArgs: readonly string[] = [
  'for-each-ref',
  '--format=%(objectname) %(committerdate:unix) %(refname)',
];
export function parseListedRefs(text: string): ListedRef[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id, seconds, ref] = line.split(' ');
      return { id: id!, committedAt: Number(seconds) * 1000, ref: ref! };
    });
}

/** `ls-remote` prints `<id> TAB <ref>`. */
export function parseRemoteRefs(text: string): ListedRef[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id, ref] = line.split('\t');
      return { id: id!, ref: ref! };
    });
}

/** The one of the refs that makes git refuse `ref`: a part of its path, or something below it. */
export function blockingRef(ref: string, refs: Iterable<string>): string | undefined {
  for (const other of refs) if (ref.startsWith(`${other}/`) || other.startsWith(`${ref}/`)) return other;
  return undefined;
}

/** Where the archives of a branch are kept: hidden refs, or branches where a server takes no others. */
export function archivePrefixes(branch: string): { readonly hidden: string; readonly branches: string } {
  const folder = branch.includes('/') ? branch.slice(0, branch.lastIndexOf('/')) : branch;
  const name = branch.slice(branch.lastIndexOf('/') + 1);
  return branch === 'branchline/state'
    ? { hidden: 'refs/branchline/archive/', branches: 'refs/heads/branchline/archive/' }
    : { hidden: `refs/branchline/archive-of/${branch}/`, branches: `refs/heads/${folder}/archive-of-${name}/` };
}

/** The archives among refs, newest first. Their names end in `<seq>`, or `<seq>-<commit>` where that was taken. */
export function archivesOf(refs: Iterable<ListedRef>, nameOf: (ref: string) => string = (ref) => ref): StateArchive[] {
  const archives: StateArchive[] = [];
  for (const { ref, id, committedAt } of refs) {
    const match = /\/(\d+)(?:-[0-9a-f]+)?$/.exec(ref);
    if (match) archives.push({ seq: Number(match[1]), commit: id, committedAt: committedAt ?? 0, ref: nameOf(ref) });
  }
  return archives.sort((a, b) => b.committedAt - a.committedAt || b.seq - a.seq);
}

/** Name of a new archive's ref below a prefix. */
export function archiveName({ seq, commit }: Pick<StateArchive, 'seq' | 'commit'>, taken: Iterable<ListedRef>): string {
  for (const { ref, id } of taken) if (ref.endsWith(`/${seq}`) && id !== commit) return `${seq}-${commit.slice(0, 12)}`;
  return String(seq);
}
