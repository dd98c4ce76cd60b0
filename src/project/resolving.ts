import { nearestWord } from '../base/nearest.ts';
import { byText } from '../base/order.ts';
import type { Span } from '../model/diagnostic.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Connection } from '../model/project.ts';
import type { SourceTree } from '../ports.ts';
import { parseDuration } from '../time/duration.ts';
import type { Broken } from './broken.ts';
import type { Definitions } from './definitions.ts';
import type { ParseOptions } from './expression-names.ts';
import { type Findings, lazySpan, type Place, spanInFile, spanInText } from './findings.ts';
import type { Found } from './layers.ts';
import { nearestFile, projectPath } from './paths.ts';
import { hintAtSlippedKeys } from './slipped-keys.ts';
import { type SqlStretch, scanSql } from './sql-text.ts';
import { hasExpression, parseTemplate } from './template.ts';
import { type TextPlace, type TextProblem, textProblem } from './text-problem.ts';

/** What every part of resolving works with. */
export interface Resolving {
  readonly definitions: Definitions;
  readonly tree: SourceTree;
  readonly findings: Findings;
  readonly connections: Readonly<Record<string, Connection>>;
  /** What is missing because a diagnostic is about it already. */
  readonly broken: Broken;
  /** Undefined = nothing is said of what has not begun yet. */
  readonly now?: EpochMs;
}

/** `did you mean …?` for a name that does not exist, or undefined. */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const near = nearestWord(word, candidates);
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}

/** A path as written, from the project's root. Reports one that leaves the project's folder, or by a link the repository. */
export function resolvePath(written: string, at: Place, { tree, findings }: Resolving): string | undefined {
  const path = projectPath(written, at.document.path);
  if (path !== undefined && tree.kind(path) !== 'outside') return path;
  const message =
    path === undefined
      ? `\`${written}\` leads out of the project's folder`
      : `\`${written}\` is or passes a link that leads out of the repository`;
  findings.error('outside-repository', at, message, {
    help: "use a path inside of it, from the project's root; one that begins with `./` is beside this manifest",
  });
  return undefined;
}

/** A path that must name a file. Reports what is missing, with the file that was probably meant. */
export function resolveFile(written: string, at: Place, resolving: Resolving): string | undefined {
  const path = resolvePath(written, at, resolving);
  if (path === undefined) return undefined;
  const { tree, findings } = resolving;
  const kind = tree.kind(path);
  if (kind === 'file') return path;
  if (kind === 'directory') {
    findings.error('missing-file', at, `\`${path}\` is a folder, and a file is needed`);
    return undefined;
  }
  findings.error('missing-file', at, `there is no file \`${path}\``, { help: fileHint(written, path, at, tree) });
  return undefined;
}

function fileHint(written: string, path: string, at: Place, tree: SourceTree): string | undefined {
  const beside = written.startsWith('./') ? undefined : projectPath(`./${written}`, at.document.path);
  if (beside !== undefined && tree.kind(beside) === 'file')
    return `paths are from the project's root: write \`./${written}\` for the file beside this manifest`;
  const near = nearestFile(path, tree.files());
  return near === undefined
    ? "paths are from the project's root; one that begins with `./` is beside this manifest"
    : `did you mean \`${near}\`?`;
}

/** A duration in milliseconds. Reports what is none. */
export function resolveDuration(text: string | undefined, at: Place, { findings }: Resolving): number | undefined {
  if (text === undefined) return undefined;
  const parsed = parseDuration(text);
  if (parsed.ok) return parsed.value;
  findings.error('bad-duration', at, parsed.error);
  return undefined;
}

/** Reports what is wrong with the expressions of a text; true when nothing is. */
export function checkTemplate(text: string, at: Place, { findings }: Resolving, options: ParseOptions = {}): boolean {
  if (!hasExpression(text)) return true;
  const parsed = parseTemplate(text, options);
  if (!parsed.ok) findings.inText('bad-expression', at, text, parsed.error);
  return parsed.ok;
}

/** Environment variables as text, each with its expressions checked; ordered by name. */
export function resolveEnv(
  values: Iterable<readonly [string, Found<unknown> | { readonly value: unknown; readonly place: Place }]>,
  resolving: Resolving,
): Readonly<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const [name, { value, place }] of [...values].sort(([a], [b]) => byText(a, b))) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') continue;
    const text = String(value);
    checkTemplate(text, place, resolving);
    env[name] = text;
  }
  return env;
}

