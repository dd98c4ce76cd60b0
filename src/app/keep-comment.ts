import { ok, type Result } from '../base/result.ts';
import type { GitHub, GitHubRefusal } from '../ports-github.ts';
import { isOurComment } from '../render/comment/comment.ts';

/** What became of the comment. */
export type CommentOutcome =
  | { readonly kind: 'created' | 'edited' | 'unchanged'; readonly url: string }
  /** There was nothing to say, and no comment that says otherwise. */
  | { readonly kind: 'none' };

/** Who comments with the token of a workflow. */
export const WORKFLOW_AUTHOR = 'github-actions[bot]';

/**
 * Keeps one comment on a pull request, edited in place. Ours is known by its author and its first line together: what
 * anybody can write is not enough to be edited. `quiet`: only an existing comment is changed.
 */
export async function keepComment(
  github: GitHub,
  pullRequest: number,
  comment: { readonly project: string; readonly body: string; readonly quiet: boolean },
  author: string = WORKFLOW_AUTHOR,
): Promise<Result<CommentOutcome, GitHubRefusal>> {
  const listed = await github.comments(pullRequest);
  if (!listed.ok) return listed;
  const existing = listed.value.items.find(
    (each) => each.author === author && isOurComment(each.body.replace(/\r\n/g, '\n'), comment.project),
  );
  if (existing === undefined) {
    if (comment.quiet) return ok({ kind: 'none' });
    const created = await github.createComment(pullRequest, comment.body);
    return created.ok ? ok({ kind: 'created', url: created.value.url }) : created;
  }
  // GitHub keeps no blanks at the ends, and answers with other line ends.
  if (existing.body.replace(/\r\n/g, '\n').trim() === comment.body.trim()) {
    return ok({ kind: 'unchanged', url: existing.url });
  }
  const edited = await github.updateComment(existing.id, comment.body);
  return edited.ok ? ok({ kind: 'edited', url: edited.value.url }) : edited;
}
