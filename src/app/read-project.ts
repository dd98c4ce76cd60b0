import type { KeptValues } from '../base/kept-values.ts';
import { nearestWord } from '../base/nearest.ts';
import type { ManifestDocument, Pointer } from '../manifest/document.ts';
import { LineIndex } from '../manifest/line-index.ts';
import type { Parsed } from '../manifest/parse.ts';
import { readFitting } from '../manifest/read-fitting.ts';
import type { ManifestKind } from '../manifest/schema.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { EpochMs } from '../model/instant.ts';
import { USUAL_MANIFESTS } from '../model/manifest-patterns.ts';
import type { Project } from '../model/project.ts';
import type { SourceTree } from '../ports.ts';
import { globMatcher } from '../project/glob.ts';
import { resolveProject } from '../project/resolve.ts';
import { manifestPaths, PROJECT_FILE } from './manifest-paths.ts';

export interface LoadedProject {
  /** Absent while anything is wrong. */
  readonly project?: Project;
  /** What could be made of the manifests, errors or not; absent without a project's file. For comparing and for looking at the state. */
  readonly readable?: Project;
  /** Name and `state` of `readable` are as they were meant: where the state is can be known, whatever else is wrong. */
  readonly knowsState?: true;
  /** Errors and warnings of all files. */
  readonly diagnostics: readonly Diagnostic[];
  /** Manifests that were read, the project's file among them. */
  readonly files: readonly string[];
}

/** Reads one manifest; undefined = it takes another reader. */
export type ManifestReader = (
  source: { readonly path: string; readonly text: string },
  kind: ManifestKind,
) => Parsed | undefined;

/**
 * Reads every manifest of a project and resolves them: all that is wrong, in one go. Undefined as soon as the reader
 * gives a file up. With `now` what has not begun yet is warned of.
 */
export function readProject(tree: SourceTree, read: ManifestReader, now?: EpochMs): LoadedProject | undefined {
  const text = tree.text(PROJECT_FILE);
  if (text === undefined && tree.kind(PROJECT_FILE) !== 'missing')
    return { diagnostics: [unreadable(PROJECT_FILE, tree)], files: [PROJECT_FILE] };
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
  const foreign = notUtf8(PROJECT_FILE, text, tree);
  if (foreign) return { diagnostics: [foreign], files: [PROJECT_FILE] };
  const parsed = read({ path: PROJECT_FILE, text }, 'project');
  if (!parsed) return undefined;
  const patterns =
    parsed.document?.kind === 'project' ? (parsed.document.value.manifests ?? USUAL_MANIFESTS) : USUAL_MANIFESTS;
  const paths = manifestPaths(tree, patterns);
  const diagnostics: Diagnostic[] = [...parsed.diagnostics, ...idlePatterns(parsed.document, tree)];
  const documents: ManifestDocument[] = parsed.document ? [parsed.document] : [];
  let isIncomplete = !parsed.document;
  for (const path of paths) {
    const manifest = readManifest(path, tree, read);
    if (!manifest) return undefined;
    diagnostics.push(...manifest.diagnostics);
    if (manifest.document) documents.push(manifest.document);
    else isIncomplete = true;
  }
  const resolved = resolveProject(documents, tree, { incomplete: isIncomplete, ...(now === undefined ? {} : { now }) });
  diagnostics.push(...resolved.diagnostics);
  const hasError = diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  return {
    ...(resolved.project && !hasError ? { project: resolved.project } : {}),
    readable: resolved.readable,
    ...(knowsState(parsed) ? { knowsState: true } : {}),
    diagnostics,
    files: [PROJECT_FILE, ...paths],
  };
}

/** What says where the state is and whose it is. */
const STATE_KEYS: readonly Pointer[] = [['name'], ['state'], ['state', 'branch'], ['state', 'remote']];

/** Whether no mistake can be about where the state is: none of its keys was left out, misspelt or written twice. */
function knowsState({ document, diagnostics }: Parsed): boolean {
  if (document === undefined) return false;
  const isAbout = ([first, second]: Pointer): boolean => {
    if (first === 'state') return second !== 'retention';
    return first === undefined || nearestWord(String(first), ['name', 'state']) !== undefined;
  };
  const twice = diagnostics
    .filter(({ code }) => code === 'duplicate-key')
    .flatMap(({ span, related = [] }) => [span, ...related.map((each) => each.span)]);
  if (document.broken.some(isAbout)) return false;
  // To find places takes a pass over the whole file, and nothing is written twice in most.
  if (twice.length === 0) return true;
  const places = STATE_KEYS.map((key) => document.locate(key, 'key'));
  return !twice.some(({ line, column }) => places.some((place) => place.line === line && place.column === column));
}

/** The same of a project whose files have nothing wrong in them; undefined else: then `loadProject` says what. */
export function readSoundProject(tree: SourceTree, now?: EpochMs, kept?: KeptValues): LoadedProject | undefined {
  const read: ManifestReader = (source, kind) => {
    const document = readFitting(source, kind, kept);
    return document && { document, diagnostics: [] };
  };
  return readProject(tree, read, now);
}

function readManifest(path: string, tree: SourceTree, read: ManifestReader): Parsed | undefined {
  const text = tree.text(path);
  if (text === undefined) return { diagnostics: [unreadable(path, tree)] };
  const foreign = notUtf8(path, text, tree);
  return foreign ? { diagnostics: [foreign] } : read({ path, text }, 'manifest');
}

/** What is wrong with a file in another encoding: names and texts would be others than were written. */
function notUtf8(path: string, text: string, tree: SourceTree): Diagnostic | undefined {
  const at = tree.notUtf8At?.(path);
  if (at === undefined) return undefined;
  return {
    code: 'not-utf8',
    severity: 'error',
    message: 'this file is not UTF-8: here is a sign in another encoding',
    help: 'save it as UTF-8',
    span: new LineIndex(path, text).span(at, at + 1),
  };
}

/** Why a manifest that is listed has no text. What it declares is missing, so it is never passed over. */
function unreadable(path: string, tree: SourceTree): Diagnostic {
  const isOutside = tree.kind(path) === 'outside';
  const isBrokenLink = tree.kind(path) === 'missing';
  return {
    code: isOutside ? 'outside-repository' : 'missing-file',
    severity: 'error',
    message: isOutside
      ? 'this manifest is a link that leads out of the repository'
      : isBrokenLink
        ? 'this manifest is a link to a file that is not there'
        : 'this manifest cannot be read',
    help: isOutside || isBrokenLink ? 'put the file itself here' : 'look at its permissions',
    span: { file: path, line: 1, column: 1, length: 1 },
  };
}

/** A pattern of `manifests` that no file fits is a slip of the pen, or what it named has moved. */
function idlePatterns(document: ManifestDocument | undefined, tree: SourceTree): Diagnostic[] {
  if (document?.kind !== 'project') return [];
  return (document.value.manifests ?? []).flatMap((pattern, index): Diagnostic[] => {
    if (pattern.startsWith('!') || tree.files().some(globMatcher(pattern))) return [];
    return [
      {
        code: 'no-file-matches',
        severity: 'warning',
        message: `no file matches \`${pattern}\``,
        help: "patterns are from the project's root; files that git ignores are no manifests",
        span: document.locate(['manifests', index]),
      },
    ];
  });
}
