import type { SourceTree } from '../ports.ts';
import { globMatcher } from '../project/glob.ts';

/** The project's file, at its root. */
export const PROJECT_FILE = 'branchline.yaml';

/** Files that the patterns name, in order, but for the project's own; a pattern that begins with `!` excludes. */
export function manifestPaths(tree: Pick<SourceTree, 'files'>, patterns: readonly string[]): string[] {
  const matches = matcherOf(patterns);
  return tree.files().filter((path) => path !== PROJECT_FILE && matches(path));
}

/** Whether a path is that of a manifest, or was. */
export function isManifest(path: string, patterns: readonly string[]): boolean {
  return path === PROJECT_FILE || matcherOf(patterns)(path);
}

function matcherOf(patterns: readonly string[]): (path: string) => boolean {
  const including = patterns.filter((pattern) => !pattern.startsWith('!')).map(globMatcher);
  const excluding = patterns
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => globMatcher(pattern.slice(1)));
  return (path) => including.some((matches) => matches(path)) && !excluding.some((matches) => matches(path));
}
