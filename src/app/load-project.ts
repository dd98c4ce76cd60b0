import type { ManifestDocument } from '../manifest/document.ts';
import { parseManifest } from '../manifest/parse.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Project } from '../model/project.ts';
import type { SourceTree } from '../ports.ts';
import { globMatcher } from '../project/glob.ts';
import { resolveProject } from '../project/resolve.ts';

/** The project's file, at its root. */
export const PROJECT_FILE = 'branchline.yaml';
const DEFAULT_MANIFESTS = ['pipelines/**/*.{yaml,yml}'];

export interface LoadedProject {
  /** Absent while anything is wrong. */
  readonly project?: Project;
  /** What could be made of the manifests, errors or not; absent without a project's file. For comparing with only. */
  readonly readable?: Project;
  /** Errors and warnings of all files. */
  readonly diagnostics: readonly Diagnostic[];
  /** Manifests that were read, the project's file among them. */
  readonly files: readonly string[];
}

/** Reads every manifest of a project and resolves them: all that is wrong, in one go. */
export function loadProject(tree: SourceTree): LoadedProject {
  const text = tree.text(PROJECT_FILE);
  if (text === undefined) {
    const span = { file: PROJECT_FILE, line: 1, column: 1, length: 1 };
    return {
      diagnostics: [
        {
          code: 'no-project',
          severity: 'error',
          message: 'there is no branchline.yaml here',
          help: '`branchline init` writes one',
          span,
        },
      ],
      files: [],
    };
  }
  const parsed = parseManifest({ path: PROJECT_FILE, text }, 'project');
  const patterns =
    parsed.document?.kind === 'project' ? (parsed.document.value.manifests ?? DEFAULT_MANIFESTS) : DEFAULT_MANIFESTS;
  const paths = manifestPaths(tree, patterns);
  const diagnostics: Diagnostic[] = [...parsed.diagnostics];
  const documents: ManifestDocument[] = parsed.document ? [parsed.document] : [];
  let isIncomplete = !parsed.document;
  for (const path of paths) {
    const manifest = parseManifest({ path, text: tree.text(path) ?? '' }, 'manifest');
    diagnostics.push(...manifest.diagnostics);
    if (manifest.document) documents.push(manifest.document);
    else isIncomplete = true;
  }
  const resolved = resolveProject(documents, tree, { incomplete: isIncomplete });
  diagnostics.push(...resolved.diagnostics);
  const hasError = diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  return {
    ...(resolved.project && !hasError ? { project: resolved.project } : {}),
    readable: resolved.readable,
    diagnostics,
    files: [PROJECT_FILE, ...paths],
  };
}

/** Files that the patterns name, in order; a pattern that begins with `!` excludes. */
function manifestPaths(tree: SourceTree, patterns: readonly string[]): string[] {
  const including = patterns.filter((pattern) => !pattern.startsWith('!')).map(globMatcher);
  const excluding = patterns
    .filter((pattern) => pattern.startsWith('!'))
    .map((pattern) => globMatcher(pattern.slice(1)));
  return tree
    .files()
    .filter(
      (path) =>
        path !== PROJECT_FILE &&
        including.some((matches) => matches(path)) &&
        !excluding.some((matches) => matches(path)),
    );
}
