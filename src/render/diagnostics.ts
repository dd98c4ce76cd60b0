import { compareDiagnostics, type Diagnostic, type Span } from '../model/diagnostic.ts';
import { count, paint, type Style, safeLine, safeText } from './style.ts';
import { charWidth } from './text-width.ts';

/** The text of one of the user's files, by the path in a span; undefined when there is none (any more). */
export type TextOf = (file: string) => string | undefined;

export interface DiagnosticsOptions {
  readonly textOf: TextOf;
  readonly style: Style;
  /** Files that were looked at. */
  readonly fileCount: number;
}

// A line is shown so wide around its mark; the rest is cut.
const columnsMax = 110;
const tabWidth = 4;
const messageMax = 600;
const contextLines = 2;

/** One frame for each finding, in order, then the closing line. Ends with a line break; empty for no findings. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: DiagnosticsOptions): string {
  if (diagnostics.length === 0) return '';
  return `${renderFrames(diagnostics, options)}\n\n${closingLine(diagnostics, options.fileCount)}\n`;
}

/** One frame for each finding, in order, with a blank line between two; no line break at the end. */
export function renderFrames(
  diagnostics: readonly Diagnostic[],
  options: Pick<DiagnosticsOptions, 'textOf' | 'style'>,
): string {
  const linesOf = rememberLines(options.textOf);
  const sorted = [...diagnostics].sort(compareDiagnostics);
  return sorted.map((each) => renderFrame(each, linesOf, options.style)).join('\n\n');
}

/** The document that `check --json` prints. */
export function diagnosticsJson(diagnostics: readonly Diagnostic[]): {
  readonly version: 1;
  readonly diagnostics: readonly Diagnostic[];
} {
  return { version: 1, diagnostics: [...diagnostics].sort(compareDiagnostics) };
}

