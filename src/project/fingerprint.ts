import { digestOf } from '../base/digest.ts';
import { byText, sortedUnique } from '../base/order.ts';
import type { Action, Asset, AssetKey, Project, StepDef } from '../model/project.ts';
import type { SourceTree } from '../ports.ts';
import { globMatcher, isPattern } from './glob.ts';
import { projectPath } from './paths.ts';
import { sqlWords } from './sql-text.ts';

/** What a code version was made of, and the digest over it. */
export interface CodeVersion {
  /** `c1:` and 32 hex digits; `c1` is the version of the algorithm. */
  readonly version: string;
  /** Part (`run`, `env`, `file:ingest/orders.py`, …) → first 12 hex digits of its digest. */
  readonly parts: Readonly<Record<string, string>>;
}

const ALGORITHM = 'c1';

/** Works out code versions of one project over one tree; what is shared between steps is read once. */
export type Fingerprinter = (step: string) => CodeVersion;

/**
 * The code version of steps (semantics.md 10): `run`, `shell`, `working-directory`, `env` as written, SQL, connection,
 * relation, `materialized`, outputs, `incremental`, and the bytes of script, SQL file and `code:` patterns. Meaning counts, not form:
 * defaults that are written out, comments and white space of SQL, and order change nothing.
 */
export function fingerprinter(
  project: Pick<Project, 'steps' | 'assets' | 'connections'>,
  tree: SourceTree,
): Fingerprinter {
  const isData = dataFiles(project);
  const files = tree.files().filter((file) => !isData(file));
  const isListed = new Set(files);
  const digests = new Map<string, string>();
  const digestOfFile = (path: string): string => {
    const known = digests.get(path) ?? fileDigest(path, tree);
    digests.set(path, known);
    return known;
  };
  return (name) => {
    const step = project.steps[name];
    if (step === undefined) throw new Error(`no such step: ${name}`);
    const assets = step.assets.map((key) => project.assets[key]!);
    const values = new Map<string, unknown>([
      ...stepValues(step),
      ...assets.flatMap((asset) => assetValues(asset, assets.length > 1)),
    ]);
    for (const path of codeFiles(step, files, isListed)) values.set(`file:${path}`, digestOfFile(path));
    return codeVersion(values);
  };
}

function codeVersion(values: ReadonlyMap<string, unknown>): CodeVersion {
  const digests = [...values].map(([part, value]) => [part, digestOf(value)] as const).sort(([a], [b]) => byText(a, b));
  return {
    version: `${ALGORITHM}:${digestOf(Object.fromEntries(digests)).slice(0, 32)}`,
    parts: Object.fromEntries(digests.map(([part, digest]) => [part, digest.slice(0, 12)])),
  };
}

function stepValues(step: StepDef): [string, unknown][] {
  const { action } = step;
  const values: [string, unknown][] = [];
  if (action.kind === 'run') {
    values.push(['run', action.run]);
    if (action.shell !== 'bash') values.push(['shell', action.shell]);
    if (action.workingDirectory !== undefined) values.push(['working-directory', action.workingDirectory]);
  } else {
    values.push([action.file === undefined ? 'sql' : `file:${action.file}`, sqlWords(action.text)]);
  }
  if (Object.keys(step.env).length > 0) values.push(['env', step.env]);
  if (step.connection !== undefined) values.push(['connection', step.connection]);
  return values;
}

function assetValues(asset: Asset, isOneOfSeveral: boolean): [string, unknown][] {
  const name = (part: string): string => (isOneOfSeveral ? `${part}:${asset.key}` : part);
  const values: [string, unknown][] = [];
  if (asset.relation !== undefined) values.push([name('relation'), asset.relation]);
  if (asset.materialized !== 'table') values.push([name('materialized'), asset.materialized]);
  if (asset.partitionExpr !== undefined) values.push([name('partition_expr'), asset.partitionExpr]);
  if (asset.incremental) values.push([name('incremental'), true]);
  if (asset.outputs.length > 0) {
    values.push([name('outputs'), [...asset.outputs].sort((a, b) => byText(a.path, b.path))]);
  }
  return values;
}

/** Text files in SQL count by their words, all others by their bytes. */
function fileDigest(path: string, tree: SourceTree): string {
  const text = path.endsWith('.sql') ? tree.text(path) : undefined;
  return text === undefined ? (tree.digest(path) ?? 'missing') : digestOf(sqlWords(text));
}

/** Files that some asset writes, or that hold a database: naming one makes it no code, or each run would change the version. */
export function dataFiles({ assets, connections }: Pick<Project, 'assets' | 'connections'>): (path: string) => boolean {
  const exact = new Set<string>();
  const patterns: ((path: string) => boolean)[] = [];
  for (const connection of Object.values(connections)) if (connection.type === 'duckdb') exact.add(connection.path);
  for (const { outputs, key, group } of Object.values(assets)) {
    for (const { path: template } of outputs) {
      const path = writtenPattern(template, key, group);
      if (isPattern(path)) patterns.push(globMatcher(path));
      else exact.add(path);
    }
  }
  return (path) => exact.has(path) || patterns.some((matches) => matches(path));
}

/** An output as a pattern of files: any partition's key stands where one does. Other expressions are known when it runs. */
function writtenPattern(template: string, key: AssetKey, group: string | undefined): string {
  const own: Readonly<Record<string, string>> = { key, name: key.split('/').at(-1)!, group: group ?? '' };
  return template
    .replace(/\$\{\{\s*asset\.(key|name|group)\s*\}\}/g, (_, part: string) => own[part]!)
    .replace(/\$\{\{\s*partition\.[^{}]*\}\}/g, '*');
}

/** Files that count for a step: `code:` and the words of `run` that name a file of the project. */
export function codeFiles(step: StepDef, files: readonly string[], isListed: ReadonlySet<string>): readonly string[] {
  const patterns = step.code.map(globMatcher);
  const byPattern = patterns.length === 0 ? [] : files.filter((file) => patterns.some((matches) => matches(file)));
  return sortedUnique([...byPattern, ...scriptFiles(step.action, isListed)]);
}

/** Words of `run` that name a listed file, from the root or from the working directory. */
export function scriptFiles(action: Action, isListed: ReadonlySet<string>): readonly string[] {
  if (action.kind === 'sql') return [];
  const folder = action.workingDirectory;
  const found = new Set<string>();
  for (const word of shellWords(action.run)) {
    // The shell resolves a word from where it stands, be it written with `./` or without.
    const path = projectPath(folder === undefined ? word.replace(/^(\.\/)+/, '') : `${folder}/${word}`, '');
    if (path !== undefined && isListed.has(path)) found.add(path);
  }
  return [...found].sort(byText);
}

/** Words of a script, without quotes; `--file=x.py` gives `x.py` as well. Rough on purpose: a word too many does no harm. */
export function shellWords(script: string): readonly string[] {
  const words: string[] = [];
  for (const [, double, single, bare] of script.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"'|&;<>()`$]+)/g)) {
    const word = double ?? single ?? bare ?? '';
    words.push(...word.split(/[\s;|&<>()]+/), ...(word.includes('=') ? [word.slice(word.indexOf('=') + 1)] : []));
  }
  return words.filter((word) => word !== '');
}