/** Reports an expression in a script, with the environment variable to use instead. */
export function checkScript(script: string, at: Place, { findings }: Resolving): void {
  const start = script.indexOf('${{');
  if (start < 0) return;
  const end = script.indexOf('}}', start);
  const source = script.slice(start + 3, end < 0 ? undefined : end).trim();
  const problem = {
    offset: start,
    column: 0,
    length: end < 0 ? 3 : end + 2 - start,
    message: 'scripts hold no expressions: what they say is not pasted into a shell',
    help: insteadOf(source),
  };
  findings.inText('expression-in-run', at, script, problem);
}

function insteadOf(source: string): string {
  const env = /^env\.([A-Za-z_][A-Za-z0-9_]*)$/.exec(source)?.[1];
  if (env !== undefined) return `write \`"$${env}"\`: a step sees the variable itself`;
  const variable = VARIABLES[source];
  if (variable !== undefined) return `write \`"$${variable}"\``;
  return `add \`env: { VALUE: "\${{ ${source} }}" }\` beside \`run\`, and write \`"$VALUE"\``;
}

const VARIABLES: Readonly<Record<string, string>> = {
  'asset.key': 'BRANCHLINE_ASSET',
  'environment.name': 'BRANCHLINE_ENVIRONMENT',
  'partition.key': 'BRANCHLINE_PARTITION',
  'partition.start': 'BRANCHLINE_PARTITION_START',
  'partition.end': 'BRANCHLINE_PARTITION_END',
};

/** SQL with the place that it came from. */
export interface SqlSource {
  readonly text: string;
  readonly file?: string;
  readonly startsAt: Span;
  spanAt(place: TextPlace): Span;
}

/** The SQL of a key: one word that ends in `.sql` is a file, anything else is SQL. Reports a file that is not there. */
export function resolveSql(written: string, at: Place, resolving: Resolving): SqlSource | undefined {
  const { tree } = resolving;
  if (!/^\s*\S+\.sql\s*$/.test(written)) {
    hintAtSlippedKeys(written, at, 'sql', resolving);
    const spanAt = (place: TextPlace): Span => spanInText(at, written, place, tree);
    const start = { offset: Math.max(0, written.search(/\S/)), length: 1 };
    // Errors of the database count lines from the text's beginning.
    return {
      text: written,
      startsAt: lazySpan(at.document.path, () => ({ ...spanAt({ ...start, offset: 0 }), length: 1 })),
      spanAt,
    };
  }
  const file = resolveFile(written.trim(), at, resolving);
  const text = file === undefined ? undefined : tree.text(file);
  if (file === undefined || text === undefined) return undefined;
  const foreign = tree.notUtf8At?.(file);
  if (foreign !== undefined) {
    const message = 'this file is not UTF-8: here is a sign in another encoding';
    const at = spanInFile(file, text, { offset: foreign, length: 1 });
    resolving.findings.error('not-utf8', at, message, { help: 'save it as UTF-8' });
    return undefined;
  }
  return {
    text,
    file,
    startsAt: { file, line: 1, column: 1, length: 1 },
    spanAt: (place) => spanInFile(file, text, place),
  };
}

/**
 * Reports SQL that no database could take: one without a statement, or with a quote or comment that is never closed.
 * True when there is nothing to report.
 */
export function checkSqlText(source: SqlSource, resolving: Resolving): boolean {
  const { text } = source;
  const stretches = scanSql(text);
  const open = stretches.find(({ kind, closed }) => !closed && kind !== 'expression');
  if (open) {
    const begin = openingOf(text, open.start);
    const problem = `this ${open.kind === 'comment' ? 'comment' : 'quote'} is never closed`;
    const help = `close it with \`${begin === '/*' ? '*/' : begin}\``;
    reportInSql(
      'unclosed-sql',
      source,
      textProblem(text, { offset: open.start, length: begin.length }, problem, help),
      resolving,
    );
    return false;
  }
  const says = ({ kind, start, end }: SqlStretch): boolean =>
    kind === 'code' ? /[^\s;]/.test(text.slice(start, end)) : kind !== 'comment';
  if (stretches.some(says)) return true;
  const offset = Math.max(0, text.search(/\S/));
  const problem = text.trim() === '' ? 'this file is empty' : 'there is no statement here, only comments';
  reportInSql(
    'empty-sql',
    source,
    textProblem(text, { offset, length: 1 }, problem, 'write a statement, such as `select …`'),
    resolving,
  );
  return false;
}

/** The signs that open a quote or a comment: one, two, or a dollar quote with its tag. */
function openingOf(text: string, start: number): string {
  return /^(?:\/\*|\$[^$]*\$|.)/su.exec(text.slice(start))?.[0] ?? '';
}

/** Reports a problem inside of SQL. */
export function reportInSql(code: string, source: SqlSource, problem: TextProblem, { findings }: Resolving): void {
  findings.error(
    code,
    source.spanAt(problem),
    problem.message,
    problem.help === undefined ? {} : { help: problem.help },
  );
}