/** `2 problems in 1 of 3 files. Nothing was run.` */
export function closingLine(diagnostics: readonly Diagnostic[], fileCount: number): string {
  const errors = diagnostics.filter((each) => each.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const files = new Set(diagnostics.map((each) => each.span.file)).size;
  const parts = [errors > 0 ? count(errors, 'problem') : '', warnings > 0 ? count(warnings, 'warning') : ''].filter(
    Boolean,
  );
  const where = `in ${Math.min(files, fileCount)} of ${count(fileCount, 'file')}`;
  return `${parts.join(' and ')} ${where}.${errors > 0 ? ' Nothing was run.' : ''}`;
}

type LinesOf = (file: string) => readonly string[] | undefined;

function rememberLines(textOf: TextOf): LinesOf {
  const known = new Map<string, readonly string[] | undefined>();
  return (file) => {
    if (!known.has(file))
      known.set(
        file,
        textOf(file)
          ?.replace(/^\uFEFF/, '')
          .split(/\r\n|\n|\r/),
      );
    return known.get(file);
  };
}

interface Frame {
  readonly linesOf: LinesOf;
  readonly style: Style;
  /** Width of the line numbers. */
  readonly gutter: number;
}

function renderFrame(diagnostic: Diagnostic, linesOf: LinesOf, style: Style): string {
  const { span, related = [] } = diagnostic;
  // What stands on the very line that is marked needs no line of its own.
  const numbers = [span.line, ...related.map((each) => each.span.line)];
  const frame: Frame = { linesOf, style, gutter: Math.max(5, ...numbers.map((line) => String(line).length + 3)) };
  const level = diagnostic.severity === 'warning' ? ' (warning)' : '';
  const head = `${paint(style, 'bold', placeText(span))}  ${paint(style, level ? 'yellow' : 'red', diagnostic.code)}${level}`;
  const elsewhere = related.filter((each) => each.span.file !== span.file || each.span.line !== span.line);
  const before = elsewhere.filter((each) => each.span.file === span.file && each.span.line < span.line);
  const after = elsewhere.filter((each) => !before.includes(each));
  const lines = [
    head,
    ...before.flatMap((each) => relatedLines(each.span, each.note, span.file, frame)),
    ...markedLines(span, safeLine(diagnostic.message, messageMax), elsewhere.length === 0 ? contextLines : 0, frame),
    ...(diagnostic.help
      ? [`${' '.repeat(frame.gutter)} ${bar(style)} help: ${safeLine(diagnostic.help, messageMax)}`]
      : []),
    ...after.flatMap((each) => relatedLines(each.span, each.note, span.file, frame)),
  ];
  return lines.map((line) => line.trimEnd()).join('\n');
}

function placeText(span: Span): string {
  return `${safeLine(span.file)}:${span.line}:${span.column}`;
}

function bar(style: Style): string {
  return paint(style, 'dim', style.unicode ? '│' : '|');
}

function sourceLine(line: number, text: string, frame: Frame): string {
  return `${paint(frame.style, 'dim', String(line).padStart(frame.gutter))} ${bar(frame.style)} ${text}`;
}

/** The line with carets below it, the message behind them, and a few lines before it that say where we are. */
function markedLines(span: Span, message: string, contextMax: number, frame: Frame): string[] {
  const lines = frame.linesOf(span.file);
  const text = lines?.[span.line - 1];
  const rail = `${' '.repeat(frame.gutter)} ${bar(frame.style)}`;
  if (lines === undefined || text === undefined) return [`${rail} ${message}`];
  const shown = excerpt(text, span.column, span.length);
  const context: string[] = [];
  for (let line = Math.max(1, span.line - contextMax); line < span.line; line++) {
    context.push(sourceLine(line, excerpt(lines[line - 1]!, 1 + shown.cut, 1).text, frame));
  }
  const carets = paint(frame.style, 'red', '^'.repeat(shown.markWidth));
  return [
    ...context,
    sourceLine(span.line, shown.text, frame),
    `${rail} ${' '.repeat(shown.markAt)}${carets} ${message}`,
  ];
}

function relatedLines(span: Span, note: string, file: string, frame: Frame): string[] {
  const text = frame.linesOf(span.file)?.[span.line - 1];
  const shown = text === undefined ? '' : excerpt(text, span.column, span.length).text.trimEnd();
  const line = sourceLine(span.line, `${shown}     (${safeLine(note)})`, frame);
  return span.file === file ? [line] : [`${' '.repeat(frame.gutter)} ${placeText(span)}`, line];
}

interface Excerpt {
  readonly text: string;
  /** Columns before the mark, and of the mark. */
  readonly markAt: number;
  readonly markWidth: number;
  /** UTF-16 code units that were cut at the left. */
  readonly cut: number;
}

/** One line as a terminal can show it, with the columns of the marked part (`column` counts UTF-16 units from 1). */
function excerpt(line: string, column: number, length: number): Excerpt {
  const cut = column + Math.min(length, 40) > columnsMax ? Math.max(0, column - 1 - 40) : 0;
  let text = cut > 0 ? '…' : '';
  let width = text.length;
  let markAt: number | undefined;
  let markEnd: number | undefined;
  let offset = 0;
  for (const char of line) {
    const at = offset;
    offset += char.length;
    if (at < cut) continue;
    if (at >= column - 1) markAt ??= width;
    if (at >= column - 1 + length) markEnd ??= width;
    if (width >= columnsMax) {
      text += '…';
      break;
    }
    const shown = char === '\t' ? ' '.repeat(tabWidth - (width % tabWidth)) : visibleChar(char);
    text += shown;
    width += char === '\t' ? shown.length : charWidth(shown);
  }
  const start = markAt ?? width;
  return { text, markAt: start, markWidth: Math.max(1, (markEnd ?? width) - start), cut };
}

/** A line feed cannot be in a line; what `safeText` leaves is harmless, and keeps its width of one column. */
function visibleChar(char: string): string {
  return char.charCodeAt(0) >= 0x20 && char.charCodeAt(0) < 0x7f ? char : safeText(char).replace('\n', ' ');
}
