import { sha256 } from '../base/digest.ts';
import type { ManifestDocument } from '../manifest/document.ts';
import { parseManifest } from '../manifest/parse.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Project } from '../model/project.ts';
import type { SourceTree } from '../ports.ts';
import { resolveProject } from '../project/resolve.ts';

/** Files of a small repository, by path; manifests are `branchline.yaml` and all below `pipelines/`. */
export type Files = Readonly<Record<string, string>>;

/** A source tree of texts. Paths that leave the root, and those listed, are outside. */
export function sourceTreeOf(files: Files, outside: readonly string[] = []): SourceTree {
  const paths = Object.keys(files).sort();
  return {
    files: () => paths,
    kind: (path) => {
      if (outside.includes(path) || path.startsWith('..')) return 'outside';
      if (Object.hasOwn(files, path)) return 'file';
      return path === '' || paths.some((other) => other.startsWith(`${path}/`)) ? 'directory' : 'missing';
    },
    text: (path) => (Object.hasOwn(files, path) && !outside.includes(path) ? files[path] : undefined),
    digest: (path) => (Object.hasOwn(files, path) && !outside.includes(path) ? sha256(files[path]!) : undefined),
  };
}

export interface BuiltProject {
  /** Absent while there is an error. */
  readonly project?: Project;
  /** What could be made of them, errors or not. */
  readonly readable: Project;
  /** Of the parser and of resolving. */
  readonly diagnostics: readonly Diagnostic[];
  readonly tree: SourceTree;
}

/** Parses and resolves the manifests among some files, in the given order of paths (by default that of the record). */
export function buildProject(files: Files, order: readonly string[] = Object.keys(files), now?: number): BuiltProject {
  const tree = sourceTreeOf(files);
  const documents: ManifestDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  let incomplete = false;
  for (const path of order) {
    const kind = path === 'branchline.yaml' ? 'project' : /^pipelines\/.*\.ya?ml$/.test(path) ? 'manifest' : undefined;
    if (kind === undefined) continue;
    const parsed = parseManifest({ path, text: files[path]! }, kind);
    diagnostics.push(...parsed.diagnostics);
    if (parsed.document === undefined) incomplete = true;
    else documents.push(parsed.document);
  }
  const resolved = resolveProject(documents, tree, { incomplete, ...(now === undefined ? {} : { now }) });
  return { ...resolved, diagnostics: [...diagnostics, ...resolved.diagnostics], tree };
}

/** The project of some files that hold no error; throws with the messages when they do. */
export function projectOf(files: Files): Project {
  const { project, diagnostics } = buildProject(files);
  if (project === undefined) throw new Error(`not a project: ${diagnostics.map(showDiagnostic).join('\n')}`);
  return project;
}

/** A diagnostic on one line, for expectations: `unknown-asset pipelines/a.yaml:3:12 (2) there is no asset …`. */
export function showDiagnostic({ code, severity, span, message }: Diagnostic): string {
  return `${severity === 'warning' ? 'warning ' : ''}${code} ${span.file}:${span.line}:${span.column} (${span.length}) ${message}`;
}
