import type { CheckStatus } from '../model/events.ts';
import type { Check, Severity } from '../model/project.ts';
import { boundText, crosses, effectiveBounds, numberText } from './bounds.ts';
import { failingPhrase } from './phrases.ts';

/** What was observed of a check. */
export type Observed =
  /** Failing rows or the number measured, and rows checked where that is known; null = the query gave no number. */
  | { readonly kind: 'measured'; readonly value: number | null; readonly of?: number }
  /** For checks of kind `columns`: what differs, and how many columns were declared. */
  | { readonly kind: 'columns'; readonly differences: readonly string[]; readonly of: number }
  /** For checks by exit code or report. */
  | { readonly kind: 'passed'; readonly passed: boolean; readonly value?: number; readonly message?: string }
  /** It could not be judged. */
  | { readonly kind: 'raised'; readonly message: string };

export interface Verdict {
  readonly status: CheckStatus;
  /** How bad it is when it did not pass; the check's own severity when it did. */
  readonly severity: Severity;
  /** Plain speech, without the check's name. */
  readonly message: string;
  readonly value?: number;
  readonly of?: number;
}

/** The rules of semantics.md section 7 and vocabulary.md, "Checks". */
export function judge(check: Check, observed: Observed): Verdict {
  switch (observed.kind) {
    case 'raised':
      return errored(check, observed.message);
    case 'passed':
      return judgeReport(check, observed);
    case 'columns':
      return judgeNumber(check, observed.differences.length, observed.of, columnsText(observed));
    case 'measured':
      if (observed.value === null || !Number.isFinite(observed.value)) {
        return errored(check, 'the query gave no number (null): nothing to judge');
      }
      return judgeNumber(check, observed.value, observed.of, measuredText(check, observed.value, observed.of));
  }
}

/** A result that keeps a copy from being published, and downstream from running (the table of semantics.md 7). */
export function isHolding(check: Check, verdict: Verdict): boolean {
  if (!check.blocking) return false;
  return verdict.status === 'ERRORED' || (verdict.status === 'FAILED' && verdict.severity === 'error');
}

function errored(check: Check, message: string): Verdict {
  return { status: 'ERRORED', severity: check.onError, message };
}

/** What a step or script reported. Its number is judged by bounds where there are some, else its own word counts. */
function judgeReport(check: Check, report: Extract<Observed, { readonly kind: 'passed' }>): Verdict {
  const bounded = check.warnIf !== undefined || check.errorIf !== undefined;
  if (bounded && report.value !== undefined) {
    return judgeNumber(check, report.value, undefined, report.message ?? `value ${numberText(report.value)}`);
  }
  return {
    status: report.passed ? 'PASSED' : 'FAILED',
    severity: check.severity,
    message: report.message ?? (report.passed ? 'passed' : 'failed'),
    ...(report.value === undefined ? {} : { value: report.value }),
  };
}

function judgeNumber(check: Check, value: number, of: number | undefined, text: string): Verdict {
  const bounds = effectiveBounds(check);
  if (bounds.length === 0) {
    return errored(check, 'no bound counts: with `severity: warn`, `error_if` is ignored, so write `warn_if`');
  }
  const measured = { value, ...(of === undefined ? {} : { of }) };
  if (of === undefined && bounds.some(({ bound }) => bound.percent)) {
    return {
      ...errored(check, 'a bound in % needs rows to compare with, and this check gives a number only'),
      ...measured,
    };
  }
  const crossed = bounds.find(({ bound }) => crosses(bound, value, of));
  if (crossed) {
    return {
      status: 'FAILED',
      severity: crossed.severity,
      message: `${text} (${boundText(crossed.bound)})`,
      ...measured,
    };
  }
  // The bound that was nearest to matter: what a person compares the number with.
  const tolerated = value !== 0 || check.kind.type === 'row_count' ? ` (${boundText(bounds.at(-1)!.bound)})` : '';
  return { status: 'PASSED', severity: check.severity, message: text + tolerated, ...measured };
}

function measuredText(check: Check, value: number, of: number | undefined): string {
  const { kind } = check;
  const restricted = check.where === undefined ? '' : ` where ${check.where.replace(/\s+/g, ' ').trim()}`;
  if (kind.type === 'row_count') return `${numberText(value)} ${value === 1 ? 'row' : 'rows'}${restricted}`;
  if (kind.type === 'sql' && kind.value) return `value ${numberText(value)}`;
  if (kind.type === 'sql')
    return value === 0 ? 'no rows returned' : `${numberText(value)} ${value === 1 ? 'row' : 'rows'} returned`;
  if (of === 0) return `no rows to check${restricted}`;
  const rows =
    of === undefined
      ? `${numberText(value)} rows`
      : `${numberText(value)} of ${numberText(of)} ${of === 1 ? 'row' : 'rows'}`;
  return `${rows}${restricted} ${value === 1 ? singular(failingPhrase(kind)) : failingPhrase(kind)}`;
}

/** `have a zip …` → `has a zip …`, for one failing row. */
function singular(phrase: string): string {
  return phrase.replace(/^(have|lack|share)\b/, (verb) => (verb === 'have' ? 'has' : `${verb}s`));
}

const DIFFERENCES_MAX = 3;

function columnsText({ differences, of }: { readonly differences: readonly string[]; readonly of: number }): string {
  if (differences.length === 0)
    return `${of === 1 ? 'the column is' : `all ${numberText(of)} columns are`} as declared`;
  const rest = differences.length - DIFFERENCES_MAX;
  return differences.slice(0, DIFFERENCES_MAX).join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}
