import type { ManifestDocument, Pointer } from '../manifest/document.ts';
import type { Diagnostic, RelatedSpan, Span } from '../model/diagnostic.ts';
import type { SourceTree } from '../ports.ts';
import type { TextPlace, TextProblem } from './text-problem.ts';

/** A value in a manifest, or the key that names it. Where it stands is worked out only when somebody asks. */
export interface Place {
  readonly document: ManifestDocument;
  readonly pointer: Pointer;
  readonly what?: 'key' | 'value';
}

/** A place below another one. */
export function below(place: Place, ...steps: readonly (string | number)[]): Place {
  return { document: place.document, pointer: [...place.pointer, ...steps] };
}

/** The same place, at the key. */
export function keyOf(place: Place): Place {
  return { ...place, what: 'key' };
}

export function spanOf(place: Place): Span {
  return place.document.locate(place.pointer, place.what ?? 'value');
}

/** A span whose file is known at once and whose line is looked up when first read: finding lines for 10,000 assets is dear. */
export function lazySpan(file: string, locate: () => Span): Span {
  let found: Span | undefined;
  const at = (): Span => {
    found ??= locate();
    return found;
  };
  return {
    file,
    get line() {
      return at().line;
    },
    get column() {
      return at().column;
    },
    get length() {
      return at().length;
    },
  };
}

/** Where a thing is defined: at the key that names it. */
export function definedAt(place: Place): Span {
  return lazySpan(place.document.path, () => spanOf(keyOf(place)));
}

/** What a finding says besides its message. */
export interface FindingNotes {
  readonly help?: string;
  readonly related?: readonly RelatedSpan[];
}

/** Collects diagnostics. The same code at the same place is one mistake, and is kept once. */
export interface Findings {
  readonly diagnostics: readonly Diagnostic[];
  error(code: string, at: Place | Span, message: string, notes?: FindingNotes): void;
  warning(code: string, at: Place | Span, message: string, notes?: FindingNotes): void;
  /** A problem inside of a text that a manifest holds; an error unless it says otherwise. */
  inText(
    code: string,
    at: Place,
    text: string,
    problem: TextProblem & { readonly severity?: 'error' | 'warning' },
  ): void;
}

/** An empty collection. The tree is read for the exact column of a problem inside of a text. */
export function collectFindings(tree: SourceTree): Findings {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  const add = (
    severity: 'error' | 'warning',
    code: string,
    at: Place | Span,
    message: string,
    notes: FindingNotes = {},
  ): void => {
    const span = 'document' in at ? spanOf(at) : at;
    const id = `${code} ${span.file} ${span.line} ${span.column}`;
    if (seen.has(id)) return;
    seen.add(id);
    const { help, related } = notes;
    diagnostics.push({
      code,
      severity,
      message,
      ...(help === undefined ? {} : { help }),
      span,
      ...(related === undefined ? {} : { related }),
    });
  };
  return {
    diagnostics,
    error: (code, at, message, notes) => add('error', code, at, message, notes),
    warning: (code, at, message, notes) => add('warning', code, at, message, notes),
    inText: (code, at, text, problem) =>
      add(
        problem.severity ?? 'error',
        code,
        spanInText(at, text, problem, tree),
        problem.message,
        problem.help === undefined ? {} : { help: problem.help },
      ),
  };
}

/**
 * Where a stretch of a text stands in the manifest that holds it. Exact for plain and quoted text without escapes and
 * for literal blocks (`|`); for anything else the whole text is marked, which is never wrong.
 */
export function spanInText(place: Place, text: string, at: TextPlace, tree: SourceTree): Span {
  const whole = place.document.locate(place.pointer, 'value');
  const lines = (tree.text(place.document.path) ?? '').split('\n');
  const rest = (lines[whole.line - 1] ?? '').slice(whole.column - 1);
  if (text.includes('\n')) return inBlock(whole, lines, text, at) ?? whole;
  const isQuoted = rest.startsWith(`'${text}'`) || rest.startsWith(`"${text}"`);
  if (!isQuoted && !rest.startsWith(text)) return whole;
  return { ...whole, column: whole.column + (isQuoted ? 1 : 0) + at.offset, length: Math.max(1, at.length) };
}

/** A block's span begins at its first line with text; every line of the text stands in the file behind the same indent. */
function inBlock(whole: Span, lines: readonly string[], text: string, at: TextPlace): Span | undefined {
  const textLines = text.split('\n');
  const first = textLines.findIndex((line) => line.trim() !== '');
  if (first < 0) return undefined;
  const indent = (lines[whole.line - 1] ?? '').length - textLines[first]!.length;
  const before = text.slice(0, at.offset).split('\n');
  const line = whole.line - first + before.length - 1;
  const own = textLines[before.length - 1]!;
  if (indent < 0 || lines[line - 1]?.slice(indent) !== own) return undefined;
  const column = before.at(-1)!.length;
  return {
    file: whole.file,
    line,
    column: indent + column + 1,
    length: Math.max(1, Math.min(at.length, own.length - column)),
  };
}

/** The span of a stretch of a file's text. */
export function spanInFile(file: string, text: string, at: TextPlace): Span {
  const before = text.slice(0, at.offset).split('\n');
  const end = text.indexOf('\n', at.offset);
  const length = Math.max(1, Math.min(at.length, (end < 0 ? text.length : end) - at.offset));
  return { file, line: before.length, column: before.at(-1)!.length + 1, length };
}
