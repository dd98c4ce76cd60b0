import type { Bound, Check, Severity } from '../model/project.js';
/** What failing rows are judged by when a check names no bound. */
export declare const NO_FAILING_ROWS: Bound;
export interface EffectiveBound {
    readonly severity: Severity;
    readonly bound: Bound;
}
/**
 * The bounds that count, the worse first (vocabulary.md, "Checks"): with neither, no failing row is allowed; with one,
 * the other is unset; `severity: warn` ignores `error_if`. Empty for a check that needs a bound and has none that counts.
 */
export declare function effectiveBounds(check: Check): readonly EffectiveBound[];
/** A measured number is neither good nor bad by itself; failing rows are. */
export declare function needsBound(check: Check): boolean;
/** Whether a value is what the bound warns of. A percentage of no rows is no number, so no bound is crossed by it. */
export declare function crosses(bound: Bound, value: number, of: number | undefined): boolean;
/** What a bound leaves room for, for people: `allowed 0`, `at least 1,000 wanted`. */
export declare function boundText(bound: Bound): string;
/** `1461` → `1,461`; fractions are kept as they are. */
export declare function numberText(value: number): string;
