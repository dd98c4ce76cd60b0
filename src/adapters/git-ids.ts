import type { ObjectFormat } from './git-private-repository.ts';

/** The id that stands for no object. */
export function zeroId(format: ObjectFormat): string {
  return '0'.repeat(format === 'sha1' ? 40 : 64);
}

/** Author and committer of every state commit: GitHub's own bot, so that its pages show a known face. */
export const identity = 'github-actions[bot] <41898282+github-actions[bot]@users.noreply.github.com>';

/** Tells a commit of files that left the tree (`git-behind.ts`) from those of the log. */
export const BEHIND_TRAILER = 'Behind';
