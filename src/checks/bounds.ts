import { unreachable } from '../base/result.ts';
import type { Bound, Check, Severity } from '../model/project.ts';

/** What failing rows are judged by when a check names no bound. */
export const NO_FAILING_ROWS: Bound = { op: '>', value: 0, percent: false };

export interface EffectiveBound {
  readonly severity: Severity;
  readonly bound: Bound;
}

/**
 * The bounds that count, the worse first (vocabulary.md, "Checks"): with neither, no failing row is allowed; with one,
 * the other is unset; `severity: warn` ignores `error_if`. Empty for a check that needs a bound and has none that counts.
 */
export function effectiveBounds(check: Check): readonly EffectiveBound[] {
  const errorIf = check.severity === 'error' ? check.errorIf : undefined;
  const bounds: EffectiveBound[] = [];
  if (errorIf) bounds.push({ severity: 'error', bound: errorIf });
  if (check.warnIf) bounds.push({ severity: 'warn', bound: check.warnIf });
  if (bounds.length === 0 && !needsBound(check)) bounds.push({ severity: check.severity, bound: NO_FAILING_ROWS });
  return bounds;
}

/** A measured number is neither good nor bad by itself; failing rows are. */
export function needsBound(check: Check): boolean {
  return check.kind.type === 'row_count' || (check.kind.type === 'sql' && check.kind.value);
}

/** Whether a value is what the bound warns of. A percentage of no rows is no number, so no bound is crossed by it. */
export function crosses(bound: Bound, value: number, of: number | undefined): boolean {
  if (bound.percent) {
    if (!of) return false;
    // Multiplied, not divided: 1 of 3 rows against 33.3 % must not depend on how a quotient is rounded.
    return compare(bound, value * 100, of);
  }
  return compare(bound, value, 1);
}

function compare(bound: Bound, value: number, unit: number): boolean {
  switch (bound.op) {
    case '>':
      return value > bound.value * unit;
    case '>=':
      return value >= bound.value * unit;
    case '<':
      return value < bound.value * unit;
    case '<=':
      return value <= bound.value * unit;
    case '=':
      return value === bound.value * unit;
    case '!=':
      return value !== bound.value * unit;
    case 'not between':
      return value < bound.low * unit || value > bound.high * unit;
    default:
      return unreachable(bound);
  }
}

/** What a bound leaves room for, for people: `allowed 0`, `at least 1,000 wanted`. */
export function boundText(bound: Bound): string {
  const unit = bound.percent ? ' %' : '';
  if (bound.op === 'not between') return `${numberText(bound.low)} to ${numberText(bound.high)}${unit} wanted`;
  const limit = `${numberText(bound.value)}${unit}`;
  switch (bound.op) {
    case '>':
      return `allowed ${limit}`;
    case '>=':
      return `allowed below ${limit}`;
    case '<':
      return `at least ${limit} wanted`;
    case '<=':
      return `more than ${limit} wanted`;
    case '=':
      return `anything but ${limit} allowed`;
    case '!=':
      return `${limit} wanted`;
    default:
      return unreachable(bound);
  }
}

/** `1461` → `1,461`; fractions are kept as they are. */
export function numberText(value: number): string {
  const [whole, fraction] = String(value).split('.');
  if (!/^-?\d+$/.test(whole!)) return String(value);
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
