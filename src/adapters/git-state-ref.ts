import type { Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import type { StateHead, StoreUnreachable } from '../ports.ts';
import type { ObjectStore } from './git-objects.ts';

/** Where one environment's ref lives: what a state store needs beyond objects that are here. */
export interface StateRef {
  readonly label: string;
  /** True when others see the commits: they then say `[skip ci]`. */
  readonly isShared: boolean;
  /** The head, with its commit and trees here. */
  read(): Promise<Result<StateHead, StoreUnreachable>>;
  /** Moves the ref from `expected` (undefined: it must not exist) to `commit`, both at once or not at all. */
  publish(commit: string, expected: string | undefined): Promise<Published>;
  /** Brings a commit with its trees here; false when there is no such commit. */
  bringCommit(commit: string): Promise<Result<boolean, StoreUnreachable>>;
  /** Brings blobs here, in one batch. Also called with none, when a read found all of its blobs here already. */
  bringBlobs(blobs: readonly string[]): Promise<Result<void, StoreUnreachable>>;
  /** All commits of the ref, without their content; the tip is undefined when the ref does not exist. */
  history(): Promise<Result<{ readonly store: ObjectStore; readonly tip: string | undefined }, StoreUnreachable>>;
  /** Why a push may have been refused, and what to do. `words`: what git said, for people. */
  advice(words: string): Promise<string>;
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
