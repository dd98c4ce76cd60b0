import { canonicalJson } from '../base/json.ts';
import { timestamp } from '../model/instant.ts';
import { encodeFormat, type PreparedCommit } from './commit.ts';
import { compactedPath, compactedSeq, cutDayOf, FORMAT_PATH } from './layout.ts';
import type { StateRead } from './read.ts';

/** Commits of one history, after which the next commit begins it anew by itself. */
export const COMPACT_AFTER_COMMITS = 10_000;

/** Commits since history was last begun anew: at depth 1 they cannot be counted, so the tree says where it began. */
export function commitsSinceCompact({ view, base }: Pick<StateRead, 'view' | 'base'>): number {
  return view.seq - compactedSeq(base.paths);
}

/**
 * Whether the next commit should begin history anew. Where a server refuses that, every 100th commit asks again: each
 * number is had by one commit, whoever makes it.
 */
export function isCompactDue(read: Pick<StateRead, 'view' | 'base'>, after: number): boolean {
  const over = commitsSinceCompact(read) - after;
  return over >= 0 && over % 100 === 0;
}

/**
 * What a commit without parent has beside its own files: `cut`, the files of a retention that drops events in it (empty
 * where there is none), the file that says what was before it, and the deletion of the one before.
 */
export function compactFiles(
  { view, base }: Pick<StateRead, 'view' | 'base'>,
  prepared: Pick<PreparedCommit, 'change' | 'after'>,
  by: { readonly head: string; readonly project: string; readonly cut: ReadonlyMap<string, string | null> },
): ReadonlyMap<string, string | null> {
  const { head, project, cut } = by;
  const files = new Map(cut);
  // Only the commit tells which layout it leads to: one that folds leaves the one before.
  const { layout } = prepared.after.base;
  if (cutDayOf(cut.keys()) !== undefined) files.set(FORMAT_PATH, encodeFormat(project, { isCut: true, layout }));
  const at = timestamp(prepared.change.at);
  const before = compactedSeq(base.paths);
  if (before > 0) files.set(compactedPath(before), null);
  files.set(compactedPath(view.seq), `${canonicalJson({ archive: head, at, seq: view.seq, v: 1 })}\n`);
  return files;
}
