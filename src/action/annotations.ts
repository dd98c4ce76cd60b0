import type { Diagnostic, Span } from '../model/diagnostic.ts';
import type { EventDraft } from '../model/events.ts';
import type { Project } from '../model/project.ts';
import { assetLines, failsRun } from '../render/asset-lines.ts';

/** A remark that GitHub shows at a line of the code, and on the page of the run. */
export interface Annotation {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
  /** From the root of the repository. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** GitHub keeps so many of each level from one step. */
const LEVEL_MAX = 10;
const MESSAGE_LENGTH_MAX = 1_000;

/** Findings of `check`, each where it is mended. */
export function annotateDiagnostics(diagnostics: readonly Diagnostic[]): Annotation[] {
  return diagnostics.map(({ severity, code, message, help, span }) => ({
    level: severity,
    title: code,
    message: help === undefined ? message : `${message}; ${help}`,
    ...placeOf(span),
  }));
}

/**
 * Steps and checks of a run that failed, each where it is defined. What a retry has made good since is no more than a
 * warning; a check stands until it is judged again, which the retry tells.
 */
export function annotateRun(drafts: readonly EventDraft[], project: Project, isMadeGood = false): Annotation[] {
  const annotations: Annotation[] = [];
  for (const line of assetLines(drafts)) {
    const asset = project.assets[line.asset];
    const bad = line.checks.filter(({ status }) => status === 'FAILED' || status === 'ERRORED');
    for (const check of bad) {
      const definedAt = asset?.checks.find(({ name }) => name === check.check)?.definedAt ?? asset?.definedAt;
      annotations.push({
        level: check.severity === 'warn' || (isMadeGood && failsRun(check)) ? 'warning' : 'error',
        title: `${line.asset}: check ${check.check} ${check.status === 'ERRORED' ? 'could not judge' : 'failed'}`,
        message: check.message,
        ...placeOf(definedAt),
      });
    }
    // What was not published because of a check is told by the check.
    const isByCheck = bad.some(({ blocking, severity }) => blocking && severity === 'error');
    if (line.failure === undefined || isByCheck) continue;
    annotations.push({
      level: isMadeGood ? 'warning' : 'error',
      title: `${line.asset} failed${isMadeGood ? ', and its retry succeeded' : ''}`,
      message: line.failure.message,
      ...placeOf(asset?.definedAt),
    });
  }
  return annotations;
}

/** At most ten of each level: the last of them says how many more there are. `folder`: the project's, from the root. */
export function boundAnnotations(annotations: readonly Annotation[], folder: string): Annotation[] {
  return (['error', 'warning'] as const).flatMap((level) => {
    const own = annotations.filter((each) => each.level === level).map((each) => inRepository(each, folder));
    if (own.length <= LEVEL_MAX) return own;
    const more = own.length - (LEVEL_MAX - 1);
    const rest = { level, title: `${more} more`, message: 'The summary and the log of this job have all of them.' };
    return [...own.slice(0, LEVEL_MAX - 1), rest];
  });
}

function inRepository({ file, ...annotation }: Annotation, folder: string): Annotation {
  const { message } = annotation;
  const cut = message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX)}…` : message;
  return {
    ...annotation,
    message: cut,
    ...(file === undefined ? {} : { file: folder === '' ? file : `${folder}/${file}` }),
  };
}

function placeOf(span: Span | undefined): Pick<Annotation, 'file' | 'line' | 'column'> {
  return span === undefined ? {} : { file: span.file, line: span.line, column: span.column };
}
