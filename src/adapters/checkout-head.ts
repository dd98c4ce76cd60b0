import { join } from 'node:path';
import { findGitFolders, type GitFolders } from './git-location-files.ts';
import { readRef } from './git-ref-files.ts';
import { readableText } from './readable-files.ts';

/** The commit that is checked out around a folder, where the repository's files tell it. */
export function checkedOutId(root: string): string | undefined {
  const folders = findGitFolders(root);
  return folders && headCommit(folders);
}

/** The commit of HEAD, where files tell it. */
export function headCommit(folders: GitFolders): string | undefined {
  const head = headText(folders);
  const ref = /^ref: (\S+)/.exec(head ?? '')?.[1];
  const commit = ref === undefined ? head : readRef(folders.commonDir, ref);
  return commit !== undefined && /^[0-9a-f]{40}$/.test(commit) ? commit : undefined;
}

/** What `HEAD` holds. */
export function headText({ gitDir }: GitFolders): string | undefined {
  return readableText(join(gitDir, 'HEAD'))?.trim();
}
