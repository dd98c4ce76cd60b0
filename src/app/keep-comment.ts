import { ok, type Result } from '../base/result.ts';
import type { GitHub, GitHubRefusal } from '../ports-github.ts';
import { isOurComment } from '../render/comment/comment.ts';

/** What became of the comment. */
export type CommentOutcome =
  | { readonly kind: 'created' | 'edited' | 'unchanged'; readonly url: string }
  /** There was nothing to say, and no comment that says otherwise. */
  | { readonly kind: 'none' };

/**
 * Keeps one comment on a pull request, edited in place. Ours is known by its author and its first line together: what
 * anybody can write is not enough to be edited. The author is the workflow's own account or that of an App, whose name no
 * person can have. `quiet`: only an existing comment is changed.
 */
export async function keepComment(
  github: GitHub,
  pullRequest: number,
  comment: { readonly project: string; readonly body: string; readonly quiet: boolean },
): Promise<Result<CommentOutcome, GitHubRefusal>> {
  const listed = await github.comments(pullRequest);
  if (!listed.ok) return listed;
  const existing = listed.value.items.find(
    (each) => each.author?.endsWith('[bot]') === true && isOurComment(withLineFeeds(each.body), comment.project),
  );
  if (existing === undefined) {
    if (comment.quiet) return ok({ kind: 'none' });
    const created = await github.createComment(pullRequest, comment.body);
    return created.ok ? ok({ kind: 'created', url: created.value.url }) : created;
  }
  // GitHub keeps no blanks at the ends.
  if (withLineFeeds(existing.body).trim() === comment.body.trim()) {
    return ok({ kind: 'unchanged', url: existing.url });
  }
  const edited = await github.updateComment(existing.id, comment.body);
  return edited.ok ? ok({ kind: 'edited', url: edited.value.url }) : edited;
}

/** GitHub may answer with other line ends than were sent. */
function withLineFeeds(body: string): string {
  return body.replace(/\r\n/g, '\n');
}
